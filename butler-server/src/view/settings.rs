//! Settings as they are shown: with their type, default, what they take and who gave the value that holds.

use butler_api::TaskName;
use butler_api::plex::SettingValue;
use butler_api::v1::{LabelledValue, Setting, Settings};
use butler_engine::SettingError;
use butler_engine::settings::{self, Ints, Kind, Source, Value, all, find};

use crate::app::App;
use crate::error::Problem;

/// Every setting, in the table's order.
pub(crate) fn list(app: &App) -> Settings {
    let settings = app.handle.settings();
    Settings { settings: all().iter().map(|row| setting(row, &settings)).collect() }
}

/// The setting of an id in an address.
pub(crate) fn one(app: &App, id: &str) -> Result<Setting, Problem> {
    let row = find(id).ok_or_else(|| Problem::not_found(format!("There is no setting `{id}`.")))?;
    Ok(setting(row, &app.handle.settings()))
}

/// Changes settings, all of these or none: id and text, no text for the default. Those that have another
/// value then.
pub(crate) async fn change(app: &App, changes: Vec<(String, Option<String>)>) -> Result<Settings, Problem> {
    let (handle, asked) = (app.handle.clone(), changes.clone());
    app.blocking(move || handle.check_folders(&asked)).await??;
    let ids = app.handle.change_settings(changes).await??;
    let settings = app.handle.settings();
    Ok(Settings { settings: ids.into_iter().filter_map(find).map(|row| setting(row, &settings)).collect() })
}

/// Why these changes would be refused, if so, with the name that people know the setting by.
pub(crate) fn refusal(app: &App, changes: &[(String, Option<String>)]) -> Option<String> {
    let label = |id: &str| find(id).map_or_else(|| id.to_owned(), |row| row.label.to_owned());
    let words = match app.handle.settings().change(changes).err()? {
        SettingError::Bad { id, value, allowed } => {
            format!("{} can't be `{value}`: it takes {allowed}", label(id))
        }
        SettingError::Fixed { id, file } => {
            format!("{} is fixed by the file `{}`: change it there", label(id), file.display())
        }
        unknown @ SettingError::Unknown { .. } => unknown.to_string(),
    };
    Some(format!("{words}."))
}

/// The least number that a setting takes, the greatest, and from one to the next; none if it takes no range.
pub(crate) fn range(id: &str) -> Option<(i64, i64, i64)> {
    match find(id)?.kind {
        Kind::Int { allowed: Ints::Range { min, max, step }, .. } => Some((min, max, step)),
        _ => None,
    }
}

/// The settings of a task, its switch first.
pub(crate) fn of_task(app: &App, task: &TaskName) -> Vec<Setting> {
    let settings = app.handle.settings();
    app.handle.settings_of(task).into_iter().map(|row| setting(row, &settings)).collect()
}

/// Turns a task's switch, which is a flag or says when: on is what it is without anybody's word.
pub(crate) async fn turn(app: &App, task: &TaskName, is_on: bool) -> Result<(), Problem> {
    let Some(switch) = app.handle.settings_of(task).into_iter().next() else {
        return Err(Problem::not_found(format!("There is no task `{task}`.")));
    };
    let text = match switch.kind.labelled() {
        None => Some(if is_on { "1" } else { "0" }.to_owned()),
        Some(values) if !is_on => values.into_iter().next().map(|(value, _)| value),
        Some(_) => None,
    };
    change(app, vec![(switch.id.to_owned(), text)]).await?;
    Ok(())
}

/// A value as it is on the wire.
pub(crate) fn value(value: Value) -> SettingValue {
    match value {
        Value::Bool(value) => SettingValue::Bool(value),
        Value::Int(value) => SettingValue::Int(value),
        Value::Text(value) => SettingValue::Text(value.into_owned()),
    }
}

fn setting(row: &settings::Setting, settings: &settings::Settings) -> Setting {
    let source = settings.source(row);
    let labelled = row.kind.labelled().unwrap_or_default();
    Setting {
        id: row.id.into(),
        label: row.label.into(),
        summary: row.summary.into(),
        group: row.group.as_str().into(),
        kind: row.kind.as_str().into(),
        value: value(settings.value(row)),
        default: value(row.kind.default()),
        source: source.as_str().into(),
        file: (source == Source::File).then(|| settings.file().path().to_string_lossy().into_owned()),
        allowed: row.kind.allowed(),
        values: labelled
            .into_iter()
            .map(|(value, label)| LabelledValue { value, label: label.to_owned() })
            .collect(),
        hidden: row.hidden,
        advanced: row.advanced,
    }
}
