//! The data folder is believed over the database: what is lost from it is made anew, and so is what somebody
//! asks to be.

use std::fs;
use std::path::PathBuf;

use butler_fixtures::{Bif, Codec, Container, Film, Server};
use serde_json::Value;

use super::{completed, scanned, stage};

/// The blobs of previews.
fn blobs(server: &Server) -> Vec<PathBuf> {
    let Ok(folders) = fs::read_dir(server.data_dir().join("blobs/bif")) else { return Vec::new() };
    folders
        .flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap().map(|file| file.unwrap().path()))
        .collect()
}

fn start_by_force(server: &Server) -> Value {
    let said = server.butler_json(&["start", "GenerateMediaIndexFiles", "--force", "--wait"]).unwrap();
    said[0]["result"].clone()
}

#[test]
fn previews_that_are_deleted_emptied_or_lost_with_their_folder_are_told_as_lost_and_made_anew() {
    let stage = stage();
    stage
        .add_movies(&[("Heat (1995)".to_owned(), Film::new(Codec::H264, Container::Mkv).seconds(21))])
        .unwrap();
    let (server, section) = scanned(&stage);
    completed(&server, "GenerateMediaIndexFiles");
    let part = server.parts(&section).unwrap().remove(0).id;
    let address = format!("/library/parts/{part}/indexes/sd");
    let whole = server.preview(part).unwrap();

    // Nobody asks for it in between.
    blobs(&server).iter().for_each(|blob| fs::remove_file(blob).unwrap());
    let run = start_by_force(&server);
    assert_eq!((&run["state"], &run["done"]), (&"completed".into(), &1.into()), "{run:#}");
    assert_eq!(server.preview(part).unwrap(), whole);

    blobs(&server).iter().for_each(|blob| fs::write(blob, b"").unwrap());
    let lost = server.get(&address).unwrap();
    assert_eq!(lost.status, 404);
    let text = server.request("GET", &address).header("accept", "application/json").send().unwrap();
    assert_eq!(text.status, 404, "it is a lack by now");
    completed(&server, "GenerateMediaIndexFiles");
    assert_eq!(server.preview(part).unwrap(), whole);

    fs::remove_dir_all(server.data_dir().join("blobs")).unwrap();
    assert_eq!(start_by_force(&server)["done"], 1);
    assert_eq!(Bif::parse(&server.preview(part).unwrap()).unwrap().pictures.len(), 3);
}

#[test]
fn a_start_finds_what_was_lost_while_nobody_was_there() {
    let stage = stage();
    stage
        .add_movies(&[("Heat (1995)".to_owned(), Film::new(Codec::H264, Container::Mkv).seconds(21))])
        .unwrap();
    let (server, section) = scanned(&stage);
    completed(&server, "GenerateMediaIndexFiles");
    let lost = blobs(&server);
    drop(server);
    lost.iter().for_each(|blob| fs::remove_file(blob).unwrap());
    let server = stage.server().unwrap();
    butler_fixtures::wait_until("the check of the blobs", || !server.parts(&section).unwrap()[0].has_preview)
        .unwrap();
    let run = completed(&server, "GenerateMediaIndexFiles");
    assert_eq!(run["done"], 1, "{run:#}");
}

#[test]
fn a_preview_is_made_anew_when_somebody_asks_for_it_and_the_old_one_serves_until_then() {
    let stage = stage();
    let film = Film::new(Codec::H264, Container::Mkv).seconds(21);
    let path = stage.add_movies(&[("Heat (1995)".to_owned(), film)]).unwrap().remove(0);
    let (server, section) = scanned(&stage);
    completed(&server, "GenerateMediaIndexFiles");
    let part = server.parts(&section).unwrap().remove(0).id;
    let whole = server.preview(part).unwrap();
    // Damaged where no look at its length tells it.
    let blob = blobs(&server).remove(0);
    let mut bytes = fs::read(&blob).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 0xff;
    fs::write(&blob, &bytes).unwrap();

    let remade = server.butler_json(&["remake", path.to_str().unwrap(), "--products", "bif"]).unwrap();
    assert_eq!((&remade["files"], &remade["products"]), (&1.into(), &1.into()), "{remade:#}");
    assert_eq!(remade["tasks"][0]["task"], "GenerateMediaIndexFiles");
    assert!(
        remade["tasks"][0]["next"].as_str().is_some_and(|night| night.contains("T02:00:00")),
        "{remade:#}"
    );
    assert_eq!(server.preview(part).unwrap(), bytes, "it serves until the new one is there");
    completed(&server, "GenerateMediaIndexFiles");
    assert_eq!(server.preview(part).unwrap(), whole);
}
