//! Files whose gain tags are written: what the library makes of a replaced file, and what it finds out of a
//! crash between its steps.

use std::fs;
use std::path::PathBuf;

use butler_library::{Intent, OpenTrack, PartRow, SectionKind};
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

fn edits() -> Vec<Edit> {
    vec![
        Edit { from: 43, until: 46, bytes: vec![0, 0, 5] },
        Edit { from: 46, until: 49, bytes: b"newer".to_vec() },
    ]
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

    /// The content of the file with its tags.
    fn tagged(&self) -> butler_library::SourceId {
        *self.world.library.sources_of_part(self.part().id).unwrap().last().unwrap()
    }

    /// Does the steps of a replacement, so many of them; as if the server had been killed then.
    fn replace(&self, steps: usize) {
        let (library, part) = (&self.world.library, self.part());
        let track = OpenTrack::open(&self.path, None).unwrap();
        let (old, new) = (Vec::new(), vec![GainTag::new("REPLAYGAIN_TRACK_GAIN", "-7.03 dB")]);
        let intent = Intent {
            section: self.world.section,
            part: part.id,
            source: part.source,
            root_path: self.world.media().canonicalize().unwrap(),
            path: self.path.clone(),
            old,
            new,
            old_mtime_ns: track.mtime_ns(),
            is_undo: false,
        };
        library.intend_gain_tags(intent, &track).unwrap();
        if steps == 1 {
            return;
        }
        let draft = track.prepare(&edits(), track.mtime_ns() + 1_000_000_000, &mut || true).unwrap();
        library.name_gain_tags_draft(&self.path, &draft).unwrap();
        if steps == 2 {
            return;
        }
        let replaced = track.replace(draft).unwrap();
        if steps == 3 {
            return;
        }
        library.settle_gain_tags(&self.path, Some(replaced), at(0)).unwrap();
    }

    fn written(&self) -> Vec<butler_library::WrittenTags> {
        self.world.library.written_gain_tags(self.world.section, 0, 10).unwrap().rows
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
    ground.replace(4);
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
    assert_eq!((&written.path, written.old.len(), written.new.len()), (&ground.path, 0, 1));
    assert_eq!(written.old_mtime_ns, before.mtime_ns);
}

#[test]
fn a_crash_between_the_steps_is_settled_by_what_the_file_is() {
    for (steps, is_replaced) in [(1, false), (2, false), (3, true)] {
        let ground = Ground::new();
        let leftover = ground.path.with_file_name(format!(
            ".butler-tags-{:x}.tmp",
            std::os::unix::fs::MetadataExt::ino(&fs::metadata(&ground.path).unwrap())
        ));
        ground.replace(steps);
        if steps < 3 {
            fs::write(&leftover, b"half of it").unwrap();
        }
        assert_eq!(ground.world.library.recover_gain_tags(at(1)).unwrap(), 1, "{steps}");
        assert_eq!(ground.written().len(), usize::from(is_replaced), "{steps}");
        assert!(!leftover.exists(), "{steps}");
        assert_eq!(fs::read(&ground.path).unwrap() == flac(b"newer"), is_replaced, "{steps}");
        let report = ground.world.scan();
        assert_eq!((report.changed, report.added, report.missing), (0, 0, 0), "{steps}: {report:?}");
        assert_eq!(ground.world.library.recover_gain_tags(at(2)).unwrap(), 0, "{steps}");
    }
}

#[test]
fn what_it_was_first_is_kept_and_a_moved_file_is_followed() {
    let ground = Ground::new();
    ground.replace(4);
    let first = ground.written().remove(0);
    // Written once more: the tags before the first time count.
    ground.world.rename("Nina/Blue/01 Song.flac", "Nina/Blue/01 Other.flac");
    ground.world.scan();
    let moved = ground.written().remove(0);
    assert_eq!((moved.id, &moved.old), (first.id, &first.old));
    assert_eq!(moved.path, ground.path.with_file_name("01 Other.flac"));
    // A section that goes takes nothing of the journal with it.
    ground.world.library.remove_section(ground.world.section).unwrap();
    let [kept] = &ground.written()[..] else { panic!() };
    assert_eq!((kept.id, &kept.new), (first.id, &first.new));
}
