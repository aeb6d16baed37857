//! Switches that a section has for itself: on unless a person turned one off there.
//!
//! What hangs on them is a task's lacks: a section that is switched off demands nothing. A source that lies
//! in two sections is wanted as long as one of them wants it.

use butler_library::SectionKind;

use super::kind::Kind;
use super::{SettingError, read_bool};

/// A switch that each section of some kinds has; on by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionSwitch {
    /// Its name on the wire: Plex's where Plex has it.
    pub id: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it does, one or two sentences.
    pub summary: &'static str,
    /// The kinds of sections that have it.
    pub kinds: &'static [SectionKind],
}

impl SectionSwitch {
    /// Reads whether it is on from text.
    ///
    /// # Errors
    /// If the text is neither true nor false.
    pub fn read(&self, text: &str) -> Result<bool, SettingError> {
        let allowed = || Kind::Bool { default: true }.allowed();
        read_bool(text).map_err(|_| SettingError::Bad {
            id: self.id,
            value: text.to_owned(),
            allowed: allowed(),
        })
    }
}

/// The switches that a section of a kind has, in the catalogue's order.
pub fn section_switches(kind: SectionKind) -> impl Iterator<Item = &'static SectionSwitch> {
    crate::ALL
        .into_iter()
        .filter_map(|task| task.section_switch)
        .filter(move |switch| switch.kinds.contains(&kind))
}

/// The switch of this id that a section of a kind has, if there is one.
pub fn section_switch(kind: SectionKind, id: &str) -> Option<&'static SectionSwitch> {
    section_switches(kind).find(|switch| switch.id == id)
}
