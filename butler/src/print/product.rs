//! What was made of a file, in a few words: the one renderer of what a product says of itself.

use butler_product::{Line, ProductKind, Quantity, Value};

use crate::print::words;

/// The names of what is made of files, as a help text lists them.
pub(crate) fn kinds() -> String {
    let of_files = ProductKind::ALL.into_iter().filter(|kind| !kind.is_derived());
    of_files.map(ProductKind::as_str).collect::<Vec<_>>().join(", ")
}

/// A product's value in a few words.
pub(crate) fn summary(value: &Value) -> String {
    value.summary().iter().map(line).collect::<Vec<_>>().join(", ")
}

fn line(Line { label, quantity }: &Line) -> String {
    let words = match quantity {
        Quantity::Count(1) => return format!("1 {}", label.strip_suffix('s').unwrap_or(label)),
        Quantity::Count(number) => return format!("{number} {label}"),
        Quantity::BitsPerSecond(rate) => return format!("{} {label}", words::bits(*rate)),
        Quantity::Milliseconds(ms) => words::duration_ms(*ms),
        Quantity::Pixels(width, height) => format!("{width}×{height}"),
        Quantity::Text(text) => text.clone(),
    };
    format!("{label} {words}").trim_start().to_owned()
}
