//! Finds out what a file is, and opens it with the demuxer that fits: only containers and decoders on the
//! lists here.
//!
//! Debian's libav knows hundreds of both; playlists, lists of files, image patterns and screen grabbers among
//! them are no media. Each way in which a file is not one that Butler reads has its own sentence here. Start
//! with [`Media::open`].

use std::sync::{Arc, OnceLock};

use butler_product::Failure;
use butler_product::message::Limits;

use crate::ffi::{
    self, AvError, Decoder, DecoderOptions, Demuxer, Medium, NoDecoder, OpenOptions, SoundDecoder,
    StreamHeader,
};
use crate::source::Source;
use crate::walk::mp4::{self, Facts};

/// Containers, by the first of libav's names.
const CONTAINERS: &[&str] = &[
    "aac",
    "ac3",
    "aiff",
    "ape",
    "asf",
    "avi",
    "dsf",
    "dts",
    "dv",
    "eac3",
    "flac",
    "flv",
    "iff",
    "matroska",
    "mov",
    "mp3",
    "mpc",
    "mpc8",
    "mpeg",
    "mpegts",
    "mpegvideo",
    "mxf",
    "ogg",
    "rm",
    "tak",
    "tta",
    "w64",
    "wav",
    "wtv",
    "wv",
];

/// Still pictures, by the first of libav's names.
const PICTURES: &[&str] =
    &["bmp_pipe", "gif", "jpeg_pipe", "jpegxl_pipe", "png_pipe", "tiff_pipe", "webp_pipe"];

/// Decoders, by libav's names.
const DECODERS: &str = "av1,bmp,cavs,cfhd,cinepak,dnxhd,dvvideo,ffv1,ffvhuff,flashsv,flashsv2,flv,gif,h261,h263,h263i,h263p,h264,hevc,huffyuv,indeo3,indeo4,indeo5,jpeg2000,libdav1d,mjpeg,mpeg1video,mpeg2video,mpeg4,msmpeg4,msmpeg4v1,msmpeg4v2,msvideo1,png,prores,qtrle,rawvideo,rv10,rv20,rv30,rv40,svq1,svq3,theora,tiff,utvideo,v210,vc1,vp3,vp5,vp6,vp6a,vp6f,vp8,vp9,webp,wmv1,wmv2,wmv3,aac,aac_latm,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,alac,ape,dca,dsd_lsbf,dsd_lsbf_planar,dsd_msbf,dsd_msbf_planar,dst,eac3,flac,mlp,mp1,mp1float,mp2,mp2float,mp3,mp3float,mpc7,mpc8,opus,pcm_alaw,pcm_bluray,pcm_dvd,pcm_f32be,pcm_f32le,pcm_f64le,pcm_mulaw,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32be,pcm_s32le,pcm_s8,pcm_u8,speex,tak,truehd,tta,vorbis,wavpack,wmalossless,wmapro,wmav1,wmav2";

/// Bytes that may be read to find out what the streams are. Recordings that begin in the middle need the
/// most.
const PROBE_BYTES: i64 = 8 << 20;
/// More streams are a lie or no film.
const MAX_STREAMS: i32 = 256;
/// libav is sure from here on; below, it takes noise for a format whose marks noise happens to have.
const SURE: i32 = 25;
/// A picture's own first bytes suffice: libav is surer only once it has seen a picture's end.
const SURE_OF_PICTURE: i32 = 5;
/// Bytes by which careless muxers are wrong about an AVI's length.
const RIFF_SLACK: u64 = 64;
/// Bytes of the head that are looked at to see whether a file is plain text.
const HEAD_BYTES: usize = 4 << 10;

/// Why a unit goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It is wanted no more.
    Cancelled,
    /// It can't be.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A file whose kind is known.
#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) source: Arc<Source>,
    limits: Limits,
    format: String,
    mp4_facts: OnceLock<Facts>,
}

impl Media {
    /// Finds out what the file is; the extension is a hint.
    pub(crate) fn open(source: Arc<Source>, extension: &str, limits: Limits) -> Result<Self, Stop> {
        if source.size() == 0 {
            return Err(Failure::content("The file is empty.").into());
        }
        let mut media = Self { source, limits, format: String::new(), mp4_facts: OnceLock::new() };
        let is_plain =
            (1..=8).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let named = if is_plain { format!("media.{extension}") } else { String::new() };
        // The content speaks first: by its name alone libav would take any picture for one of a numbered
        // series.
        for hint in ["", &named] {
            let Ok(probed) = ffi::probe(&media.source, hint) else { continue };
            media.format = probed.format;
            let needed = if media.is_picture() { SURE_OF_PICTURE } else { SURE };
            if probed.score >= needed && (media.is_picture() || CONTAINERS.contains(&media.container())) {
                return Ok(media);
            }
        }
        Err(media.stop(|| media.what_else()))
    }

    /// The demuxer's name, the first of them.
    pub(crate) fn container(&self) -> &str {
        self.format.split(',').next().unwrap_or_default()
    }

    /// Whether the file is a still picture.
    pub(crate) fn is_picture(&self) -> bool {
        PICTURES.contains(&self.container())
    }

    /// What an MP4's or QuickTime's index says that libav does not pass on.
    pub(crate) fn mp4_facts(&self) -> &Facts {
        self.mp4_facts.get_or_init(|| {
            if self.container() == "mov" { mp4::facts(&*self.source) } else { Facts::default() }
        })
    }

    /// Whether the stream at a place of the container is encrypted.
    pub(crate) fn is_encrypted(&self, header: &StreamHeader<'_>, stream: usize) -> bool {
        header.is_encrypted() || self.mp4_facts().encrypted.get(stream).copied().unwrap_or(false)
    }

    /// Stops where a stream can't be decoded for want of a key.
    fn check_key(&self, header: &StreamHeader<'_>, stream: usize, medium: &str) -> Result<(), Stop> {
        if !self.is_encrypted(header, stream) {
            return Ok(());
        }
        Err(self.stop(|| {
            format!("The file's {medium} is encrypted; only a player that has its key can show it.")
        }))
    }

    /// What a file that isn't one of ours is.
    fn what_else(&self) -> String {
        let head = self.source.head(HEAD_BYTES).unwrap_or_default();
        if is_text(&head) {
            "This is not a media file: it holds plain text.".to_owned()
        } else {
            "This is not a media file of a kind Butler reads.".to_owned()
        }
    }

    fn options(&self) -> OpenOptions {
        OpenOptions {
            probe_bytes: PROBE_BYTES,
            max_streams: MAX_STREAMS,
            max_pixels: self.limits.max_pixels,
            decoders: DECODERS,
        }
    }

    /// Reads the headers.
    pub(crate) fn demuxer(&self) -> Result<Demuxer, Stop> {
        let demuxer = Demuxer::open(&self.source, &self.format, &self.options())
            .map_err(|_| self.stop(|| self.broken_headers()))?;
        if demuxer.stream_count() == 0 && !is_told_by_packets(self.container()) {
            return Err(self.stop(|| "The file has no stream that could be read.".to_owned()));
        }
        Ok(demuxer)
    }

    /// Reads the headers, and as many packets as it takes until each stream is known.
    pub(crate) fn known_demuxer(&self) -> Result<Demuxer, Stop> {
        let mut demuxer = self.demuxer()?;
        self.get_to_know(&mut demuxer)?;
        Ok(demuxer)
    }

    /// Reads as many packets as it takes until each stream is known; the demuxer has read the headers alone.
    pub(crate) fn get_to_know(&self, demuxer: &mut Demuxer) -> Result<(), Stop> {
        // What could not be found out shows in the streams.
        let _ = demuxer.find_stream_info(&self.options());
        if demuxer.stream_count() == 0 || self.must_stop() {
            return Err(self.stop(|| "The file has no stream that could be read.".to_owned()));
        }
        Ok(())
    }

    fn broken_headers(&self) -> String {
        let head = self.source.head(16).unwrap_or_default();
        let brand = head.get(8..12).unwrap_or_default();
        if self.container() == "mov" && [&b"heic"[..], b"heix", b"mif1", b"msf1", b"avif"].contains(&brand) {
            "This is a picture in the HEIF or AVIF format, which Butler does not read.".to_owned()
        } else if self.container() == "mov" {
            "The file's table of contents is missing or damaged; the file was cut off or never finished."
                .to_owned()
        } else {
            "The file's headers are damaged or cut off.".to_owned()
        }
    }

    /// A decoder of one stream; `rough` where the picture is made much smaller anyway.
    pub(crate) fn decoder(&self, demuxer: &Demuxer, stream: usize, rough: bool) -> Result<Decoder, Stop> {
        let header = demuxer
            .stream(stream)
            .ok_or_else(|| self.stop(|| "The file's video stream is gone.".to_owned()))?;
        self.check_key(&header, stream, "video")?;
        if let Some(profile) = header.dolby_vision().and_then(alien_colours) {
            return Err(self.stop(|| {
                format!(
                    "The film is Dolby Vision of profile {profile} without a picture for other displays, \
                     whose colours Butler can't read; a file with an HDR10 or SDR base layer (profile 7 or 8) \
                     would do."
                )
            }));
        }
        let options = DecoderOptions { allowed: DECODERS, max_pixels: self.limits.max_pixels, rough };
        Decoder::open(&header, &options)
            .map_err(|why| self.stop(|| undecoded("video", &why, &header.codec())))
    }

    /// A decoder of one stream of sound.
    pub(crate) fn sound_decoder(&self, demuxer: &Demuxer, stream: usize) -> Result<SoundDecoder, Stop> {
        let header = demuxer
            .stream(stream)
            .filter(|header| header.medium() == Medium::Audio)
            .ok_or_else(|| self.stop(|| "The file's stream of sound is gone.".to_owned()))?;
        self.check_key(&header, stream, "sound")?;
        SoundDecoder::open(&header, DECODERS)
            .map_err(|why| self.stop(|| undecoded("sound", &why, &header.codec())))
    }

    /// Says where an AVI was cut off, by the length that its first chunk claims: libav would take it for a
    /// shorter film.
    pub(crate) fn check_length(&self) -> Result<(), Stop> {
        let head = self.source.head(8).unwrap_or_default();
        let (Some(b"RIFF"), Some(&[a, b, c, d])) = (head.get(..4), head.get(4..8)) else {
            return Ok(());
        };
        let (claimed, size) =
            (u64::from(u32::from_le_bytes([a, b, c, d])).saturating_add(8), self.source.size());
        // A recorder that never finished leaves a zero or the largest number.
        if self.container() != "avi"
            || claimed >= u64::from(u32::MAX)
            || claimed <= size.saturating_add(RIFF_SLACK)
        {
            return Ok(());
        }
        Err(self.stop(|| {
            let unit = SizeUnit::of(claimed);
            format!(
                "The file ends after {} of {} {}; it is cut off.",
                unit.floor(size),
                unit.ceil(claimed),
                unit.name
            )
        }))
    }

    /// Whether reading further is of no use: cancelled, or the source failed.
    pub(crate) fn must_stop(&self) -> bool {
        self.source.gauges.is_cancelled() || self.source.failure().is_some()
    }

    /// Why it goes no further: cancelled, else the source's failure, else the content's by this sentence.
    pub(crate) fn stop(&self, sentence: impl FnOnce() -> String) -> Stop {
        if self.source.gauges.is_cancelled() {
            return Stop::Cancelled;
        }
        Stop::Failed(self.source.failure().unwrap_or_else(|| Failure::content(sentence())))
    }

    /// Goes on only if neither cancelled nor failed by the source; `error` is what libav made of it.
    pub(crate) fn unless_stopped(&self, error: AvError) -> Result<AvError, Stop> {
        if self.must_stop() { Err(self.stop(String::new)) } else { Ok(error) }
    }
}

/// The sentence for a stream of video or sound that has no decoder.
fn undecoded(medium: &str, why: &NoDecoder, codec: &str) -> String {
    match why {
        NoDecoder::Unknown => format!("Butler does not decode {medium} of the kind `{codec}`."),
        NoDecoder::Refused(_) => format!("The headers of the file's `{codec}` {medium} are damaged."),
    }
}

/// What a size is best told in: two sizes that differ look different in it.
struct SizeUnit {
    name: &'static str,
    /// Bytes of a tenth of it.
    tenth: u64,
}

impl SizeUnit {
    const fn of(bytes: u64) -> Self {
        match bytes {
            0..10_000 => Self { name: "bytes", tenth: 0 },
            10_000..10_000_000 => Self { name: "kB", tenth: 100 },
            10_000_000..10_000_000_000 => Self { name: "MB", tenth: 100_000 },
            _ => Self { name: "GB", tenth: 100_000_000 },
        }
    }

    fn floor(&self, bytes: u64) -> String {
        self.tenths(bytes.checked_div(self.tenth), bytes)
    }

    fn ceil(&self, bytes: u64) -> String {
        self.tenths((self.tenth > 0).then(|| bytes.div_ceil(self.tenth)), bytes)
    }

    fn tenths(&self, tenths: Option<u64>, bytes: u64) -> String {
        tenths.map_or_else(|| bytes.to_string(), |tenths| (tenths as f64 / 10.0).to_string())
    }
}

/// The profile, if pictures of such a Dolby Vision record have colours of their own (IPTPQc2): profile 5
/// always does, 10 (AV1) and 20 (MV-HEVC) do without a compatible base layer. By "Dolby Vision Profiles and
/// Levels", tables 1 and 2.
fn alien_colours((profile, compatible): (u8, u8)) -> Option<u8> {
    (profile == 5 || (matches!(profile, 10 | 20) && compatible == 0)).then_some(profile)
}

/// Whether a container has no list of its streams: they show in the packets.
fn is_told_by_packets(container: &str) -> bool {
    matches!(container, "mpegts" | "mpeg" | "flv")
}

/// Whether the bytes are somebody's text: UTF-8 without control characters, perhaps cut inside a character.
fn is_text(head: &[u8]) -> bool {
    let readable = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !readable.is_empty()
        && readable.chars().all(|character| !character.is_control() || character.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn opened(content: &[u8], extension: &str) -> Result<Media, Stop> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        let source = Source::new(file, content.len() as u64, Arc::default()).unwrap();
        ffi::silence();
        Media::open(Arc::new(source), extension, Limits::default())
    }

    fn refused(content: &[u8], extension: &str) -> String {
        match opened(content, extension) {
            Err(Stop::Failed(failure)) => failure.sentence,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_kind_of_stranger_has_its_own_sentence() {
        assert_eq!(refused(b"", "mkv"), "The file is empty.");
        assert_eq!(
            refused("Grüße\n".repeat(900).as_bytes(), "mp4"),
            "This is not a media file: it holds plain text."
        );
        assert_eq!(refused(&[0; 5_000], "avi"), "This is not a media file of a kind Butler reads.");
    }

    #[test]
    fn a_size_is_told_in_a_unit_that_fits_it() {
        let told = |size: u64, claimed: u64| {
            let unit = SizeUnit::of(claimed);
            format!("{} of {} {}", unit.floor(size), unit.ceil(claimed), unit.name)
        };
        assert_eq!(told(900, 1_208), "900 of 1208 bytes");
        assert_eq!(told(62_278, 62_350), "62.2 of 62.4 kB");
        assert_eq!(told(70_000_000, 733_012_345), "70 of 733.1 MB");
        assert_eq!(told(1_000_000, 12_000_000_000), "0 of 12 GB");
    }

    #[test]
    fn dolby_vision_without_a_base_layer_has_colours_of_its_own() {
        for (record, expect) in [
            ((5, 0), Some(5)),
            ((10, 0), Some(10)),
            ((10, 1), None),
            ((7, 6), None),
            ((8, 1), None),
            ((8, 4), None),
            ((4, 2), None),
        ] {
            assert_eq!(alien_colours(record), expect, "{record:?}");
        }
    }

    #[test]
    fn playlists_and_lists_of_files_are_no_media() {
        for text in [
            "#EXTM3U\n#EXT-X-TARGETDURATION:5\nfile:///etc/passwd\n",
            "ffconcat version 1.0\nfile /etc/passwd\n",
        ] {
            assert_eq!(refused(text.as_bytes(), "mp4"), "This is not a media file: it holds plain text.");
        }
    }

    #[test]
    fn a_file_with_nothing_but_an_mp4_head_has_no_table_of_contents() {
        let mut content = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2".to_vec();
        content.extend(b"\0\0\x10\x08mdat");
        content.resize(4_096, 7);
        let stop = opened(&content, "mp4").unwrap().demuxer().err().unwrap();
        assert!(matches!(stop, Stop::Failed(failure) if failure.sentence.contains("table of contents")));
    }

    #[test]
    fn text_cut_inside_a_character_is_still_text() {
        assert!(is_text(&"é".as_bytes()[..1].repeat(0).into_iter().chain(*b"ab\xc3").collect::<Vec<_>>()));
        assert!(!is_text(b"ab\xff\xfe"));
        assert!(!is_text(b"ab\0"));
    }
}
