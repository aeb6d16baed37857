//! Files that are no media, or that would have somebody read another file: text, playlists, scripts, scenes,
//! archives, films whose content is said to lie elsewhere.
//!
//! Never anything that could do harm: the file that they name is a bait, and a test sees whether somebody
//! touched it. Start with [`all`].

use std::path::Path;

use anyhow::{Context, Result};

use super::originals::Original;
use super::{Broken, STAND_IN, boxes, elements};
use crate::Random;

/// Texts that name another file, `BAIT` standing for its path: what it is called, its extension, and the
/// text.
const TEXTS: &[(&str, &str, &str)] = &[
    (
        "m3u8",
        "ts",
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:5,\nfile://BAIT\n#EXT-X-ENDLIST\n",
    ),
    (
        "m3u8key",
        "mp4",
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-KEY:METHOD=AES-128,URI=\"file://BAIT\"\n#EXTINF:5,\nBAIT\n#EXT-X-ENDLIST\n",
    ),
    ("m3umap", "mkv", "#EXTM3U\n#EXT-X-MAP:URI=\"BAIT\"\n#EXTINF:5,\nconcat:BAIT|BAIT\n"),
    ("ffconcat", "mp4", "ffconcat version 1.0\nfile 'BAIT'\nduration 5\nfile BAIT\n"),
    ("concat", "mkv", "file 'BAIT'\n"),
    ("pls", "avi", "[playlist]\nFile1=BAIT\nNumberOfEntries=1\n"),
    ("asx", "wmv", "<asx version=\"3.0\"><entry><ref href=\"file://BAIT\"/></entry></asx>\n"),
    ("strm", "mov", "file://BAIT\n"),
    (
        "sdp",
        "mp4",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=BAIT\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP \
         96\na=rtpmap:96 H264/90000\n",
    ),
    (
        "mpd",
        "mp4",
        "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" \
         mediaPresentationDuration=\"PT5S\"><Period>\
        <AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" \
        bandwidth=\"1\"><BaseURL>file://BAIT</BaseURL></Representation></AdaptationSet></Period></MPD>\n",
    ),
    (
        "svg",
        "mp4",
        "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"99\" height=\"99\"><image \
         href=\"file://BAIT\"/></svg>\n",
    ),
    (
        "entities",
        "mkv",
        "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\"><!ENTITY d \
         SYSTEM \"file://BAIT\">]>\n<a>&c;&d;</a>\n",
    ),
    (
        "imf",
        "mxf",
        "<?xml version=\"1.0\"?>\n<CompositionPlaylist \
         xmlns=\"http://www.smpte-ra.org/schemas/2067-3/2016\"><Id>urn:uuid:0</Id><Asset>BAIT</Asset></CompositionPlaylist>\n",
    ),
    (
        "ism",
        "mp4",
        "<SmoothStreamingMedia MajorVersion=\"2\"><StreamIndex Type=\"video\" \
         Url=\"file://BAIT\"/></SmoothStreamingMedia>\n",
    ),
    ("qtref", "mov", "RTSPtextRTSP://127.0.0.1/BAIT\n"),
    ("avisynth", "avi", "AviSource(\"BAIT\")\n"),
    ("vapoursynth", "mkv", "import vapoursynth as vs\nvs.core.ffms2.Source('BAIT').set_output()\n"),
    (
        "ffmetadata",
        "mp4",
        ";FFMETADATA1\ntitle=BAIT\n[CHAPTER]\nTIMEBASE=1/0\nSTART=-1\nEND=99999999999999999999\n",
    ),
    ("webvtt", "mkv", "WEBVTT\n\n00:00.000 --> 99:59:59.999\nBAIT\n"),
    ("srt", "mkv", "1\n00:00:00,000 --> 00:00:05,000\nBAIT\n"),
    (
        "ass",
        "mkv",
        "[Script Info]\nScriptType: v4.00+\n[Fonts]\nfontname: BAIT\n[Events]\nDialogue: \
         0,0:00:00.00,0:00:05.00,,,0,0,0,,BAIT\n",
    ),
    ("html", "mp4", "<!DOCTYPE html><html><body><video src=\"file://BAIT\"></video></body></html>\n"),
    ("script", "mp4", "#!/bin/sh\ncat BAIT\n"),
    ("text", "mkv", "Dear diary, today I wrote BAIT.\n"),
    ("pattern%03d", "mp4", "BAIT%03d.jpg\n"),
    ("lrc", "mp4", "[ti:BAIT]\n[00:01.00]la\n"),
    ("txd", "avi", "\u{feff}#EXTM3U\nBAIT\n"),
];

/// Beginnings of files that are something else.
const HEADS: &[(&str, &str, &[u8])] = &[
    ("elf", "mkv", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0"),
    ("zip", "mp4", b"PK\x03\x04\x14\0\0\0\x08\0"),
    ("gzip", "ts", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"),
    ("rar", "avi", b"Rar!\x1a\x07\x01\0"),
    ("pdf", "mp4", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    ("sqlite", "mkv", b"SQLite format 3\0\x10\0\x01\x01"),
    ("heic", "mp4", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    ("avif", "mp4", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"),
    ("swf", "flv", b"FWS\x09\xff\xff\xff\x7f\x78\0\x05\x5f\0\0\x0f\xa0\0\0\x0c\x01\0"),
    ("midi", "mp4", b"MThd\0\0\0\x06\0\x01\xff\xff\x01\xe0MTrk\x7f\xff\xff\xff"),
    ("iso", "mpg", b"\x01CD001\x01\0"),
    ("vob", "mpg", b"DVDVIDEO-VMG\0\0\0\0"),
    ("id3", "mp4", b"ID3\x04\0\x10\x7f\x7f\x7f\x7f"),
    ("ape", "avi", b"APETAGEX\xd0\x07\0\0\xff\xff\xff\x7f\xff\xff\xff\xff"),
];

/// All of them.
pub(super) fn all(originals: &[Original], bait: &Path) -> Result<Vec<Broken>> {
    let bait = bait.to_str().context("the bait's path is no text")?;
    let stranger =
        |name: &str, extension, bytes| Broken { name: format!("stranger-{name}"), extension, bytes };
    let original =
        |name: &str| originals.iter().find(|original| original.name == name).context("there is no such film");
    let mut random = Random::seeded(1);
    let mut all = vec![
        stranger("empty", "mkv", Vec::new()),
        stranger("zeros", "mkv", vec![0; 60_000]),
        stranger("ones", STAND_IN, vec![0xFF; 60_000]),
        stranger("noise", "ts", random.bytes(200_000)),
        stranger("byte", "mp4", vec![0]),
        stranger("linked", "mkv", elements::with_linked_segments(&original("mkv")?.bytes, bait)),
        stranger("outside", "mov", boxes::with_outside_media(&original("mov")?.bytes, bait)),
        stranger("outside-mp4", "mp4", boxes::with_outside_media(&original("mp4")?.bytes, bait)),
    ];
    all.extend(
        TEXTS.iter().map(|(name, extension, text)| {
            stranger(name, extension, text.replace("BAIT", bait).into_bytes())
        }),
    );
    all.extend(
        HEADS.iter().map(|(name, extension, head)| {
            stranger(name, extension, [head, &random.bytes(5_000)[..]].concat())
        }),
    );
    Ok(all)
}
