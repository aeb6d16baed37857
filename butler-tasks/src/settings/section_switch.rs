//! Switches that a section has for itself: most are on unless a person turned one off there.
//!
//! What hangs on those is a task's lacks: a section that is switched off demands nothing. A source that lies
//! in two sections is wanted as long as one of them wants it. One that is off until a person turns it on
//! hangs on nothing else: what changes files of the user's.

use std::collections::BTreeMap;

use butler_library::SectionKind;

use super::kind::Kind;
use super::{SettingError, read_bool};

/// A switch that each section of some kinds has.
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
    /// Whether it is on where nobody set it.
    pub default: bool,
}

impl SectionSwitch {
    /// Whether it is on in a section with these switches set ([`butler_library::Library::section_switches`]).
    pub fn is_on(&self, set: &BTreeMap<String, bool>) -> bool {
        set.get(self.id).copied().unwrap_or(self.default)
    }

    /// Reads whether it is on from text.
    ///
    /// # Errors
    /// If the text is neither true nor false.
    pub fn read(&self, text: &str) -> Result<bool, SettingError> {
        let allowed = || Kind::Bool { default: self.default }.allowed();
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
        .flat_map(|task| task.section_switch.into_iter().chain(task.phases.writes_tags))
        .filter(move |switch| switch.kinds.contains(&kind))
}

/// The switch of this id that a section of a kind has, if there is one.
pub fn section_switch(kind: SectionKind, id: &str) -> Option<&'static SectionSwitch> {
    section_switches(kind).find(|switch| switch.id == id)
}
