//! `butler settings`: shows the settings, and changes one.

mod plex;

use butler_client::{Client, Setting, SettingValue};
use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::candidates;
use crate::exit::Exit;
use crate::near::near;
use crate::print::error::{Trouble, knows_plex_only};
use crate::print::table::{Column, Field, Listing};
use crate::print::{Colour, Out, json};

/// What stands for a value that is nobody's to read, here as in the client's errors.
const HIDDEN: &str = "***";
/// How the ids of secrets end: `PlexOnlineToken`, `customCertificateKey`.
const SECRETS: [&str; 4] = ["token", "key", "password", "secret"];

#[derive(Args)]
pub(crate) struct Arguments {
    /// The setting, as in ButlerStartHour; without one, all are listed
    #[arg(value_name = "KEY", add = ArgValueCandidates::new(candidates::settings))]
    key: Option<String>,

    /// Its new value; without one, the setting is shown
    #[arg(value_name = "VALUE", requires = "key", allow_hyphen_values = true)]
    value: Option<String>,

    /// Give this setting its default again; KEY may stand before it too
    #[arg(long, value_name = "KEY", num_args = 0..=1, conflicts_with = "value", add = ArgValueCandidates::new(candidates::settings))]
    reset: Option<Option<String>>,

    /// List those too that are seldom changed
    #[arg(long, conflicts_with_all = ["key", "reset"])]
    all: bool,
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    let Arguments { key, value, reset, all } = arguments;
    let is_reset = reset.is_some();
    let key = match (key, reset.flatten()) {
        (Some(_), Some(_)) => {
            return Err(Trouble::new(Exit::Usage, "--reset takes one setting and no value."));
        }
        (None, None) if is_reset => {
            return Err(Trouble::new(
                Exit::Usage,
                "--reset takes the setting that shall have its default again.",
            ));
        }
        (key, reset) => key.or(reset),
    };
    let (settings, is_plex) = match client.settings().await {
        Ok(settings) => (settings.settings, false),
        Err(error) if knows_plex_only(&error) => (plex::settings(client).await?, true),
        Err(error) => return Err(error.into()),
    };
    let Some(key) = key.as_ref() else { return list(printable(client, settings).await, all, out) };
    let Some(known) = settings.iter().find(|setting| setting.id.eq_ignore_ascii_case(key)) else {
        return Err(unknown(key, &settings));
    };
    let before = printable(client, vec![known.clone()]).await;
    if value.is_none() && !is_reset {
        return before.iter().try_fold(Exit::Done, |_, setting| show(setting, out));
    }
    let changed = if is_plex {
        plex::change(client, known, value.as_deref()).await?
    } else {
        client.change_settings(&[(&known.id, value.as_deref())]).await?.settings
    };
    let changed = printable(client, changed).await;
    if out.json {
        json::print(&changed)?;
    } else if let [setting] = changed.as_slice() {
        out.line(format!("{} is {} now.", setting.id, told(setting)))?;
    } else {
        before.iter().try_for_each(|known| out.line(format!("{} stays {}.", known.id, told(known))))?;
    }
    Ok(Exit::Done)
}

/// The settings as they may stand on a screen or in a log: without the values of secrets, and without the
/// token wherever it stands. A Plex Media Server gives its own token among its settings.
async fn printable(client: &Client, mut settings: Vec<Setting>) -> Vec<Setting> {
    for setting in &mut settings {
        let is_secret = is_secret(&setting.id);
        for value in [&mut setting.value, &mut setting.default] {
            if let SettingValue::Text(text) = value.clone() {
                let hides = is_secret && !text.is_empty();
                let text = if hides { HIDDEN.to_owned() } else { client.redacted(&text).await };
                *value = SettingValue::Text(text);
            }
        }
    }
    settings
}

fn is_secret(id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    SECRETS.iter().any(|end| id.ends_with(end))
}

fn list(settings: Vec<Setting>, all: bool, out: Out) -> Result<Exit, Trouble> {
    if out.json {
        json::print(&settings)?;
        return Ok(Exit::Done);
    }
    let columns = [
        Column::new("SETTING"),
        Column::new("VALUE"),
        Column::new("FROM").spare(1),
        Column::new("WHAT IT IS").flexible().spare(2),
    ];
    let mut listing = Listing::new(columns);
    let is_shown = |setting: &&Setting| all || !setting.hidden || is_changed(setting);
    let left_out = settings.len() - settings.iter().filter(is_shown).count();
    for setting in settings.iter().filter(is_shown) {
        let value = if is_changed(setting) {
            Field::painted(told(setting), Colour::Yellow)
        } else {
            told(setting).into()
        };
        listing.row([
            setting.id.as_str().into(),
            value,
            setting.source.as_str().into(),
            setting.label.as_str().into(),
        ]);
    }
    listing.print(out)?;
    match left_out {
        0 => {}
        1 => out.remark("1 more is seldom changed; `butler settings --all` lists it."),
        more => out.remark(format!("{more} more are seldom changed; `butler settings --all` lists them.")),
    }
    Ok(Exit::Done)
}

fn show(setting: &Setting, out: Out) -> Result<Exit, Trouble> {
    if out.json {
        json::print(setting)?;
        return Ok(Exit::Done);
    }
    out.line(format!("{} = {}", setting.id, told(setting)))?;
    let words = [&setting.label, &setting.summary].map(|words| words.trim_end_matches('.'));
    let words: Vec<String> =
        words.iter().filter(|words| !words.is_empty()).map(|words| format!("{words}.")).collect();
    out.line(words.join(" "))?;
    out.line(format!(
        "It takes {}; its default is {}.",
        setting.allowed,
        quoted(&setting.default.to_string())
    ))?;
    match (&setting.file, is_changed(setting)) {
        (Some(file), _) => {
            out.line(format!("The file `{}` on the server says so: change it there.", file))?
        }
        (None, true) => out.line(format!(
            "A person set it; `butler settings --reset {}` gives it its default again.",
            setting.id
        ))?,
        (None, false) => {}
    }
    for value in &setting.values {
        out.line(format!("  {:<12}  {}", value.value, value.label))?;
    }
    Ok(Exit::Done)
}

fn is_changed(setting: &Setting) -> bool {
    setting.source != "default"
}

/// The value that holds, in quotes where it would not be seen.
fn told(setting: &Setting) -> String {
    quoted(&setting.value.to_string())
}

fn quoted(value: &str) -> String {
    if value.is_empty() { "\"\"".to_owned() } else { value.to_owned() }
}

fn unknown(key: &str, settings: &[Setting]) -> Trouble {
    let near = near(key, settings.iter().map(|setting| setting.id.as_str()));
    let hint = match near.as_slice() {
        [] => "`butler settings --all` lists the settings.".to_owned(),
        names => format!("Did you mean `{}`?", names.join("`, `")),
    };
    Trouble::new(Exit::NotThere, format!("There is no setting `{key}`.")).hint(hint)
}
