//! What is shown of how Butler leaves room for others: its disks, and a pause while the machine is busy.

use axum::http::{Method, StatusCode};
use butler_api::v1::{Disk, Disks};

use crate::activities::{is_scan, until, with_a_long_scan};
use crate::pages;
use crate::rig::{Rig, wait_until};

const BUSY: &str = "Everything is paused while the machine is busy: the disk is busy.";

async fn page(rig: &Rig, path: &str) -> String {
    let answer = rig.ask_without_token(Method::GET, path).header("Accept", "text/html");
    let answer = answer.header("Cookie", &pages::cookie(rig).await).send().await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    answer.text()
}

#[tokio::test]
async fn every_place_that_shows_a_pause_says_that_the_disk_is_busy() {
    let (rig, _) = with_a_long_scan().await;
    rig.ask(Method::POST, "/butler/RefreshLibraries").send().await;
    until(&rig, |list| list.iter().any(is_scan)).await;
    let pause = "/api/v1/pauses/load?note=the%20disk%20is%20busy";
    assert_eq!(rig.ask(Method::PUT, pause).send().await.status, StatusCode::OK);
    wait_until("the scan is held", async || {
        rig.get_json("/api/v1/runs?state=paused").await["runs"][0]["reason"] == BUSY
    })
    .await;
    until(&rig, |list| list.iter().any(|activity| activity["subtitle"] == BUSY)).await;
    assert_eq!(rig.get_json("/api/v1/pauses").await["pauses"][0]["message"], BUSY);
    assert_eq!(rig.get_json("/healthz").await["paused_by"][0], "load");
    for told in ["/api/v1/plan", "/api/v1/window"] {
        let sentence = rig.get_json(told).await["sentence"].as_str().unwrap().to_owned();
        assert!(sentence.ends_with(BUSY), "{told}: {sentence}");
    }
    for path in ["/", "/tasks", "/runs", "/health"] {
        let page = page(&rig, path).await;
        assert!(page.contains(BUSY), "{path}");
        assert!(!page.replace(BUSY, "").contains("the disk is busy"), "{path} says it once more");
    }
}

#[tokio::test]
async fn the_disks_of_all_folders_are_shown_with_how_many_files_are_read_of_each() {
    let rig = Rig::new();
    assert_eq!(rig.get_json("/api/v1/disks").await, serde_json::json!({"disks": []}));
    let (_, folder) = rig.add_films("Films").await;
    let shown = async || -> Disks { serde_json::from_value(rig.get_json("/api/v1/disks").await).unwrap() };
    let is_free = |disk: &Disk| matches!(disk.kind.as_str(), "solid" | "virtual");
    let Disks { disks } = shown().await;
    assert!(!disks.is_empty());
    let health = page(&rig, "/health").await;
    for disk in &disks {
        assert_eq!(disk.folders, [folder.display().to_string()]);
        assert_eq!((disk.limit, disk.reading), ((!is_free(disk)).then_some(1), 0));
        assert!(health.contains(&disk.message), "{}", disk.message);
    }
    rig.ask(Method::PUT, "/api/v1/settings?ButlerReadersPerDisk=3").send().await;
    assert!(shown().await.disks.iter().all(|disk| is_free(disk) || disk.limit == Some(3)));
    rig.ask(Method::PUT, "/api/v1/settings?ButlerVirtualDisksSpin=1").send().await;
    assert!(shown().await.disks.iter().all(|disk| disk.kind == "solid" || disk.limit == Some(3)));
    rig.ask(Method::PUT, "/api/v1/settings?ButlerReadersPerDisk=0").send().await;
    assert!(shown().await.disks.iter().all(|disk| disk.limit.is_none()));
}
