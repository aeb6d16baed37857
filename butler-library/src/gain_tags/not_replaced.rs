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
    /// Somebody has it open for writing.
    #[error("another program has it open for writing")]
    InUse,
    /// Another one has its name.
    #[error("another file stands there now")]
    Another,
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
    /// Its file system knows no files without a name, or swaps none.
    #[error(
        "its file system can't swap two files in one step, and without that a file which another program puts \
         there at the same moment could be lost"
    )]
    NoSwap,
    /// Bytes of its sound would change, or what it is known by.
    #[error("its tags are not told from its sound, so that more than tags would change")]
    OtherContent,
    /// The copy is not what was written.
    #[error("the copy beside it was not read back as it was written; its disk or the memory may be failing")]
    NotAsWritten,
    /// From the new tags there is no way back to the old ones.
    #[error("its old tags could not be given back to it afterwards, word for word")]
    NoWayBack,
    /// A swap of it waits to be settled.
    #[error("what became of it the last time is not known yet; it is looked at again when the server starts")]
    Unsettled,
    /// Others put files there at the same moment.
    #[error(
        "other programs wrote it at the same moment; what stood there for a moment lies beside it as `{0}`"
    )]
    Aside(String),
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
