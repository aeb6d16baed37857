//! Films with more light and colours than a JPEG has numbers for: patches of known numbers come out as worked
//! out by hand.
//!
//! What is expected comes of a program of its own, written from BT.2100, BT.2390 and BT.2408, with white at
//! 203 cd/m2.

use std::path::PathBuf;

use butler_product::Spec;
use butler_product::bif::Params;

use crate::process::Worker;
use crate::{films, frames};

const WIDTH: u32 = 256;
const HEIGHT: u32 = 64;
const BT2020: &str = "-color_primaries bt2020 -colorspace bt2020nc";

/// Patches side by side, each of (lightness, blue, red) of 10 bits in BT.2020's limited range.
fn patches(name: &str, patches: &[(u32, u32, u32)], coding: &str) -> PathBuf {
    let plane = |width: u32, number: &dyn Fn(&(u32, u32, u32)) -> u32| {
        let side = width / patches.len() as u32;
        let parts = patches
            .iter()
            .enumerate()
            .map(|(at, patch)| format!("{}*eq(floor(X/{side}),{at})", number(patch), at = at));
        parts.collect::<Vec<_>>().join("+")
    };
    let (lightness, blue, red) = (
        plane(WIDTH, &|patch| patch.0),
        plane(WIDTH / 2, &|patch| patch.1),
        plane(WIDTH / 2, &|patch| patch.2),
    );
    let source = format!(
        "color=s={WIDTH}x{HEIGHT}:r=1:d=3,format=yuv420p10le,geq=lum='{lightness}':cb='{blue}':cr='{red}'"
    );
    films::other(name, &format!("-f lavfi -i {source} {BT2020} {coding}"))
}

fn check(name: &str, colours: &[(u32, u32, u32)], coding: &str, expect: &[[u8; 3]]) {
    let worker = Worker::start();
    let film = patches(name, colours, coding);
    let (_, pictures) = worker.make(&film, &[Spec::Bif(Params::new(1_000, 256).unwrap())]).bif();
    for picture in frames::of_jpegs(&pictures, (WIDTH, HEIGHT)) {
        let middle = |at: usize| {
            let x = (at * 2 + 1) * WIDTH as usize / expect.len() / 2;
            let from = (HEIGHT as usize / 2 * WIDTH as usize + x) * 3;
            [picture[from], picture[from + 1], picture[from + 2]]
        };
        let is: Vec<_> = (0..expect.len()).map(middle).collect();
        let off = is
            .iter()
            .flatten()
            .zip(expect.iter().flatten())
            .map(|(is, expect)| is.abs_diff(*expect))
            .max()
            .unwrap();
        assert!(off <= 5, "{name}: {is:?} instead of {expect:?}");
    }
}

/// Eight greys from black to the brightest number.
fn greys() -> Vec<(u32, u32, u32)> {
    (0..8).map(|step| (64 + (step * 876 + 3) / 7, 512, 512)).collect()
}

const COLOURS: [(u32, u32, u32); 4] = [(520, 455, 560), (403, 471, 581), (462, 486, 448), (367, 585, 484)];

/// HEVC without any loss.
fn hevc(transfer: &str, more: &str) -> String {
    format!(
        "-color_trc {transfer} -c:v libx265 -preset ultrafast -x265-params \
         log-level=error:lossless=1:keyint=1{more}"
    )
}

fn grey(levels: [u8; 8]) -> Vec<[u8; 3]> {
    levels.map(|level| [level; 3]).to_vec()
}

#[test]
fn pq_is_neither_grey_nor_dark_nor_burnt_out() {
    check("pq-greys.mkv", &greys(), &hevc("smpte2084", ""), &grey([0, 26, 67, 135, 226, 255, 255, 255]));
    // A film that says how bright it gets keeps the differences up there.
    check(
        "pq-bright.mp4",
        &greys(),
        &hevc("smpte2084", ":max-cll=4000,400"),
        &grey([0, 26, 67, 135, 207, 245, 255, 255]),
    );
    check(
        "pq-colours.mkv",
        &COLOURS,
        &hevc("smpte2084", ""),
        &[[247, 130, 80], [212, 68, 63], [0, 191, 109], [0, 95, 190]],
    );
}

#[test]
fn hlg_is_shown_as_on_a_display_of_1000_candela() {
    check("hlg-greys.mp4", &greys(), &hevc("arib-std-b67", ""), &grey([0, 41, 82, 123, 166, 220, 250, 255]));
    check(
        "hlg-colours.ts",
        &COLOURS,
        &hevc("arib-std-b67", ""),
        &[[189, 140, 116], [156, 97, 87], [68, 145, 114], [74, 101, 138]],
    );
}

#[test]
fn colours_that_only_the_container_names_count_too() {
    // FFV1 keeps no word on colours itself; Matroska does.
    check(
        "pq-greys-ffv1.mkv",
        &greys(),
        "-color_trc smpte2084 -c:v ffv1 -g 1",
        &grey([0, 26, 67, 135, 226, 255, 255, 255]),
    );
}
