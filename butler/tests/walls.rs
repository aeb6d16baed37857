//! The walls of the house, checked against cargo's metadata and the tree: which crate may use which, what a
//! crate never links, each one's licence, that the architecture page names only files that are there, and
//! that no two types have one name.
//!
//! Never a matter of taste: each line of the tables below is a line of the design.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Who may use which of our crates. "Names" is `butler-api` without its bodies.
const EDGES: &[(&str, &[&str])] = &[
    ("butler-api", &[]),
    ("butler-product", &[]),
    ("butler-schedule", &["butler-api"]),
    ("butler-media", &["butler-product"]),
    ("butler-names", &[]),
    ("butler-library", &["butler-api", "butler-names", "butler-product"]),
    ("butler-tasks", &["butler-api", "butler-product", "butler-schedule", "butler-library"]),
    ("butler-engine", &["butler-api", "butler-schedule", "butler-product", "butler-library", "butler-tasks"]),
    ("butler-server", &["butler-api", "butler-product", "butler-library", "butler-engine"]),
    ("butler-client", &["butler-api"]),
    ("butler-record", &["butler-api"]),
    (
        "butler",
        &[
            "butler-api",
            "butler-client",
            "butler-engine",
            "butler-library",
            "butler-product",
            "butler-record",
            "butler-schedule",
            "butler-server",
            "butler-tasks",
        ],
    ),
    ("butler-worker", &["butler-media", "butler-product"]),
    ("butler-fixtures", &[]),
];

/// Who uses only the names of `butler-api`.
const NAMES_ONLY: &[&str] = &["butler-schedule", "butler-library", "butler-tasks", "butler-engine"];

/// Crates of others that only some of ours may link.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("bliss-audio", &["butler-media"]),
    ("ffmpeg-next", &["butler-media"]),
    ("landlock", &["butler-media"]),
    ("seccompiler", &["butler-media"]),
    ("rusqlite", &["butler-library", "butler-record"]),
    ("rusqlite_migration", &["butler-library", "butler-record"]),
    ("axum", &["butler-server"]),
    ("tower-http", &["butler-server"]),
    ("reqwest", &["butler-client"]),
    ("rustls", &["butler-client"]),
    ("tokio", &["butler", "butler-client", "butler-engine", "butler-server"]),
    ("clap", &["butler"]),
    ("indicatif", &["butler"]),
];

/// All that the pure logic links.
const SCHEDULE_LINKS: &[&str] = &["butler-api", "jiff", "serde", "thiserror"];

/// Crates that others may build on freely; all else is GPL-3.0-or-later.
const FREE: &[&str] = &["butler-api", "butler-names", "butler-product", "butler-client"];

/// One dependency of one of our crates.
struct Edge {
    from: String,
    to: String,
    is_dev: bool,
    features: Vec<String>,
}

#[test]
fn our_crates_use_each_other_as_the_design_says_and_no_other_way() {
    let ours: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).collect();
    let there: BTreeSet<String> = packages().iter().map(|package| text(&package["name"])).collect();
    assert_eq!(
        there.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        ours,
        "a crate is missing here, or in the workspace"
    );
    for edge in edges().iter().filter(|edge| ours.contains(edge.to.as_str())) {
        let allowed =
            EDGES.iter().find(|(name, _)| *name == edge.from).map_or(&[][..], |(_, allowed)| allowed);
        let is_test_help = edge.is_dev && edge.to == "butler-fixtures";
        assert!(
            is_test_help || allowed.contains(&edge.to.as_str()),
            "`{}` may not use `{}`",
            edge.from,
            edge.to
        );
    }
}

#[test]
fn the_inner_crates_know_names_and_no_bodies() {
    for edge in
        edges().iter().filter(|edge| edge.to == "butler-api" && NAMES_ONLY.contains(&edge.from.as_str()))
    {
        assert!(edge.features.is_empty(), "`{}` asks `butler-api` for {:?}", edge.from, edge.features);
    }
}

#[test]
fn what_a_crate_must_never_do_it_does_not_link() {
    for edge in edges().iter().filter(|edge| !edge.is_dev) {
        if let Some((_, allowed)) = ONLY_IN.iter().find(|(name, _)| *name == edge.to) {
            assert!(allowed.contains(&edge.from.as_str()), "`{}` may not link `{}`", edge.from, edge.to);
        }
        if edge.from == "butler-schedule" {
            assert!(
                SCHEDULE_LINKS.contains(&edge.to.as_str()),
                "`butler-schedule` is pure and may not link `{}`",
                edge.to
            );
        }
    }
}

#[test]
fn every_crate_has_its_licence() {
    for package in packages() {
        let name = text(&package["name"]);
        let wanted = if FREE.contains(&name.as_str()) { "MIT OR Apache-2.0" } else { "GPL-3.0-or-later" };
        assert_eq!(package["license"].as_str(), Some(wanted), "`{name}`");
    }
}

/// Names of public types that two crates, or two modules of one, may have: each is the field's word in both.
const SHARED_TYPE_NAMES: &[&str] = &[
    // Of a person's words and of a library.
    "Kind", "Photo",   // A product's own summary.
    "Summary", // The schedule's view of what the catalogue has.
    "Settings", "Task", "Work", // What the nights bring, and what a task would do.
    "Plan", // What a product says of itself, and one that the command made.
    "Product",
];

/// Where bodies of the wire and the client's requests stand: they are called as what they tell of.
const MIRRORS: &[&str] = &["butler-api/src/v1/", "butler-api/src/plex/", "butler-client/src/"];

#[test]
fn one_public_type_has_one_name() {
    let (root, mut files) = (root(), Vec::new());
    list_files(&root, &root, &mut files);
    let is_source = |file: &&String| {
        file.starts_with("butler")
            && file.contains("/src/")
            && file.ends_with(".rs")
            && !file.starts_with("butler-fixtures/")
            && !MIRRORS.iter().any(|mirror| file.starts_with(mirror))
    };
    let mut places: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for file in files.iter().filter(is_source) {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let types = text.lines().filter_map(|line| {
            ["pub struct ", "pub enum ", "pub trait "].iter().find_map(|start| line.strip_prefix(start))
        });
        for rest in types {
            let name = rest.split(|letter: char| !letter.is_alphanumeric()).next().unwrap();
            places.entry(name.to_owned()).or_default().push(file);
        }
    }
    assert!(places.contains_key("RunRecord"), "no type was found");
    for (name, files) in &places {
        let is_shared = SHARED_TYPE_NAMES.contains(&name.as_str());
        assert!(files.len() == 1 || is_shared, "one word, one meaning: `{name}` stands in {files:?}");
        assert!(
            files.len() > 1 || !is_shared,
            "`{name}` stands in {files:?} only: it is to go from the list"
        );
    }
}

/// Where the ways that all products go may name one: what a length is and where a file is placed hangs on these,
/// and of a file whose tags were written the new tags are known.
/// Headers they may name everywhere, for these come before all else.
const NAMED_PRODUCTS: &[(&str, &[&str])] = &[
    ("butler-library/src/store/gain_tags.rs", &["Tags"]),
    ("butler-library/src/store/products.rs", &["Bandwidth", "Photo", "Tags"]),
];

#[test]
fn the_ways_of_all_products_name_none() {
    let (root, mut files) = (root(), Vec::new());
    list_files(&root, &root, &mut files);
    let is_a_way = |file: &&String| {
        ["butler-engine/src/", "butler-library/src/", "butler-media/src/"]
            .iter()
            .any(|at| file.starts_with(at))
            && file.ends_with(".rs")
            && !file.contains("tests")
            && !file.starts_with("butler-media/src/products")
    };
    let list = fs::read_to_string(root.join("butler-product/src/list.rs")).unwrap();
    let rows = list.lines().filter_map(|line| line.split_once(" = crate::"));
    let products: BTreeSet<&str> = rows
        .map(|(row, _)| row.trim().split('(').next().unwrap())
        .filter(|product| *product != "MediaInfo")
        .collect();
    assert!(products.contains("Bif"), "no product was found");
    let (mut ways, mut named) = (0, BTreeSet::new());
    for file in files.iter().filter(is_a_way) {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let words = ["ProductKind::", "Spec::", "Value::"].iter().flat_map(|list| code.split(list).skip(1));
        let variants = words.map(|rest| rest.split(|letter: char| !letter.is_alphanumeric()).next().unwrap());
        ways += 1;
        named.extend(
            variants.filter(|word| products.contains(word)).map(|word| (file.clone(), word.to_owned())),
        );
    }
    assert!(ways > 100, "{ways} files were looked at");
    let allowed: BTreeSet<_> = NAMED_PRODUCTS
        .iter()
        .flat_map(|(file, products)| {
            products.iter().map(|product| ((*file).to_owned(), (*product).to_owned()))
        })
        .collect();
    assert_eq!(named, allowed, "a product's own rules stand in `butler-product`");
}

#[test]
fn the_architecture_page_names_only_files_that_are_there() {
    let root = root();
    let page = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let mut files = Vec::new();
    list_files(&root, &root, &mut files);
    let is_of_a_name = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    let named: BTreeSet<&str> = page
        .split(|letter| !is_of_a_name(letter))
        .filter(|word| {
            [".rs", ".sql", ".mjs", ".py"].iter().any(|end| word.len() > end.len() && word.ends_with(end))
        })
        .collect();
    assert!(!named.is_empty(), "the page names no file");
    for name in named {
        let there = files.iter().any(|file| file == name || file.ends_with(&format!("/{name}")));
        assert!(there, "docs/architecture.md names `{name}`, which is not in the tree");
    }
}

#[test]
fn the_page_of_dependencies_has_a_reason_for_each_and_for_no_other() {
    let page = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let (crates, _) = page.split_once("## From Debian").unwrap();
    let first_cells = crates.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let named: BTreeSet<String> =
        first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    let linked: BTreeSet<String> = edges()
        .into_iter()
        .map(|edge| edge.to)
        .filter(|name| !EDGES.iter().any(|(ours, _)| ours == name))
        .collect();
    assert_eq!(named, linked);
}

fn edges() -> Vec<Edge> {
    let mut edges = Vec::new();
    for package in packages() {
        for dependency in package["dependencies"].as_array().unwrap() {
            edges.push(Edge {
                from: text(&package["name"]),
                to: text(&dependency["name"]),
                is_dev: dependency["kind"] == "dev",
                features: dependency["features"].as_array().unwrap().iter().map(text).collect(),
            });
        }
    }
    edges
}

fn packages() -> Vec<Value> {
    let mut cargo = butler_fixtures::command(env!("CARGO"));
    let output = cargo
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn list_files(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !["target", ".git", "data", "sample"].contains(&name.as_str()) {
            list_files(root, &path, files);
        } else if path.is_file() {
            files.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
