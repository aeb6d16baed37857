//! Makes a decoded picture a thumbnail: small, upright, in a JPEG's colours and light, then a JPEG.
//!
//! It reads no file and chooses no picture. Start with [`Thumbnailer`].

use butler_product::Failure;
use butler_product::media_info::{MediaInfo, PictureShape};
use butler_product::message::Limits;

use crate::ffi::{Frame, JpegEncoder, Scaler};
use crate::scale::{Fit, turn};
use crate::tone_map::{Light, ToneMap};

/// The JPEG's quality, from 1, the best, to 31.
const QUALITY: u8 = 4;

/// The shape of the video's pictures, if there is video and they are within the limits.
pub(crate) fn shape(info: &MediaInfo, limits: Limits) -> Result<Option<&PictureShape>, Failure> {
    let Some(shape) = info.video().and_then(|video| video.picture.as_ref()) else { return Ok(None) };
    let pixels = u64::from(shape.width) * u64::from(shape.height);
    if pixels == 0 {
        return Err(Failure::content("The size of the video's picture can't be found in the file."));
    }
    if pixels > limits.max_pixels {
        let most = limits.max_pixels;
        let sentence = format!(
            "The video's picture of {} x {} pixels is larger than the limit of {most} pixels.",
            shape.width, shape.height
        );
        return Err(Failure::content(sentence));
    }
    Ok(Some(shape))
}

/// One thread's tools for thumbnails of one size.
pub(crate) struct Thumbnailer {
    fit: Fit,
    scaler: Scaler,
    small: Frame,
    /// For light that a JPEG has no numbers for.
    bright: Option<(Frame, ToneMap)>,
    turned: Option<Frame>,
    encoder: JpegEncoder,
}

impl Thumbnailer {
    pub(crate) fn new(fit: Fit) -> Result<Self, Failure> {
        let unready = |_| Failure::worker("The worker could not set up its JPEG encoder.");
        let (scaled, upright) = (fit.scaled, fit.upright);
        Ok(Self {
            fit,
            scaler: Scaler::new(),
            small: Frame::for_jpeg(scaled.0, scaled.1).map_err(unready)?,
            bright: None,
            turned: if fit.is_upright() {
                None
            } else {
                Some(Frame::for_jpeg(upright.0, upright.1).map_err(unready)?)
            },
            encoder: JpegEncoder::new(upright.0, upright.1, QUALITY).map_err(unready)?,
        })
    }

    /// Makes the picture small and upright, in place of the one before; none where it can't be.
    pub(crate) fn shrink(&mut self, picture: &Frame) -> Option<&Frame> {
        match Light::new(picture.light(), picture.peak()) {
            None => self.scaler.scale(picture, &mut self.small).ok()?,
            Some(light) => self.tone_map(picture, light)?,
        }
        if let Some(turned) = &mut self.turned {
            turn(&self.small, turned, self.fit.rotation, self.fit.mirrored);
        }
        Some(self.turned.as_ref().unwrap_or(&self.small))
    }

    /// The JPEG of what was shrunk last.
    pub(crate) fn jpeg(&mut self) -> Option<Vec<u8>> {
        let upright = self.turned.as_ref().unwrap_or(&self.small);
        self.encoder.encode(upright).ok()
    }

    fn tone_map(&mut self, picture: &Frame, light: Light) -> Option<()> {
        let (mut bright, tone_map) = match self.bright.take() {
            Some((bright, tone_map)) if tone_map.light() == light => (bright, tone_map),
            Some((bright, _)) => (bright, ToneMap::new(light)),
            None => (Frame::for_light(self.small.width(), self.small.height()).ok()?, ToneMap::new(light)),
        };
        self.scaler.scale(picture, &mut bright).ok()?;
        tone_map.apply(&bright, &mut self.small);
        self.bright = Some((bright, tone_map));
        Some(())
    }
}
