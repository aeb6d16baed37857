//! The machine that makes a history of what is observed. Pure: it asks nobody, stores nothing, and gets each
//! observation with its instant.
//!
//! An activity is a span by its id. What is told by a notification was seen to begin or end; what only a look
//! finds, or finds gone, was not, and its row says so. An observation that is doubled changes nothing.

use std::collections::BTreeMap;

use butler_api::plex::{Activity, ActivityEvent, ActivityNotification, ButlerTask};
use jiff::{SignedDuration, Timestamp};

use crate::change::{KnownTask, OpenSpan, RecordChange};

/// How often an open span is stored as seen, if nothing else is to be stored of it: so much is lost at most
/// of when it ended while nobody watched.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(15);
/// How often it is stored that the server is watched, while nothing happens.
const NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// A clock that is set back by more had run ahead; by less it is one that is kept right.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// A pause between two observations that is no gap.
const NO_GAP: SignedDuration = SignedDuration::from_secs(1);

/// What is observed of a server.
#[derive(Debug, Clone)]
pub enum Observation {
    /// A look: all that the server is busy with.
    Look(Vec<Activity>),
    /// A notification.
    Notice(ActivityNotification),
    /// The server's list of tasks.
    Tasks(Vec<ButlerTask>),
    /// The server is there, and nothing else is known.
    There,
    /// The server is not there any more, or what it tells does not come through. The next look ends the gap.
    Lost,
}

/// What a file knows when a watch begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The activities that had not ended.
    pub open: Vec<OpenSpan>,
    /// What the list of tasks said last.
    pub tasks: Vec<KnownTask>,
    /// When the watch before last knew anything.
    pub watched_until: Option<Timestamp>,
}

/// The machine.
#[derive(Debug)]
pub struct Recorder {
    open: BTreeMap<String, OpenSpan>,
    tasks: BTreeMap<String, KnownTask>,
    /// Since when nothing is known; none while the server is watched.
    lost_since: Option<Timestamp>,
    /// The last instant at which anything was known.
    known_at: Option<Timestamp>,
    /// Until when it is stored that the server was watched.
    noted_at: Option<Timestamp>,
    /// Until when the file remembers what watches before this one saw. Which clock was wrong, theirs or this
    /// one, nobody knows: so none of that is ever set back.
    remembered: Option<Timestamp>,
}

impl Recorder {
    /// A machine that goes on with what a file knows. Between that and the first look nobody watched.
    pub fn new(known: Known) -> Self {
        Self {
            open: known.open.into_iter().map(|span| (span.uuid.clone(), span)).collect(),
            tasks: known.tasks.into_iter().map(|task| (task.name.clone(), task)).collect(),
            lost_since: known.watched_until,
            known_at: known.watched_until,
            noted_at: known.watched_until,
            remembered: known.watched_until,
        }
    }

    /// What an observation changes.
    pub fn observe(&mut self, observation: Observation, at: Timestamp) -> Vec<RecordChange> {
        let mut changes = Vec::new();
        if self.known_at.is_some_and(|known| at.duration_until(known) > AHEAD) {
            match self.remembered {
                Some(remembered) if at.duration_until(remembered) > AHEAD => self.begin_anew(),
                remembered => changes.push(self.set_back(remembered.map_or(at, |until| until.max(at)))),
            }
        }
        // A clock that is kept right makes no span end before it began.
        let at = self.known_at.map_or(at, |known| known.max(at));
        match observation {
            Observation::Look(activities) => self.look(activities, at, &mut changes),
            Observation::Notice(notification) => self.notified(notification, at, &mut changes),
            Observation::Tasks(tasks) => {
                for ButlerTask { name, enabled, interval, .. } in tasks {
                    let task = KnownTask { name: name.to_string(), enabled, interval };
                    if self.tasks.insert(task.name.clone(), task.clone()).as_ref() != Some(&task) {
                        changes.push(RecordChange::Task { task, at });
                    }
                }
            }
            Observation::There if self.lost_since.is_none() => {
                for span in
                    self.open.values_mut().filter(|span| at.duration_since(span.seen_at) >= SEEN_EVERY)
                {
                    span.seen_at = at;
                    changes.push(RecordChange::See { uuid: span.uuid.clone(), at, progress: span.progress });
                }
            }
            Observation::There => return changes,
            Observation::Lost => {
                // What was known last was known until then, not until now.
                self.lost_since.get_or_insert(self.known_at.unwrap_or(at));
                return changes;
            }
        }
        self.known_at = Some(at);
        if !changes.is_empty() {
            self.noted_at = Some(at);
        } else if self.noted_at.is_none_or(|noted| at.duration_since(noted) >= NOTED_EVERY) {
            self.noted_at = Some(at);
            changes.push(RecordChange::Watched { at });
        }
        changes
    }

    /// What is still to be stored when the watch ends: what is open was there until then.
    pub fn end(&mut self, at: Timestamp) -> Vec<RecordChange> {
        if self.lost_since.is_some() {
            return Vec::new();
        }
        let at = self.known_at.map_or(at, |known| known.max(at));
        let seen = self.open.values().map(|span| {
            let (uuid, progress) = (span.uuid.clone(), span.progress);
            RecordChange::See { uuid, at, progress }
        });
        seen.chain([RecordChange::Watched { at }]).collect()
    }

    /// The clock is behind all that the file remembers: what comes is recorded from here on by this clock, and
    /// what is there stays as it is.
    fn begin_anew(&mut self) {
        (self.lost_since, self.known_at, self.noted_at) = (None, None, None);
        self.remembered = Some(Timestamp::MAX);
    }

    /// The clock had run ahead: what is known was known by now at the latest.
    fn set_back(&mut self, at: Timestamp) -> RecordChange {
        for span in self.open.values_mut() {
            span.seen_at = span.seen_at.min(at);
        }
        for known in [&mut self.lost_since, &mut self.known_at, &mut self.noted_at] {
            *known = known.map(|known| known.min(at));
        }
        RecordChange::SetBack { at }
    }

    fn look(&mut self, activities: Vec<Activity>, at: Timestamp, changes: &mut Vec<RecordChange>) {
        if let Some(from) = self.lost_since.take().filter(|from| at.duration_since(*from) > NO_GAP) {
            changes.push(RecordChange::Gap { from, until: at });
        }
        let is_there = |uuid: &str| activities.iter().any(|activity| activity.uuid == uuid);
        let gone: Vec<String> = self.open.keys().filter(|uuid| !is_there(uuid)).cloned().collect();
        for OpenSpan { uuid, title, seen_at, .. } in gone.iter().filter_map(|uuid| self.open.remove(uuid)) {
            changes.push(RecordChange::End { uuid, title, at: at.max(seen_at), saw_end: false });
        }
        for activity in activities {
            self.see(activity, at, false, changes);
        }
    }

    fn notified(
        &mut self,
        notification: ActivityNotification,
        at: Timestamp,
        changes: &mut Vec<RecordChange>,
    ) {
        let uuid = notification.uuid.clone();
        let is_end = notification.event == ActivityEvent::Ended;
        // The end of what was never seen is no span of no length.
        if is_end && !self.open.contains_key(&uuid) {
            return;
        }
        let activity = Activity { uuid: notification.uuid, ..notification.activity };
        self.see(activity, at, notification.event == ActivityEvent::Started, changes);
        if !is_end {
            return;
        }
        if let Some(OpenSpan { title, progress, .. }) = self.open.remove(&uuid) {
            if !changes.iter().any(|change| matches!(change, RecordChange::See { .. })) {
                changes.push(RecordChange::See { uuid: uuid.clone(), at, progress });
            }
            changes.push(RecordChange::End { uuid, title, at, saw_end: true });
        }
    }

    /// Notes an activity as it is now.
    fn see(&mut self, activity: Activity, at: Timestamp, saw_begin: bool, changes: &mut Vec<RecordChange>) {
        let Activity { context, progress, subtitle, title, kind, uuid, .. } = activity;
        let section = context.and_then(|context| context.library_section_id);
        let span = self.open.entry(uuid.clone()).or_insert_with(|| {
            let begin = RecordChange::Begin {
                uuid: uuid.clone(),
                kind,
                title: title.clone(),
                section: section.clone(),
                at,
                saw_begin,
            };
            changes.push(begin);
            let (section, thing) = (section.clone(), String::new());
            OpenSpan { uuid, title, section, seen_at: at, progress: -1, thing, things: 0 }
        });
        // A server says it about a second after the begin.
        if span.section.is_none()
            && let Some(section) = section
        {
            span.section = Some(section.clone());
            changes.push(RecordChange::Section { uuid: span.uuid.clone(), section });
        }
        if !subtitle.is_empty() && span.thing != subtitle {
            let (uuid, name) = (span.uuid.clone(), subtitle.clone());
            changes.push(RecordChange::Thing { uuid, number: span.things, name, at });
            span.things = span.things.saturating_add(1);
            span.thing = subtitle;
        }
        // An end that says nothing of the progress does not undo what was known.
        let progress = if progress < 0 { span.progress } else { progress };
        if progress != span.progress || at.duration_since(span.seen_at) >= SEEN_EVERY {
            (span.progress, span.seen_at) = (progress, at);
            changes.push(RecordChange::See { uuid: span.uuid.clone(), at, progress });
        }
    }
}

#[cfg(test)]
mod tests {
    use butler_api::plex::ActivityContext;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_831_200 + seconds).unwrap()
    }

    fn activity(uuid: &str, progress: i8, subtitle: &str) -> Activity {
        Activity {
            context: None,
            cancellable: true,
            progress,
            subtitle: subtitle.into(),
            title: "Generating loudness data".into(),
            kind: "media.generate.loudness".into(),
            user_id: 1,
            uuid: uuid.into(),
        }
    }

    fn notified(event: ActivityEvent, activity: Activity) -> Observation {
        Observation::Notice(ActivityNotification { event, uuid: activity.uuid.clone(), activity })
    }

    /// Changes in short lines, each with its second.
    fn shown(changes: &[RecordChange]) -> Vec<String> {
        let second = |at: &Timestamp| at.as_second() - 1_795_831_200;
        changes
            .iter()
            .map(|change| match change {
                RecordChange::Begin { uuid, at, saw_begin, .. } => {
                    format!("{} begin {uuid} {saw_begin}", second(at))
                }
                RecordChange::Section { uuid, section } => format!("section {uuid} {section}"),
                RecordChange::See { uuid, at, progress } => format!("{} see {uuid} {progress}", second(at)),
                RecordChange::Thing { uuid, number, name, at } => {
                    format!("{} thing {uuid} {number} {name}", second(at))
                }
                RecordChange::End { uuid, at, saw_end, .. } => format!("{} end {uuid} {saw_end}", second(at)),
                RecordChange::Watched { at } => format!("{} watched", second(at)),
                RecordChange::SetBack { at } => format!("{} set back", second(at)),
                RecordChange::Gap { from, until } => format!("gap {} {}", second(from), second(until)),
                RecordChange::Task { task, at } => format!("{} {} {}", second(at), task.name, task.enabled),
            })
            .collect()
    }

    #[test]
    fn what_is_told_is_a_span_with_begin_things_and_end() {
        use ActivityEvent::{Ended, Started, Updated};
        let mut recorder = Recorder::new(Known::default());
        let mut observe = |observation, second| shown(&recorder.observe(observation, at(second)));
        assert_eq!(observe(Observation::Look(vec![]), 0), ["0 watched"]);
        assert_eq!(observe(notified(Started, activity("a", 0, "")), 1), ["1 begin a true", "1 see a 0"]);
        assert_eq!(observe(notified(Updated, activity("a", 0, "S01 E01")), 2), ["2 thing a 0 S01 E01"]);
        assert_eq!(observe(notified(Updated, activity("a", 0, "S01 E01")), 3), [""; 0]);
        assert_eq!(
            observe(notified(Updated, activity("a", 50, "S01 E02")), 4),
            ["4 thing a 1 S01 E02", "4 see a 50"]
        );
        assert_eq!(observe(notified(Ended, activity("a", -1, "")), 5), ["5 see a 50", "5 end a true"]);
        assert_eq!(observe(notified(Ended, activity("a", 100, "")), 6), [""; 0], "notified twice");
        assert_eq!(observe(notified(Ended, activity("b", 100, "")), 7), [""; 0], "never seen");
    }

    #[test]
    fn a_section_is_taken_from_whatever_names_it_first() {
        use ActivityEvent::{Started, Updated};
        let of = |section: Option<&str>| {
            let id = |section: &str| Some(section.to_owned());
            let context =
                section.map(|section| ActivityContext { key: None, library_section_id: id(section) });
            Activity { context, ..activity("a", 0, "") }
        };
        let mut recorder = Recorder::new(Known::default());
        recorder.observe(notified(Started, of(None)), at(0));
        assert_eq!(shown(&recorder.observe(notified(Updated, of(Some("12"))), at(1))), ["section a 12"]);
        assert_eq!(recorder.observe(notified(Updated, of(Some("12"))), at(2)), []);
        assert_eq!(recorder.observe(notified(Updated, of(None)), at(3)), []);
        let mut recorder = Recorder::new(Known::default());
        recorder.observe(Observation::Look(vec![of(None)]), at(0));
        let looked = recorder.observe(Observation::Look(vec![of(Some("12"))]), at(5));
        assert_eq!(shown(&looked), ["section a 12"]);
    }

    #[test]
    fn what_is_open_when_the_watch_ends_was_there_until_then() {
        let mut recorder = Recorder::new(Known::default());
        recorder.observe(Observation::Look(vec![activity("a", 7, "")]), at(0));
        assert_eq!(shown(&recorder.end(at(9))), ["9 see a 7", "9 watched"]);
        recorder.observe(Observation::Lost, at(20));
        assert_eq!(recorder.end(at(30)), [], "of a server that is away nothing is known");
    }

    #[test]
    fn what_a_look_finds_was_not_seen_to_begin_and_what_it_misses_not_to_end() {
        let mut recorder = Recorder::new(Known::default());
        let mut look = |list, second| shown(&recorder.observe(Observation::Look(list), at(second)));
        assert_eq!(look(vec![activity("a", 7, "")], 0), ["0 begin a false", "0 see a 7"]);
        assert_eq!(look(vec![activity("a", 7, "")], 5), [""; 0]);
        assert_eq!(look(vec![activity("a", 7, "")], 20), ["20 see a 7"]);
        assert_eq!(look(vec![], 30), ["30 end a false"]);
    }

    #[test]
    fn a_server_that_was_away_leaves_a_gap_and_ends_what_it_forgot() {
        let mut recorder = Recorder::new(Known::default());
        recorder.observe(Observation::Look(vec![activity("a", 7, ""), activity("b", 1, "")]), at(0));
        assert_eq!(recorder.observe(Observation::Lost, at(40)), []);
        assert_eq!(recorder.observe(Observation::Lost, at(50)), []);
        assert_eq!(recorder.observe(Observation::There, at(55)), [], "there is nothing to say of it yet");
        let changes = recorder.observe(Observation::Look(vec![activity("b", 2, "")]), at(60));
        assert_eq!(shown(&changes), ["gap 0 60", "60 end a false", "60 see b 2"]);
    }

    #[test]
    fn a_watch_goes_on_where_the_one_before_it_ended() {
        let open = ["a", "b"].map(|uuid| OpenSpan {
            uuid: uuid.into(),
            title: String::new(),
            section: None,
            seen_at: at(0),
            progress: 7,
            thing: "S01 E01".into(),
            things: 3,
        });
        let task = KnownTask { name: "BackupDatabase".into(), enabled: true, interval: 3 };
        let known = Known { open: open.into(), tasks: vec![task], watched_until: Some(at(10)) };
        let mut recorder = Recorder::new(known);
        let changes = recorder.observe(Observation::Look(vec![activity("b", 8, "S01 E02")]), at(100));
        assert_eq!(
            shown(&changes),
            ["gap 10 100", "100 end a false", "100 thing b 3 S01 E02", "100 see b 8"]
        );
        let task = |enabled| ButlerTask {
            name: "BackupDatabase".into(),
            interval: 3,
            schedule_randomized: false,
            enabled,
            title: String::new(),
            description: String::new(),
        };
        assert_eq!(recorder.observe(Observation::Tasks(vec![task(true)]), at(101)), []);
        let changes = recorder.observe(Observation::Tasks(vec![task(false)]), at(102));
        assert_eq!(shown(&changes), ["102 BackupDatabase false"]);
    }

    #[test]
    fn a_night_in_which_nothing_happens_is_noted_as_watched() {
        let mut recorder = Recorder::new(Known::default());
        let mut there = |second| shown(&recorder.observe(Observation::There, at(second)));
        assert_eq!(there(0), ["0 watched"]);
        assert_eq!(there(59), [""; 0]);
        assert_eq!(there(60), ["60 watched"]);
    }

    #[test]
    fn a_clock_that_had_run_ahead_does_not_stay_in_what_is_recorded_then() {
        let mut recorder = Recorder::new(Known::default());
        let ahead = 86_400 * 365;
        recorder.observe(Observation::Look(vec![activity("a", 7, "")]), at(ahead));
        recorder.observe(Observation::Lost, at(ahead + 20));
        let changes = recorder.observe(Observation::Look(vec![activity("a", 8, "")]), at(100));
        assert_eq!(shown(&changes), ["100 set back", "100 see a 8"]);
        let changes = recorder.observe(notified(ActivityEvent::Ended, activity("a", 100, "")), at(160));
        assert_eq!(shown(&changes), ["160 see a 100", "160 end a true"]);
    }

    #[test]
    fn a_clock_that_is_behind_what_a_file_remembers_changes_nothing_of_it() {
        let known = Known { watched_until: Some(at(86_400)), ..Known::default() };
        let mut recorder = Recorder::new(known);
        let look = || Observation::Look(vec![activity("a", 7, "")]);
        assert_eq!(shown(&recorder.observe(look(), at(200))), ["200 begin a false", "200 see a 7"]);
        // Nor does it once it is set right, and back again.
        let changes = recorder.observe(notified(ActivityEvent::Ended, activity("a", 100, "")), at(90_000));
        assert_eq!(shown(&changes), ["90000 see a 100", "90000 end a true"]);
        assert_eq!(shown(&recorder.observe(look(), at(300))), ["300 begin a false", "300 see a 7"]);
        // What this watch itself had seen ahead of the file is set back, as far as the file reaches.
        let known = Known { watched_until: Some(at(1_000)), ..Known::default() };
        let mut recorder = Recorder::new(known);
        recorder.observe(Observation::Look(vec![]), at(86_400));
        let changes = recorder.observe(Observation::Look(vec![]), at(900));
        assert_eq!(shown(&changes), ["1000 set back"]);
    }

    #[test]
    fn a_clock_that_is_set_back_ends_nothing_before_it_began() {
        let mut recorder = Recorder::new(Known::default());
        recorder.observe(notified(ActivityEvent::Started, activity("a", 0, "")), at(100));
        let changes = recorder.observe(notified(ActivityEvent::Ended, activity("a", 100, "")), at(50));
        assert_eq!(shown(&changes), ["100 see a 100", "100 end a true"]);
    }
}
