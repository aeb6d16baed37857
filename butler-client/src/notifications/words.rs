//! Reads what comes over the two ways: frames with a `NotificationContainer`, and the events of an event
//! source. Pure.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Notice;
use crate::lenient::Lenient;

/// Bytes of an event that has not come to its end.
const MAX_EVENT_BYTES: usize = 8 << 20;
/// Stand by the notifications in a container, and are none.
const CONTAINER_WORDS: [&str; 2] = ["type", "size"];

/// What a frame of a socket tells. One that can't be read is one that was missed.
pub(super) fn of_frame(text: &str) -> Vec<Notice> {
    let container = serde_json::from_str::<Value>(text).ok().and_then(|mut frame| {
        let container = frame.get_mut("NotificationContainer")?.take();
        Some((container.get("type")?.as_str()?.to_owned(), container))
    });
    let Some((kind, Value::Object(fields))) = container else { return vec![Notice::Missed] };
    let lists = fields.into_iter().filter(|(name, _)| !CONTAINER_WORDS.contains(&name.as_str()));
    let all = lists.flat_map(|(_, list)| match list {
        Value::Array(list) => list,
        one => vec![one],
    });
    all.map(|value| notice(&kind, value)).collect()
}

/// What an event of an event source tells; a ping tells nothing.
pub(super) fn of_event(event: Event) -> Option<Notice> {
    if event.name == "ping" || event.data.is_empty() {
        return None;
    }
    let one = serde_json::from_str::<Value>(&event.data).ok().and_then(|data| match data {
        // One object below its name, without a container.
        Value::Object(fields) => fields.into_iter().next().map(|(_, value)| value),
        _ => None,
    });
    Some(one.map_or(Notice::Missed, |value| notice(&event.name, value)))
}

fn notice(kind: &str, value: Value) -> Notice {
    fn read<T: DeserializeOwned>(value: Value, notice: fn(T) -> Notice) -> Notice {
        T::deserialize(Lenient(value)).map_or(Notice::Missed, notice)
    }
    match kind {
        "activity" => read(value, Notice::Activity),
        "status" => read(value, Notice::Status),
        _ => Notice::Other { kind: kind.to_owned(), value },
    }
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) data: String,
}

/// An event that has no end.
#[derive(Debug, thiserror::Error)]
#[error("an event is longer than any that a server sends")]
pub(super) struct Endless;

/// Reads server-sent events out of bytes as they come (HTML standard, section 9.2.6).
#[derive(Debug, Default)]
pub(super) struct EventReader {
    line: Vec<u8>,
    event: Event,
    has_data: bool,
    /// Whether the last byte was a carriage return, whose line feed belongs to it.
    after_return: bool,
}

impl EventReader {
    /// The events that these bytes bring to their end.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Endless> {
        let mut events = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' if self.after_return => self.after_return = false,
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    events.extend(self.end_line());
                }
                _ => {
                    self.after_return = false;
                    self.line.push(*byte);
                }
            }
            if self.line.len() + self.event.data.len() > MAX_EVENT_BYTES {
                return Err(Endless);
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event.name = value.to_owned(),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            // A comment, or a word that is nothing to us: `id`, `retry`.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(notice: &Notice) -> String {
        match notice {
            Notice::Activity(notification) => {
                format!(
                    "{:?} {} {}",
                    notification.event, notification.activity.title, notification.activity.progress
                )
            }
            Notice::Status(status) => status.title.clone(),
            Notice::Other { kind, value } => format!("{kind} {value}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_form_of_a_frame_is_read() {
        let activity = |progress: &str| {
            format!(
                r#"{{"event":"updated","uuid":"u","Activity":{{"uuid":"u","type":"t","cancellable":0,"userID":"1","title":"T","progress":{progress},"new":[]}}}}"#
            )
        };
        let frame = |kind: &str, list: &str| {
            format!(r#"{{"NotificationContainer":{{"type":"{kind}","size":1,{list}}}}}"#)
        };
        for (text, expect) in [
            (
                frame("activity", &format!(r#""ActivityNotification":[{}]"#, activity("7"))),
                vec!["Updated T 7"],
            ),
            (
                frame(
                    "activity",
                    &format!(r#""ActivityNotification":[{},{}]"#, activity("\"8\""), activity("9.5")),
                ),
                vec!["Updated T 8", "Updated T 9"],
            ),
            (
                frame("activity", &format!(r#""ActivityNotification":{}"#, activity("-1"))),
                vec!["Updated T -1"],
            ),
            (
                frame(
                    "status",
                    r#""StatusNotification":[{"title":"S","description":"","notificationName":"N"}]"#,
                ),
                vec!["S"],
            ),
            (frame("timeline", r#""TimelineEntry":[{"itemID":"3"}]"#), vec![r#"timeline {"itemID":"3"}"#]),
            (frame("activity", r#""ActivityNotification":[{"event":"melted"}]"#), vec!["Missed"]),
            (r#"{"NotificationContainer":{"type":"ping","size":0}}"#.to_owned(), vec![]),
            ("{}".to_owned(), vec!["Missed"]),
            ("no JSON".to_owned(), vec!["Missed"]),
        ] {
            assert_eq!(of_frame(&text).iter().map(shown).collect::<Vec<_>>(), expect, "{text}");
        }
    }

    #[test]
    fn events_are_read_wherever_their_bytes_are_cut() {
        let text = "\u{feff}: hello\r\nevent: activity\r\ndata: {\"a\":\ndata:1}\r\rid: 7\n\nevent:ping\ndata: {}\n\ndata\n\nevent: cut off";
        let event = |name: &str, data: &str| Event { name: name.into(), data: data.into() };
        let expect = [event("activity", "{\"a\":\n1}"), event("ping", "{}"), event("", "")];
        for size in [1, 2, 3, 7, 1_000] {
            let mut reader = EventReader::default();
            let events: Vec<Event> =
                text.as_bytes().chunks(size).flat_map(|piece| reader.read(piece).unwrap()).collect();
            assert_eq!(events, expect, "in pieces of {size}");
        }
    }

    #[test]
    fn an_event_without_end_is_given_up() {
        let mut reader = EventReader::default();
        let piece = vec![b'x'; 1 << 20];
        assert!((0..20).any(|_| reader.read(&piece).is_err()));
    }

    #[test]
    fn an_event_holds_one_object_and_a_ping_tells_nothing() {
        let read = |name: &str, data: &str| {
            of_event(Event { name: name.into(), data: data.into() }).as_ref().map(shown)
        };
        let data = r#"{"ActivityNotification":{"event":"started","uuid":"u","Activity":{"uuid":"u","type":"t","cancellable":true,"userID":1,"title":"T","progress":0}}}"#;
        assert_eq!(read("activity", data).as_deref(), Some("Started T 0"));
        assert_eq!(read("ping", "{}"), None);
        assert_eq!(read("activity", "garbage").as_deref(), Some("Missed"));
    }
}
