//! Why a file is left as it is, and how a person is told.

use std::io;

use crate::Outside;

/// Why a file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum NotReplaced {
    /// It is gone, or can't be read.
    #[error("it can't be opened: {}", words(.0))]
    Unreadable(io::Error),
    /// It is a link to a file elsewhere.
    #[error("it is a link, and replacing it would leave the file that it leads to as it is")]
    Link,
    /// It is no file.
    #[error("it is no regular file")]
    NoFile,
    /// It has several names.
    #[error("it has {0} names (hard links), and replacing it would part them")]
    HardLinked(u64),
    /// Nobody may write it.
    #[error("it is write-protected")]
    WriteProtected,
    /// Its mount may not be written.
    #[error("it lies on a mount that is read-only")]
    ReadOnlyMount,
    /// Its folder or itself may not be written by the server.
    #[error("the server may not write it, or not in its folder")]
    NoRight,
    /// Its owner could not be kept.
    #[error("it belongs to another user, and a new file could not be given to that one")]
    OtherOwner,
    /// One of its attributes could not be kept.
    #[error("its extended attribute `{0}` could not be kept")]
    Attribute(String),
    /// It is no place for media.
    #[error("{0}")]
    Outside(Outside),
    /// It is being written by somebody else.
    #[error("it changed meanwhile; it is looked at again once a scan has seen it")]
    Changed,
    /// There is no room for a copy.
    #[error("there is no room for a copy beside it: {free} MB are free, {needed} MB needed")]
    NoRoom {
        /// Megabytes.
        free: u64,
        /// Megabytes.
        needed: u64,
    },
    /// Its tags are not told from its sound, so that it would be taken for another file.
    #[error("its tags are not told from its sound, so that all that was made of it would be lost to it")]
    OtherContent,
    /// Its tags can't be changed: the worker's sentence.
    #[error("{}", fragment(.0))]
    Refused(String),
    /// The disk failed, or the like.
    #[error("a copy could not be put in its place: {}", words(.0))]
    Failed(io::Error),
    /// Its folder does not answer.
    #[error("its folder does not answer")]
    Away,
    /// Who asked for it wants it no more.
    #[error("it was stopped")]
    Stopped,
}

impl NotReplaced {
    /// For a person.
    pub fn sentence(&self) -> String {
        sentence(self)
    }
}

/// A fragment as a sentence.
pub(super) fn sentence(fragment: &dyn std::fmt::Display) -> String {
    let text = fragment.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    format!("{}{}.", first.map(String::from).unwrap_or_default(), chars.as_str().trim_end_matches('.'))
}

/// A sentence as a fragment.
fn fragment(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    format!("{}{}", first.map(String::from).unwrap_or_default(), chars.as_str().trim_end_matches('.'))
}

/// The system's words without its number, which tells a person nothing.
fn words(error: &io::Error) -> String {
    let words = error.to_string();
    words.split(" (os error").next().unwrap_or_default().to_ascii_lowercase()
}
