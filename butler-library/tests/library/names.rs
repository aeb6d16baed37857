//! Names as they are on disk: any bytes, any script.

use butler_library::{ItemKind, SectionKind};
use std::os::unix::ffi::OsStrExt;

use crate::world::{World, not_utf8};

#[test]
fn a_name_that_is_not_utf_8_is_kept_byte_for_byte() {
    let world = World::new(SectionKind::Movie);
    let path = world.write(not_utf8(b"Caf\xe9 (1990)/Caf\xe9 (1990).mkv"), b"film");
    let twin = world.write(not_utf8(b"Caf\xe8 (1990)/Caf\xe8 (1990).mkv"), b"twin");
    assert_eq!(world.scan().added, 2);
    let mut paths: Vec<_> = world.parts().into_iter().map(|(_, part)| part.path).collect();
    paths.sort_by(|a, b| b.as_os_str().as_bytes().cmp(a.as_os_str().as_bytes()));
    assert_eq!(paths, [path, twin]);
    assert_eq!(world.items(ItemKind::Movie)[0].title, "Caf\u{fffd}");
    assert_eq!(world.scan().unchanged, 2);
}

#[test]
fn hidden_and_foreign_folders_are_left_alone() {
    let world = World::new(SectionKind::Movie);
    for path in [
        ".hidden/a.mkv",
        "@eaDir/b.mkv",
        "film.trickplay/c.mkv",
        "._d.mkv",
        "$RECYCLE.BIN/e.mkv",
        "#recycle/f.mkv",
    ] {
        world.write(path, path.as_bytes());
    }
    world.write("映画 (2001)/映画.mkv", b"film");
    assert_eq!(world.scan().seen, 1);
    assert_eq!(world.only(ItemKind::Movie).row.title, "映画");
}
