//! Items as tiles: a picture that Butler made, title and year, and what is wrong with one.

use std::collections::HashMap;

use butler_library::{ItemId, ItemKind, ItemRow, Tile};
use maud::{Markup, html};

use super::frame::Site;
use super::words::many;

/// Tiles of items, in their order.
pub(super) fn grid(site: &Site, items: &[ItemRow], tiles: &HashMap<ItemId, Tile>) -> Markup {
    let none = Tile::default();
    html! { ul.tiles { @for item in items { (tile(site, item, tiles.get(&item.id).unwrap_or(&none))) } } }
}

fn tile(site: &Site, item: &ItemRow, tile: &Tile) -> Markup {
    html! {
        li {
            a href=(site.at(&format!("/items/{}", item.id))) {
                @match tile.picture {
                    Some((part, at)) => {
                        span.pic { img loading="lazy" width="320" height="180" alt={ "A picture of " (item.title) }
                            src=(site.at(&format!("/library/parts/{part}/indexes/sd/{at}"))); }
                    }
                    // The title stands below too.
                    None => { span.pic.none aria-hidden="true" { (item.title) } }
                }
                span.title { (numbered(item)) }
            }
            span.quiet { (about(item)) }
            @if tile.is_missing { span.fail { "its file is missing" } }
            @else if tile.has_failed { span.fail { "something failed" } }
        }
    }
}

/// A title with its number, where that is how people name it.
pub(super) fn numbered(item: &ItemRow) -> String {
    match item.number.filter(|_| matches!(item.kind, ItemKind::Episode | ItemKind::Track)) {
        Some(number) => format!("{number}. {}", item.title),
        None => item.title.clone(),
    }
}

/// What stands below a title: `1995`, `3 seasons`.
fn about(item: &ItemRow) -> String {
    let below = match item.kind {
        ItemKind::Show => Some("season"),
        ItemKind::Season => Some("episode"),
        ItemKind::Artist => Some("album"),
        ItemKind::Album => Some("track"),
        ItemKind::PhotoAlbum => Some("photo"),
        _ => None,
    };
    let below = below.filter(|_| item.children > 0).map(|below| many(item.children, below));
    let year = item.year.map(|year| year.to_string());
    [year, item.edition.clone(), below].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
