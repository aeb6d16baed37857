//! The settings' file: TOML, one line a setting by its id. It is read here from its text; who opens it stands
//! elsewhere.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::kind::Value;
use super::values::{self, SettingError};

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsFile {
    path: PathBuf,
    values: BTreeMap<&'static str, Value>,
}

/// Why a file can't be taken; nothing of it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is no TOML.
    #[error("line {line} is no TOML: {words}")]
    Syntax {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        words: String,
    },
    /// A line names no setting, or a value that it does not take.
    #[error("line {line}: {error}")]
    Setting {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        error: SettingError,
    },
}

impl SettingsFile {
    /// Reads a file's text.
    ///
    /// # Errors
    /// If it is no TOML, or a line names no setting or a value that it does not take.
    pub fn read(path: &Path, text: &str) -> Result<Self, FileError> {
        let lines: BTreeMap<Spanned<String>, Spanned<toml::Value>> =
            toml::from_str(text).map_err(|error| FileError::Syntax {
                line: line_of(text, error.span()),
                words: error.message().replace('\n', ", "),
            })?;
        let mut values = BTreeMap::new();
        for (key, given) in &lines {
            let at = |error, span| FileError::Setting { line: line_of(text, Some(span)), error };
            let setting = values::known(key.get_ref()).map_err(|error| at(error, key.span()))?;
            let value = values::read(setting, &told(given.get_ref(), setting.kind.apart()))
                .map_err(|error| at(error, given.span()))?;
            values.insert(setting.id, value);
        }
        Ok(Self { path: path.to_owned(), values })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn value(&self, id: &str) -> Option<&Value> {
        self.values.get(id)
    }
}

/// A value as text: settings are read from text, whoever gives them.
fn told(value: &toml::Value, apart: char) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        // A list of words, as `ButlerWindowDays` may have it, or of folders.
        toml::Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(|value| told(value, apart)).collect();
            texts.join(&apart.to_string())
        }
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(value) => value.to_string(),
        toml::Value::Datetime(moment) => moment.to_string(),
        toml::Value::Table(_) => "a table".to_owned(),
    }
}

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let start = span.map_or(0, |span| span.start).min(text.len());
    1 + text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{BUTLER_ALLOWED_ROOTS, BUTLER_START_HOUR, BUTLER_WINDOW_DAYS, Settings, Source};

    fn read(text: &str) -> Result<Settings, String> {
        let file =
            SettingsFile::read(Path::new("/etc/butler.toml"), text).map_err(|error| error.to_string())?;
        Ok(Settings::new(file, &BTreeMap::new()).0)
    }

    #[test]
    fn a_files_values_hold() {
        let settings = read(
            "# the night\nButlerStartHour = 1\nButlerWindowDays = [\"sun\", \
                  \"mon\"]\nButlerTaskRefreshLibraries = false\n",
        )
        .unwrap();
        assert_eq!(settings.int(&BUTLER_START_HOUR), 1);
        assert_eq!(settings.source(&BUTLER_START_HOUR), Source::File);
        assert_eq!(settings.text(&BUTLER_WINDOW_DAYS), "mon,sun");
        let roots = read("ButlerAllowedRoots = [\"/films\", \"/music, old\"]").unwrap();
        let expect: Vec<PathBuf> = vec!["/films".into(), "/music, old".into()];
        assert_eq!(roots.folders(&BUTLER_ALLOWED_ROOTS), expect);
        assert_eq!(
            read("").unwrap(),
            Settings::new(SettingsFile::read(Path::new("/etc/butler.toml"), "").unwrap(), &BTreeMap::new()).0
        );
    }

    #[test]
    fn a_wrong_line_is_named_with_what_it_may_say() {
        for (text, expect) in [
            (
                "\nButlerStartHuor = 1",
                "line 2: there is no setting `ButlerStartHuor`; did you mean `ButlerStartHour`?",
            ),
            (
                "ButlerStartHour = 1\n\nButlerStartMinute = 60",
                "line 3: `ButlerStartMinute` can't be `60`: it takes a whole number of minutes from 0 to 59",
            ),
            (
                "GenerateBIFBehavior = true",
                "line 1: `GenerateBIFBehavior` can't be `true`: it takes never, scheduled or asap",
            ),
            ("Coffee = 1", "line 1: there is no setting `Coffee`"),
        ] {
            assert_eq!(read(text).unwrap_err(), expect);
        }
        let syntax = read("ButlerStartHour = 1\nButlerEndHour = \n").unwrap_err();
        assert!(syntax.starts_with("line 2 is no TOML: "), "{syntax}");
        let twice = read("ButlerStartHour = 1\nButlerStartHour = 2\n").unwrap_err();
        assert!(twice.starts_with("line 2 is no TOML: "), "{twice}");
    }
}
