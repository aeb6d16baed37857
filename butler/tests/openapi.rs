//! The OpenAPI document against the running server, by programs that believe it: schemathesis makes requests
//! of it and holds the answers against it, and openapi-python-client makes a client that reads a run.
//!
//! `./test` installs both beside the published Plex clients, under the target folder.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;

use butler_fixtures::{Codec, Container, Film, Server, Stage};

#[test]
fn no_answer_is_another_than_the_document_says() {
    let stage = stage();
    let server = server(&stage);
    let mut command = butler_fixtures::command(tools().join("bin/schemathesis"));
    command.arg("--config-file").arg(folder().join("schemathesis.toml"));
    command.args(["run", &format!("{}/openapi.json", server.url())]);
    command.arg("--header").arg(format!("X-Plex-Token: {}", server.token()));
    succeeds(&mut command, &stage);
}

#[test]
fn a_client_that_was_generated_of_the_document_reads_a_run_with_its_report_and_a_films_products() {
    let stage = stage();
    let server = server(&stage);
    let document = stage.spare_dir().join("openapi.json");
    std::fs::write(&document, server.get_json("/openapi.json").unwrap().to_string()).unwrap();
    let client = stage.spare_dir().join("client");
    let mut generator = butler_fixtures::command(tools().join("bin/openapi-python-client"));
    generator.args(["generate", "--meta", "none", "--fail-on-warning", "--config"]);
    generator.arg(folder().join("generator.yaml")).arg("--path").arg(document);
    generator.arg("--output-path").arg(client.join("butler"));
    succeeds(&mut generator, &stage);
    let mut reader = butler_fixtures::command(tools().join("bin/python"));
    reader.arg(folder().join("generated_client.py")).env("PYTHONPATH", client);
    reader.env("BUTLER_URL", server.url()).env("BUTLER_TOKEN", server.token());
    succeeds(&mut reader, &stage);
}

/// Films, one of them damaged: runs have reports and failures then.
fn stage() -> Stage {
    let stage = Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR")).unwrap();
    let film = Film::new(Codec::H264, Container::Mkv).seconds(20);
    stage.add_movies(&[("Alpha (1991)".to_owned(), film.seed(1))]).unwrap();
    stage.folders.add_bytes("Beta (1992)/Beta (1992).mkv", b"no film").unwrap();
    stage
}

fn server(stage: &Stage) -> Server {
    let server = stage.server().unwrap();
    server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    for task in ["RefreshLibraries", "GenerateMediaIndexFiles", "DeepMediaAnalysis", "LoudnessAnalysis"] {
        assert_eq!(server.run_task(task).unwrap()["state"], "completed", "{task}");
    }
    server
}

/// Runs a program; what it prints is the failure's message.
fn succeeds(command: &mut Command, stage: &Stage) {
    command.current_dir(stage.spare_dir()).env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
    let output = command.output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{command:?} ended with {}:\n{}",
        output.status,
        String::from_utf8_lossy(&printed)
    );
}

/// Where `./test` installs the programs.
fn tools() -> PathBuf {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("plex-clients/openapi");
    assert!(tools.join("bin").is_dir(), "the programs that read OpenAPI are not installed; run ./test");
    tools
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi")
}
