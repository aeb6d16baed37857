//! Asks a server with 100,000 tracks which of them sound like one: `cargo bench -p butler-server --bench
//! nearest`.
//!
//! The library is made of rows alone, no file is read. Each question goes through the whole router, as a
//! client's does, and is of another track. `BUTLER_BENCH_TRACKS` says how many tracks.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench tells a person, and ends where something is wrong"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use butler_engine::{Catalogue, Clock, Engine, EngineSettings, Patience, SettingsFile};
use butler_library::{Library, Token};
use butler_product::sonic::{FEATURES, Sonic};
use butler_product::{Product, ProductKind, Traits, Value};
use butler_server::{About, App, router};
use rusqlite::{Connection, params};
use tower::ServiceExt;

/// Questions of each kind.
const QUESTIONS: i64 = 200;
/// A question for the nearest takes at most so long.
const AIM: Duration = Duration::from_millis(10);

fn main() {
    let tracks: i64 = std::env::var("BUTLER_BENCH_TRACKS").map_or(100_000, |tracks| tracks.parse().unwrap());
    let folder = butler_fixtures::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(Library::open(&data).unwrap());
    build(&data, tracks);
    let library = Library::open(&data).unwrap();
    let token = library.admin_token().unwrap();
    let settings = EngineSettings {
        worker_program: folder.path().join("no-worker"),
        cores: 1,
        patience: Patience::default(),
        clock: Clock::wall(),
        settings_file: SettingsFile::default(),
        catalogue: Catalogue::default(),
    };
    let (engine, handle) = Engine::start(library, settings).unwrap();
    let about = About {
        friendly_name: "Bench".into(),
        machine_identifier: "0".repeat(40),
        version: "1.0.0".into(),
        platform_version: String::new(),
        host_name: String::new(),
    };
    let router = router(App::new(handle, about, Clock::wall()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure(&router, &token, tracks));
    drop((router, engine));
}

async fn measure(router: &Router, token: &Token, tracks: i64) {
    let begun = Instant::now();
    ask(router, token, "/library/metadata/11/nearest?limit=1&maxDistance=1").await;
    println!("{tracks} tracks; the first question, which reads all of them: {:.0?}", begun.elapsed());
    let spread = |nth: i64| 10 + 1 + nth * 7_919 % tracks;
    let near = |nth: i64| format!("/library/metadata/{}/nearest?maxDistance=1", spread(nth));
    report("the 50 nearest, as Plex shows them", times(router, token, &near).await, Some(AIM));
    let few = |nth: i64| format!("/api/v1/items/{}/nearest?limit=10", spread(nth));
    report("the 10 nearest, as Butler shows them", times(router, token, &few).await, Some(AIM));
    let path = |nth: i64| format!("/api/v1/items/{}/path?to={}&length=20", spread(nth), spread(nth + 1));
    report("a path of 20 tracks", times(router, token, &path).await, None);
}

async fn times(router: &Router, token: &Token, address: &dyn Fn(i64) -> String) -> Vec<Duration> {
    let mut times = Vec::new();
    for nth in 0..QUESTIONS {
        let begun = Instant::now();
        ask(router, token, &address(nth)).await;
        times.push(begun.elapsed());
    }
    times.sort();
    times
}

fn report(what: &str, times: Vec<Duration>, aim: Option<Duration>) {
    let at = |hundredths: usize| times[(times.len() - 1) * hundredths / 100];
    let verdict = match aim {
        Some(aim) if at(95) <= aim => format!(", within {aim:?}"),
        Some(aim) => format!(", LONGER than {aim:?}"),
        None => String::new(),
    };
    println!("{what}: {:.2?} (median), {:.2?} (of 95 in 100){verdict}", at(50), at(95));
}

async fn ask(router: &Router, token: &Token, address: &str) {
    let request = Request::get(address)
        .header("Host", "localhost")
        .header("Accept", "application/json")
        .header("X-Plex-Token", token.reveal());
    let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, 64 << 20).await.unwrap();
    assert_eq!(head.status, StatusCode::OK, "{address}: {}", String::from_utf8_lossy(&body));
    assert!(body.len() > 300, "{address}: {}", String::from_utf8_lossy(&body));
}

/// One section with an artist, an album of ten tracks each, and what each track sounds like.
fn build(data: &Path, tracks: i64) {
    let mut db = Connection::open(data.join("butler.db")).unwrap();
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    let tx = db.transaction().unwrap();
    tx.execute_batch(
        "INSERT INTO sections (id, uuid, name, kind, agent, scanner, language, created_at, updated_at, scanned_at) \
             VALUES (1, 'u', 'Music', 'artist', '', '', 'en', 1, 1, 1); \
         INSERT INTO roots (id, section, path) VALUES (1, 1, CAST('/no/where' AS BLOB)); \
         INSERT INTO items (id, section, kind, parent, key, title, sort_title, added_at, updated_at) \
             VALUES (1, 1, 'artist', NULL, x'00', 'Artist', 'Artist', 1, 1);",
    )
    .unwrap();
    // Albums are numbered behind the tracks.
    let album_of = |track: i64| tracks + 100 + (track - 1) / 10;
    for album in album_of(1)..=album_of(tracks) {
        tx.prepare_cached(
            "INSERT INTO items (id, section, kind, parent, key, title, sort_title, added_at, updated_at) \
             VALUES (?1, 1, 'album', 1, CAST(?1 AS BLOB), 'Album ' || ?1, 'Album ' || ?1, 1, 1)",
        )
        .unwrap()
        .execute([album])
        .unwrap();
    }
    let traits = (Traits::OF_AUDIO_FILE | Traits::HEADERS).bits();
    let mut random = butler_fixtures::Random::seeded(1);
    for id in 1..=tracks {
        tx.prepare_cached(
            "INSERT INTO items (id, section, kind, parent, key, title, sort_title, number, added_at, updated_at) \
             VALUES (?1 + 10, 1, 'track', ?2, CAST(?1 AS BLOB), 'Title ' || ?1, 'Title ' || ?1, ?1, 1, 1)",
        )
        .unwrap()
        .execute([id, album_of(id)])
        .unwrap();
        tx.prepare_cached("INSERT INTO media (id, item) VALUES (?1, ?1 + 10)")
            .unwrap()
            .execute([id])
            .unwrap();
        tx.prepare_cached(
            "INSERT INTO sources (id, fingerprint, sampled, deep, size, traits, headers) \
             VALUES (?1, randomblob(32), randomblob(32), randomblob(32), 1, ?2, ?3)",
        )
        .unwrap()
        .execute(params![id, traits, ProductKind::MediaInfo.version()])
        .unwrap();
        tx.prepare_cached(
            "INSERT INTO parts (id, media, root, path, medium, size, mtime_ns, inode, dev, source, added_at) \
             VALUES (?1, ?1, 1, CAST(?1 || '.flac' AS BLOB), 'audio', 1, 1, 1, 1, ?1, 1)",
        )
        .unwrap()
        .execute([id])
        .unwrap();
        let features: [f32; FEATURES] =
            std::array::from_fn(|_| random.between(0, 2_001) as f32 / 1_000.0 - 1.0);
        let sonic = Value::from(Sonic { stream: 0, from_ms: 0, heard_ms: 200_000, features });
        tx.prepare_cached(
            "INSERT INTO products (source, kind, version, params, value, made_from, made_at) \
             SELECT id, ?2, ?3, '', ?4, fingerprint, 1 FROM sources WHERE id = ?1",
        )
        .unwrap()
        .execute(params![id, Sonic::NAME, Sonic::VERSION, serde_json::to_string(&sonic).unwrap()])
        .unwrap();
    }
    tx.commit().unwrap();
}
