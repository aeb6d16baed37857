//! Follows the work of a server that keeps no runs, as a Plex Media Server: by the activities that begin
//! after a start, until all of them are over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use butler_client::{Activity, ActivityEvent, TaskName};
use butler_record::Observation;
use tokio::time::{Instant, timeout_at};

use super::View;
use crate::observer::{BUTLER, Observer};
use crate::print::Out;
use crate::print::error::Trouble;

/// How long a server may take to begin what it was asked for.
const BEGINS_WITHIN: Duration = Duration::from_secs(20);
/// A task's activities come one after the other: so long there may be none between two.
const BETWEEN: Duration = Duration::from_secs(3);

/// The types of a task's activities, as far as any is known.
fn kinds(task: &TaskName) -> &'static [&'static str] {
    match task {
        TaskName::ButlerTaskGenerateCreditsMarkers => &["media.generate.credits"],
        TaskName::ButlerTaskGenerateIntroMarkers => &["media.generate.intros"],
        TaskName::ButlerTaskGenerateVoiceActivity => &["media.generate.voice.activity"],
        TaskName::GenerateChapterThumbs => &["media.generate.chapter.thumbs"],
        TaskName::GenerateMediaIndexFiles => &["media.generate.bif"],
        TaskName::LoudnessAnalysis => &["media.generate.loudness"],
        TaskName::MusicAnalysis => &["media.generate.music.analysis"],
        TaskName::RefreshEpgGuides => &["provider.epg.load"],
        TaskName::RefreshLibraries => &["library.update.section"],
        TaskName::RefreshPeriodicMetadata => &["library.refresh.items", "library.update.item.metadata"],
        _ => &[],
    }
}

/// What is waited for.
#[derive(Debug)]
pub(crate) struct Awaited {
    /// The activity, where the server named it.
    named: Option<String>,
    /// The tasks; none of them: any.
    tasks: Vec<TaskName>,
    /// Those that were there before the start, by their ids: they are nobody's that waits.
    before: BTreeSet<String>,
    open: BTreeMap<String, Activity>,
    /// Those that are over, as they were last.
    over: Vec<Activity>,
}

impl Awaited {
    /// Any work of these tasks, or of any if there are none, that was not there before; or the activity that
    /// the server named.
    pub(crate) const fn new(tasks: Vec<TaskName>, named: Option<String>, before: BTreeSet<String>) -> Self {
        Self { named, tasks, before, open: BTreeMap::new(), over: Vec::new() }
    }

    fn is_meant(&self, activity: &Activity) -> bool {
        if let Some(named) = &self.named {
            return activity.uuid == *named;
        }
        if self.before.contains(&activity.uuid) {
            return false;
        }
        let is_of = |task: &TaskName| kinds(task).contains(&activity.kind.as_str());
        self.tasks.is_empty() || activity.kind == BUTLER || self.tasks.iter().any(is_of)
    }

    fn observe(&mut self, observation: Observation) {
        match observation {
            Observation::Look(activities) => {
                let gone: Vec<String> = self
                    .open
                    .keys()
                    .filter(|uuid| !activities.iter().any(|activity| activity.uuid == **uuid))
                    .cloned()
                    .collect();
                self.over.extend(gone.iter().filter_map(|uuid| self.open.remove(uuid)));
                for activity in
                    activities.into_iter().filter(|activity| self.is_meant(activity)).collect::<Vec<_>>()
                {
                    self.open.insert(activity.uuid.clone(), activity);
                }
            }
            Observation::Notice(notification) if self.is_meant(&notification.activity) => {
                if notification.event == ActivityEvent::Ended {
                    self.open.remove(&notification.uuid);
                    self.over.push(notification.activity);
                } else {
                    self.open.insert(notification.uuid, notification.activity);
                }
            }
            Observation::Notice(_) | Observation::Tasks(_) | Observation::There | Observation::Lost => {}
        }
    }

    /// How long it is still waited if nothing is told; none while something works.
    fn patience(&self) -> Option<Duration> {
        match (self.open.is_empty(), self.over.is_empty()) {
            (false, _) => None,
            (true, true) => Some(BEGINS_WITHIN),
            // One that was named is the whole of it.
            (true, false) if self.named.is_some() => Some(Duration::ZERO),
            (true, false) => Some(BETWEEN),
        }
    }
}

/// Follows what is waited for until it is over, or did not begin. Gives the activities that are over.
pub(crate) async fn to_the_end(
    observer: &mut Observer<'_>,
    mut awaited: Awaited,
    view: &mut View,
    out: Out,
) -> Result<Vec<Activity>, Trouble> {
    let mut quiet_since = Instant::now();
    loop {
        let next = match awaited.patience() {
            None => observer.next().await,
            Some(patience) => match timeout_at(quiet_since + patience, observer.next()).await {
                Ok(next) => next,
                Err(_) => return Ok(awaited.over),
            },
        };
        let before = (awaited.open.len(), awaited.over.len());
        awaited.observe(next?);
        let open: Vec<Activity> = awaited.open.values().cloned().collect();
        view.show_activities(&open, out);
        if before != (open.len(), awaited.over.len()) {
            quiet_since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use butler_client::ActivityNotification;

    use super::*;

    fn activity(uuid: &str, kind: &str) -> Activity {
        Activity {
            context: None,
            cancellable: true,
            progress: 0,
            subtitle: String::new(),
            title: "T".into(),
            kind: kind.into(),
            user_id: 1,
            uuid: uuid.into(),
        }
    }

    fn notified(event: ActivityEvent, uuid: &str, kind: &str) -> Observation {
        Observation::Notice(ActivityNotification { event, uuid: uuid.into(), activity: activity(uuid, kind) })
    }

    #[test]
    fn the_work_of_a_task_is_over_when_its_last_activity_is() {
        let mut awaited = Awaited::new(vec![TaskName::LoudnessAnalysis], None, BTreeSet::new());
        let loudness = "media.generate.loudness";
        let mut patience = |observation| {
            awaited.observe(observation);
            awaited.patience()
        };
        assert_eq!(patience(Observation::Look(vec![activity("x", "media.download")])), Some(BEGINS_WITHIN));
        assert_eq!(patience(notified(ActivityEvent::Started, "a", loudness)), None);
        assert_eq!(patience(notified(ActivityEvent::Started, "b", BUTLER)), None);
        assert_eq!(patience(notified(ActivityEvent::Ended, "a", loudness)), None);
        assert_eq!(patience(notified(ActivityEvent::Ended, "x", "media.download")), None);
        assert_eq!(patience(Observation::Look(vec![])), Some(BETWEEN), "what is gone is over");
        assert_eq!(awaited.over.len(), 2);
    }

    #[test]
    fn what_was_there_before_the_start_is_not_waited_for() {
        let older = BTreeSet::from(["old".to_owned()]);
        let mut awaited = Awaited::new(vec![TaskName::LoudnessAnalysis], None, older);
        let loudness = "media.generate.loudness";
        awaited.observe(Observation::Look(vec![activity("old", loudness)]));
        assert_eq!(awaited.patience(), Some(BEGINS_WITHIN));
        awaited.observe(notified(ActivityEvent::Ended, "old", loudness));
        assert_eq!((awaited.patience(), awaited.over.len()), (Some(BEGINS_WITHIN), 0));
        awaited.observe(notified(ActivityEvent::Started, "new", loudness));
        assert_eq!(awaited.patience(), None);
    }

    #[test]
    fn an_activity_that_was_named_is_the_whole_of_it() {
        let mut awaited =
            Awaited::new(vec![TaskName::BackupDatabase], Some("a".into()), BTreeSet::from(["a".into()]));
        awaited.observe(notified(ActivityEvent::Started, "b", BUTLER));
        assert_eq!(awaited.patience(), Some(BEGINS_WITHIN));
        awaited.observe(notified(ActivityEvent::Ended, "a", "whatever"));
        assert_eq!(awaited.patience(), Some(Duration::ZERO));
    }
}
