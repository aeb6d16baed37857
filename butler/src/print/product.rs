//! What was made of a file, in a few words: the one renderer of what a product says of itself.

use butler_product::{Line, ProductKind, Quantity, Value};

use crate::print::words;

/// The names of all products, as a help text lists them.
pub(crate) fn kinds() -> String {
    ProductKind::ALL.map(ProductKind::as_str).join(", ")
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
