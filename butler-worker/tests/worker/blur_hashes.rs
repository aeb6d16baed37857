//! Blur hashes of every kind of picture are those of its whole, upright content, and hostile pictures end
//! within bounds. The pictures are read a second time by `ffmpeg`, and hashed whole by the reference.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use butler_fixtures::{Camera, HeicGrid, command};
use butler_product::blur_hash::{BlurHash, components};
use butler_product::{Failure, FailureClass, Spec, Value};

use crate::films;
use crate::process::Worker;

/// Colours that differ from corner to corner.
const CARD: &str = "-f lavfi -i testsrc2=s=640x480 -frames:v 1 -update 1";

fn answer(worker: &Worker, file: &Path) -> Result<BlurHash, Failure> {
    match worker.make(file, &[Spec::BlurHash]).answers.remove(0) {
        Some(Ok((Value::BlurHash(blur), None))) => Ok(*blur),
        Some(Err(failure)) => Err(failure),
        other => panic!("{}: {other:?}", file.display()),
    }
}

/// The first picture's pixels as `ffmpeg` decodes them, over black.
fn pixels(file: &Path, filter: &str) -> Vec<u8> {
    let mut command = command("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-noautorotate", "-i"]).arg(file).args(["-vf", filter]);
    command.args(["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgba", "-"]).stderr(Stdio::inherit());
    let mut raw = command.output().unwrap().stdout;
    for pixel in raw.chunks_exact_mut(4) {
        let [.., opacity] = *pixel else { continue };
        pixel[..3].iter_mut().for_each(|of| *of = (u16::from(*of) * u16::from(opacity) / 255) as u8);
        pixel[3] = u8::MAX;
    }
    raw
}

/// Holds that a hash draws what the reference's hash of all pixels draws.
fn assert_like(blur: &BlurHash, pixels: &[u8], what: &str) {
    let (across, down) = components(blur.width, blur.height);
    let whole = blurhash::encode(across, down, blur.width, blur.height, pixels).unwrap();
    let reference = BlurHash { hash: whole, ..blur.clone() };
    let (ours, theirs) = (blur.colours(8, 8).unwrap(), reference.colours(8, 8).unwrap());
    let off = |(one, other): (&[u8; 3], &[u8; 3])| {
        one.iter().zip(other).map(|(one, other)| u32::from(one.abs_diff(*other))).sum::<u32>()
    };
    let mean = ours.iter().zip(&theirs).map(off).sum::<u32>() / (64 * 3);
    assert!(mean <= 6, "{what}: {mean} of 255 beside {}: {ours:?} for {theirs:?}", reference.hash);
}

#[test]
fn every_kind_of_picture_has_the_hash_of_its_whole_content() {
    let worker = Worker::start();
    for (name, coding) in [
        ("card.jpg", "-pix_fmt yuvj420p"),
        ("card-full.jpg", "-pix_fmt yuvj444p"),
        ("card.png", ""),
        ("deep.png", "-pix_fmt rgb48be"),
        ("grey.png", "-pix_fmt gray16be"),
        ("palette.png", "-pix_fmt pal8"),
        ("card.gif", ""),
        ("card.bmp", ""),
        ("card.tiff", "-pix_fmt rgb24"),
        ("deep.tiff", "-pix_fmt rgb48le"),
        ("card.webp", "-c:v libwebp -lossless 1"),
        ("lossy.webp", "-c:v libwebp"),
        ("card.avif", "-c:v libaom-av1 -cpu-used 8 -still-picture 1 -pix_fmt yuv420p"),
        ("deep.avif", "-c:v libaom-av1 -cpu-used 8 -still-picture 1 -pix_fmt yuv444p10le"),
        ("card.jxl", "-pix_fmt rgb24"),
        ("deep.jxl", "-pix_fmt rgb48le -distance 0 -modular 1"),
        ("grey.jxl", "-pix_fmt gray"),
    ] {
        let file = films::other(name, &format!("{CARD} {coding}"));
        let blur = answer(&worker, &file).unwrap();
        assert_eq!((blur.width, blur.height), (640, 480), "{name}");
        assert_like(&blur, &pixels(&file, "null"), name);
    }
}

#[test]
fn what_is_transparent_lies_over_black_and_of_an_animation_the_first_picture_counts() {
    let worker = Worker::start();
    let veiled = "-f lavfi -i testsrc2=s=320x240,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='X*255/320' \
                  -frames:v 1";
    for (name, coding) in [
        ("veil.png", "-update 1"),
        ("veil.webp", "-c:v libwebp -lossless 1 -update 1"),
        ("veil.jxl", "-distance 0 -modular 1 -update 1"),
    ] {
        let file = films::other(name, &format!("{veiled} {coding}"));
        assert_like(&answer(&worker, &file).unwrap(), &pixels(&file, "null"), name);
    }
    let moving = "-f lavfi -i color=red:s=320x240:d=1:r=4,hue=H=2*PI*t";
    for (name, coding) in [
        ("moving.gif", ""),
        ("moving.webp", "-c:v libwebp_anim -lossless 1"),
        ("moving.png", "-f apng -c:v apng"),
    ] {
        let file = films::other(name, &format!("{moving} {coding}"));
        let [red, green, blue] = answer(&worker, &file).unwrap().colours(1, 1).unwrap()[0];
        assert!(red > 200 && green < 60 && blue < 60, "{name}: {red} {green} {blue}");
    }
}

#[test]
fn a_picture_is_hashed_as_it_stands_upright() {
    let worker = Worker::start();
    let plain = films::other("upright.jpg", &format!("{CARD} -pix_fmt yuvj444p"));
    let content = fs::read(&plain).unwrap();
    for (number, filter, sides) in [
        (1, "null", (640, 480)),
        (2, "hflip", (640, 480)),
        (3, "hflip,vflip", (640, 480)),
        (6, "transpose=clock", (480, 640)),
        (8, "transpose=cclock", (480, 640)),
    ] {
        let camera = Camera { orientation: Some(number), ..Camera::default() };
        let blur =
            answer(&worker, &films::bytes(&format!("held{number}.jpg"), &camera.jpeg(&content))).unwrap();
        assert_eq!((blur.width, blur.height), sides, "{number}");
        assert_like(&blur, &pixels(&plain, filter), &format!("held {number}"));
    }
}

/// A card in four tiles, as a telephone stores it: 600 by 480 of the 640 by 512 pixels that these have.
fn grid() -> HeicGrid {
    let tile = |(x, y): (u32, u32)| {
        let card = format!("testsrc2=s=640x512,crop=320:256:{x}:{y}");
        let coding =
            "-frames:v 1 -pix_fmt yuv420p -c:v libx265 -preset ultrafast -x265-params log-level=none";
        let recipe = format!("-f lavfi -i {card} {coding} -tag:v hvc1");
        fs::read(films::other(&format!("tile{x}-{y}.mp4"), &recipe)).unwrap()
    };
    let films = [(0, 0), (320, 0), (0, 256), (320, 256)].map(tile);
    HeicGrid::of_films(&films, 2, (320, 256), (600, 480)).unwrap()
}

#[test]
fn the_tiles_of_a_telephone_s_picture_are_hashed_as_one_and_upright() {
    let worker = Worker::start();
    let card = "-f lavfi -i testsrc2=s=640x512,crop=600:480:0:0 -frames:v 1 -update 1";
    let card = films::other("tiles.png", card);
    for (quarters, filter, sides) in [
        (0, "null", (600, 480)),
        (1, "transpose=cclock", (480, 600)),
        (2, "hflip,vflip", (600, 480)),
        (3, "transpose=clock", (480, 600)),
    ] {
        let file = films::bytes(&format!("tiles{quarters}.heic"), &HeicGrid { quarters, ..grid() }.bytes());
        let blur = answer(&worker, &file).unwrap();
        assert_eq!((blur.width, blur.height), sides, "{quarters}");
        assert_like(&blur, &pixels(&card, filter), &format!("{quarters} quarters"));
    }
}

#[test]
fn the_cover_that_is_embedded_in_a_track_is_hashed() {
    let worker = Worker::start();
    let cover = films::other("front.png", CARD);
    for (ending, coding) in [("mp3", "libmp3lame"), ("flac", "flac"), ("m4a", "aac")] {
        let arguments = format!(
            "-f lavfi -i sine=d=1 -i {} -map 0 -map 1 -c:a {coding} -c:v copy -disposition:v attached_pic",
            cover.display()
        );
        let blur = answer(&worker, &films::other(&format!("front.{ending}"), &arguments)).unwrap();
        assert_eq!((blur.width, blur.height), (640, 480), "{ending}");
        assert_like(&blur, &pixels(&cover, "null"), ending);
    }
    let bare = films::other("bare.flac", "-f lavfi -i sine=d=1");
    assert!(answer(&worker, &bare).is_err());
}

#[test]
fn what_no_decoder_is_there_for_is_not_called_damaged_and_rests() {
    let strange = HeicGrid { kind: *b"vvc1", ..grid() };
    let failure = answer(&Worker::start(), &films::bytes("strange.heic", &strange.bytes())).unwrap_err();
    let sentence = "The picture is coded in a way that Butler does not decode.";
    assert_eq!(
        (failure.sentence.as_str(), failure.class, failure.rests),
        (sentence, FailureClass::Content, true)
    );
}

/// A JPEG of eight by eight pixels of one colour in cyan, magenta, yellow and black, as Adobe's programs
/// write it (all four inverted): a block a colour, of which only the mean is written (ITU-T T.81).
fn printers_jpeg(inks: [u8; 4]) -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xee, 0, 14];
    jpeg.extend(b"Adobe\0\x64\0\0\0\0\0"); // transform 0: the four as they are
    jpeg.extend([0xff, 0xdb, 0, 67, 0]);
    jpeg.extend([1; 64]);
    jpeg.extend([0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4]);
    (1..=4).for_each(|id| jpeg.extend([id, 0x11, 0]));
    // One code of one bit for a mean of ten bits, and one for "the rest of the block is nothing".
    for (class, symbol) in [(0x00, 10), (0x10, 0)] {
        jpeg.extend([0xff, 0xc4, 0, 20, class, 1]);
        jpeg.extend([0; 15]);
        jpeg.push(symbol);
    }
    jpeg.extend([0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
    let mut bits = String::new();
    for ink in inks {
        // A mean of at least 512 in size, or of at most -512, has ten bits; those of a negative one are
        // inverted.
        let mean = (i32::from(ink) - 128) * 8;
        assert!((512..1_024).contains(&mean.abs()), "{ink}");
        let written = if mean < 0 { mean + 1_023 } else { mean };
        bits += &format!("0{written:010b}0");
    }
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    let bytes =
        bits.as_bytes().chunks(8).map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2));
    for byte in bytes {
        let byte = byte.unwrap();
        jpeg.push(byte);
        if byte == 0xff {
            jpeg.push(0);
        }
    }
    jpeg.extend([0xff, 0xd9]);
    jpeg
}

#[test]
fn a_picture_in_a_printers_colours_is_hashed_in_those_of_a_screen() {
    // Inverted: 240 is nearly no ink. No cyan, much magenta and yellow, no black: red.
    let file = films::bytes("printer.jpg", &printers_jpeg([240, 20, 20, 250]));
    let [red, green, blue] = answer(&Worker::start(), &file).unwrap().colours(1, 1).unwrap()[0];
    assert!(red > 180 && green < 70 && blue < 70, "{red} {green} {blue}");
}

#[test]
fn the_smallest_and_the_longest_picture_are_hashed() {
    let worker = Worker::start();
    for (name, width, height) in
        [("dot.png", 1, 1), ("long.png", 30_000, 1), ("high.png", 1, 5_000), ("two.bmp", 2, 1)]
    {
        // ffmpeg's source of one colour makes even sides only.
        let (across, down) = (width + width % 2, height + height % 2);
        let source = format!("color=0x3070c0:s={across}x{down},format=gbrp,crop={width}:{height}:0:0");
        let coding = if name.ends_with("bmp") { "bgr24" } else { "rgb24" };
        let recipe = format!("-f lavfi -i {source} -frames:v 1 -update 1 -pix_fmt {coding}");
        let blur = answer(&worker, &films::other(name, &recipe)).unwrap();
        assert_eq!((blur.width, blur.height), (width, height), "{name}");
        let [red, green, blue] = blur.colours(1, 1).unwrap()[0];
        let off = red.abs_diff(0x30).max(green.abs_diff(0x70)).max(blue.abs_diff(0xc0));
        assert!(off <= 40, "{name}: {red} {green} {blue}");
    }
}

#[test]
fn hostile_and_damaged_pictures_end_within_bounds() {
    let worker = Worker::start();
    let plain = |ending: &str| match ending {
        "heic" => grid().bytes(),
        "avif" => {
            fs::read(films::other("card.avif", &format!("{CARD} -c:v libaom-av1 -cpu-used 8"))).unwrap()
        }
        _ => fs::read(films::other(&format!("card.{ending}"), CARD)).unwrap(),
    };
    let jpeg = plain("jpg");
    // Sides that no memory holds, in the header of a small file.
    let huge = |mut content: Vec<u8>, at: usize, sides: &[u8]| {
        content[at..at + sides.len()].copy_from_slice(sides);
        content
    };
    let sof = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    let bmp = [60_000_u32.to_le_bytes(), 60_000_u32.to_le_bytes()].concat();
    for (name, content) in [
        ("claims.jpg", huge(jpeg.clone(), sof + 5, &[0xff, 0xdc, 0xff, 0xdc])),
        ("claims.bmp", huge(plain("bmp"), 18, &bmp)),
        ("claims.gif", huge(plain("gif"), 6, &[0xff; 4])),
    ] {
        let failure = answer(&worker, &films::bytes(&format!("blur-{name}"), &content)).unwrap_err();
        let sentence = "The picture has more pixels than Butler decodes.".to_owned();
        assert_eq!((failure.class, failure.sentence), (FailureClass::Content, sentence), "{name}");
    }
    for ending in ["jpg", "png", "webp", "gif", "tiff", "bmp", "jxl", "avif", "heic"] {
        let whole = plain(ending);
        for part in 1..8 {
            let mut damaged = whole.clone();
            let at = whole.len() * part / 8;
            damaged.truncate(at);
            let noise = films::noise(whole.len() - at);
            for (way, content) in [("cut", damaged.clone()), ("noise", [damaged, noise].concat())] {
                let file = films::bytes(&format!("{way}{part}.{ending}"), &content);
                if let Err(failure) = answer(&worker, &file) {
                    let is_sentence = failure.sentence.ends_with('.');
                    assert!(
                        failure.class == FailureClass::Content && is_sentence,
                        "{way} {part} {failure:?}"
                    );
                }
            }
        }
    }
    let phone = films::bytes("blur.heic", &Camera::default().heic(4_032, 3_024, 0));
    let failure = answer(&worker, &phone).unwrap_err();
    assert_eq!(failure.sentence, "The file holds no main picture in a form that Butler decodes.");
    let text = answer(&worker, &films::bytes("text.jpg", b"not a picture\n")).unwrap_err();
    assert_eq!(
        (text.class, text.sentence.as_str()),
        (FailureClass::Content, "This is not a picture of a kind Butler reads.")
    );
    assert!(answer(&worker, &films::bytes("fine.jpg", &jpeg)).is_ok(), "the worker lives on");
}
