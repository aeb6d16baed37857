//! Names in one form: composed (NFC), with plain digits, brackets and blanks, without invisible marks.
//!
//! macOS decomposes names, Japanese ones have brackets of full width, and copied ones carry marks that nobody
//! sees: two names that look the same must become one. Titles are shown in this form too.

use unicode_normalization::UnicodeNormalization;

/// A component of a path, or a text of a file's tags, in the form that is parsed, compared and shown.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).map(plain_char).nfc().collect()
}

fn plain_char(c: char) -> char {
    let shifted = |zero: char, to: char| char::from_u32(c as u32 - zero as u32 + to as u32).unwrap_or(c);
    match c {
        '０'..='９' => shifted('０', '0'),
        'Ａ'..='Ｚ' => shifted('Ａ', 'A'),
        'ａ'..='ｚ' => shifted('ａ', 'a'),
        '٠'..='٩' => shifted('٠', '0'),
        '۰'..='۹' => shifted('۰', '0'),
        '（' => '(',
        '）' => ')',
        '［' | '【' | '〔' => '[',
        '］' | '】' | '〕' => ']',
        '｛' => '{',
        '｝' => '}',
        '－' | '‐' | '‑' => '-',
        '＿' => '_',
        '．' => '.',
        '＃' => '#',
        '＋' => '+',
        c if c.is_whitespace() || c.is_control() => ' ',
        c => c,
    }
}

/// Marks of direction, of order and of breaks; not the joiners, which Persian and emoji are written with.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_are_the_same() {
        for (from, to) in [
            ("Ame\u{301}lie", "Amélie"),
            ("映画（２００１）", "映画(2001)"),
            ("【字幕】　映画", "[字幕] 映画"),
            ("فيلم (٢٠٠١)", "فيلم (2001)"),
            ("\u{200e}Heat\u{a0}(1995)\u{200b}", "Heat (1995)"),
            ("e\u{200b}\u{301}", "é"),
            ("か\u{3099}", "が"),
            ("a\nb\tc", "a b c"),
        ] {
            assert_eq!(plain(from), to);
        }
    }
}
