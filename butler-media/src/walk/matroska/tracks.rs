//! The tracks of a Matroska file, numbered as libav numbers its streams. Pure.

use butler_product::media_info::StreamKind;

use super::super::Unwalked;
use super::{elements, unsigned};

const TRACK_ENTRY: u32 = 0xAE;
const NUMBER: u32 = 0xD7;
const TYPE: u32 = 0x83;
const CODEC: u32 = 0x86;
const DEFAULT_DURATION: u32 = 0x23_E383;
const CODEC_DELAY: u32 = 0x56AA;
const TRACK_TIMESTAMP_SCALE: u32 = 0x23_314F;
/// Codecs whose packets libav puts together anew.
const REMADE: [&str; 3] = ["A_WAVPACK4", "V_PRORES", "A_REAL/"];

/// One track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Track {
    /// As blocks name it.
    pub(super) number: u64,
    /// Its stream's place; none if it is not told of.
    pub(super) stream: Option<u32>,
    /// Nanoseconds of a frame; 0 where it isn't said.
    pub(super) default_duration: u64,
    /// Nanoseconds by which what is shown lies behind what the blocks say.
    pub(super) delay: u64,
}

impl Track {
    /// The tracks by the content of the element that describes them.
    pub(super) fn all(bytes: &[u8], streams: &[StreamKind]) -> Result<Vec<Self>, Unwalked> {
        let mut place = 0;
        let mut tracks = Vec::new();
        for (_, entry) in elements(bytes).filter(|(id, _)| *id == TRACK_ENTRY) {
            let field =
                |wanted: u32| elements(entry).find(|(id, _)| *id == wanted).map(|(_, content)| content);
            let kind = field(TYPE).and_then(unsigned).unwrap_or(0);
            let codec = field(CODEC).unwrap_or_default();
            // What else there may be is no stream to libav.
            if !matches!(kind, 1 | 2 | 17 | 33) || codec.is_empty() {
                continue;
            }
            let told = match (streams.get(place), kind) {
                (Some(StreamKind::Video), 1)
                | (Some(StreamKind::Audio), 2)
                | (Some(StreamKind::Subtitle), 17) => true,
                (Some(StreamKind::Picture | StreamKind::Other), _) => false,
                _ => return Err(Unwalked::Unusual("the tracks are not the streams")),
            };
            if field(TRACK_TIMESTAMP_SCALE)
                .is_some_and(|scale| scale != 1_f32.to_be_bytes() && scale != 1_f64.to_be_bytes())
            {
                return Err(Unwalked::Unusual("a track has a clock of its own"));
            }
            if REMADE.iter().any(|remade| codec.starts_with(remade.as_bytes())) {
                return Err(Unwalked::Unusual("the packets are not as they lie in the file"));
            }
            tracks.push(Self {
                number: field(NUMBER).and_then(unsigned).unwrap_or(0),
                stream: u32::try_from(place).ok().filter(|_| told),
                default_duration: field(DEFAULT_DURATION).and_then(unsigned).unwrap_or(0),
                delay: field(CODEC_DELAY).and_then(unsigned).unwrap_or(0),
            });
            place += 1;
        }
        Ok(tracks)
    }
}
