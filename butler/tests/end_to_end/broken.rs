//! Broken media by the hundred through the whole server: each file ends as a product or as a failure with a
//! sentence, the server stays, nothing is left behind, and no file is opened that only another one names.
//!
//! `BUTLER_BROKEN_FILES` sets how many, `BUTLER_BROKEN_SEED` which. `broken-media` of the fixtures writes
//! them to look at.

use std::fs;
use std::path::Path;

use butler_fixtures::{Bait, Corpus, Picture, Server, photo};
use serde_json::Value;

use super::{completed, small_films, stage};

/// Tasks that read media, as far as this server has them, and what each makes.
const READERS: [(&str, &str); 6] = [
    ("GenerateMediaIndexFiles", "bif"),
    ("DeepMediaAnalysis", "bandwidth"),
    ("LoudnessAnalysis", "loudness"),
    ("ButlerTaskGenerateVoiceActivity", "voice"),
    ("GenerateBlurHashes", "blur_hash"),
    ("MusicAnalysis", "sonic"),
];

#[test]
fn each_of_many_broken_files_ends_as_a_product_or_a_failure_and_the_server_stays() {
    let number =
        |variable: &str, usual| std::env::var(variable).map_or(usual, |given| given.parse().unwrap());
    let (count, seed) = (number("BUTLER_BROKEN_FILES", 200), number("BUTLER_BROKEN_SEED", 7));
    println!("{count} broken files of seed {seed}");
    let stage = stage();
    let whole = stage.add_movies(&small_films(2)).unwrap();
    let bait_path = stage.spare_dir().join("bait.mkv");
    let bait = Bait::new(&bait_path, &whole[0]).unwrap();
    let corpus = Corpus::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken"), &bait_path).unwrap();
    let poster = stage.spare_dir().join("poster.jpg");
    photo(&poster, Picture::TestCard, 400, 600, 1).unwrap();
    let poster = fs::read(&poster).unwrap();
    for (number, case) in corpus.cases(seed, count as usize).enumerate() {
        let case = case.unwrap();
        let film = stage.folders.add_bytes(&case.file_name(), &case.bytes).unwrap();
        let name = format!("{}-poster.jpg", film.file_stem().unwrap().to_string_lossy());
        stage.folders.add_bytes(&name, &broken_picture(&poster, number)).unwrap();
    }
    let server = stage.server().unwrap();
    let (pid, section) =
        (server.pid(), server.add_section("movie", "Movies", &stage.folders.movies()).unwrap());
    completed(&server, "RefreshLibraries");
    assert_eq!(server.parts(&section).unwrap().len() as u64, count + whole.len() as u64);
    assert_accounts(&server, "RefreshLibraries", "media_info");
    let tasks = server.get("/butler").unwrap().text();
    for (task, product) in READERS.into_iter().filter(|(task, _)| tasks.contains(&format!("\"{task}\""))) {
        let run = completed(&server, task);
        let failures = assert_accounts(&server, task, product);
        assert_eq!(run["failures"], failures, "{run:#}");
        println!(
            "{task}: {} of {} done, {failures} failures, {} bytes read",
            run["done"], run["total"], run["bytes_read"]
        );
        if product == "bif" {
            let previews =
                server.parts(&section).unwrap().iter().filter(|part| part.has_preview).count() as u64;
            assert_eq!(previews + failures, run["done"].as_u64().unwrap(), "{run:#}");
        }
    }
    let parts = server.parts(&section).unwrap();
    assert!(
        whole.iter().all(|path| parts.iter().any(|part| part.has_preview && Path::new(&part.file) == path))
    );
    assert_eq!((server.get("/healthz").unwrap().status, server.pid()), (200, pid));
    assert!(!bait.was_touched().unwrap(), "a file was opened because another one names it");
    assert_eq!(fs::read_dir(server.data_dir().join("staging")).unwrap().count(), 0);
    assert_eq!(dead_children(pid), Vec::<u32>::new());
}

/// A picture with some bytes turned over, or cut off: another one for each number.
fn broken_picture(whole: &[u8], number: usize) -> Vec<u8> {
    let mut broken = whole.to_vec();
    for byte in 0..number % 20 {
        broken[(number * 7_919 + byte * 104_729) % whole.len()] ^= 0x5a;
    }
    if number.is_multiple_of(3) {
        broken.truncate(whole.len() * (number % 100) / 100);
    }
    broken
}

/// Every failure of a product is the content's, with a sentence, and once the task has run nothing is left to
/// do but what failed. Gives the number of failures.
fn assert_accounts(server: &Server, task: &str, product: &str) -> u64 {
    let failures: Vec<Value> =
        server.failures().unwrap().into_iter().filter(|failure| failure["product"] == product).collect();
    for failure in &failures {
        let sentence = failure["error"].as_str().unwrap();
        assert!(failure["class"] == "content" && sentence.ends_with('.'), "{failure:#}");
        assert!(!sentence.contains("worker"), "a worker fell: {failure:#}");
    }
    let again = completed(server, task);
    assert_eq!((&again["failures"], &again["bytes_read"]), (&0.into(), &0.into()), "{again:#}");
    let after = server.failures().unwrap().iter().filter(|failure| failure["product"] == product).count();
    assert_eq!(after, failures.len());
    failures.len() as u64
}

/// Children that ended and that nobody has collected.
fn dead_children(of: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let is_dead_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        fields.first() == Some(&"Z") && fields.get(1) == Some(&of.to_string().as_str())
    };
    processes.filter(is_dead_child).collect()
}
