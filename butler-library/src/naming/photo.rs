//! Photos: by their file's name.

use super::Named;

pub(super) fn name(stem: &str) -> Named {
    Named::Photo { title: stem.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::{components, name};
    use super::*;
    use crate::SectionKind;

    #[test]
    fn a_photo_is_its_file_s_name() {
        let named = name(SectionKind::Photo, &components("2024/Harz/IMG_0042.jpg"));
        assert_eq!(named, Named::Photo { title: "IMG_0042".into() });
    }
}
