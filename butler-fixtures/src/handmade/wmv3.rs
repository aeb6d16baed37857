//! Windows Media Video 9 (VC-1, simple profile), for which ffmpeg has no encoder: flat grey key frames, one a
//! second (SMPTE ST 421: 6.1, 7.1, 8.1; the file around them is its annex L's).

use super::bits::Bits;

/// Width and height of a macroblock.
const BLOCK: u32 = 16;
/// The grey of a picture without any word on it, at quantiser 5.
#[cfg(test)]
const MIDDLE: u8 = 144;
/// How much lighter or darker a picture can be made: what one code of the standard's table of averages says.
#[cfg(test)]
const STEP: u8 = 30;

/// A film (a `.rcv` file, which ffmpeg reads as `vc1test`) of one key frame a second; each is so many steps
/// of 30 lighter than a grey of 144: -1, 0 or 1. Width and height are multiples of 16.
pub fn wmv3(width: u32, height: u32, steps: &[i8]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend((steps.len() as u32 | 0xC500_0000).to_le_bytes());
    file.extend(4u32.to_le_bytes());
    file.extend(sequence());
    file.extend(height.to_le_bytes());
    file.extend(width.to_le_bytes());
    file.extend(12u32.to_le_bytes());
    file.extend([0; 8]);
    // Pictures a second.
    file.extend(1u32.to_le_bytes());
    for (at, &step) in steps.iter().enumerate() {
        let picture = picture((width / BLOCK) * (height / BLOCK), step);
        file.extend((picture.len() as u32 | 0x8000_0000).to_le_bytes());
        file.extend((at as u32).to_le_bytes());
        file.extend(picture);
    }
    file
}

/// The sequence's header (6.1): simple profile, fast motion compensation as it demands, no extras.
fn sequence() -> Vec<u8> {
    let mut bits = Bits::default();
    // Profile and reserved.
    bits.put(4, 0);
    // Frame rate and bit rate for post-processing.
    bits.put(8, 0);
    // Loop filter, reserved, multi-resolution, reserved (1), fast motion compensation (1), extended vectors.
    bits.put(6, 0b000110);
    // Quantiser per macroblock, variable transform, reserved, overlap, sync marker, range reduction.
    bits.put(7, 0);
    // B pictures, quantiser, interpolation, reserved (1).
    bits.put(7, 1);
    bits.done()
}

fn picture(blocks: u32, step: i8) -> Vec<u8> {
    let mut bits = Bits::default();
    // Counter, intra, buffer's fullness.
    bits.put(2 + 1 + 7, 0);
    // Quantiser 5.
    bits.put(5, 5);
    // No half step; the first table of each kind.
    bits.put(1 + 1 + 1 + 1, 0);
    for block in 0..blocks {
        // Nothing but averages; no prediction of the rest.
        bits.put(2, 0b10);
        for part in 0..6 {
            match part {
                // 27 steps of the quantiser; every other block takes over its neighbour's.
                0 if block == 0 && step != 0 => {
                    bits.put(11, 0x35);
                    bits.put(1, u32::from(step < 0));
                }
                0..4 => bits.put(1, 1),
                _ => bits.put(2, 0),
            }
        }
    }
    bits.align();
    bits.bytes([0; 4]);
    bits.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greys_are_what_ffmpeg_sees() {
        let folder = crate::tempdir().unwrap();
        let path = folder.path().join("film.rcv");
        std::fs::write(&path, wmv3(64, 32, &[0, 1, -1])).unwrap();
        let mut command = crate::ffmpeg::ffmpeg();
        command.args(["-f", "vc1test", "-i"]).arg(&path);
        command.args([
            "-vf",
            "extractplanes=y,crop=1:1:60:30",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "gray",
            "-fps_mode",
            "passthrough",
            "-",
        ]);
        let greys = crate::ffmpeg::run_for_output(&mut command).unwrap();
        assert_eq!(greys, [MIDDLE, MIDDLE + STEP, MIDDLE - STEP]);
    }
}
