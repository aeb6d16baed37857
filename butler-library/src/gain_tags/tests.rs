use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use butler_product::gain_tags::Edit;
use rustix::fs::{XattrFlags, getxattr, setxattr};

use super::draft::{Digest, Hash};
use super::*;

/// A FLAC file of these tags and so much sound.
fn flac_of(tags: &[u8], sound: u32) -> Vec<u8> {
    let length = (tags.len() as u32).to_be_bytes();
    let sound: Vec<u8> = (0..sound).map(|index| (index * 31 % 251) as u8).collect();
    [b"fLaC\0\0\0\x22", &[1; 34][..], &[0x84], &length[1..], tags, &sound].concat()
}

fn flac(tags: &[u8]) -> Vec<u8> {
    flac_of(tags, 300_000)
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

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> OpenTrack {
        OpenTrack::open(&self.path, None).unwrap()
    }

    fn prepare(&self, track: &OpenTrack) -> Result<Draft, NotReplaced> {
        track.prepare(&edits(b"old", b"newer"), track.mtime_ns() + 1, &mut || true)
    }

    /// Replaces the file, with something that happens at the given sign of life: the first is before the draft
    /// gets its name, the second right before the two are swapped, the third after that.
    fn replace_while(&self, sign: u32, happens: &dyn Fn(&Self)) -> Result<Replaced, NotReplaced> {
        let track = self.open();
        let (draft, mut signs) = (self.prepare(&track).unwrap(), 0);
        track.replace(draft, &mut || {
            signs += 1;
            if signs == sign {
                happens(self);
            }
            true
        })
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
    assert_eq!(ground.names(), ["track.flac"], "the new one has no name");
    let replaced = track.replace(draft, &mut || true).unwrap();
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

/// Rules of a folder by which user 12345 may write each file that is made in it, as the kernel keeps them.
fn default_rules() -> Vec<u8> {
    let entry = |tag: u16, may: u16, id: u32| {
        [&tag.to_le_bytes()[..], &may.to_le_bytes(), &id.to_le_bytes()].concat()
    };
    let nobody = u32::MAX;
    let entries = [(1, 7, nobody), (2, 7, 12_345), (4, 5, nobody), (0x10, 7, nobody), (0x20, 0, nobody)];
    let entries = entries.into_iter().flat_map(|(tag, may, id)| entry(tag, may, id));
    [2_u32.to_le_bytes().to_vec(), entries.collect()].concat()
}

#[test]
fn rules_that_a_folder_has_for_new_files_do_not_come_over_an_old_one() {
    let ground = Ground::new();
    fs::set_permissions(&ground.path, fs::Permissions::from_mode(0o640)).unwrap();
    let rules =
        setxattr(ground.folder.path(), "system.posix_acl_default", &default_rules(), XattrFlags::empty());
    assert!(rules.is_ok(), "the temporary folder knows no such rules: {rules:?}");
    ground.replace_while(0, &|_| {}).unwrap();
    assert_eq!(fs::metadata(&ground.path).unwrap().mode() & 0o7777, 0o640);
    let mut value = [0; 256];
    assert!(
        getxattr(&ground.path, "system.posix_acl_access", &mut value[..]).is_err(),
        "it had no such list"
    );
}

#[test]
fn a_file_that_changes_meanwhile_stays_as_it_is_and_nothing_is_left_beside_it() {
    let changes: [fn(&Ground); 4] = [
        |ground| fs::write(&ground.path, flac(b"theirs")).unwrap(),
        |ground| {
            fs::write(ground.at("other"), flac(b"old")).unwrap();
            fs::rename(ground.at("other"), &ground.path).unwrap();
        },
        |ground| fs::remove_file(&ground.path).unwrap(),
        |ground| fs::set_permissions(&ground.path, fs::Permissions::from_mode(0o600)).unwrap(),
    ];
    // Before the draft has a name, and between the last look and the swap.
    for sign in [1, 2] {
        for (number, change) in changes.iter().enumerate() {
            let ground = Ground::new();
            let there = std::cell::RefCell::default();
            let replaced = ground.replace_while(sign, &|ground| {
                change(ground);
                there.replace((
                    fs::read(&ground.path).ok(),
                    fs::metadata(&ground.path).ok().map(|at| at.mode()),
                ));
            });
            assert!(matches!(replaced, Err(NotReplaced::Changed)), "{sign} {number}: {replaced:?}");
            let now = (fs::read(&ground.path).ok(), fs::metadata(&ground.path).ok().map(|at| at.mode()));
            assert!(now == there.take(), "{sign} {number}");
            assert!(ground.names().iter().all(|name| name == "track.flac"), "{:?}", ground.names());
        }
    }
    // While the new one is written.
    let ground = Ground::new();
    let track = ground.open();
    fs::write(&ground.path, flac(b"theirs")).unwrap();
    assert!(matches!(ground.prepare(&track), Err(NotReplaced::Changed)));
}

/// The draft's name, while it has one.
fn hidden(ground: &Ground) -> Option<PathBuf> {
    let names = ground.names().into_iter();
    names.filter(|name| name.starts_with(".butler-tags-")).map(|name| ground.at(&name)).next()
}

#[test]
fn what_is_written_into_the_old_file_after_the_swap_is_not_lost() {
    for sign in [3, 4] {
        let ground = Ground::new();
        let replaced = ground.replace_while(sign, &|ground| {
            // A program that had it open before.
            fs::write(hidden(ground).unwrap(), flac(b"theirs")).unwrap();
        });
        assert!(matches!(replaced, Err(NotReplaced::Changed)), "{replaced:?}");
        assert_eq!(fs::read(&ground.path).unwrap(), flac(b"theirs"));
        assert_eq!(ground.names(), ["track.flac"]);
    }
}

#[test]
fn a_file_that_another_program_has_open_for_writing_is_left_alone() {
    // Before anything is done, and from the last look before the swap on.
    let ground = Ground::new();
    let track = ground.open();
    let writes = fs::File::options().append(true).open(&ground.path).unwrap();
    assert!(matches!(track.may_be_replaced(), Err(NotReplaced::InUse)));
    drop(writes);
    track.may_be_replaced().unwrap();
    for sign in [2, 3] {
        let ground = Ground::new();
        let writes = std::cell::RefCell::new(None);
        let replaced = ground.replace_while(sign, &|ground| {
            let path = if sign == 2 { ground.path.clone() } else { hidden(ground).unwrap() };
            writes.replace(Some(fs::File::options().append(true).open(path).unwrap()));
        });
        assert!(matches!(replaced, Err(NotReplaced::InUse)), "{replaced:?}");
        let mut writes = writes.take().unwrap();
        std::io::Write::write_all(&mut writes, b"more").unwrap();
        assert_eq!(fs::read(&ground.path).unwrap(), [&flac(b"old")[..], b"more"].concat());
        assert_eq!(ground.names(), ["track.flac"]);
    }
}

#[test]
fn of_two_programs_that_write_at_the_same_moment_neither_loses_a_file() {
    let ground = Ground::new();
    let replaced = ground.replace_while(3, &|ground| {
        fs::write(hidden(ground).unwrap(), b"the first, written into the old file").unwrap();
        fs::write(ground.at("other"), b"the second").unwrap();
        fs::rename(ground.at("other"), &ground.path).unwrap();
    });
    let Err(NotReplaced::Aside(name)) = replaced else { panic!("{replaced:?}") };
    assert_eq!(fs::read(ground.at(&name)).unwrap(), b"the first, written into the old file");
    assert_eq!(fs::read(&ground.path).unwrap(), b"the second");
}

#[test]
fn what_others_put_under_the_drafts_name_costs_nobody_a_file() {
    let ground = Ground::new();
    let replaced = ground.replace_while(2, &|ground| {
        let name = hidden(ground).unwrap();
        fs::write(ground.at("other"), b"theirs").unwrap();
        fs::rename(ground.at("other"), name).unwrap();
    });
    let Err(NotReplaced::Aside(name)) = replaced else { panic!("{replaced:?}") };
    assert_eq!(fs::read(ground.at(&name)).unwrap(), flac(b"old"));
    assert_eq!(fs::read(&ground.path).unwrap(), b"theirs");
}

#[test]
fn each_draft_has_a_name_of_its_own() {
    let ground = Ground::new();
    let track = ground.open();
    let [one, other] = [ground.prepare(&track).unwrap(), ground.prepare(&track).unwrap()];
    assert_ne!(one.name(), other.name());
    // Two writers of one file: the second finds it changed.
    track.replace(one, &mut || true).unwrap();
    assert!(matches!(track.replace(other, &mut || true), Err(NotReplaced::Changed)));
    assert_eq!((fs::read(&ground.path).unwrap(), ground.names().len()), (flac(b"newer"), 1));
}

#[test]
fn links_names_and_rights_are_respected() {
    let ground = Ground::new();
    std::os::unix::fs::symlink(&ground.path, ground.at("link.flac")).unwrap();
    assert!(matches!(OpenTrack::open(&ground.at("link.flac"), None), Err(NotReplaced::Link)));
    assert!(matches!(OpenTrack::open(ground.folder.path(), None), Err(NotReplaced::NoFile)));
    assert!(matches!(OpenTrack::open(&ground.at("none.flac"), None), Err(NotReplaced::Unreadable(_))));
    fs::hard_link(&ground.path, ground.at("second.flac")).unwrap();
    assert!(matches!(ground.prepare(&ground.open()), Err(NotReplaced::HardLinked(2))));
    fs::remove_file(ground.at("second.flac")).unwrap();
    fs::set_permissions(&ground.path, fs::Permissions::from_mode(0o444)).unwrap();
    assert!(matches!(ground.prepare(&ground.open()), Err(NotReplaced::WriteProtected)));
}

#[test]
fn edits_that_touch_the_sound_are_refused_wherever_in_it_they_are() {
    let ground = Ground::new();
    let size = 4 << 20;
    fs::write(&ground.path, flac_of(b"old", size)).unwrap();
    let track = ground.open();
    let prepared = |from: u64, until: u64| {
        let edit = Edit { from, until, bytes: vec![7; (until - from) as usize] };
        track.prepare(&[edit], 0, &mut || true).map(drop)
    };
    let refused = |from, until| matches!(prepared(from, until), Err(NotReplaced::OtherContent));
    // Between the places that a fingerprint looks at too.
    for at in (49..track.size() - 1).step_by(90_001) {
        assert!(refused(at, at + 1), "{at}");
        assert!(at == 49 || refused(at, at), "something comes in at {at}");
    }
    assert!(refused(46, 50) && prepared(46, 49).is_ok());
    // A file that is not understood is all sound.
    fs::write(&ground.path, b"no music at all, but long enough to be taken for some").unwrap();
    for from in [0, 10] {
        let edit = Edit { from, until: from + 2, bytes: b"NO".to_vec() };
        assert!(matches!(ground.open().prepare(&[edit], 0, &mut || true), Err(NotReplaced::OtherContent)));
    }
    let edit = Edit { from: 0, until: 0, bytes: b"NO".to_vec() };
    assert!(matches!(ground.open().prepare(&[edit], 0, &mut || true), Err(NotReplaced::OtherContent)));
}

fn digest(bytes: &[u8]) -> Digest {
    let mut hash = Hash::default();
    hash.add(bytes).unwrap();
    hash.digest()
}

#[test]
fn what_a_crash_left_is_told_by_the_files_and_what_is_not_understood_stays() {
    let (old, new, other) = (flac(b"old"), flac(b"newer"), flac(b"third"));
    let draft = std::ffi::OsString::from(".butler-tags-1.tmp");
    let pair = Pair { draft: &draft, old: digest(&old), new: digest(&new) };
    for (file, beside, is_noted, is_replaced, stays) in [
        // Nothing was begun.
        (Some(&old), None, false, false, false),
        // The draft had its name.
        (Some(&old), Some(&new), false, false, false),
        // They were swapped.
        (Some(&new), Some(&old), true, true, false),
        // The old one was removed.
        (Some(&new), None, true, true, false),
        // Others wrote the file before and after.
        (Some(&other), Some(&new), false, false, false),
        (Some(&other), Some(&old), true, false, true),
        (None, Some(&old), true, false, true),
        (Some(&other), None, true, false, false),
        (Some(&new), Some(&other), true, true, true),
    ] {
        let ground = Ground::new();
        let write = |path: &Path, bytes: Option<&Vec<u8>>| match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => drop(fs::remove_file(path)),
        };
        write(&ground.path, file);
        write(&ground.at(".butler-tags-1.tmp"), beside);
        let found = look(&ground.path, pair, &mut || true).unwrap();
        let told = (found.is_noted, found.replaced.is_some(), found.is_left);
        assert_eq!(told, (is_noted, is_replaced, stays), "{file:?} {beside:?}");
        assert_eq!(fs::read(&ground.path).ok().as_ref(), file, "the file itself is never touched");
        let there = fs::read(ground.at(".butler-tags-1.tmp")).ok();
        assert_eq!(there.as_ref(), beside.filter(|_| stays));
    }
    // A folder that is not there, or empty, may be on a disk that is not mounted.
    let ground = Ground::new();
    fs::remove_file(&ground.path).unwrap();
    assert!(look(&ground.path, pair, &mut || true).is_err());
    assert!(look(&ground.at("gone").join("track.flac"), pair, &mut || true).is_err());
}
