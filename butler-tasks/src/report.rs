//! What a task did, in facts of one shape, so that API, command line and page show every task's report
//! without knowing it.

use butler_library::ReportFact;

/// The facts of a run, in the order in which they are told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    facts: Vec<ReportFact>,
    /// Roots that are away: not there, suddenly empty or silent. The run went on without them.
    pub roots_away: Vec<String>,
    /// What could not be done and is about no product of a file: `3 could not be removed: ...`.
    pub undone: Option<String>,
}

impl Report {
    /// Adds a number of things.
    pub fn count(&mut self, label: &str, value: u64) {
        self.facts.push(ReportFact::count(label, value));
    }

    /// Adds a number of bytes.
    pub fn bytes(&mut self, label: &str, value: u64) {
        self.facts.push(ReportFact::bytes(label, value));
    }

    /// Adds a time in milliseconds.
    pub fn ms(&mut self, label: &str, value: u64) {
        self.facts.push(ReportFact::ms(label, value));
    }

    /// Adds a sentence.
    pub fn text(&mut self, label: &str, sentence: String) {
        self.facts.push(ReportFact::text(label, sentence));
    }

    /// Adds all that another report tells.
    pub fn append(&mut self, mut other: Self) {
        self.facts.append(&mut other.facts);
        self.roots_away.append(&mut other.roots_away);
        self.undone = self.undone.take().or(other.undone);
    }

    /// The facts.
    pub fn into_facts(self) -> Vec<ReportFact> {
        self.facts
    }
}
