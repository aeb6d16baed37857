//! The values that hold now, and how they change: what the file says holds over what a person set, and that
//! over the default.
//!
//! A file is written by who runs the machine and is read again at each start: were a person's later word to
//! hold over it, the file would lie about the server from then on. So what it names is fixed, and who tries
//! to change it is told where it stands.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::kind::{FOLDERS_APART, Value};
use super::{ASAP, NEVER, Setting, SettingsFile, all, find};

/// How like an id must be to be offered for a wrong one; 1 is the same.
const NEAR: f64 = 0.75;

/// The values that hold now; a pure value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    file: SettingsFile,
    person: BTreeMap<&'static str, Value>,
}

/// Who gave a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Nobody.
    Default,
    /// The settings' file.
    File,
    /// A person, through the API.
    Person,
}

impl Source {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Person => "person",
        }
    }
}

/// Why settings can't be changed; nothing was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// There is no such setting.
    #[error("there is no setting `{id}`{}", near.map_or_else(String::new, |near| format!("; did you mean `{near}`?")))]
    Unknown {
        /// What was asked for.
        id: String,
        /// The nearest id, if one is near.
        near: Option<&'static str>,
    },
    /// It does not take this value.
    #[error("`{id}` can't be `{value}`: it takes {allowed}")]
    Bad {
        /// The setting.
        id: &'static str,
        /// The value.
        value: String,
        /// What it takes.
        allowed: String,
    },
    /// The file names it.
    #[error("`{id}` is fixed by the file `{}`: change it there", file.display())]
    Fixed {
        /// The setting.
        id: &'static str,
        /// The file.
        file: PathBuf,
    },
}

impl Settings {
    /// The settings of a file, and what persons set before, as it is stored. What is stored and is no
    /// setting, or no value of one, any more holds for nothing; the ids of such values come second.
    pub fn new(file: SettingsFile, stored: &BTreeMap<String, String>) -> (Self, Vec<String>) {
        let (mut person, mut refused) = (BTreeMap::new(), Vec::new());
        for (id, text) in stored {
            let Some(setting) = find(id) else { continue };
            match setting.kind.read(text) {
                Ok(value) => _ = person.insert(setting.id, value),
                Err(_) => refused.push(id.clone()),
            }
        }
        (Self { file, person }, refused)
    }

    /// What the file says.
    pub const fn file(&self) -> &SettingsFile {
        &self.file
    }

    /// The same with another file.
    #[must_use]
    pub fn with_file(&self, file: SettingsFile) -> Self {
        Self { file, person: self.person.clone() }
    }

    /// The settings with these changes, all of them or none: id and text, no text for what holds without a
    /// person's word.
    ///
    /// # Errors
    /// If an id is unknown, a value is none that its setting takes, or the file fixes one of them.
    pub fn change(&self, changes: &[(String, Option<String>)]) -> Result<Self, SettingError> {
        let mut changed = self.clone();
        for (id, text) in changes {
            let setting = known(id)?;
            let value = text.as_deref().map(|text| read(setting, text)).transpose()?;
            if self.file.value(setting.id).is_some() {
                // Who writes back what they read changes nothing.
                if value.as_ref().is_some_and(|value| *value == self.value(setting)) {
                    continue;
                }
                return Err(SettingError::Fixed { id: setting.id, file: self.file.path().to_owned() });
            }
            match value {
                Some(value) => _ = changed.person.insert(setting.id, value),
                None => _ = changed.person.remove(setting.id),
            }
        }
        Ok(changed)
    }

    /// What is to be stored of these changes, once they were made: the text of each setting that they name,
    /// none where a person's word was taken back. What the file fixes is no person's word.
    pub fn stored(&self, changes: &[(String, Option<String>)]) -> BTreeMap<&'static str, Option<String>> {
        let named = changes
            .iter()
            .filter_map(|(id, _)| find(id))
            .filter(|setting| self.file.value(setting.id).is_none());
        named.map(|setting| (setting.id, self.person.get(setting.id).map(Value::to_string))).collect()
    }

    /// The value that holds.
    pub fn value(&self, setting: &Setting) -> Value {
        let given = self.file.value(setting.id).or_else(|| self.person.get(setting.id));
        given.cloned().unwrap_or_else(|| setting.kind.default())
    }

    /// Who gave the value that holds.
    pub fn source(&self, setting: &Setting) -> Source {
        if self.file.value(setting.id).is_some() {
            Source::File
        } else if self.person.contains_key(setting.id) {
            Source::Person
        } else {
            Source::Default
        }
    }

    /// Whether a setting is on; false for one that is not true or false.
    pub fn flag(&self, setting: &Setting) -> bool {
        self.value(setting) == Value::Bool(true)
    }

    /// The number of a setting; 0 for one that is none.
    pub fn int(&self, setting: &Setting) -> i64 {
        match self.value(setting) {
            Value::Int(number) => number,
            Value::Bool(_) | Value::Text(_) => 0,
        }
    }

    /// The text of a setting; empty for one that is none.
    pub fn text(&self, setting: &Setting) -> Cow<'static, str> {
        match self.value(setting) {
            Value::Text(text) => text,
            Value::Bool(_) | Value::Int(_) => Cow::Borrowed(""),
        }
    }

    /// The folders of a setting; none for one that has no folders.
    pub fn folders(&self, setting: &Setting) -> Vec<PathBuf> {
        let text = self.text(setting);
        text.split(FOLDERS_APART).filter(|folder| !folder.is_empty()).map(PathBuf::from).collect()
    }

    /// Whether the task behind a switch is on.
    pub fn is_on(&self, switch: &Setting) -> bool {
        match self.value(switch) {
            Value::Bool(on) => on,
            Value::Text(behavior) => behavior != NEVER,
            Value::Int(_) => false,
        }
    }

    /// Whether the task behind a switch takes new items as soon as a scan finds them.
    pub fn is_asap(&self, switch: &Setting) -> bool {
        self.value(switch) == Value::Text(Cow::Borrowed(ASAP))
    }

    /// The ids whose value differs from that of others, in the table's order.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        all()
            .iter()
            .filter(|setting| self.value(setting) != other.value(setting))
            .map(|setting| setting.id)
            .collect()
    }
}

/// The setting of an id, or the refusal that names a near one.
pub(super) fn known(id: &str) -> Result<&'static Setting, SettingError> {
    find(id).ok_or_else(|| SettingError::Unknown {
        id: id.to_owned(),
        near: nearest(id, all().iter().map(|setting| setting.id)),
    })
}

/// The value of a text, or the refusal that names what the setting takes.
pub(super) fn read(setting: &'static Setting, text: &str) -> Result<Value, SettingError> {
    let bad =
        |_| SettingError::Bad { id: setting.id, value: text.to_owned(), allowed: setting.kind.allowed() };
    setting.kind.read(text).map_err(bad)
}

/// The id that is nearest to a wrong one, if one is near.
pub(super) fn nearest(wrong: &str, ids: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let wrong = wrong.to_lowercase();
    let likeness = |id: &str| strsim::normalized_damerau_levenshtein(&wrong, &id.to_lowercase());
    let ranked = ids.map(|id| (likeness(id), id)).filter(|(likeness, _)| *likeness >= NEAR);
    ranked.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::{BUTLER_END_HOUR, BUTLER_START_HOUR, FRIENDLY_NAME};

    fn asked(changes: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        changes.iter().map(|(id, text)| ((*id).to_owned(), text.map(str::to_owned))).collect()
    }

    fn refused(settings: &Settings, changes: &[(&str, Option<&str>)]) -> String {
        settings.change(&asked(changes)).unwrap_err().to_string()
    }

    #[test]
    fn a_change_holds_whole_or_not_at_all() {
        let settings = Settings::default();
        let changes = asked(&[("ButlerStartHour", Some("1")), ("ButlerEndHour", Some("24"))]);
        assert!(settings.change(&changes).is_err());
        let changed = settings
            .change(&asked(&[("ButlerStartHour", Some("1")), ("ButlerEndHour", Some("23"))]))
            .unwrap();
        assert_eq!((changed.int(&BUTLER_START_HOUR), changed.int(&BUTLER_END_HOUR)), (1, 23));
        assert_eq!(changed.differences(&settings), ["ButlerStartHour", "ButlerEndHour"]);
        assert_eq!(changed.source(&BUTLER_START_HOUR), Source::Person);
    }

    #[test]
    fn a_word_taken_back_lets_the_default_hold_again() {
        let changed = Settings::default().change(&asked(&[("ButlerStartHour", Some("1"))])).unwrap();
        assert_eq!(changed.change(&asked(&[("ButlerStartHour", None)])).unwrap(), Settings::default());
    }

    #[test]
    fn refusals_say_what_would_be_right() {
        let settings = Settings::default();
        assert_eq!(
            refused(&settings, &[("butlerStartHours", Some("1"))]),
            "there is no setting `butlerStartHours`; did you mean `ButlerStartHour`?"
        );
        assert_eq!(refused(&settings, &[("Coffee", None)]), "there is no setting `Coffee`");
        assert_eq!(
            refused(&settings, &[("GenerateBIFWidth", Some("321"))]),
            "`GenerateBIFWidth` can't be `321`: it takes a whole number of pixels from 16 to 4096 in steps of \
             2"
        );
    }

    #[test]
    fn what_the_file_says_is_fixed_and_what_a_person_said_before_waits_behind_it() {
        let file = SettingsFile::read(Path::new("/etc/butler.toml"), "ButlerStartHour = 3").unwrap();
        let stored =
            [("ButlerStartHour".to_owned(), "1".to_owned()), ("FriendlyName".to_owned(), "Attic".to_owned())]
                .into();
        let (settings, refused_ids) = Settings::new(file, &stored);
        assert!(refused_ids.is_empty());
        assert_eq!(
            (settings.int(&BUTLER_START_HOUR), settings.source(&BUTLER_START_HOUR)),
            (3, Source::File)
        );
        assert_eq!(settings.text(&FRIENDLY_NAME), "Attic");
        let fixed = "`ButlerStartHour` is fixed by the file `/etc/butler.toml`: change it there";
        assert_eq!(refused(&settings, &[("ButlerStartHour", Some("4"))]), fixed);
        assert_eq!(refused(&settings, &[("ButlerStartHour", None)]), fixed);
        let same = asked(&[("ButlerStartHour", Some("3")), ("ButlerEndHour", Some("6"))]);
        let changed = settings.change(&same).expect("a client writes back what it read");
        assert_eq!(changed.stored(&same), [("ButlerEndHour", Some("6".to_owned()))].into());
        assert_eq!(settings.with_file(SettingsFile::default()).int(&BUTLER_START_HOUR), 1);
    }

    #[test]
    fn what_is_stored_and_means_nothing_any_more_is_left_out() {
        let stored = [
            ("ButlerForgotten".to_owned(), "[]".to_owned()),
            ("ButlerStartHour".to_owned(), "noon".to_owned()),
        ]
        .into();
        let (settings, refused) = Settings::new(SettingsFile::default(), &stored);
        assert_eq!((settings, refused), (Settings::default(), vec!["ButlerStartHour".to_owned()]));
    }
}
