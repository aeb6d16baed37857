//! Why a product could not be made. The class decides what happens next.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureClass {
    /// The content is damaged or not supported: tried again on later nights, rests after three tries.
    Content,
    /// The file could not be read: gone, I/O error, permission, stale, no room.
    Source,
    /// The worker crashed, hung, was killed or ran out of memory.
    Worker,
}

impl FailureClass {
    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Source => "source",
            Self::Worker => "worker",
        }
    }

    /// The class of a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Content, Self::Source, Self::Worker].into_iter().find(|class| class.as_str() == word)
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A product that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What is at fault.
    pub class: FailureClass,
    /// One English sentence, with a capital and a full stop, that names no path.
    pub sentence: String,
    /// Whether it rests at once: another night would find the same.
    pub rests: bool,
}

impl Failure {
    /// The content is at fault.
    pub fn content(sentence: impl Into<String>) -> Self {
        Self { class: FailureClass::Content, sentence: sentence.into(), rests: false }
    }

    /// The content is sound, and in a form that this version or this system does not decode: no other night
    /// tries it again.
    pub fn unsupported(sentence: impl Into<String>) -> Self {
        Self { rests: true, ..Self::content(sentence) }
    }

    /// The file can't be read.
    pub fn source(sentence: impl Into<String>) -> Self {
        Self { class: FailureClass::Source, sentence: sentence.into(), rests: false }
    }

    /// The worker is at fault.
    pub fn worker(sentence: impl Into<String>) -> Self {
        Self { class: FailureClass::Worker, sentence: sentence.into(), rests: false }
    }
}
