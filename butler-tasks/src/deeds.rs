//! What a run that keeps house did, and what it could not do: each action is told to the log, the first ones
//! stand by name in the run's report, and all of them are counted there.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use butler_api::sizes;
use butler_library::Library;
use jiff::{SignedDuration, Timestamp};

use crate::plan::{Action, Deed};
use crate::report::Report;
use crate::work::{News, TaskError, Work};

/// So many actions stand in a report by name.
const NAMED: usize = 50;

/// What was done so far.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    counted: BTreeMap<Deed, (u64, u64)>,
    named: Vec<(Deed, String)>,
    changed: u64,
    failed: Vec<String>,
}

impl Deeds {
    /// Notes an action that is done.
    pub(crate) fn done(&mut self, action: &Action) {
        let Action { deed, path, bytes, reason } = action;
        tracing::info!(deed = deed.done(), path = %path.display(), bytes, reason, "kept house");
        let (count, sum) = self.counted.entry(*deed).or_default();
        (*count, *sum) = (*count + 1, *sum + bytes);
        if self.named.len() < NAMED {
            self.named.push((*deed, format!("{} ({}): {reason}", path.display(), sizes::bytes(*bytes))));
        }
    }

    /// Notes an action that was not done, since what it rests on has changed.
    pub(crate) fn changed(&mut self) {
        self.changed += 1;
    }

    /// Notes an action that could not be done; the run counts it.
    pub(crate) fn failed(&mut self, news: &dyn News, path: &Path, sentence: &str) {
        news.failed(path, sentence);
        if self.failed.len() < NAMED {
            self.failed.push(format!("{}: {sentence}", path.display()));
        }
    }

    /// Adds what was done, and what was not, to a report.
    pub(crate) fn tell(self, report: &mut Report) {
        let all: u64 = self.counted.values().map(|(count, _)| count).sum();
        for (deed, (count, bytes)) in &self.counted {
            report.count(deed.done(), *count);
            if *bytes > 0 {
                report.bytes(&format!("bytes {}", deed.done()), *bytes);
            }
        }
        if self.changed > 0 {
            report.count("left, since they had changed meanwhile", self.changed);
        }
        let named = self.named.len() as u64;
        for (deed, sentence) in self.named {
            report.text(deed.done(), sentence);
        }
        if all > named {
            report.count("further ones, which only the server's log names", all - named);
        }
        for sentence in self.failed {
            report.text("not done", sentence);
        }
    }
}

/// Does one action after the other; one that can't be done is a sentence, and the others go on. Whether all
/// were gone through, and the run is not to stop.
pub(crate) fn each<T>(
    work: &mut Work<'_>,
    deeds: &mut Deeds,
    planned: Vec<(Action, T)>,
    mut act: impl FnMut(&Library, T) -> Result<bool, String>,
) -> bool {
    let total = planned.len() as u64;
    for (done, (action, thing)) in (1..).zip(planned) {
        if (work.is_stopping)() {
            return false;
        }
        match act(work.library, thing) {
            Ok(true) => deeds.done(&action),
            Ok(false) => deeds.changed(),
            Err(sentence) => deeds.failed(work.news, &action.path, &sentence),
        }
        work.news.progress(done, total, None);
    }
    true
}

/// An error with all its causes, as part of a sentence.
pub(crate) fn words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

/// The task can't go on, since the library could not be read or written.
pub(crate) fn unreadable(error: &dyn Error) -> TaskError {
    TaskError::Failed(format!(
        "The library could not be read or written: {}. What was done until then stays; see the server's log.",
        words(error)
    ))
}

/// The instant so many days before another.
pub(crate) fn days_before(now: Timestamp, days: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(days * 24)).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_the_first_ones_and_counts_all() {
        let mut deeds = Deeds::default();
        for number in 0..120u64 {
            let path = format!("/data/cache/{number}").into();
            deeds.done(&Action { deed: Deed::Remove, path, bytes: 10, reason: "It is old.".into() });
        }
        let mut report = Report::default();
        deeds.tell(&mut report);
        let facts = report.into_facts();
        assert_eq!(facts.len(), 2 + NAMED + 1);
        assert_eq!((facts[0].label.as_str(), &facts[0].value), ("removed", &120.into()));
        assert_eq!(facts[1].value, 1_200);
        assert_eq!(facts[2].value, "/data/cache/0 (10 B): It is old.");
        assert_eq!(facts.last().unwrap().value, 70);
    }
}
