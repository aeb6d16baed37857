//! What the notification sockets and the event source send. A frame of a socket has exactly three keys below
//! `NotificationContainer`, since published clients count them; an event of the event source has one object
//! and no container.

use serde::{Deserialize, Serialize};

use super::Activity;

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// An activity began, came further or ended.
    Activity(ActivityNotification),
    /// Something of note, for people.
    Status(StatusNotification),
}

/// What became of an activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityNotification {
    /// What happened.
    pub event: ActivityEvent,
    /// The activity's id.
    pub uuid: String,
    /// The activity as it is now.
    #[serde(rename = "Activity")]
    pub activity: Activity,
}

/// What can happen to an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActivityEvent {
    /// It began.
    Started,
    /// Its progress, subtitle or state changed.
    Updated,
    /// It is over.
    Ended,
}

/// Something of note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusNotification {
    /// What happened, in the words that clients look for.
    pub title: String,
    /// The same with more words.
    pub description: String,
    /// The same for programs.
    #[serde(rename = "notificationName")]
    pub name: String,
}

impl StatusNotification {
    /// A scan came to its end. Clients wait for this very title.
    pub fn scan_complete(section: &str) -> Self {
        Self {
            title: "Library scan complete".into(),
            description: format!("\"{section}\" was scanned."),
            name: "LIBRARY_UPDATE".into(),
        }
    }

    /// A task could not go on, as when the database is damaged. `why` says what to do.
    pub fn task_failed(task: &str, why: String) -> Self {
        Self { title: format!("{task} failed"), description: why, name: "BUTLER_TASK_FAILED".into() }
    }
}

#[derive(Serialize)]
struct Frame<'a, T> {
    #[serde(rename = "NotificationContainer")]
    container: FrameContainer<'a, T>,
}

#[derive(Serialize)]
struct FrameContainer<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    size: u8,
    #[serde(flatten)]
    list: List<'a, T>,
}

#[derive(Serialize)]
enum List<'a, T> {
    ActivityNotification([&'a T; 1]),
    StatusNotification([&'a T; 1]),
}

#[derive(Serialize)]
enum Event<'a> {
    ActivityNotification(&'a ActivityNotification),
    StatusNotification(&'a StatusNotification),
}

impl Notification {
    /// Its type, by which clients filter and which names the event: `activity`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Activity(_) => "activity",
            Self::Status(_) => "status",
        }
    }

    /// The text frame of a socket.
    ///
    /// # Errors
    /// If it has no JSON form, which does not happen.
    pub fn frame(&self) -> Result<String, serde_json::Error> {
        let kind = self.kind();
        match self {
            Self::Activity(one) => serde_json::to_string(&Frame {
                container: FrameContainer { kind, size: 1, list: List::ActivityNotification([one]) },
            }),
            Self::Status(one) => serde_json::to_string(&Frame {
                container: FrameContainer { kind, size: 1, list: List::StatusNotification([one]) },
            }),
        }
    }

    /// The data of an event of the event source.
    ///
    /// # Errors
    /// If it has no JSON form, which does not happen.
    pub fn event(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&match self {
            Self::Activity(one) => Event::ActivityNotification(one),
            Self::Status(one) => Event::StatusNotification(one),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started() -> Notification {
        let activity = Activity {
            context: None,
            cancellable: false,
            progress: -1,
            subtitle: String::new(),
            title: "Scanning Movies".into(),
            kind: "library.update.section".into(),
            user_id: 1,
            uuid: "c0".into(),
        };
        Notification::Activity(ActivityNotification {
            event: ActivityEvent::Started,
            uuid: "c0".into(),
            activity,
        })
    }

    const ACTIVITY: &str = "{\"event\":\"started\",\"uuid\":\"c0\",\"Activity\":{\"cancellable\":false,\"progress\":-1,\"subtitle\":\"\",\"title\":\"Scanning Movies\",\"type\":\"library.update.section\",\"userID\":1,\"uuid\":\"c0\"}}";

    #[test]
    fn a_frame_has_three_keys_and_a_list() {
        let expect = format!(
            "{{\"NotificationContainer\":{{\"type\":\"activity\",\"size\":1,\"ActivityNotification\":[{ACTIVITY}]}}}}"
        );
        assert_eq!(started().frame().unwrap(), expect);
    }

    #[test]
    fn an_event_has_one_object_and_no_container() {
        assert_eq!(started().event().unwrap(), format!("{{\"ActivityNotification\":{ACTIVITY}}}"));
    }

    #[test]
    fn the_end_of_a_scan_has_the_words_that_clients_look_for() {
        let frame = Notification::Status(StatusNotification::scan_complete("Films")).frame().unwrap();
        assert_eq!(
            frame,
            "{\"NotificationContainer\":{\"type\":\"status\",\"size\":1,\"StatusNotification\":[{\"title\":\"Library scan complete\",\"description\":\"\\\"Films\\\" was scanned.\",\"notificationName\":\"LIBRARY_UPDATE\"}]}}"
        );
    }
}
