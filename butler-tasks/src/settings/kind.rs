//! What kinds of settings there are, which values each takes, and how a value is read from text and told as
//! text.

use std::borrow::Cow;
use std::fmt;
use std::path::{Component, Path, PathBuf};

/// What a setting takes, and its default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// True or false, as [`read_bool`] reads it.
    Bool {
        /// The value that holds while nobody sets another.
        default: bool,
    },
    /// A whole number.
    Int {
        /// The value that holds while nobody sets another.
        default: i64,
        /// Which ones.
        allowed: Ints,
        /// What it counts, for people: `seconds`; empty if that is clear.
        unit: &'static str,
    },
    /// A text.
    Text {
        /// The value that holds while nobody sets another.
        default: &'static str,
        /// Which ones.
        allowed: Texts,
    },
}

/// Which numbers a setting takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ints {
    /// `min` to `max`, in steps from `min`.
    Range {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
        /// From one to the next, 1 or more.
        step: i64,
    },
    /// These, each with its label.
    Values(&'static [(i64, &'static str)]),
}

/// Which texts a setting takes.
#[derive(Debug, Clone, Copy)]
pub enum Texts {
    /// These, each with its label.
    Values(&'static [(&'static str, &'static str)]),
    /// What has a certain form.
    Form {
        /// The form, for people: what stands behind "it takes".
        words: &'static str,
        /// The text as it is kept, or none if it has another form.
        read: fn(&str) -> Option<String>,
    },
    /// Folders by their whole paths, with [`FOLDERS_APART`] between them, or none.
    Folders,
}

/// What stands between two folders, as in `PATH`.
pub(super) const FOLDERS_APART: char = ':';

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Values(one), Self::Values(other)) => one == other,
            (Self::Folders, Self::Folders) => true,
            // Two forms that read alike are told alike.
            (Self::Form { words: one, .. }, Self::Form { words: other, .. }) => one == other,
            _ => false,
        }
    }
}

/// A setting's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Cow<'static, str>),
}

/// A text that is no value of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadValue;

impl Kind {
    /// The value without anybody's word.
    pub const fn default(&self) -> Value {
        match self {
            Self::Bool { default } => Value::Bool(*default),
            Self::Int { default, .. } => Value::Int(*default),
            Self::Text { default, .. } => Value::Text(Cow::Borrowed(default)),
        }
    }

    /// Reads a value from text.
    ///
    /// # Errors
    /// If it is none that the setting takes.
    pub fn read(&self, text: &str) -> Result<Value, BadValue> {
        match self {
            Self::Bool { .. } => read_bool(text).map(Value::Bool),
            Self::Int { allowed, .. } => {
                let number: i64 = text.trim().parse().map_err(|_| BadValue)?;
                if allowed.contains(number) { Ok(Value::Int(number)) } else { Err(BadValue) }
            }
            Self::Text { allowed: Texts::Values(values), .. } => {
                let known = values.iter().find(|(value, _)| *value == text.trim());
                known.map(|(value, _)| Value::Text(Cow::Borrowed(value))).ok_or(BadValue)
            }
            Self::Text { allowed: Texts::Form { read, .. }, .. } => {
                read(text).map(|kept| Value::Text(Cow::Owned(kept))).ok_or(BadValue)
            }
            Self::Text { allowed: Texts::Folders, .. } => {
                folders(text).map(|kept| Value::Text(Cow::Owned(kept))).ok_or(BadValue)
            }
        }
    }

    /// What it takes, for people: `a whole number from 0 to 59`.
    pub fn allowed(&self) -> String {
        match self {
            Self::Bool { .. } => "true or false".to_owned(),
            Self::Int { allowed: Ints::Range { min, max, step }, unit, .. } => {
                let unit = if unit.is_empty() { String::new() } else { format!(" of {unit}") };
                let steps = if *step == 1 { String::new() } else { format!(" in steps of {step}") };
                format!("a whole number{unit} from {min} to {max}{steps}")
            }
            Self::Int { allowed: Ints::Values(values), .. } => match values {
                [(first, _), .., (last, _)]
                    if values.iter().zip(*first..).all(|((value, _), next)| *value == next) =>
                {
                    format!("a whole number from {first} to {last}")
                }
                _ => one_of(values.iter().map(|(value, _)| value.to_string())),
            },
            Self::Text { allowed: Texts::Values(values), .. } => {
                one_of(values.iter().map(|(value, _)| (*value).to_owned()))
            }
            Self::Text { allowed: Texts::Form { words, .. }, .. } => (*words).to_owned(),
            Self::Text { allowed: Texts::Folders, .. } => {
                "folders by their whole paths with colons between them, or nothing".to_owned()
            }
        }
    }

    /// The values with their labels, where they can be counted out: value and label.
    pub fn labelled(&self) -> Option<Vec<(String, &'static str)>> {
        match self {
            Self::Int { allowed: Ints::Values(values), .. } => {
                Some(values.iter().map(|(value, label)| (value.to_string(), *label)).collect())
            }
            Self::Text { allowed: Texts::Values(values), .. } => {
                Some(values.iter().map(|(value, label)| ((*value).to_owned(), *label)).collect())
            }
            _ => None,
        }
    }

    /// What stands between the values of a list, where a file has one.
    pub(super) const fn apart(&self) -> char {
        match self {
            Self::Text { allowed: Texts::Folders, .. } => FOLDERS_APART,
            _ => ',',
        }
    }

    /// The word for what it is on the wire: `bool`, `int` or `text`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Bool { .. } => "bool",
            Self::Int { .. } => "int",
            Self::Text { .. } => "text",
        }
    }
}

/// Folders without needless slashes; none if one is no whole path.
fn folders(text: &str) -> Option<String> {
    let parts = text.split(FOLDERS_APART).map(str::trim).filter(|part| !part.is_empty());
    let folder = |part: &str| {
        let path = Path::new(part);
        let is_plain =
            path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        let is_fit = path.is_absolute() && is_plain && !part.chars().any(char::is_control);
        is_fit.then(|| path.components().collect::<PathBuf>().display().to_string())
    };
    Some(parts.map(folder).collect::<Option<Vec<_>>>()?.join(":"))
}

/// Reads true or false, for every door: `1` and `0` as Plex's clients write them, `true` and `false` in any
/// case, for Python writes them `True` and `False`.
///
/// # Errors
/// If the text is neither.
pub fn read_bool(text: &str) -> Result<bool, BadValue> {
    match text.trim() {
        "1" => Ok(true),
        "0" => Ok(false),
        word if word.eq_ignore_ascii_case("true") => Ok(true),
        word if word.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(BadValue),
    }
}

impl Ints {
    fn contains(&self, number: i64) -> bool {
        match self {
            Self::Range { min, max, step } => (*min..=*max).contains(&number) && (number - min) % step == 0,
            Self::Values(values) => values.iter().any(|(value, _)| *value == number),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
        }
    }
}

/// `never, scheduled or asap`.
fn one_of(values: impl Iterator<Item = String>) -> String {
    let values: Vec<String> = values.collect();
    match values.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => values.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: Kind =
        Kind::Int { default: 320, allowed: Ints::Range { min: 16, max: 4_096, step: 2 }, unit: "pixels" };
    const WORD: Kind = Kind::Text {
        default: "off",
        allowed: Texts::Values(&[("off", "none"), ("some", "some"), ("all", "all")]),
    };

    #[test]
    fn a_bool_takes_the_words_of_both_kinds_of_clients() {
        let kind = Kind::Bool { default: false };
        for (text, expect) in [
            ("true", Ok(true)),
            ("1", Ok(true)),
            ("True", Ok(true)),
            ("false", Ok(false)),
            ("0", Ok(false)),
            (" FALSE ", Ok(false)),
            ("yes", Err(BadValue)),
            ("", Err(BadValue)),
        ] {
            assert_eq!(kind.read(text), expect.map(Value::Bool), "{text}");
        }
    }

    #[test]
    fn a_number_is_held_to_its_range_and_step() {
        for (text, expect) in [
            ("16", Ok(16)),
            ("4096", Ok(4_096)),
            (" 320 ", Ok(320)),
            ("321", Err(BadValue)),
            ("14", Err(BadValue)),
            ("4098", Err(BadValue)),
            ("3.2", Err(BadValue)),
            ("99999999999999999999", Err(BadValue)),
        ] {
            assert_eq!(WIDTH.read(text), expect.map(Value::Int), "{text}");
        }
        assert_eq!(WIDTH.allowed(), "a whole number of pixels from 16 to 4096 in steps of 2");
    }

    #[test]
    fn folders_are_whole_paths_with_colons_between_them() {
        for (text, expect) in [
            ("", Some("")),
            ("/films", Some("/films")),
            (" /films/ : /music//old ", Some("/films:/music/old")),
            ("films", None),
            ("/films:music", None),
            ("/films/../etc", None),
        ] {
            assert_eq!(folders(text).as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn a_text_with_values_takes_no_other() {
        assert_eq!(WORD.read("all"), Ok(Value::Text("all".into())));
        assert_eq!(WORD.read("All"), Err(BadValue));
        assert_eq!(WORD.allowed(), "off, some or all");
    }
}
