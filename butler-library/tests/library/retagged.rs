//! Tracks that got new tags are the content they were; tracks that got new sound are not.

use std::path::Path;

use butler_library::SectionKind;
use butler_product::media_info::StreamKind;

use crate::world::{World, set_mtime};

fn ffmpeg(arguments: &[&str], to: &Path) {
    let mut command = butler_fixtures::command("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y"]).args(arguments).arg(to);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Writes sound that each seed makes another.
fn record(seed: u32, to: &Path) {
    ffmpeg(
        &["-f", "lavfi", "-i", &format!("anoisesrc=d=8:r=48000:s={seed}"), "-metadata", "title=First"],
        to,
    );
}

fn check(ending: &str) {
    let world = World::new(SectionKind::Artist);
    let names =
        ["untagged", "long", "other"].map(|name| world.folder.path().join(format!("{name}.{ending}")));
    let [untagged, long, other] = &names;
    let recorded = world.folder.path().join(format!("recorded.{ending}"));
    record(1, &recorded);
    record(2, other);
    let lyrics = format!("comment={}", "la ".repeat(20_000));
    let source = recorded.to_str().unwrap();
    ffmpeg(&["-i", source, "-c", "copy", "-map_metadata", "-1"], untagged);
    ffmpeg(
        &[
            "-i",
            source,
            "-c",
            "copy",
            "-metadata",
            "title=Second",
            "-metadata",
            "artist=Somebody Else",
            "-metadata",
            &lyrics,
        ],
        long,
    );

    let track = format!("Artist/Album/01 - Track.{ending}");
    let path = world.write(&track, &std::fs::read(untagged).unwrap());
    world.scan();
    let before = world.part(&track);
    world.make_media_info(before.source, &[StreamKind::Audio]);

    std::fs::copy(long, &path).unwrap();
    set_mtime(&path, -60);
    assert_eq!(world.scan().changed, 1, "{ending}");
    let after = world.part(&track);
    assert_ne!(after.size, before.size, "{ending}");
    assert_eq!(
        (after.id, after.source, after.fingerprint),
        (before.id, before.source, before.fingerprint),
        "{ending}"
    );
    assert_eq!(after.products.len(), 1, "{ending}");

    std::fs::copy(other, &path).unwrap();
    set_mtime(&path, -30);
    assert_eq!(world.scan().changed, 1, "{ending}");
    let replaced = world.part(&track);
    assert_ne!(replaced.source, before.source, "{ending}");
    assert!(replaced.products.is_empty(), "{ending}");
}

#[test]
fn a_retagged_track_keeps_its_source_and_products() {
    for ending in ["flac", "mp3", "m4a", "opus", "ogg"] {
        check(ending);
    }
}
