//! What a run that keeps house did, and what it could not do: each action is told to the log, the first ones
//! stand by name in the run's report, and all of them are counted there.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use butler_api::sizes;
use butler_library::{Library, is_of_whole_disk};
use jiff::{SignedDuration, Timestamp};

use crate::plan::{Action, Deed};
use crate::report::Report;
use crate::work::{News, TaskError, Work};

/// So many actions stand in a report by name.
const NAMED: usize = 50;

/// Why an action could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undone {
    /// What can't be done, without its cause: `This cache file can't be removed`.
    what: &'static str,
    /// The cause, as part of a sentence.
    why: String,
    /// Whether the other actions of its list would meet the same.
    is_of_all: bool,
}

impl Undone {
    /// By an error that the others meet too, if it is of the whole disk.
    pub(crate) fn by(what: &'static str, error: &(dyn Error + 'static)) -> Self {
        Self { what, why: words(error), is_of_all: is_of_whole_disk(error) }
    }

    /// By an error that says nothing of the others: there may be room for a smaller one.
    pub(crate) fn alone(what: &'static str, error: &(dyn Error + 'static)) -> Self {
        Self { is_of_all: false, ..Self::by(what, error) }
    }

    fn sentence(&self) -> String {
        format!("{}: {}.", self.what, self.why)
    }
}

/// The actions of one kind that could not be done.
#[derive(Debug)]
struct Left {
    count: u64,
    /// Why the first of them could not.
    why: String,
    /// Whether one could not for another reason.
    is_mixed: bool,
    /// Those of them that were not even tried, since the one before met what they would meet.
    untried: u64,
}

/// What was done so far.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    counted: BTreeMap<Deed, (u64, u64)>,
    named: Vec<(Deed, String)>,
    changed: u64,
    left: BTreeMap<Deed, Left>,
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
    pub(crate) fn undone(&mut self, news: &dyn News, action: &Action, undone: &Undone) {
        self.failed(news, &action.path, &undone.sentence());
        let first = || Left { count: 0, why: undone.why.clone(), is_mixed: false, untried: 0 };
        let left = self.left.entry(action.deed).or_insert_with(first);
        left.count += 1;
        left.is_mixed |= left.why != undone.why;
    }

    /// Notes an action that was not tried, for the one before it met what this one would meet.
    fn untried(&mut self, action: &Action) {
        if let Some(left) = self.left.get_mut(&action.deed) {
            left.count += 1;
            left.untried += 1;
        }
    }

    /// Notes what is not as it should be; the run counts it.
    pub(crate) fn failed(&mut self, news: &dyn News, path: &Path, sentence: &str) {
        news.failed(path, sentence);
        if self.failed.len() < NAMED {
            self.failed.push(format!("{}: {sentence}", path.display()));
        }
    }

    /// What could not be done, in the words of a run's reason; none if all was.
    fn left(&self) -> Option<String> {
        let left = |(deed, left): (&Deed, &Left)| {
            let Left { count, why, is_mixed, untried } = left;
            let others = if *is_mixed { ", and others for other reasons" } else { "" };
            let untried = match untried {
                0 => String::new(),
                _ => format!("; {untried} of them were not tried after that"),
            };
            format!("{count} could not be {}: {why}{others}{untried}", deed.undone())
        };
        let parts: Vec<String> = self.left.iter().map(left).collect();
        match (parts.as_slice(), self.failed.as_slice()) {
            ([], []) => None,
            ([], [only]) => Some(only.trim_end_matches('.').to_owned()),
            ([], [first, others @ ..]) => {
                Some(format!("{}; {} more", first.trim_end_matches('.'), others.len()))
            }
            _ => Some(parts.join("; ")),
        }
    }

    /// Adds what was done, and what was not, to a report.
    pub(crate) fn tell(self, report: &mut Report) {
        report.undone = report.undone.take().or_else(|| self.left());
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

/// Does one action after the other. One that can't be done is a sentence, and the others go on, unless they
/// would meet the same: then none of them is tried. Whether all were gone through, and the run is not to
/// stop.
pub(crate) fn each<T>(
    work: &mut Work<'_>,
    deeds: &mut Deeds,
    planned: Vec<(Action, T)>,
    mut act: impl FnMut(&Library, T) -> Result<bool, Undone>,
) -> bool {
    let total = planned.len() as u64;
    let mut planned = (1..).zip(planned);
    while let Some((done, (action, thing))) = planned.next() {
        if (work.is_stopping)() {
            return false;
        }
        match act(work.library, thing) {
            Ok(true) => deeds.done(&action),
            Ok(false) => deeds.changed(),
            Err(undone) => {
                deeds.undone(work.news, &action, &undone);
                if undone.is_of_all {
                    planned.for_each(|(_, (action, _))| deeds.untried(&action));
                    return false;
                }
            }
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
    use std::io;
    use std::sync::Mutex;

    use butler_api::{Ask, RunId};

    use super::*;
    use crate::settings::Settings;
    use crate::work::{LibraryChange, WorkStep};

    #[derive(Default)]
    struct Failures(Mutex<Vec<String>>);

    impl News for Failures {
        fn step(&self, _: WorkStep) {}

        fn failed(&self, path: &Path, sentence: &str) {
            self.0.lock().unwrap().push(format!("{}: {sentence}", path.display()));
        }

        fn changed(&self, _: LibraryChange) {}
    }

    fn removal(number: u64) -> Action {
        let path = format!("/data/cache/{number}").into();
        Action { deed: Deed::Remove, path, bytes: 10, reason: "It is old.".into() }
    }

    /// Tries to remove five files, of which those from the second on fail so; gives whether it went through
    /// all, what it told as failed, and the report.
    fn removed(error: impl Fn(u64) -> io::ErrorKind) -> (bool, Vec<String>, Report) {
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let (news, mut deeds, mut report) = (Failures::default(), Deeds::default(), Report::default());
        let mut work = Work {
            is_of_watch: false,
            library: &library,
            ask: &Ask::default(),
            run: RunId(1),
            settings: &Settings::default(),
            today: jiff::civil::date(2027, 3, 20),
            now: &|| Timestamp::UNIX_EPOCH,
            wait: &|_| {},
            is_stopping: &|| false,
            news: &news,
        };
        let planned = (1..=5).map(|number| (removal(number), number)).collect();
        let is_whole = each(&mut work, &mut deeds, planned, |_, number| match number {
            1 => Ok(true),
            _ => Err(Undone::by("This cache file can't be removed", &io::Error::from(error(number)))),
        });
        deeds.tell(&mut report);
        (is_whole, news.0.into_inner().unwrap(), report)
    }

    #[test]
    fn what_each_would_meet_is_met_once_and_what_is_of_one_leaves_the_others() {
        let (is_whole, failures, report) = removed(|_| io::ErrorKind::PermissionDenied);
        assert_eq!((is_whole, failures.len()), (true, 4));
        assert_eq!(report.undone.as_deref(), Some("4 could not be removed: permission denied"));
        let (is_whole, failures, report) = removed(|number| match number {
            2 => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::ResourceBusy,
        });
        assert_eq!((is_whole, failures.len()), (true, 4));
        assert_eq!(
            report.undone.as_deref(),
            Some("4 could not be removed: permission denied, and others for other reasons")
        );
        for (kind, words) in [
            (io::ErrorKind::ReadOnlyFilesystem, "read-only filesystem or storage medium"),
            (io::ErrorKind::StorageFull, "no storage space"),
        ] {
            let (is_whole, failures, report) = removed(|_| kind);
            assert_eq!(
                (is_whole, failures.as_slice()),
                (false, &[format!("/data/cache/2: This cache file can't be removed: {words}.")][..])
            );
            assert_eq!(
                report.undone,
                Some(format!("4 could not be removed: {words}; 3 of them were not tried after that"))
            );
        }
    }

    #[test]
    fn what_is_amiss_beside_the_actions_is_told_by_its_own_sentence() {
        let mut deeds = Deeds::default();
        assert_eq!(deeds.left(), None);
        deeds.failed(&Failures::default(), Path::new("/copies/1"), "it is damaged.");
        assert_eq!(deeds.left().as_deref(), Some("/copies/1: it is damaged"));
        deeds.failed(&Failures::default(), Path::new("/copies/2"), "it is damaged.");
        assert_eq!(deeds.left().as_deref(), Some("/copies/1: it is damaged; 1 more"));
    }

    #[test]
    fn a_report_names_the_first_ones_and_counts_all() {
        let mut deeds = Deeds::default();
        for number in 0..120u64 {
            deeds.done(&removal(number));
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
