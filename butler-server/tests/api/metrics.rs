//! `/metrics` through the router: every line parses, names and units are as Prometheus wants them, what
//! happens is counted.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};

use crate::rig::{JSON, Rig};

/// A sample's name, labels and value.
type Sample = (String, BTreeMap<String, String>, f64);

/// Reads the text format 0.0.4, and refuses what is not of it.
fn parse(text: &str) -> (Vec<Sample>, BTreeMap<String, String>) {
    let (mut samples, mut types) = (Vec::new(), BTreeMap::new());
    for line in text.lines() {
        if let Some(told) = line.strip_prefix("# TYPE ") {
            let (name, kind) = told.split_once(' ').unwrap();
            assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} is told of twice");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (told, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
        let (name, labels) = told
            .split_once('{')
            .map_or((told, ""), |(name, labels)| (name, labels.strip_suffix('}').unwrap()));
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{line}");
        let pairs = labels.split("\",").filter(|pair| !pair.is_empty());
        let labels = pairs
            .map(|pair| pair.trim_end_matches('"').split_once("=\"").unwrap())
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        samples.push((name.to_owned(), labels.collect(), value.parse().unwrap()));
    }
    (samples, types)
}

/// What `promtool check metrics` finds fault with, and the labels that there may be.
fn check(samples: &[Sample], types: &BTreeMap<String, String>) {
    let labels = BTreeSet::from([
        "task", "outcome", "product", "result", "state", "kind", "reason", "version", "method", "status",
        "section", "le",
    ]);
    let mut seen = BTreeSet::new();
    for (name, with, _) in samples {
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end).filter(|name| types.contains_key(*name)));
        let family = family.unwrap_or(name);
        let kind = types.get(family).unwrap_or_else(|| panic!("{name} has no type"));
        assert!(family.starts_with("butler_"), "{name}");
        assert!(
            name.ends_with("_total") == (kind == "counter") || family == "butler_products_total",
            "{name} is a {kind}"
        );
        assert!(
            !["_ms", "_minutes", "_days", "_kb", "_mb"].iter().any(|unit| family.ends_with(unit)),
            "{name} is in no base unit"
        );
        assert!(kind != "histogram" || family.ends_with("_seconds"), "{name}");
        assert!(with.keys().all(|label| labels.contains(label.as_str())), "{name} {with:?}");
        assert!(seen.insert((name, with)), "{name} {with:?} comes twice");
    }
}

fn value(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let wanted: BTreeMap<String, String> =
        labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    samples.iter().find(|(found, with, _)| found == name && *with == wanted).map(|(_, _, value)| *value)
}

#[tokio::test]
async fn figures_need_the_token_and_are_what_prometheus_reads() {
    let rig = Rig::new();
    assert_eq!(rig.ask_without_token(Method::GET, "/metrics").send().await.status, StatusCode::UNAUTHORIZED);
    let answer = rig.get("/metrics").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8")
    );
    let (samples, types) = parse(&answer.text());
    check(&samples, &types);
    assert_eq!(value(&samples, "butler_build_info", &[("version", "1.2.3")]), Some(1.0));
    assert_eq!(value(&samples, "butler_task_enabled", &[("task", "RefreshLibraries")]), Some(1.0));
    assert_eq!(
        value(&samples, "butler_task_interval_seconds", &[("task", "RefreshLibraries")]),
        Some(86_400.0)
    );
    assert_eq!(value(&samples, "butler_paused", &[("reason", "person")]), Some(0.0));
    assert!(value(&samples, "butler_db_size_bytes", &[]).unwrap() > 4_096.0);
    assert_eq!(
        value(&samples, "butler_http_requests_total", &[("method", "GET"), ("status", "401")]),
        Some(1.0)
    );
}

#[tokio::test]
async fn what_is_left_follows_the_switches_of_tasks_and_sections() {
    let rig = Rig::new();
    let (section, folder) = rig.add_films("Films").await;
    let film = folder.join("Heat (1995).mkv");
    std::fs::write(&film, b"no film at all").unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    std::fs::File::options().write(true).open(&film).unwrap().set_modified(long_ago).unwrap();
    rig.ask(Method::POST, "/butler/RefreshLibraries?force=1").send().await;
    let until = async |product: &str, expect: f64| loop {
        let (samples, types) = parse(&rig.get("/metrics").await.text());
        check(&samples, &types);
        if value(&samples, "butler_demands", &[("product", product)]) == Some(expect) {
            break samples;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let put = async |uri: String| assert_eq!(rig.ask(Method::PUT, uri).send().await.status, StatusCode::OK);
    let samples = until("bif", 1.0).await;
    assert_eq!(value(&samples, "butler_section_offline", &[("section", &section.to_string())]), Some(0.0));
    let workers: f64 = ["working", "paused", "idle", "absent"]
        .map(|state| value(&samples, "butler_workers", &[("state", state)]).unwrap())
        .iter()
        .sum();
    assert_eq!(workers, 1.0, "as many as there may be");
    put("/:/prefs?GenerateBIFBehavior=never".into()).await;
    let samples = until("bif", 0.0).await;
    assert_eq!(value(&samples, "butler_demands", &[("product", "bandwidth")]), Some(1.0), "that task is on");
    put("/:/prefs?GenerateBIFBehavior=asap".into()).await;
    until("bif", 1.0).await;
    put(format!("/library/sections/{section}/prefs?enableBIFGeneration=0")).await;
    until("bif", 0.0).await;
}

#[tokio::test]
async fn a_run_is_counted() {
    let rig = Rig::new();
    rig.add_films("Films").await;
    let started =
        rig.ask(Method::POST, "/butler/RefreshLibraries?force=1").header("Accept", JSON).send().await;
    assert!(started.status.is_success(), "{}", started.text());
    let (samples, types) = loop {
        let (samples, types) = parse(&rig.get("/metrics").await.text());
        if value(
            &samples,
            "butler_task_runs_total",
            &[("task", "RefreshLibraries"), ("outcome", "completed")],
        ) == Some(1.0)
        {
            break (samples, types);
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    check(&samples, &types);
    assert_eq!(
        value(&samples, "butler_task_run_duration_seconds_count", &[("task", "RefreshLibraries")]),
        Some(1.0)
    );
}
