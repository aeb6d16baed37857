//! The whole films and pictures that are broken later: one of each container and of the codecs that people
//! have, small.
//!
//! Never read by a test as they are. Start with [`make`].

use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result};

use crate::ffmpeg::{bit_exact, ffmpeg, run};
use crate::kept;

/// Part of every kept file's name: raise it when a recipe gives other bytes.
const EDITION: u32 = 1;
/// Sides of more than a byte each, so that a lie about them has room.
const PICTURE: &str = "testsrc2=s=352x288:r=12:d=8";
const SOUND: &str = "sine=f=440:r=48000:d=8";

/// A whole file.
#[derive(Debug)]
pub(super) struct Original {
    /// Without a hyphen.
    pub(super) name: &'static str,
    pub(super) extension: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Name, its own extension, the one that a section of films takes, and how it is made.
type Recipe = (&'static str, &'static str, &'static str, &'static str);

const X264: &str = "-c:v libx264 -preset ultrafast -g 24 -crf 32 -threads 1";

/// `V` stands for the picture, `A` for the sound, `H` for H.264.
const RECIPES: &[Recipe] = &[
    ("mkv", "mkv", "mkv", "V A H -c:a libopus -b:a 32k"),
    (
        "webm",
        "webm",
        "webm",
        "V A -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 150k -g 24 -threads 1 -c:a libvorbis",
    ),
    ("mkvav1", "mkv", "mkv", "V -c:v libsvtav1 -preset 12 -crf 55 -g 24"),
    ("mp4", "mp4", "mp4", "V A H -c:a aac -b:a 32k -movflags +faststart"),
    ("mp4last", "mp4", "mp4", "V A -c:v mpeg4 -q:v 12 -g 24 -c:a aac -b:a 32k"),
    (
        "mp4frag",
        "mp4",
        "mp4",
        "V A H -c:a aac -b:a 32k -movflags +frag_keyframe+empty_moov+default_base_moof",
    ),
    (
        "mp4hevc",
        "mp4",
        "mp4",
        "V -c:v libx265 -preset ultrafast -crf 36 -x265-params log-level=error:keyint=24:info=0:pools=1 \
         -tag:v hvc1",
    ),
    ("mov", "mov", "mov", "V A -c:v mjpeg -q:v 20 -pix_fmt yuvj420p -c:a pcm_s16le -ac 1 -ar 8000"),
    ("ts", "ts", "ts", "V A -c:v mpeg2video -b:v 250k -g 24 -c:a mp2 -b:a 64k"),
    ("m2ts", "m2ts", "m2ts", "V A H -c:a ac3 -b:a 64k"),
    ("avi", "avi", "avi", "V A -c:v mpeg4 -q:v 12 -g 24 -c:a libmp3lame -b:a 32k"),
    ("mpg", "mpg", "mpg", "V A -c:v mpeg2video -b:v 250k -g 24 -c:a mp2 -b:a 64k"),
    ("wmv", "wmv", "wmv", "V A -c:v wmv2 -b:v 200k -g 24 -c:a wmav2 -b:a 32k"),
    ("flv", "flv", "flv", "V A -c:v flv -b:v 200k -g 24 -c:a libmp3lame -b:a 32k -ar 44100"),
    ("ogv", "ogv", "ogv", "V A -c:v libtheora -b:v 200k -g 24 -c:a libvorbis"),
    ("mxf", "mxf", "mxf", "V A -r 25 -t 2 -c:v mpeg2video -b:v 300k -g 25 -c:a pcm_s16le -ar 48000 -ac 1"),
    ("flac", "flac", "mkv", "A -c:a flac -ar 16000"),
    ("mp3", "mp3", "avi", "A -c:a libmp3lame -b:a 64k -metadata title=Tone -id3v2_version 3"),
    ("m4a", "m4a", "mp4", "A -c:a aac -b:a 48k"),
    ("wav", "wav", "avi", "A -c:a pcm_s16le -ar 8000"),
    ("opus", "opus", "mkv", "A -c:a libopus -b:a 48k"),
    ("wv", "wv", "mkv", "A -c:a wavpack -ar 16000"),
    ("jpg", "jpg", "mp4", "V -frames:v 1 -q:v 8 -pix_fmt yuvj420p"),
    ("png", "png", "mp4", "V -frames:v 1"),
    ("gif", "gif", "mp4", "V -frames:v 6"),
    ("webp", "webp", "mp4", "V -frames:v 1 -c:v libwebp -q:v 40"),
    ("tiff", "tiff", "mp4", "V -frames:v 1"),
];

/// Makes them all, two at a time; one that was made before is read.
pub(super) fn make(folder: &Path) -> Result<Vec<Original>> {
    let (first, second) = RECIPES.split_at(RECIPES.len() / 2);
    let make = |recipes: &[Recipe]| {
        recipes.iter().map(|recipe| original(folder, recipe)).collect::<Result<Vec<_>>>()
    };
    thread::scope(|scope| {
        let second = scope.spawn(|| make(second));
        let mut all = make(first)?;
        all.extend(second.join().map_err(|_| anyhow::anyhow!("a film's maker panicked"))??);
        Ok(all)
    })
}

fn original(folder: &Path, &(name, own, extension, recipe): &Recipe) -> Result<Original> {
    let path = kept(folder.join(format!("broken-{EDITION}-{name}.{own}")), |draft| {
        let mut command = ffmpeg();
        for word in recipe.split(' ') {
            match word {
                "V" => command.args(["-f", "lavfi", "-i", PICTURE]),
                "A" => command.args(["-f", "lavfi", "-i", SOUND]),
                "H" => command.args(X264.split(' ')),
                other => command.arg(other),
            };
        }
        bit_exact(&mut command);
        run(command.arg(draft)).with_context(|| format!("could not make the film `{name}`"))
    })?;
    Ok(Original { name, extension, bytes: fs::read(path)? })
}
