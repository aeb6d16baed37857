//! `GET /activities`: what the server is busy with. Keys are in alphabetical order, as Plex has them; a list
//! without entries has no key `Activity`.

use serde::{Deserialize, Serialize};

/// What is below the container of `GET /activities`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activities {
    /// How many there are.
    pub size: u64,
    /// The activities; absent if there are none.
    #[serde(rename = "Activity", default, skip_serializing_if = "Vec::is_empty")]
    pub activities: Vec<Activity>,
}

/// One thing that the server is busy with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    /// What it is about.
    #[serde(rename = "Context", default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ActivityContext>,
    /// Whether `DELETE /activities/{uuid}` ends it.
    pub cancellable: bool,
    /// Whole percent, 0 to 100; -1 while nobody knows.
    pub progress: i8,
    /// What is in hand, or why nothing is; may be empty.
    #[serde(default)]
    pub subtitle: String,
    /// What it is, for people.
    pub title: String,
    /// What it is, for programs: `media.generate.bif`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whose it is: 1 is the admin.
    #[serde(rename = "userID", default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub user_id: u64,
    /// Its id.
    pub uuid: String,
}

/// What an activity is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActivityContext {
    /// Where the section is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The section's id, as text.
    #[serde(rename = "librarySectionID", default, skip_serializing_if = "Option::is_none")]
    pub library_section_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plex::Container;
    use crate::xml::to_xml;

    fn activity() -> Activity {
        Activity {
            context: Some(ActivityContext { key: None, library_section_id: Some("12".into()) }),
            cancellable: true,
            progress: 50,
            subtitle: "Show E S01 E05".into(),
            title: "Scanning Shows".into(),
            kind: "library.update.section".into(),
            user_id: 1,
            uuid: "c0".into(),
        }
    }

    #[test]
    fn an_idle_server_has_no_key_for_activities() {
        assert_eq!(
            serde_json::to_string(&Container::new(Activities::default())).unwrap(),
            r#"{"MediaContainer":{"size":0}}"#
        );
    }

    #[test]
    fn an_activity_has_the_keys_of_plex_in_their_order_and_in_both_forms() {
        let body = Container::new(Activities { size: 1, activities: vec![activity()] });
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            "{\"MediaContainer\":{\"size\":1,\"Activity\":[{\"Context\":{\"librarySectionID\":\"12\"},\"cancellable\":true,\"progress\":50,\"subtitle\":\"Show E S01 E05\",\"title\":\"Scanning Shows\",\"type\":\"library.update.section\",\"userID\":1,\"uuid\":\"c0\"}]}}"
        );
        assert!(to_xml(&body).unwrap().ends_with(
            "<MediaContainer size=\"1\"><Activity cancellable=\"1\" progress=\"50\" subtitle=\"Show E S01 \
             E05\" title=\"Scanning Shows\" \
             type=\"library.update.section\" userID=\"1\" uuid=\"c0\"><Context \
             librarySectionID=\"12\"/></Activity></MediaContainer>"
        ));
    }
}
