//! Files whose gain tags are written: what the library makes of a replaced file, and what it finds out of a
//! crash between its steps.

use std::fs;
use std::path::{Path, PathBuf};

use butler_library::{
    FilePlace, Intent, Library, OpenTrack, PartId, PartRow, Replaced, SectionId, SectionKind, SourceId,
    WrittenTags,
};
use butler_product::gain_tags::{Edit, GainTag};
use butler_product::tags::Tags;
use butler_product::{ProductKind, Spec, Value};

use crate::world::{World, at};

/// A FLAC file of these tags and some sound.
fn flac(tags: &[u8]) -> Vec<u8> {
    let length = (tags.len() as u32).to_be_bytes();
    let sound: Vec<u8> = (0..300_000_u32).map(|index| (index * 31 % 251) as u8).collect();
    [b"fLaC\0\0\0\x22", &[1; 34][..], &[0x84], &length[1..], tags, &sound].concat()
}

struct Ground {
    world: World,
    path: PathBuf,
}

impl Ground {
    /// A library with one track, whose tags and loudness are known.
    fn new() -> Self {
        let world = World::new(SectionKind::Artist);
        let path = world.write("Nina/Blue/01 Song.flac", &flac(b"old"));
        world.scan();
        let ground = Self { world, path: path.canonicalize().unwrap() };
        let part = ground.part();
        let tagged = ground.tagged();
        ground.world.make(tagged, Spec::Tags, tags("Song", None));
        ground.world.make(part.source, Spec::Voice, Value::Nothing { why: "No voice.".to_owned() });
        ground
    }

    fn part(&self) -> PartRow {
        self.world.parts().remove(0).1
    }

    /// The names beside the file.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path.parent().unwrap()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The content of the file with its tags.
    fn tagged(&self) -> SourceId {
        *self.world.library.sources_of_part(self.part().id).unwrap().last().unwrap()
    }

    /// Replaces the file by one with other tags.
    fn replace(&self, change: &Change) {
        let replaced = change.carry_out(&self.world.library, &mut |_| {});
        self.world.library.settle_gain_tags(&change.place.path, replaced, at(0)).unwrap();
    }

    /// The first change: from no gain to one.
    fn change(&self) -> Change {
        let part = self.part();
        Change {
            section: self.world.section,
            part: part.id,
            source: part.source,
            place: FilePlace {
                root_path: self.world.media().canonicalize().unwrap(),
                path: self.path.clone(),
            },
            words: ["old", "newer"],
            gains: [None, Some("-7.03 dB")],
            taken_back: None,
        }
    }

    fn written(&self) -> Vec<WrittenTags> {
        self.world.library.written_gain_tags(self.world.section, 0, 10).unwrap().rows
    }
}

/// A change of a file's gain tag.
#[derive(Clone)]
struct Change {
    section: SectionId,
    part: PartId,
    source: SourceId,
    place: FilePlace,
    /// What the file's tags are, and shall be.
    words: [&'static str; 2],
    /// The gains that they tell.
    gains: [Option<&'static str>; 2],
    taken_back: Option<i64>,
}

impl Change {
    /// All steps but the last, with something at each sign of life: 0 while the new file is written, and from 1
    /// on while the two are swapped.
    fn carry_out(&self, library: &Library, at: &mut dyn FnMut(u32)) -> Replaced {
        let [old, new] = self.words;
        let track = OpenTrack::open(&self.place.path, None).unwrap();
        let length = |tags: &str| (tags.len() as u32).to_be_bytes()[1..].to_vec();
        let edits = [
            Edit { from: 43, until: 46, bytes: length(new) },
            Edit { from: 46, until: 46 + old.len() as u64, bytes: new.as_bytes().to_vec() },
        ];
        let draft = track.prepare(&edits, track.mtime_ns() + 1_000_000_000, &mut || {
            at(0);
            true
        });
        let (draft, mut sign) = (draft.unwrap(), 0);
        let tags = |gain: Option<&str>| {
            gain.map(|gain| GainTag::new("REPLAYGAIN_TRACK_GAIN", gain)).into_iter().collect()
        };
        let intent = Intent {
            section: self.section,
            part: self.part,
            source: self.source,
            content: track.content(&mut || true).unwrap(),
            place: self.place.clone(),
            old: tags(self.gains[0]),
            new: tags(self.gains[1]),
            old_mtime_ns: track.mtime_ns(),
            new_mtime_ns: draft.mtime_ns(),
            taken_back: self.taken_back,
        };
        assert!(library.intend_gain_tags(intent, &draft).unwrap());
        let replaced = track.replace(draft, &mut || {
            sign += 1;
            at(sign);
            true
        });
        replaced.unwrap()
    }

    fn then(&self, words: [&'static str; 2], gains: [Option<&'static str>; 2]) -> Self {
        Self { words, gains, ..self.clone() }
    }
}

fn tags(title: &str, gain: Option<&str>) -> Value {
    let mut tags = Tags { title: Some(title.to_owned()), ..Tags::default() };
    tags.gain.track_gain = gain.map(str::to_owned);
    Value::Tags(Box::new(tags))
}

#[test]
fn what_was_made_of_a_file_stays_its_own_and_no_scan_takes_it_for_another() {
    let ground = Ground::new();
    let before = ground.part();
    ground.replace(&ground.change());
    let after = ground.part();
    assert_eq!((after.id, after.source, after.item), (before.id, before.source, before.item));
    assert_eq!(after.size, before.size + 2);
    // The tags are known without being read.
    let known = ground.world.library.product(ground.tagged(), ProductKind::Tags).unwrap().unwrap();
    assert_eq!(known.value, tags("Song", Some("-7.03 dB")));
    ground.world.files.take();
    let report = ground.world.scan();
    assert_eq!((report.changed, report.added, report.missing), (0, 0, 0), "{report:?}");
    assert_eq!(ground.world.files.take(), Vec::<PathBuf>::new(), "nothing is opened");
    let [written] = &ground.written()[..] else { panic!() };
    assert_eq!((&written.place.path, written.old.len(), written.new.len()), (&ground.path, 0, 1));
    assert_eq!(written.old_mtime_ns, before.mtime_ns);
}

/// Where the process that is killed finds what it is to do: the world's folder, at which sign of life it is
/// killed, its section, part and source.
const ORDER: &str = "BUTLER_TEST_KILLED";

#[test]
#[ignore = "this is the process that the next test kills"]
fn a_replacement_whose_process_is_killed() {
    let order = std::env::var(ORDER).unwrap();
    let [folder, sign, section, part, source] = order.split('|').collect::<Vec<_>>().try_into().unwrap();
    let [section, part, source] = [section, part, source].map(|word| word.parse::<i64>().unwrap());
    let last: u32 = sign.parse().unwrap();
    let die = || rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    let media = Path::new(folder).join("media");
    let change = Change {
        section: SectionId(section),
        part: PartId(part),
        source: SourceId(source),
        place: FilePlace { path: media.join("Nina/Blue/01 Song.flac"), root_path: media },
        words: ["old", "newer"],
        gains: [None, Some("-7.03 dB")],
        taken_back: None,
    };
    let library = Library::open(&Path::new(folder).join("data")).unwrap();
    change.carry_out(&library, &mut |sign| {
        if sign == last {
            die().unwrap()
        }
    });
    // Between the last sign of life and the journal.
    die().unwrap();
}

#[test]
fn whenever_a_server_is_killed_the_file_is_whole_its_old_tags_are_known_and_nothing_is_left() {
    // While the new file is written; before it has a name, and before the two are swapped; before and after the
    // folder is on the disk; before the journal has it.
    let moments = [(0, 0, false), (1, 1, false), (2, 1, false), (3, 1, true), (4, 1, true), (5, 1, true)];
    for (sign, intents, is_replaced) in moments {
        let ground = Ground::new();
        let change = ground.change();
        let folder = ground.world.folder.path().canonicalize().unwrap();
        let order = [
            folder.to_str().unwrap().to_owned(),
            sign.to_string(),
            change.section.0.to_string(),
            change.part.0.to_string(),
            change.source.0.to_string(),
        ];
        let Ground { world, path } = ground;
        let World { folder: kept, library, section, files, clock } = world;
        drop(library);
        let name = "gain_tags::a_replacement_whose_process_is_killed";
        let ended = butler_fixtures::command(std::env::current_exe().unwrap())
            .args([name, "--exact", "--ignored", "--test-threads=1"])
            .env(ORDER, order.join("|"))
            .output()
            .unwrap();
        let killed = std::os::unix::process::ExitStatusExt::signal(&ended.status);
        assert_eq!(killed, Some(9), "{}", String::from_utf8_lossy(&ended.stdout));

        let library = Library::open(&kept.path().join("data")).unwrap();
        let ground = Ground { world: World { folder: kept, library, section, files, clock }, path };
        let library = &ground.world.library;
        assert_eq!(library.recover_gain_tags(at(1)).unwrap(), intents, "{sign}");
        let whole = flac(if is_replaced { b"newer" } else { b"old" });
        assert!(fs::read(&ground.path).unwrap() == whole, "{sign}: it is not whole");
        assert_eq!(ground.names(), ["01 Song.flac"], "{sign}");
        let rows = ground.written();
        assert_eq!(rows.len(), usize::from(is_replaced), "{sign}");
        assert!(rows.iter().all(|row| row.old.is_empty() && row.new.len() == 1), "{sign}");
        let report = ground.world.scan();
        assert_eq!((report.changed, report.added, report.missing), (0, 0, 0), "{sign}: {report:?}");
        assert_eq!(library.recover_gain_tags(at(2)).unwrap(), 0, "{sign}");
    }
}

#[test]
fn what_is_in_doubt_is_kept() {
    // The disk is not mounted when the server starts again.
    let ground = Ground::new();
    let change = ground.change();
    change.carry_out(&ground.world.library, &mut |_| {});
    let (media, away) = (ground.world.media(), ground.world.folder.path().join("away"));
    fs::rename(&media, &away).unwrap();
    assert_eq!(ground.world.library.recover_gain_tags(at(1)).unwrap(), 0);
    fs::rename(&away, &media).unwrap();
    assert_eq!(ground.world.library.recover_gain_tags(at(1)).unwrap(), 1);
    assert_eq!(ground.written().len(), 1);

    // Somebody wrote the file before the server started again.
    let ground = Ground::new();
    ground.change().carry_out(&ground.world.library, &mut |_| {});
    fs::write(&ground.path, flac(b"theirs")).unwrap();
    assert_eq!(ground.world.library.recover_gain_tags(at(1)).unwrap(), 1);
    assert_eq!((ground.written().len(), fs::read(&ground.path).unwrap()), (1, flac(b"theirs")));

    // As long as it is not known what became of a file, nothing more is done to it; and what is taken back is
    // taken back only when that is seen.
    let ground = Ground::new();
    ground.replace(&ground.change());
    let row = ground.written().remove(0);
    let back = ground.change().then(["newer", "old"], [Some("-7.03 dB"), None]);
    Change { taken_back: Some(row.id), ..back }.carry_out(&ground.world.library, &mut |_| {});
    fs::rename(&ground.path, ground.path.with_file_name("elsewhere.flac")).unwrap();
    assert_eq!(ground.world.library.recover_gain_tags(at(1)).unwrap(), 1);
    assert_eq!(ground.written(), [row]);
}

#[test]
fn no_row_of_the_journal_is_lost_to_another() {
    let ground = Ground::new();
    let first = ground.change();
    ground.replace(&first);
    // Once more: what it was before the first time counts.
    ground.replace(&first.then(["newer", "third"], [Some("-7.03 dB"), Some("-8.00 dB")]));
    let [row] = &ground.written()[..] else { panic!() };
    assert_eq!((row.old.len(), row.new[0].value.as_str()), (0, "-8.00 dB"));

    // A copy of it was before what the file was before.
    let copy = first.place.path.with_file_name("02 Copy.flac");
    fs::copy(&first.place.path, &copy).unwrap();
    let of_copy = Change {
        place: FilePlace { path: copy, ..first.place.clone() },
        part: PartId(first.part.0 + 100),
        ..first.then(["third", "fourth"], [Some("-8.00 dB"), Some("-9.00 dB")])
    };
    ground.replace(&of_copy);
    let [two, one] = &ground.written()[..] else { panic!() };
    assert_eq!((one.new[0].value.as_str(), &two.old), ("-8.00 dB", &Vec::new()));

    // Somebody else's gains are a beginning of their own.
    fs::write(&first.place.path, flac(b"their")).unwrap();
    ground.replace(&first.then(["their", "fifth"], [Some("+1 dB"), Some("-10.00 dB")]));
    let rows = ground.written();
    let old: Vec<_> = rows.iter().map(|row| row.old.first().map(|tag| tag.value.as_str())).collect();
    assert_eq!(old, [Some("+1 dB"), None, None], "the newest first");

    // Another content at the same path, and its undo, leave all others alone.
    let mut other = flac(b"other");
    other.extend([1; 500]);
    fs::write(&first.place.path, other).unwrap();
    let of_other = Change { source: SourceId(first.source.0 + 100), ..first.clone() };
    ground.replace(&of_other.then(["other", "sixth"], [Some("+2 dB"), Some("-11.00 dB")]));
    let last = ground.written().remove(0);
    assert_eq!((ground.written().len(), last.old[0].value.as_str()), (4, "+2 dB"));
    let back = of_other.then(["sixth", "other"], [Some("-11.00 dB"), Some("+2 dB")]);
    ground.replace(&Change { taken_back: Some(last.id), ..back });
    assert_eq!(ground.written(), rows);
}

#[test]
fn a_moved_file_is_followed_and_the_journal_outlives_the_section() {
    let ground = Ground::new();
    ground.replace(&ground.change());
    let first = ground.written().remove(0);
    ground.world.rename("Nina/Blue/01 Song.flac", "Nina/Blue/01 Other.flac");
    ground.world.scan();
    let moved = ground.written().remove(0);
    assert_eq!((moved.id, &moved.old), (first.id, &first.old));
    assert_eq!(moved.place.path, ground.path.with_file_name("01 Other.flac"));
    assert_eq!(moved.written_at_place.path, ground.path);
    // A section that goes takes nothing of the journal with it.
    ground.world.library.remove_section(ground.world.section).unwrap();
    let [kept] = &ground.written()[..] else { panic!() };
    assert_eq!((kept.id, &kept.new), (first.id, &first.new));
}
