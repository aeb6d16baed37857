//! Pictures on a terminal that can show them, as far as its environment tells: kitty's way, iTerm2's, or
//! sixels.
//!
//! What is shown was decoded and drawn anew by us; nobody else's bytes reach the terminal.

use std::env;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;

use crate::print::{Stream, send};

/// How a terminal takes pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// <https://sw.kovidgoyal.net/kitty/graphics-protocol/>
    Kitty,
    /// <https://iterm2.com/documentation-images.html>
    Iterm,
    /// Six lines of pixels a row of characters.
    Sixel,
}

/// Bytes of base64 that kitty takes in one piece.
const KITTY_PIECE: usize = 4_096;

/// How the standard output takes pictures; none if it is no terminal, or none that is known to.
pub(crate) fn way() -> Option<Way> {
    let variable = |name: &str| env::var(name).ok();
    Stream::Result.is_terminal().then(|| told_by(variable)).flatten()
}

fn told_by(variable: impl Fn(&str) -> Option<String>) -> Option<Way> {
    let (term, program) =
        (variable("TERM").unwrap_or_default(), variable("TERM_PROGRAM").unwrap_or_default());
    // A multiplexer swallows them.
    if variable("TMUX").is_some() || term.starts_with("screen") || term.starts_with("tmux") {
        return None;
    }
    if variable("KITTY_WINDOW_ID").is_some()
        || term == "xterm-kitty"
        || term == "xterm-ghostty"
        || program == "ghostty"
    {
        return Some(Way::Kitty);
    }
    if program == "iTerm.app"
        || program == "WezTerm"
        || variable("LC_TERMINAL").is_some_and(|terminal| terminal == "iTerm2")
    {
        return Some(Way::Iterm);
    }
    (term.starts_with("foot") || term.starts_with("mlterm") || term.contains("sixel")).then_some(Way::Sixel)
}

/// Shows a picture, which is given as pixels and as a JPEG.
pub(crate) fn show(way: Way, pixels: &RgbImage, jpeg: &[u8]) -> io::Result<()> {
    send(&match way {
        Way::Kitty => kitty(pixels),
        Way::Iterm => format!("\u{1b}]1337;File=inline=1;size={}:{}\u{7}", jpeg.len(), STANDARD.encode(jpeg)),
        Way::Sixel => sixel(pixels),
    })
}

fn kitty(pixels: &RgbImage) -> String {
    let text = STANDARD.encode(pixels.as_raw());
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(KITTY_PIECE).collect();
    let mut all = String::with_capacity(text.len() + pieces.len() * 16);
    for (number, piece) in pieces.iter().enumerate() {
        let head = if number == 0 {
            format!("a=T,f=24,s={},v={},", pixels.width(), pixels.height())
        } else {
            String::new()
        };
        let more = u8::from(number + 1 < pieces.len());
        all.push_str(&format!("\u{1b}_G{head}m={more};{}\u{1b}\\", String::from_utf8_lossy(piece)));
    }
    all
}

/// With six steps of each colour.
fn sixel(pixels: &RgbImage) -> String {
    const STEPS: u8 = 6;
    let colour =
        |pixel: &image::Rgb<u8>| pixel.0.iter().fold(0_u16, |sum, part| sum * 6 + u16::from(part / 43));
    let mut all = format!("\u{1b}P0;1q\"1;1;{};{}", pixels.width(), pixels.height());
    for number in 0..u16::from(STEPS).pow(3) {
        let percent = |step: u16| step % 6 * 20;
        all.push_str(&format!(
            "#{number};2;{};{};{}",
            percent(number / 36),
            percent(number / 6),
            percent(number)
        ));
    }
    for top in (0..pixels.height()).step_by(6) {
        let row = top..pixels.height().min(top + 6);
        let found: Vec<Vec<u16>> =
            row.map(|y| (0..pixels.width()).map(|x| colour(pixels.get_pixel(x, y))).collect()).collect();
        let mut used: Vec<u16> = found.iter().flatten().copied().collect();
        used.sort_unstable();
        used.dedup();
        for number in used {
            all.push_str(&format!("#{number}"));
            for x in 0..pixels.width() as usize {
                let bits = found
                    .iter()
                    .enumerate()
                    .filter(|(_, line)| line[x] == number)
                    .fold(0_u8, |bits, (y, _)| bits | 1 << y);
                all.push(char::from(63 + bits));
            }
            all.push('$');
        }
        all.push('-');
    }
    all.push_str("\u{1b}\\");
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_tells_how_a_terminal_takes_pictures() {
        let check = |of: &[(&str, &str)], expect: Option<Way>| {
            let variable = |name: &str| {
                of.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(told_by(variable), expect, "{of:?}");
        };
        check(&[("TERM", "xterm-256color")], None);
        check(&[("TERM", "xterm-kitty")], Some(Way::Kitty));
        check(&[("TERM", "xterm-kitty"), ("TMUX", "/tmp/tmux")], None);
        check(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], Some(Way::Iterm));
        check(&[("TERM", "foot")], Some(Way::Sixel));
        check(&[], None);
    }

    #[test]
    fn each_way_gives_the_whole_picture() {
        let pixels = RgbImage::from_fn(40, 50, |x, y| image::Rgb([x as u8 * 6, y as u8 * 5, 0]));
        let shown = kitty(&pixels);
        assert!(shown.starts_with("\u{1b}_Ga=T,f=24,s=40,v=50,m=1;") && shown.ends_with("\u{1b}\\"));
        let pieces = shown
            .split("\u{1b}_G")
            .skip(1)
            .map(|piece| piece.split_once(';').unwrap().1.trim_end_matches("\u{1b}\\"));
        assert_eq!(STANDARD.decode(pieces.collect::<String>()).unwrap(), *pixels.as_raw());
        let plain = sixel(&RgbImage::from_pixel(3, 7, image::Rgb([255, 0, 0])));
        let (head, body) = plain.split_once("#215;2;100;100;100").unwrap();
        assert!(head.contains("\"1;1;3;7") && head.contains("#180;2;100;0;0"), "{head}");
        assert_eq!(body, "#180~~~$-#180@@@$-\u{1b}\\");
    }
}
