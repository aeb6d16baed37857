//! The settings of a Plex Media Server, in the form in which Butler tells its own.

use butler_client::{Client, Error, LabelledValue, Preference, Setting, SettingValue};

pub(super) async fn settings(client: &Client) -> Result<Vec<Setting>, Error> {
    Ok(client.preferences().await?.into_iter().map(setting).collect())
}

/// Changes one, or (without a value) gives it its default again. The setting, if it has another value now.
pub(super) async fn change(
    client: &Client,
    known: &Setting,
    value: Option<&str>,
) -> Result<Vec<Setting>, Error> {
    let value = value.map_or_else(|| default(known), str::to_owned);
    client.set_preferences(&[(&known.id, &value)]).await?;
    let now = settings(client).await?;
    Ok(now.into_iter().filter(|one| one.id == known.id && one.value != known.value).collect())
}

/// The default as a Plex Media Server takes it.
fn default(setting: &Setting) -> String {
    match &setting.default {
        SettingValue::Bool(flag) => u8::from(*flag).to_string(),
        other => other.to_string(),
    }
}

fn setting(preference: Preference) -> Setting {
    let Preference { id, label, summary, kind, default, value, hidden, advanced, group, enum_values } =
        preference;
    let values = enum_values.as_deref().map(values).unwrap_or_default();
    let allowed = match (values.is_empty(), kind.as_str()) {
        (false, _) => "one of the values below",
        (true, "bool") => "1 or 0",
        (true, "int") => "a whole number",
        (true, _) => "a text",
    };
    let source = if value == default { "default" } else { "person" };
    Setting {
        id,
        label,
        summary,
        group,
        kind,
        value,
        default,
        source: source.to_owned(),
        file: None,
        allowed: allowed.to_owned(),
        values,
        hidden,
        advanced,
    }
}

/// `2:2 am|3:3 am`
fn values(text: &str) -> Vec<LabelledValue> {
    let pairs = text.split('|').map(|pair| pair.split_once(':').unwrap_or((pair, "")));
    pairs.map(|(value, label)| LabelledValue { value: value.into(), label: label.into() }).collect()
}
