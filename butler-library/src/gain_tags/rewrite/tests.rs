use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use rustix::fs::{getxattr, setxattr};

use super::*;

/// A FLAC file of these tags and some sound.
fn flac(tags: &[u8]) -> Vec<u8> {
    let length = (tags.len() as u32).to_be_bytes();
    let sound: Vec<u8> = (0..300_000_u32).map(|index| (index * 31 % 251) as u8).collect();
    [b"fLaC\0\0\0\x22", &[1; 34][..], &[0x84], &length[1..], tags, &sound].concat()
}

/// The edits that make of the file of the one tags that of the others.
fn edits(old: &[u8], new: &[u8]) -> Vec<Edit> {
    let length = |tags: &[u8]| (tags.len() as u32).to_be_bytes()[1..].to_vec();
    vec![
        Edit { from: 43, until: 46, bytes: length(new) },
        Edit { from: 46, until: 46 + old.len() as u64, bytes: new.to_vec() },
    ]
}

struct Ground {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Ground {
    fn new() -> Self {
        let folder = butler_fixtures::tempdir().unwrap();
        let path = folder.path().join("track.flac");
        fs::write(&path, flac(b"old")).unwrap();
        Self { folder, path }
    }

    fn open(&self) -> OpenTrack {
        OpenTrack::open(&self.path, None).unwrap()
    }

    fn prepare(&self, track: &OpenTrack) -> Result<Draft, NotReplaced> {
        track.prepare(&edits(b"old", b"newer"), track.mtime_ns() + 1, &mut || true)
    }

    /// The names in the folder.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_file_is_replaced_by_one_with_the_same_rights_attributes_and_sound() {
    let ground = Ground::new();
    fs::set_permissions(&ground.path, fs::Permissions::from_mode(0o2640)).unwrap();
    let has_attributes = setxattr(&ground.path, "user.note", b"mine", XattrFlags::empty()).is_ok();
    let before = fs::metadata(&ground.path).unwrap();
    let track = ground.open();
    let draft = ground.prepare(&track).unwrap();
    assert_eq!(ground.names(), ["track.flac"], "the new one has no name, or a hidden one that goes");
    let replaced = track.replace(draft).unwrap();
    assert_eq!(fs::read(&ground.path).unwrap(), flac(b"newer"));
    let after = fs::metadata(&ground.path).unwrap();
    assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
    assert_eq!(after.mtime_nsec(), before.mtime_nsec() + 1);
    assert_eq!((replaced.inode, replaced.size), (after.ino(), after.size()));
    assert_ne!(after.ino(), before.ino());
    if has_attributes {
        let mut value = [0; 8];
        let length = getxattr(&ground.path, "user.note", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"mine");
    }
    assert_eq!(ground.names(), ["track.flac"]);
}

#[test]
fn a_file_that_changes_meanwhile_stays_as_it_is_and_nothing_is_left_beside_it() {
    let changes: [fn(&Ground); 3] = [
        |ground| fs::write(&ground.path, flac(b"theirs")).unwrap(),
        |ground| {
            let other = ground.folder.path().join("other");
            fs::write(&other, flac(b"old")).unwrap();
            fs::rename(other, &ground.path).unwrap();
        },
        |ground| fs::remove_file(&ground.path).unwrap(),
    ];
    for change in changes {
        let ground = Ground::new();
        let track = ground.open();
        let draft = ground.prepare(&track).unwrap();
        change(&ground);
        let (there, names) = (fs::read(&ground.path).ok(), ground.names());
        assert!(matches!(track.replace(draft), Err(NotReplaced::Changed)));
        assert_eq!((fs::read(&ground.path).ok(), ground.names()), (there, names));
    }
    // In place, while the new one is written.
    let ground = Ground::new();
    let track = ground.open();
    fs::write(&ground.path, flac(b"theirs")).unwrap();
    assert!(matches!(ground.prepare(&track), Err(NotReplaced::Changed)));
}

#[test]
fn links_names_and_rights_are_respected() {
    let ground = Ground::new();
    let at = |name: &str| ground.folder.path().join(name);
    std::os::unix::fs::symlink(&ground.path, at("link.flac")).unwrap();
    assert!(matches!(OpenTrack::open(&at("link.flac"), None), Err(NotReplaced::Link)));
    assert!(matches!(OpenTrack::open(ground.folder.path(), None), Err(NotReplaced::NoFile)));
    assert!(matches!(OpenTrack::open(&at("none.flac"), None), Err(NotReplaced::Unreadable(_))));
    fs::hard_link(&ground.path, at("second.flac")).unwrap();
    assert!(matches!(ground.prepare(&ground.open()), Err(NotReplaced::HardLinked(2))));
    fs::remove_file(at("second.flac")).unwrap();
    fs::set_permissions(&ground.path, fs::Permissions::from_mode(0o444)).unwrap();
    assert!(matches!(ground.prepare(&ground.open()), Err(NotReplaced::WriteProtected)));
}

#[test]
fn edits_that_touch_the_sound_are_refused() {
    let ground = Ground::new();
    let track = ground.open();
    let edit = Edit { from: 200_000, until: 200_001, bytes: vec![7] };
    assert!(matches!(track.prepare(&[edit], 0, &mut || true), Err(NotReplaced::OtherContent)));
    // What is no music for the fingerprint is its tags too.
    fs::write(&ground.path, b"no music at all, but long enough to be taken for some").unwrap();
    let edit = Edit { from: 0, until: 2, bytes: b"NO".to_vec() };
    assert!(matches!(ground.open().prepare(&[edit], 0, &mut || true), Err(NotReplaced::OtherContent)));
}

#[test]
fn what_a_crash_left_beside_a_file_goes() {
    let ground = Ground::new();
    let track = ground.open();
    let leftover = ground.folder.path().join(track.draft_name());
    fs::write(&leftover, b"of a crash").unwrap();
    remove_draft(&ground.path, &track.draft_name());
    assert_eq!(ground.names(), ["track.flac"]);
    // It gives way to the next one, too.
    fs::write(&leftover, b"of a crash").unwrap();
    track.replace(ground.prepare(&track).unwrap()).unwrap();
    assert_eq!(ground.names(), ["track.flac"]);
    assert_eq!(fs::read(&ground.path).unwrap(), flac(b"newer"));
}
