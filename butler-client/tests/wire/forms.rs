//! What is read of bodies as servers old and new write them.

use butler_client::{RetryPolicy, SettingValue};
use butler_fixtures::plex::{FACTS, Plex};
use butler_fixtures::stand_in::{Reply, StandIn};

use super::{always, client};

/// A server that gives an answer of the table to everything.
fn fact(asked: &str) -> StandIn {
    let fact = FACTS.iter().find(|fact| fact.asked == asked).unwrap();
    StandIn::start(|_| fact.reply())
}

#[tokio::test]
async fn a_list_of_tasks_is_read_whatever_its_form() {
    let one = "BackupDatabase 3 false true";
    for (body, expect) in [
        (r#"{"ButlerTasks":{}}"#, vec![]),
        (r#"{"ButlerTasks":{"ButlerTask":[]}}"#, vec![]),
        (
            r#"{"ButlerTasks":{"ButlerTask":{"name":"BackupDatabase","interval":"3","scheduleRandomized":0,"enabled":"1"}}}"#,
            vec![one],
        ),
        (
            r#"{"ButlerTasks":{"size":1,"ButlerTask":[{"name":"BackupDatabase","interval":3,"scheduleRandomized":"0","enabled":true,"title":"","description":"","new":{"a":[1]}}]}}"#,
            vec![one],
        ),
        (
            r#"{"MediaContainer":{"size":1,"ButlerTask":[{"name":"BackupDatabase","interval":3,"scheduleRandomized":false,"enabled":1}]}}"#,
            vec![one],
        ),
        (r#"{"ButlerTasks":{"ButlerTask":[{"name":"BrewCoffee"}]}}"#, vec!["BrewCoffee 0 false false"]),
        (r#"<ButlerTasks/>"#, vec![]),
        (r#"<MediaContainer size="0"></MediaContainer>"#, vec![]),
    ] {
        let tasks = client(&always(Reply::json(200, body))).butler().tasks().await.unwrap();
        let read: Vec<String> = tasks
            .iter()
            .map(|task| {
                format!("{} {} {} {}", task.name, task.interval, task.schedule_randomized, task.enabled)
            })
            .collect();
        assert_eq!(read, expect, "{body}");
    }
}

#[tokio::test]
async fn xml_is_read_where_no_json_is_given() {
    let tasks = client(&fact("GET /butler as XML")).butler().tasks().await.unwrap();
    assert_eq!(
        (tasks[0].interval, tasks[0].enabled, tasks[0].description.as_str()),
        (3, true, "Create a backup copy & keep it")
    );
    let settings = client(&fact("GET /:/prefs as XML")).preferences().await.unwrap();
    assert_eq!(
        (&settings[0].value, &settings[1].value, &settings[1].default, settings[1].hidden),
        (&SettingValue::Int(3), &SettingValue::Bool(false), &SettingValue::Bool(true), false)
    );
    let activities = client(&fact("GET /activities as XML")).activities().await.unwrap();
    let context = activities[0].context.as_ref().unwrap();
    assert_eq!((activities[0].progress, context.library_section_id.as_deref()), (7, Some("2")));
}

#[tokio::test]
async fn settings_activities_and_sections_are_those_of_a_plex_media_server_too() {
    let plex = Plex::start();
    let client = super::client_at(&plex.url());
    assert_eq!(client.sections().await.unwrap()[0].locations[0].path, "/media/films");
    assert_eq!(client.preferences().await.unwrap()[0].value, SettingValue::Int(2));
    client.set_preferences(&[("ButlerStartHour", "1"), ("FriendlyName", "a b")]).await.unwrap();
    assert_eq!(plex.changed(), ["ButlerStartHour=1", "FriendlyName=a+b"]);
    assert_eq!(client.activities().await.unwrap(), []);
    let uuid = plex.begin("library.update.section", "Scanning Films");
    assert_eq!(client.activities().await.unwrap()[0].uuid, uuid);
    client.cancel_activity(&uuid).await.unwrap();
    assert!(matches!(client.cancel_activity(&uuid).await, Err(butler_client::Error::NotFound { .. })));
    assert!(matches!(client.cancel_activity("..").await, Err(butler_client::Error::NotFound { .. })));
    let info = client.server_info().await.unwrap();
    assert_eq!((info.butler_version, info.claimed), (None, true));
}

#[tokio::test]
async fn a_start_twice_says_that_it_runs_and_a_stop_of_what_does_not_is_none() {
    let plex = Plex::start();
    let client = super::client_at(&plex.url());
    assert!(!client.butler().start("BackupDatabase").await.unwrap().already_running);
    assert!(client.butler().start("BackupDatabase").await.unwrap().already_running);
    assert_eq!(client.butler().stop("BackupDatabase").await.unwrap(), None);
    for missing in ["BackupDatabase", "BrewCoffee"] {
        assert!(
            matches!(client.butler().stop(missing).await, Err(butler_client::Error::NotFound { .. })),
            "{missing}"
        );
    }
}

#[tokio::test]
async fn who_asks_is_said_in_plexs_words_and_what_is_not_given_is_not_said() {
    let plex = Plex::start();
    let builder =
        butler_client::Client::builder().url(plex.url()).token(super::TOKEN).retry(RetryPolicy::none());
    let bare = builder.clone().product("").platform("").build().unwrap();
    let full =
        builder.client_identifier("id-1").product("Watch").version("2").platform("Linux").device("NAS");
    bare.butler().tasks().await.unwrap();
    full.build().unwrap().butler().tasks().await.unwrap();
    let asked = plex.asked();
    let said = |request: usize| {
        ["client-identifier", "product", "version", "platform", "device"]
            .map(|name| asked[request].header(&format!("x-plex-{name}")).to_owned())
    };
    assert_eq!(said(0), ["", "", env!("CARGO_PKG_VERSION"), "", ""]);
    assert_eq!(said(1), ["id-1", "Watch", "2", "Linux", "NAS"]);
}
