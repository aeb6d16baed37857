//! What the server is busy with, in Plex's words: an activity has a type, an id and a user.

use butler_api::plex::{
    Activity, ActivityContext, ActivityEvent, ActivityNotification, Notification, StatusNotification,
};
use butler_api::{RunId, RunState};
use sha2::{Digest, Sha256};

use super::kind;
use crate::live::{Doing, News};

/// Nobody knows how far it is.
const UNKNOWN: i8 = -1;
/// The one user there is.
const ADMIN: u64 = 1;

/// The activity that a server's doing is.
pub(super) fn of(server_id: &str, doing: &Doing) -> Activity {
    Activity {
        context: doing.section.map(|section| ActivityContext {
            key: Some(format!("/library/sections/{section}")),
            library_section_id: Some(section.to_string()),
        }),
        cancellable: doing.state != RunState::Stopping,
        progress: doing.progress.and_then(|percent| i8::try_from(percent).ok()).unwrap_or(UNKNOWN),
        subtitle: doing.subtitle.clone(),
        title: doing.title.clone(),
        kind: if doing.is_scan { kind::SECTION_SCAN } else { kind::of_task(&doing.task) }.to_owned(),
        user_id: ADMIN,
        uuid: uuid(server_id, doing),
    }
}

/// What Plex's clients are told of a piece of news; none of what they know no word for.
pub(crate) fn notification(server_id: &str, news: &News) -> Option<Notification> {
    let (event, mut activity) = match news {
        News::Started(doing) => (ActivityEvent::Started, of(server_id, doing)),
        News::Updated(doing) => (ActivityEvent::Updated, of(server_id, doing)),
        News::Ended(doing) => (ActivityEvent::Ended, of(server_id, doing)),
        News::ScanEnded(title) => {
            return Some(Notification::Status(StatusNotification::scan_complete(title)));
        }
        News::Failed { title, why } => {
            return Some(Notification::Status(StatusNotification::task_failed(title, why.clone())));
        }
        News::Changed => return None,
    };
    activity.cancellable &= event != ActivityEvent::Ended;
    Some(Notification::Activity(ActivityNotification { event, uuid: activity.uuid.clone(), activity }))
}

/// The id of an activity.
pub(super) fn uuid(server_id: &str, doing: &Doing) -> String {
    match doing.section.filter(|_| doing.is_scan) {
        Some(section) => uuid_of(&format!("{server_id} run {} section {section}", doing.run)),
        None => uuid_of_run(server_id, doing.run),
    }
}

/// The id of a run's own activity.
pub(crate) fn uuid_of_run(server_id: &str, run: RunId) -> String {
    uuid_of(&format!("{server_id} run {run}"))
}

/// An id that is the same for the same server, run and section, without being stored (RFC 9562, version 8).
fn uuid_of(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    let mut hex = String::with_capacity(36);
    for (index, byte) in digest.iter().take(16).enumerate() {
        if [4, 6, 8, 10].contains(&index) {
            hex.push('-');
        }
        let byte = match index {
            6 => byte & 0x0f | 0x80,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        hex.push_str(&format!("{byte:02x}"));
    }
    hex
}

#[cfg(test)]
mod tests {
    use butler_api::TaskName;

    use super::*;

    fn doing(run: u64, scanned: Option<i64>) -> Doing {
        Doing {
            run: RunId(run),
            task: TaskName::GenerateMediaIndexFiles,
            state: RunState::Running,
            is_scan: scanned.is_some(),
            section: scanned,
            title: "A task".into(),
            subtitle: "Heat.mkv".into(),
            progress: None,
        }
    }

    #[test]
    fn an_activity_has_the_type_of_its_task_or_of_its_scan() {
        let activity = of("server", &doing(7, None));
        assert_eq!((activity.kind.as_str(), activity.progress), ("media.generate.bif", -1));
        assert_eq!(activity.context, None);
        let scan = of("server", &Doing { progress: Some(50), ..doing(7, Some(3)) });
        assert_eq!((scan.kind.as_str(), scan.progress), ("library.update.section", 50));
        assert_eq!(scan.context.unwrap().key.as_deref(), Some("/library/sections/3"));
    }

    #[test]
    fn what_is_stopping_or_over_can_not_be_cancelled() {
        assert!(of("server", &doing(7, None)).cancellable);
        assert!(!of("server", &Doing { state: RunState::Stopping, ..doing(7, None) }).cancellable);
        let ended = notification("server", &News::Ended(doing(7, None)));
        let Some(Notification::Activity(ended)) = ended else { panic!("{ended:?}") };
        assert!(!ended.activity.cancellable);
    }

    #[test]
    fn clients_hear_nothing_of_what_plex_has_no_word_for() {
        assert_eq!(notification("server", &News::Changed), None);
        let scanned = notification("server", &News::ScanEnded("Films".into()));
        assert_eq!(scanned, Some(Notification::Status(StatusNotification::scan_complete("Films"))));
    }

    #[test]
    fn the_id_of_an_activity_is_the_same_after_a_restart_and_another_for_all_else() {
        let one = uuid("server", &doing(7, None));
        assert_eq!(one, uuid("server", &doing(7, None)));
        let others = [
            uuid("other", &doing(7, None)),
            uuid("server", &doing(8, None)),
            uuid("server", &doing(7, Some(8))),
        ];
        assert!(others.iter().all(|other| *other != one));
        assert_eq!((one.len(), one.as_bytes()[14], one.matches('-').count()), (36, b'8', 4));
    }
}
