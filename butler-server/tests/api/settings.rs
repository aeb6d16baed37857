//! Preferences in Plex's form, settings in Butler's own, and what they change.

use axum::http::{Method, StatusCode};
use jiff::civil::{DateTime, Weekday, time};
use serde_json::{Value, json};

use crate::rig::{JSON, Rig, add};

async fn put(rig: &Rig, uri: &str) -> (StatusCode, String) {
    let answer = rig.ask(Method::PUT, uri).send().await;
    (answer.status, answer.text())
}

async fn refusal(rig: &Rig, uri: &str) -> (u16, String) {
    let answer = rig.ask(Method::PUT, uri).header("Accept", JSON).send().await;
    let json = answer.json();
    (answer.status.as_u16(), json["errors"][0]["message"].as_str().unwrap().to_owned())
}

async fn setting(rig: &Rig, id: &str) -> Value {
    let list = rig.get_json("/:/prefs").await;
    let list = list["MediaContainer"]["Setting"].as_array().unwrap();
    list.iter().find(|setting| setting["id"] == id).unwrap().clone()
}

#[tokio::test]
async fn preferences_have_the_keys_of_plex_in_their_order_and_no_other() {
    let rig = Rig::new();
    let body = rig.ask(Method::GET, "/:/prefs").header("Accept", JSON).send().await.json();
    let container = &body["MediaContainer"];
    let settings = container["Setting"].as_array().unwrap();
    assert_eq!(container["size"], settings.len());
    let keys = ["id", "label", "summary", "type", "default", "value", "hidden", "advanced", "group"];
    for setting in settings {
        let there: Vec<_> = setting
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .filter(|key| *key != "enumValues")
            .collect();
        assert_eq!(there, keys);
    }
    let start = setting(&rig, "ButlerStartHour").await;
    assert_eq!(
        (&start["type"], &start["default"], &start["value"], &start["group"]),
        (&"int".into(), &2.into(), &2.into(), &"butler".into())
    );
    assert!(start["enumValues"].as_str().unwrap().starts_with("0:Midnight|1:1 am|2:2 am|"), "{start}");
    assert_eq!(setting(&rig, "ButlerTaskRefreshLibraries").await["value"], true);
    let xml = rig.get("/:/prefs").await.text();
    assert!(
        xml.contains("<Setting id=\"ButlerStartHour\" label=\"Time at which tasks start to run\""),
        "{xml}"
    );
    assert!(xml.contains("type=\"bool\" default=\"1\" value=\"1\""), "{xml}");
}

#[tokio::test]
async fn one_preference_is_shown_and_an_unknown_one_is_not_there() {
    let rig = Rig::new();
    let one = rig.get_json("/:/prefs/get?id=GenerateBIFBehavior").await;
    assert_eq!(
        (&one["MediaContainer"]["size"], &one["MediaContainer"]["Setting"][0]["value"]),
        (&1.into(), &"scheduled".into())
    );
    assert_eq!(rig.get("/:/prefs/get?id=Coffee").await.status, StatusCode::NOT_FOUND);
    assert_eq!(rig.get("/:/prefs/get").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_change_is_answered_empty_kept_and_seen_at_once() {
    let rig = Rig::new();
    assert_eq!(
        put(
            &rig,
            "/:/prefs?ButlerStartHour=1&ButlerTaskRefreshLibraries=false&FriendlyName=Cellar&X-Plex-Product=x"
        )
        .await,
        (StatusCode::OK, String::new())
    );
    assert_eq!(setting(&rig, "ButlerStartHour").await["value"], 1);
    assert_eq!(rig.get_json("/").await["MediaContainer"]["friendlyName"], "Cellar");
    let tasks = rig.get_json("/butler").await;
    let scan = tasks["ButlerTasks"]["ButlerTask"]
        .as_array()
        .unwrap()
        .iter()
        .find(|task| task["name"] == "RefreshLibraries")
        .unwrap()
        .clone();
    assert_eq!(scan["enabled"], false);
    let start = rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    assert!(
        start.header("x-butler-outcome").starts_with("skipped; reason=switched-off"),
        "{}",
        start.header("x-butler-outcome")
    );
    assert_eq!(rig.library.setting("ButlerStartHour").unwrap().as_deref(), Some("1"));
    assert_eq!(put(&rig, "/:/prefs?ButlerTaskRefreshLibraries=1&FriendlyName=").await.0, StatusCode::OK);
    assert_eq!(rig.get_json("/").await["MediaContainer"]["friendlyName"], "Attic");
    assert_eq!(setting(&rig, "ButlerTaskRefreshLibraries").await["value"], true);
}

#[tokio::test]
async fn a_wrong_change_is_refused_with_the_reason_and_changes_nothing() {
    let rig = Rig::new();
    let check = async |query: &str, expect: &str| {
        for path in ["/:/prefs", "/api/v1/settings"] {
            assert_eq!(
                refusal(&rig, &format!("{path}?{query}")).await,
                (400, expect.to_owned()),
                "{path}?{query}"
            );
        }
    };
    check(
        "ButlerEndHour=4&ButlerStartHuor=1",
        "There is no setting `ButlerStartHuor`; did you mean `ButlerStartHour`?",
    )
    .await;
    check(
        "ButlerEndHour=4&GenerateBIFBehavior=1",
        "`GenerateBIFBehavior` can't be `1`: it takes never, scheduled or asap.",
    )
    .await;
    check(
        "ButlerWindowDays=",
        "`ButlerWindowDays` can't be ``: it takes all, or some of mon,tue,wed,thu,fri,sat,sun with commas \
         between them.",
    )
    .await;
    assert_eq!(setting(&rig, "ButlerEndHour").await["value"], 5);
}

#[tokio::test]
async fn butlers_own_form_says_who_gave_a_value_and_takes_it_back() {
    let rig = Rig::new();
    let changed = rig
        .ask(Method::PUT, "/api/v1/settings?GenerateBIFFrameInterval=2&ButlerEndHour=5")
        .send()
        .await
        .json();
    assert_eq!(
        changed["settings"].as_array().unwrap().len(),
        1,
        "what had this value already has not changed: {changed}"
    );
    let one = rig.get_json("/api/v1/settings/GenerateBIFFrameInterval").await;
    assert_eq!((&one["value"], &one["default"], &one["source"]), (&2.into(), &10.into(), &"person".into()));
    assert_eq!(one["allowed"], "a whole number of seconds from 1 to 3600");
    let reset = rig.ask(Method::PUT, "/api/v1/settings?reset=GenerateBIFFrameInterval").send().await.json();
    assert_eq!(
        (&reset["settings"][0]["value"], &reset["settings"][0]["source"]),
        (&10.into(), &"default".into())
    );
    assert_eq!(rig.library.setting("GenerateBIFFrameInterval").unwrap(), None);
    assert_eq!(rig.get("/api/v1/settings/Coffee").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_task_that_is_switched_off_is_not_started_and_one_switched_on_again_is() {
    let rig = Rig::new();
    for (switch, off, on, task) in [
        ("ButlerTaskBackupDatabase", "0", "1", "BackupDatabase"),
        ("ButlerTaskDeepMediaAnalysis", "0", "1", "DeepMediaAnalysis"),
        ("GenerateBIFBehavior", "never", "scheduled", "GenerateMediaIndexFiles"),
        ("GenerateBlurHashBehavior", "never", "scheduled", "GenerateBlurHashes"),
        ("GenerateChapterThumbBehavior", "never", "scheduled", "GenerateChapterThumbs"),
        ("GenerateVADBehavior", "never", "scheduled", "ButlerTaskGenerateVoiceActivity"),
        ("LoudnessAnalysisBehavior", "never", "scheduled", "LoudnessAnalysis"),
        ("MusicAnalysisBehavior", "never", "scheduled", "MusicAnalysis"),
        ("ButlerTaskRefreshLibraries", "0", "1", "RefreshLibraries"),
        ("ButlerTaskCleanOldBundles", "0", "1", "CleanOldBundles"),
        ("ButlerTaskCleanOldCacheFiles", "0", "1", "CleanOldCacheFiles"),
        ("ButlerTaskCleanSupplementalLogFiles", "0", "1", "ButlerTaskCleanSupplementalLogFiles"),
        ("ButlerTaskGarbageCollectBlobs", "0", "1", "GarbageCollectBlobs"),
        ("ButlerTaskGarbageCollectLibraryMedia", "0", "1", "GarbageCollectLibraryMedia"),
        ("ButlerTaskOptimizeDatabase", "0", "1", "OptimizeDatabase"),
        ("ButlerTaskUpgradeMediaAnalysis", "0", "1", "UpgradeMediaAnalysis"),
        ("GenerateBlurHashBehavior", "never", "scheduled", "GenerateBlurHashes"),
    ] {
        let outcome = async || {
            rig.ask(Method::POST, format!("/butler/{task}"))
                .send()
                .await
                .header("x-butler-outcome")
                .to_owned()
        };
        assert_eq!(put(&rig, &format!("/:/prefs?{switch}={off}")).await.0, StatusCode::OK);
        assert_eq!(outcome().await, "skipped; reason=switched-off", "{task}");
        assert_eq!(put(&rig, &format!("/:/prefs?{switch}={on}")).await.0, StatusCode::OK);
        let again = outcome().await;
        assert!(again.starts_with("started; run=") || again.starts_with("running; run="), "{task}: {again}");
    }
}

#[tokio::test]
async fn hours_minutes_and_days_move_the_window() {
    let rig = Rig::new();
    // At noon no zone of this world leaves out or repeats an hour.
    let hours =
        "ButlerStartHour=12&ButlerStartMinute=30&ButlerEndHour=13&ButlerEndMinute=45&ButlerWindowDays=sun";
    assert_eq!(put(&rig, &format!("/:/prefs?{hours}")).await.0, StatusCode::OK);
    let window = rig.get_json("/api/v1/window").await;
    let (from, until) = (&window["next"]["from"], &window["next"]["until"]);
    let at = |moment: &Value| moment.as_str().unwrap()[..19].parse::<DateTime>().unwrap();
    assert_eq!((at(from).time(), at(until).time()), (time(12, 30, 0, 0), time(13, 45, 0, 0)), "{window:#}");
    assert_eq!(at(from).weekday(), Weekday::Sunday, "{window:#}");
}

#[tokio::test]
async fn true_and_false_are_read_alike_at_every_door() {
    let rig = Rig::new();
    let (section, _) = rig.add_films("films").await;
    let doors = [
        "/:/prefs?ButlerTaskRefreshLibraries=".to_owned(),
        "/api/v1/settings?ButlerTaskRefreshLibraries=".to_owned(),
        format!("/library/sections/{section}/prefs?enableBIFGeneration="),
        format!("/library/sections/{section}?prefs%5BenableBIFGeneration%5D="),
    ];
    let words = ["1", "0", "true", "false", "True", "False", "TRUE", "%20true", "yes", "on", "2", "", "null"];
    for door in doors {
        for (place, word) in words.into_iter().enumerate() {
            let answer = rig.ask(Method::PUT, format!("{door}{word}")).send().await;
            let expect = if place < 8 { StatusCode::OK } else { StatusCode::BAD_REQUEST };
            assert_eq!(answer.status, expect, "{door}{word}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_section_has_switches_of_its_own() {
    let rig = Rig::new();
    let (section, _) = rig.add_films("films").await;
    let prefs = format!("/library/sections/{section}/prefs");
    let value = async || rig.get_json(&prefs).await["MediaContainer"]["Setting"][2].clone();
    let shown = value().await;
    assert_eq!(
        (&shown["id"], &shown["type"], &shown["value"]),
        (&"enableBIFGeneration".into(), &"bool".into(), &true.into())
    );
    assert_eq!(put(&rig, &format!("{prefs}?enableBIFGeneration=0")).await, (StatusCode::OK, String::new()));
    assert_eq!(value().await["value"], false);
    // As python-plexapi's `editAdvanced` says it.
    assert_eq!(
        put(&rig, &format!("/library/sections/{section}?agent=x&prefs%5BenableBIFGeneration%5D=1")).await.0,
        StatusCode::OK
    );
    assert_eq!(value().await["value"], true);
    let (status, sentence) = refusal(&rig, &format!("{prefs}?enableIntroMarkerGeneration=0")).await;
    assert_eq!(
        (status, sentence.as_str()),
        (
            400,
            "A section of type movie has no setting `enableIntroMarkerGeneration`; it has \
             enableVoiceActivityGeneration, enableChapterThumbGeneration, enableBIFGeneration, enableLoudnessAnalysis."
        )
    );
    assert_eq!(refusal(&rig, &format!("{prefs}?enableBIFGeneration=maybe")).await.0, 400);
    assert_eq!(rig.get("/library/sections/99/prefs").await.status, StatusCode::NOT_FOUND);
    assert_eq!(rig.get_json(&prefs).await["MediaContainer"]["size"], json!(4));
}

#[tokio::test]
async fn backups_and_sections_keep_out_of_each_others_folders() {
    let rig = Rig::new();
    let (films, copies) = (rig.folder("films"), rig.folder("disk/copies"));
    std::fs::create_dir(films.join("copies")).unwrap();
    assert_eq!(rig.ask(Method::POST, add("movie", "Films", &[&films])).send().await.status, 201);
    let id = "ButlerDatabaseBackupPath";
    for place in ["/api/v1/settings", "/:/prefs"] {
        let (status, sentence) = refusal(&rig, &format!("{place}?{id}={}/copies", films.display())).await;
        assert_eq!(status, 400);
        assert!(sentence.contains("the folder of a section, where Butler never writes"), "{sentence}");
        let (status, sentence) = refusal(&rig, &format!("{place}?{id}=/no/such/folder")).await;
        assert!(status == 400 && sentence.contains("does not exist"), "{status} {sentence}");
    }
    assert_eq!(setting(&rig, id).await["value"], "");
    assert_eq!(put(&rig, &format!("/:/prefs?{id}={}", copies.display())).await.0, StatusCode::OK);
    let around = copies.parent().unwrap();
    let answer = rig.ask(Method::POST, add("movie", "Disk", &[around])).header("Accept", JSON).send().await;
    let sentence = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(answer.status == 400 && sentence.contains("the folder of backups"), "{sentence}");
    // A client that writes back what it read changes nothing, also while the folder is away.
    std::fs::remove_dir(&copies).unwrap();
    assert_eq!(put(&rig, &format!("/:/prefs?{id}={}", copies.display())).await.0, StatusCode::OK);
}
