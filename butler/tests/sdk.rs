//! The client's crate against the real server: each of its operations (the listing of its public API says
//! which there are), both ways of notifications, and what it says of a server that refuses, stops or comes
//! back.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::path::Path;
use std::time::Duration;

use butler_client::{
    ActivityEvent, Client, Error, NewSection, Notice, Notifications, Outcome, PauseOrder, PauseOwner,
    RemakeOf, Run, RunFilter, RunId, RunState, SectionEdit, SettingValue, TaskName, Transport,
};
use butler_fixtures::{Codec, Container, Film, Piece, Server, Sound, Stage, age};

fn stage() -> Stage {
    Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn client(server: &Server) -> Client {
    Client::builder()
        .url(server.address())
        .token(server.token())
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

/// Waits until a run is as it has to be.
async fn until(client: &Client, id: RunId, is_so: impl Fn(&Run) -> bool) -> Run {
    loop {
        let run = client.run(id).await.unwrap();
        if is_so(&run) {
            return run;
        }
        assert!(!run.state.is_terminal(), "{run:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Starts a task; its run.
async fn started(client: &Client, task: TaskName) -> RunId {
    let start = client.butler().start(task).force(true).await.unwrap();
    start.outcome.as_ref().and_then(Outcome::run).unwrap()
}

/// Runs a task to its end, which has to be a good one.
async fn completed(client: &Client, task: TaskName) {
    let run = started(client, task).await;
    until(client, run, |run| run.state == RunState::Completed).await;
}

#[test]
fn every_operation_of_the_public_api_is_called_here() {
    let listing = include_str!("../../butler-client/public-api.txt");
    let operations = listing.lines().filter_map(|line| {
        let name = line.split_once("butler_client::")?.1.split('(').next()?;
        let (of, name) = name.split_once("::")?;
        let is_call = line.starts_with("pub async fn ") || (of == "Butler" && line.contains(" fn "));
        (is_call && !line.contains("::blocking::")).then_some(name)
    });
    let operations: Vec<&str> = operations.collect();
    assert!(operations.len() > 40 && operations.contains(&"start_all"), "{operations:?}");
    let here = include_str!("sdk.rs");
    let lacking: Vec<_> = operations.iter().filter(|name| !here.contains(&format!(".{name}("))).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}

#[tokio::test]
async fn what_a_library_holds_and_what_was_made_of_it_is_read_of_the_real_one() {
    let stage = stage();
    let film = Film::new(Codec::H264, Container::Mkv).seconds(20).sound(Sound::Aac);
    let film = stage.add_movies(&[("Heat (1995)".to_owned(), film)]).unwrap().remove(0);
    stage.folders.add_bytes("Broken (2001)/Broken (2001).mkv", b"no film at all").unwrap();
    for kind in [Piece::Drums, Piece::Strings] {
        let title = format!("{kind:?} 1");
        let path = stage.folders.track("Band", "All", 1, &title, "flac").unwrap();
        kind.make(&path, 1, 12, &[("title", &title), ("artist", "Band"), ("album", "All")], &[]).unwrap();
        age(&path).unwrap();
    }
    let server = stage.server().unwrap();
    let client = client(&server);
    let check = client.check_folder(&stage.folders.movies(), Some("movie")).await.unwrap();
    assert_eq!((check.counts.files, check.counts.movies), (2, 2));
    let add = async |kind: &str, folder: &Path| -> i64 {
        client.add_section(&NewSection::new(kind, kind, [folder])).await.unwrap().key.parse().unwrap()
    };
    let movies = add("movie", &stage.folders.movies()).await;
    let music = add("artist", &stage.folders.music()).await;
    completed(&client, TaskName::RefreshLibraries).await;

    let (films, total) = client.items(movies, 0, 10).await.unwrap();
    assert_eq!((films.len(), total), (2, 2));
    let heat = client.file_at(&film).await.unwrap().unwrap();
    assert!(client.file_at(Path::new("/nowhere.mkv")).await.unwrap().is_none());
    assert_eq!(client.item(heat.item).await.unwrap().title, "Heat");
    let (artists, _) = client.items(music, 0, 10).await.unwrap();
    let albums = client.children(artists[0].rating_key.parse().unwrap()).await.unwrap();
    assert_eq!(albums[0].title, "All");
    let lacking = client.files_lacking("bif", Some(movies), None, 10).await.unwrap();
    assert!(lacking.files.iter().any(|file| file.part == heat.part));

    let none = client.preview(heat.part).await.unwrap_err();
    assert!(matches!(none, Error::NotFound { .. }), "{none}");
    for task in [TaskName::GenerateMediaIndexFiles, TaskName::DeepMediaAnalysis, TaskName::MusicAnalysis] {
        let run = started(&client, task).await;
        until(&client, run, |run| run.state == RunState::Completed).await;
    }
    assert!(client.preview(heat.part).await.unwrap().len() > 64);
    assert!(client.bandwidth(heat.part, 5).await.unwrap().total.peak > 0);
    let products = client.products(heat.item).await.unwrap().products;
    assert!(products.iter().any(|product| product.product == "bif"));
    let failures = client.failures_behind(None, 10).await.unwrap().failures;
    assert!(failures[0].part.ends_with("Broken (2001).mkv"), "{failures:?}");
    assert_eq!(client.retry_failure(failures[0].id).await.unwrap().id, failures[0].id);

    let (tracks, total) = client.tracks_titled("Drums", 10).await.unwrap();
    assert_eq!((tracks.len(), total), (1, 1));
    let drums = tracks[0].rating_key.parse().unwrap();
    let near = client.nearest(drums, 5).await.unwrap().tracks;
    assert_eq!(near.len(), 1);
    let way = client.path(drums, near[0].item, 5).await.unwrap().tracks;
    assert_eq!((way[0].item, way[1].item), (drums, near[0].item));

    let again = client.remake(&RemakeOf::Item(heat.item), &["bif".to_owned()], false).await.unwrap();
    assert_eq!((again.files, again.products, again.started.len()), (1, 1, 0));
    // The previews wait to be made anew already; the rest is.
    let now = client.remake_now(&RemakeOf::File(film), &[], false).await.unwrap();
    assert!(now.products > 0 && !now.started.is_empty(), "{now:?}");

    client.set_writes_tags(music, true).await.unwrap();
    let shown = client.write_tags(music, 0, true).await.unwrap();
    assert!(shown.files.iter().all(|file| file.outcome == "left_alone" && file.why.is_some()), "{shown:?}");
    let listed = client.written_tags(music, 0).await.unwrap();
    assert!(listed.enabled && listed.files.is_empty(), "{listed:?}");
    assert!(client.undo_tags(music, 0, false).await.unwrap().files.is_empty());
    assert!(!client.written_tags(music, 0).await.unwrap().enabled);

    let refreshed = client.refresh_section(movies, &[]).await.unwrap();
    assert!(refreshed.outcome.is_some());
    client.edit_section(movies, &SectionEdit::new().name("Cinema")).await.unwrap();
    client.remove_section(music).await.unwrap();
    let left = client.sections().await.unwrap();
    assert_eq!(left.iter().map(|section| section.title.as_str()).collect::<Vec<_>>(), ["Cinema"]);
}

#[tokio::test]
async fn what_is_held_is_stopped_and_cancelled_one_by_one() {
    let stage = stage();
    let film =
        |seed| Film::new(Codec::H264, Container::Mkv).size(640, 360).seconds(10).repeats(90).seed(seed);
    stage.add_movies(&[1, 2, 3, 4].map(|seed| (format!("Long {seed} (1995)"), film(seed)))).unwrap();
    let server = stage.server().unwrap();
    let client = client(&server);
    client.add_section(&NewSection::new("movie", "Films", [stage.folders.movies()])).await.unwrap();
    completed(&client, TaskName::RefreshLibraries).await;
    let run = started(&client, TaskName::GenerateMediaIndexFiles).await;
    let note = PauseOrder { note: Some("guests".to_owned()), ..PauseOrder::default() };
    let held = client.pause(PauseOwner::Person, &note).await.unwrap();
    assert_eq!(held.pauses[0].note.as_deref(), Some("guests"));
    assert_eq!(client.pauses().await.unwrap().pauses.len(), 1);
    until(&client, run, |run| matches!(run.state, RunState::Paused | RunState::Queued)).await;
    if client.activities().await.unwrap().is_empty() {
        // It was held before it began: then it begins, and is held with its films in hand.
        client.resume(None).await.unwrap();
        until(&client, run, |run| run.live.as_ref().is_some_and(|live| !live.files.is_empty())).await;
        client.pause(PauseOwner::Person, &note).await.unwrap();
        until(&client, run, |run| run.state == RunState::Paused).await;
    }
    let activity = client.activities().await.unwrap().into_iter().find(|one| one.cancellable).unwrap();
    client.cancel_activity(&activity.uuid).await.unwrap();
    until(&client, run, |run| run.state == RunState::Stopped).await;

    let run = started(&client, TaskName::GenerateMediaIndexFiles).await;
    client.stop_run(run).await.unwrap();
    until(&client, run, |run| run.state == RunState::Stopped).await;
    let ended = client.stop_run(run).await.unwrap_err();
    assert!(matches!(ended, Error::Status { status: 409, .. }), "{ended}");
    assert_eq!(client.resume(Some(PauseOwner::Person)).await.unwrap().pauses.len(), 1, "what was lifted");
}

#[tokio::test]
async fn what_only_a_butler_has_is_read_of_the_real_one() {
    let stage = stage();
    let server = stage.server().unwrap();
    let client = client(&server);
    assert_eq!(client.health().await.unwrap().status, "ok");
    assert!(client.sign_in().await.unwrap().path.starts_with("/sign-in"));
    let changed = client.change_settings(&[("ButlerStartHour", Some("1"))]).await.unwrap().settings;
    assert_eq!((changed[0].id.as_str(), &changed[0].value), ("ButlerStartHour", &SettingValue::Int(1)));
    assert_eq!(client.change_settings(&[("ButlerStartHour", None)]).await.unwrap().settings.len(), 1);
    assert!(client.settings().await.unwrap().settings.iter().all(|setting| !setting.allowed.is_empty()));
    assert!(!client.tasks_ahead().await.unwrap().tasks.is_empty());
    assert!(!client.window().await.unwrap().sentence.is_empty());
    assert!(!client.last_night().await.unwrap().sentence.is_empty());
    let task = TaskName::GarbageCollectLibraryMedia;
    assert_eq!(client.dry_run(&task).await.unwrap().actions, []);
    let refused = client.confirm_plan(&task, "no such plan").await.unwrap_err();
    assert!(matches!(refused, Error::Status { status: 409, .. } | Error::BadRequest { .. }), "{refused}");
    assert_eq!(client.redacted(&format!("<{}>", server.token())).await, "<***>");
}

#[tokio::test]
async fn the_five_operations_say_what_became_of_them() {
    let stage = stage();
    let server = stage.server().unwrap();
    let client = client(&server);
    let butler = client.butler();
    let tasks = butler.tasks().await.unwrap();
    assert!(tasks.iter().any(|task| task.name == TaskName::RefreshLibraries && task.interval == 1));

    completed(&client, TaskName::RefreshLibraries).await;
    let unknown = butler.start("BrewCoffee").await.unwrap_err();
    assert!(matches!(&unknown, Error::NotFound { code: Some(1002), .. }), "{unknown}");
    let idle = butler.stop(TaskName::RefreshLibraries).await.unwrap_err();
    assert!(matches!(idle, Error::NotFound { .. }), "{idle}");
    assert!(!butler.start_all().await.unwrap().unwrap().is_empty());
    assert!(butler.stop_all().await.unwrap().is_some());
    assert!(!client.runs(&RunFilter::default()).await.unwrap().runs.is_empty());
}

#[tokio::test]
async fn what_both_servers_have_is_read_of_the_real_one() {
    let stage = stage();
    let server = stage.server().unwrap();
    let client = client(&server);
    let info = client.server_info().await.unwrap();
    assert!(info.butler_version.is_some() && info.machine_identifier.len() == 40, "{info:?}");
    let hour = async || {
        let all = client.preferences().await.unwrap();
        all.into_iter().find(|preference| preference.id == "ButlerStartHour").unwrap().value
    };
    assert_eq!(hour().await, SettingValue::Int(2));
    client.set_preferences(&[("ButlerStartHour", "4")]).await.unwrap();
    assert_eq!(hour().await, SettingValue::Int(4));
    let refused = client.set_preferences(&[("ButlerStartHour", "44")]).await.unwrap_err();
    assert!(matches!(&refused, Error::BadRequest { code: Some(1000), .. }), "{refused}");
    std::fs::create_dir_all(stage.folders.movies()).unwrap();
    let new = NewSection::new("movie", "Films", [stage.folders.movies()]);
    let added = client.add_section(&new).await.unwrap();
    assert_eq!(client.sections().await.unwrap()[0].key, added.key);
    client.activities().await.unwrap();
    assert!(matches!(client.cancel_activity("none").await, Err(Error::NotFound { .. })));
    client.plan(1).await.unwrap();
    client.failure_summary().await.unwrap();
}

/// The next end of an activity of a type.
async fn ended(notifications: &mut Notifications, kind: &str) {
    loop {
        match notifications.next().await.unwrap().unwrap() {
            Notice::Activity(notification)
                if notification.event == ActivityEvent::Ended && notification.activity.kind == kind =>
            {
                return;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_run_is_told_over_both_ways_and_so_is_the_servers_end() {
    let stage = stage();
    let server = stage.server().unwrap();
    let asks = client(&server);
    let mut ways = Vec::new();
    for way in [Transport::WebSocket, Transport::EventSource] {
        let listening = asks.notifications().over(way).only(["activity"]);
        ways.push(
            listening.pauses(Duration::from_millis(10), Duration::from_millis(200)).connect().await.unwrap(),
        );
    }
    asks.butler().start(TaskName::BackupDatabase).force(true).await.unwrap();
    for notifications in &mut ways {
        ended(notifications, "butler").await;
    }
    drop(server);
    for notifications in &mut ways {
        while !matches!(notifications.next().await.unwrap().unwrap(), Notice::Disconnected(_)) {}
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused_in_the_servers_own_words() {
    let stage = stage();
    let server = stage.server().unwrap();
    let stranger = Client::builder().url(server.address()).token("wrong").build().unwrap();
    for refused in [
        stranger.butler().tasks().await.unwrap_err(),
        stranger.preferences().await.unwrap_err(),
        stranger.notifications().connect().await.unwrap_err(),
    ] {
        assert!(matches!(&refused, Error::Unauthorized { code: Some(1001), status: 401, .. }), "{refused}");
    }
}
