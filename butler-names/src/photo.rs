//! Photos: by their file's name.

use super::Photo;
use super::title::UNTITLED;

pub(super) fn name(stem: &str) -> Photo {
    let title = stem.trim();
    Photo { title: if title.is_empty() { UNTITLED.to_owned() } else { title.to_owned() } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_its_file_s_name() {
        assert_eq!((name("IMG_0042").title.as_str(), name(" ").title.as_str()), ("IMG_0042", UNTITLED));
    }
}
