//! What a photo says of how it was taken, in Plex's words. Pure.

use butler_api::plex::Media;
use butler_product::photo::Photo;

/// A version of a photo with its camera's words; its sides are those of the upright picture.
pub(crate) fn media(media: Media, photo: &Photo) -> Media {
    let sides = photo.width.zip(photo.height);
    let ratio = sides.map(|(width, height)| (f64::from(width) / f64::from(height) * 100.0).round() / 100.0);
    Media {
        width: photo.width.or(media.width),
        height: photo.height.or(media.height),
        aspect_ratio: ratio.filter(|ratio| *ratio > 0.0).or(media.aspect_ratio),
        aperture: photo.aperture.map(|number| format!("f/{}", short(number))),
        exposure: photo.exposure_seconds.map(exposure),
        iso: photo.iso,
        lens: photo.lens.clone(),
        make: photo.make.clone(),
        model: photo.model.clone(),
        ..media
    }
}

/// `1/120`, `0.8`, `30`: seconds as photographers write them.
fn exposure(seconds: f64) -> String {
    if seconds < 0.3 { format!("1/{}", (1.0 / seconds).round()) } else { short(seconds) }
}

/// One decimal, if that is not zero.
fn short(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_s_numbers_are_written_as_photographers_do() {
        assert_eq!([0.008_333, 0.25, 0.8, 2.0, 30.0].map(exposure), ["1/120", "1/4", "0.8", "2", "30"]);
        assert_eq!([1.78, 8.0].map(short), ["1.8", "8"]);
    }

    #[test]
    fn an_upright_photo_has_the_sides_of_the_upright_picture() {
        let stored =
            Media { width: Some(4_000), height: Some(3_000), aspect_ratio: Some(1.33), ..Media::default() };
        let photo = Photo { width: Some(3_000), height: Some(4_000), ..Photo::default() };
        let shown = media(stored.clone(), &photo);
        assert_eq!((shown.width, shown.height, shown.aspect_ratio), (Some(3_000), Some(4_000), Some(0.75)));
        assert_eq!(media(stored.clone(), &Photo::default()), stored);
    }
}
