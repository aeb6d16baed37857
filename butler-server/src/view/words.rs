//! Numbers as people write them. Pure.

/// `1 file`, `2,310 files`.
pub(crate) fn many(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", count(number)) }
}

/// A number with commas: `2,310`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_people() {
        assert_eq!([0, 999, 1000, 2_310, 1_234_567].map(count), ["0", "999", "1,000", "2,310", "1,234,567"]);
        assert_eq!((many(1, "file"), many(0, "file")), ("1 file".into(), "0 files".into()));
    }
}
