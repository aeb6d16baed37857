//! A blur hash as cells of colour. They are drawn by an SVG's own attributes, for pages have no inline style.

use butler_product::blur_hash::BlurHash;
use maud::{Markup, html};

/// The blur in so many cells for its longer side; nothing for a hash that is none.
pub(super) fn drawn(hash: &BlurHash, cells: u32) -> Markup {
    let longer = u64::from(hash.width.max(hash.height).max(1));
    let side =
        |side: u32| (u64::from(side) * u64::from(cells)).div_ceil(longer).clamp(1, cells.into()) as u32;
    let (columns, rows) = (side(hash.width), side(hash.height));
    let Some(colours) = hash.colours(columns, rows) else { return html! {} };
    let places = (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y)));
    html! {
        svg.blur viewBox={ "0 0 " (columns) " " (rows) } role="img" aria-label="A blur of its colours" {
            @for ((x, y), [red, green, blue]) in places.zip(colours) {
                rect x=(x) y=(y) width="1.02" height="1.02" fill=(format!("#{red:02x}{green:02x}{blue:02x}")) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_has_the_sides_of_its_picture_and_a_colour_a_cell() {
        let hash = |hash: &str, width, height| BlurHash { hash: hash.to_owned(), width, height };
        let drawn = |of: &BlurHash| drawn(of, 4).into_string();
        let whole = "LEHV6nWB2yk8pyo0adR*.7kCMdnj";
        let wide = drawn(&hash(whole, 4_000, 3_000));
        assert!(wide.contains("viewBox=\"0 0 4 3\"") && wide.matches("<rect").count() == 12, "{wide}");
        assert!(drawn(&hash(whole, 30_000, 1)).contains("viewBox=\"0 0 4 1\""));
        assert_eq!(drawn(&hash("none", 4, 3)), "");
    }
}
