//! Decodes HEIC, AVIF and JPEG XL pictures, of which the headers alone are read in Rust, by libav's decoders,
//! one tile after the other; and says so where the system's libav has none for them.
//!
//! Which bytes a picture is made of is `photo/heif/still.rs`'s to say.

use butler_product::Failure;
use butler_product::message::Limits;

use super::{Grid, MAX_READ, Sums, TOO_LARGE, over_black};
use crate::cursor::{Cursor, guarded};
use crate::ffi::{Alone, AvError, Decoder, Frame, NoDecoder, Packet, Scaler, StillHeader};
use crate::products::photo::heif::{self, Codec};
use crate::source::Source;

const DAMAGED: &str = "The picture is damaged or cut off.";

/// The colours of a HEIC or AVIF picture, upright.
pub(super) fn heif(source: &Source, limits: Limits) -> Result<Grid, Failure> {
    let mut reader = Cursor::new(source, MAX_READ);
    let found = guarded(|| heif::still(&mut reader)).flatten();
    let none = "The file holds no main picture in a form that Butler decodes.";
    let still = found.ok_or_else(|| failure(source, Failure::unsupported(none)))?;
    let (decoder, name) = match still.codec {
        Codec::Hevc => ("hevc", "HEVC (HEIC)"),
        Codec::Av1 => ("libdav1d", "AV1 (AVIF)"),
        Codec::Other => {
            return Err(Failure::unsupported("The picture is coded in a way that Butler does not decode."));
        }
    };
    let (width, height) = within(still.sides, limits)?;
    let mut sums = Sums::new((width, height), source);
    let mut tools = Tools::new(source, limits);
    for nth in 0..still.tiles() {
        if source.gauges.is_cancelled() {
            break;
        }
        let tile = guarded(|| still.tile(&mut reader, nth)).flatten();
        let (config, coded) = tile.ok_or_else(|| failure(source, Failure::content(DAMAGED)))?;
        let header = StillHeader { decoder, config: &config, colours: still.colours };
        let picture = tools.decode(&header, name, &coded)?;
        let at = (nth as u32 % still.columns, nth as u32 / still.columns);
        let (left, top) = (at.0.saturating_mul(picture.width()), at.1.saturating_mul(picture.height()));
        for (y, row) in (top..height).zip(picture.colour_rows()) {
            let colours = row.chunks_exact(4).map(over_black);
            sums.row(y, left, colours.take(width.saturating_sub(left) as usize));
        }
    }
    let stored = sums.finish();
    Ok(still.turns.iter().fold(stored, |grid, turn| grid.turned(*turn)))
}

/// The colours of a JPEG XL picture; its decoder turns it upright.
pub(super) fn jpeg_xl(source: &Source, limits: Limits) -> Result<Grid, Failure> {
    let size = usize::try_from(source.size()).ok().filter(|size| *size as u64 <= MAX_CODED);
    let mut coded = Vec::new();
    let filled = size.is_some_and(|size| source.fill(&mut coded, size, 0).is_ok());
    if !filled {
        return Err(failure(source, Failure::content(TOO_LARGE)));
    }
    let mut tools = Tools::new(source, limits);
    let header = StillHeader { decoder: "libjxl", config: &[], colours: None };
    let picture = tools.decode(&header, "JPEG XL", &coded)?;
    let mut sums = Sums::new((picture.width(), picture.height()), source);
    for (y, row) in (0..).zip(picture.colour_rows()) {
        sums.row(y, 0, row.chunks_exact(4).map(over_black));
    }
    Ok(sums.finish())
}

/// Bytes of a JPEG XL file, which is decoded as one.
const MAX_CODED: u64 = 256 << 20;

fn within(sides: (u32, u32), limits: Limits) -> Result<(u32, u32), Failure> {
    match u64::from(sides.0) * u64::from(sides.1) {
        0 => Err(Failure::content(DAMAGED)),
        pixels if pixels > limits.max_pixels => Err(Failure::content(TOO_LARGE)),
        _ => Ok(sides),
    }
}

/// The failure to read comes before what followed from it.
fn failure(source: &Source, otherwise: Failure) -> Failure {
    source.failure().unwrap_or(otherwise)
}

/// What decodes pictures of one kind.
struct Tools<'a> {
    source: &'a Source,
    limits: Limits,
    scaler: Scaler,
    /// The decoder, and what it was set up with.
    decoder: Option<(Decoder, Vec<u8>)>,
}

impl<'a> Tools<'a> {
    const fn new(source: &'a Source, limits: Limits) -> Self {
        Self { source, limits, scaler: Scaler::new(), decoder: None }
    }

    /// A coded picture, in red, green, blue and opacity.
    fn decode(&mut self, header: &StillHeader<'_>, name: &str, coded: &[u8]) -> Result<Frame, Failure> {
        let unsupported = || {
            let sentence = format!("The libav of this system decodes no {name} pictures of this kind.");
            Failure::unsupported(sentence)
        };
        let wrong = |error: AvError| match error {
            error if error.is_unsupported() => unsupported(),
            _ if crate::ffi::ran_out_of_memory() => Failure::worker("The worker ran out of memory."),
            _ => failure(self.source, Failure::content(DAMAGED)),
        };
        let decoder = match self.decoder.take() {
            Some((decoder, config)) if config == header.config => decoder,
            _ => Decoder::of_still(header, self.limits.max_pixels).map_err(|error| match error {
                NoDecoder::Unknown => unsupported(),
                NoDecoder::Refused(error) => wrong(error),
            })?,
        };
        let (decoder, _) = self.decoder.insert((decoder, header.config.to_vec()));
        let decoded = match decoder.decode(&Packet::of(coded).map_err(wrong)?).map_err(wrong)? {
            Alone::Whole(frame) => frame,
            Alone::Field | Alone::Unfinished => return Err(wrong(AvError::END)),
        };
        self.source.gauges.step();
        within((decoded.width(), decoded.height()), self.limits)?;
        let mut picture = Frame::for_colours(decoded.width(), decoded.height()).map_err(wrong)?;
        self.scaler.scale(&decoded, &mut picture).map_err(wrong)?;
        Ok(picture)
    }
}
