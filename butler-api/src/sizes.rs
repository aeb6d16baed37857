//! Sizes as people read them, in one spelling wherever they are shown. Pure.

/// A number of bytes: `512 B`, `13.4 kB`, `1.2 GB` (powers of 1000).
pub fn bytes(number: u64) -> String {
    scaled(number, "B")
}

/// Bits a second: `512 bit/s`, `7.1 Mbit/s` (powers of 1000).
pub fn bits_per_second(number: u64) -> String {
    scaled(number, "bit/s")
}

/// Three digits at most that count, and one behind the point where there is room.
fn scaled(number: u64, unit: &str) -> String {
    let prefixes = ["k", "M", "G", "T", "P", "E"];
    if number < 1000 {
        return format!("{number} {unit}");
    }
    let mut value = number as f64 / 1000.0;
    let mut prefix = 0;
    // What would be shown as 1000 is 1 of the next unit.
    while value >= 999.5 && prefix + 1 < prefixes.len() {
        value /= 1000.0;
        prefix += 1;
    }
    let digits = usize::from(value < 99.95);
    format!("{value:.digits$} {}{unit}", prefixes[prefix])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        for (number, words) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (13_360, "13.4 kB"),
            (99_960, "100 kB"),
            (999_600, "1.0 MB"),
            (1_234_567_890, "1.2 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(number), words, "{number}");
        }
        assert_eq!(bits_per_second(7_100_000), "7.1 Mbit/s");
    }
}
