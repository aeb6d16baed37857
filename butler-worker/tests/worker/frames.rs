//! ffmpeg's own frames beside our pictures: the key frames nearest to the marks, at the pictures' size, as
//! red, green and blue.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::films;

/// Side of the squares by whose average colours two pictures are compared: edges say nothing, places and
/// colours all.
const CELL: usize = 8;

/// Part of every kept row of frames' name: raise it when they are to be decoded anew.
const EDITION: u32 = 1;

/// How far two rows of pictures are apart, in steps of 8 bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Apart {
    /// On average over all cells of the worst picture.
    pub(crate) mean: f64,
    /// In the worst cell of the worst picture.
    pub(crate) most: f64,
}

fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // A program that needs no input closes its end early.
    let _ = writer.join().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// When the film starts and when each of its key frames is shown, in seconds by the container's clock.
fn key_frames(film: &Path) -> (f64, Vec<f64>) {
    let mut command = butler_fixtures::command("ffprobe");
    command.args("-v error -select_streams v:0 -of csv=p=1 -show_entries".split_whitespace());
    command.args(["format=start_time:packet=pts_time,dts_time,flags"]).arg(film);
    let text = String::from_utf8(run(&mut command, &[])).unwrap();
    let rows = |section: &'static str| {
        text.lines().filter_map(move |line| Some(line.strip_prefix(section)?.strip_prefix(',')?.split(',')))
    };
    let start = rows("format").find_map(|mut row| row.next()?.parse().ok()).unwrap_or(0.0);
    let key_frame = |row: std::str::Split<'_, char>| {
        let row: Vec<_> = row.collect();
        // Shown, else decoded; AVI doesn't say the first.
        let time = row.iter().find_map(|word| word.parse().ok());
        time.filter(|_| row.iter().any(|word| word.starts_with('K')))
    };
    (start, rows("packet").filter_map(key_frame).collect())
}

/// The frames that ffmpeg decodes at the key frames nearest to the marks, `every` seconds apart; `filter`
/// comes before they are scaled. They are kept beside the films.
pub(crate) fn of_film(
    film: &Path,
    size: (u32, u32),
    every: f64,
    count: usize,
    filter: &str,
) -> Result<Vec<Vec<u8>>, String> {
    let recipe =
        format!("{EDITION} {} {size:?} {every} {count} {filter}", film.file_name().unwrap().display());
    let mut trouble = None;
    let kept = films::once("frames.rgb", recipe.as_bytes(), |path| {
        match decoded(film, size, every, count, filter) {
            Ok(frames) => fs::write(path, frames.concat()).unwrap(),
            Err(why) => {
                trouble = Some(why);
                fs::write(path, []).unwrap();
            }
        }
    });
    if let Some(why) = trouble {
        fs::remove_file(kept).unwrap();
        return Err(why);
    }
    Ok(fs::read(kept).unwrap().chunks((size.0 * size.1 * 3) as usize).map(<[u8]>::to_vec).collect())
}

fn decoded(
    film: &Path,
    (width, height): (u32, u32),
    every: f64,
    count: usize,
    filter: &str,
) -> Result<Vec<Vec<u8>>, String> {
    let (start, keys) = key_frames(film);
    let near = |mark: f64| {
        keys.iter().copied().min_by(|a, b| (a - mark).abs().total_cmp(&(b - mark).abs())).unwrap_or(f64::NAN)
    };
    let wanted: Vec<f64> = (0..count).map(|mark| near(start + mark as f64 * every)).collect();
    let mut distinct = wanted.clone();
    distinct.dedup();
    let select: Vec<_> = distinct.iter().map(|time| format!("lt(abs(t-({time:.4}))\\,0.015)")).collect();
    // Colours by the film's own matrix first, then the size, then half the colours, as a JPEG has them.
    let exact = "flags=area+accurate_rnd+full_chroma_int";
    let matrix = if filter.is_empty() { String::new() } else { format!("{filter},") };
    let graph = format!(
        "select={},{matrix}scale={exact},format=gbrp,scale={width}:{height}:{exact},format=yuvj420p,scale={exact},format=rgb24",
        select.join("+")
    );
    let mut command = butler_fixtures::command("ffmpeg");
    command.args(["-v", "error", "-copyts", "-i"]).arg(film);
    command.args([
        "-map",
        "0:v:0",
        "-vf",
        &graph,
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]);
    let bytes = run(&mut command, &[]);
    let frames: Vec<_> = bytes.chunks((width * height * 3) as usize).map(<[u8]>::to_vec).collect();
    if frames.len() != distinct.len() {
        return Err(format!("ffmpeg shows {} frames at {distinct:?}", frames.len()));
    }
    Ok(wanted
        .iter()
        .map(|time| frames[distinct.iter().position(|one| one == time).unwrap()].clone())
        .collect())
}

/// The pictures of a BIF.
pub(crate) fn of_jpegs(pictures: &[Vec<u8>], (width, height): (u32, u32)) -> Vec<Vec<u8>> {
    let mut command = butler_fixtures::command("ffmpeg");
    command.args("-v error -f mjpeg -i - -fps_mode passthrough -vf".split_whitespace());
    command.args([
        "scale=flags=area+accurate_rnd+full_chroma_int",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]);
    let bytes = run(&mut command, &pictures.concat());
    let frames: Vec<_> = bytes.chunks((width * height * 3) as usize).map(<[u8]>::to_vec).collect();
    assert_eq!(frames.len(), pictures.len());
    frames
}

/// Compares pictures of one size.
pub(crate) fn apart(ours: &[Vec<u8>], theirs: &[Vec<u8>], (width, height): (u32, u32)) -> Apart {
    let mut worst = Apart { mean: 0.0, most: 0.0 };
    for (ours, theirs) in ours.iter().zip(theirs) {
        let differences: Vec<f64> = cells(ours, width, height)
            .zip(cells(theirs, width, height))
            .map(|(a, b)| (a - b).abs())
            .collect();
        worst.mean = worst.mean.max(differences.iter().sum::<f64>() / differences.len() as f64);
        worst.most = differences.into_iter().fold(worst.most, f64::max);
    }
    worst
}

/// The average of each colour in each whole cell.
fn cells(picture: &[u8], width: u32, height: u32) -> impl Iterator<Item = f64> {
    let (columns, rows) = (width as usize / CELL, height as usize / CELL);
    (0..columns * rows * 3).map(move |at| {
        let (colour, left, top) = (at % 3, at / 3 % columns * CELL, at / 3 / columns * CELL);
        let pixels = (0..CELL * CELL)
            .map(|pixel| ((top + pixel / CELL) * width as usize + left + pixel % CELL) * 3 + colour);
        pixels.map(|place| f64::from(picture[place])).sum::<f64>() / (CELL * CELL) as f64
    })
}

/// How much a picture looks like a comb: by how much neighbouring lines differ more than every second line
/// does.
pub(crate) fn combs(picture: &[u8], (width, height): (u32, u32)) -> f64 {
    let stride = width as usize * 3;
    let differs = |from: usize, to: usize| -> f64 {
        let pairs = picture[from * stride..][..stride].iter().zip(&picture[to * stride..][..stride]);
        pairs.map(|(one, other)| f64::from(one.abs_diff(*other))).sum::<f64>() / stride as f64
    };
    let lines = 0..height as usize - 2;
    lines.clone().map(|line| differs(line, line + 1) - differs(line, line + 2)).sum::<f64>()
        / lines.len() as f64
}
