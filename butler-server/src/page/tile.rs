//! Items as tiles: a picture that Butler made, title and year, and what is wrong with one.

use std::collections::HashMap;

use butler_library::{ItemId, ItemKind, ItemRow, PictureFile, SourceId, Tile, TilePicture};
use maud::{Markup, html};

use super::frame::Site;
use super::picture;
use super::words::many;

/// A larger picture is shown on its own page only; here its blur stands for it.
const LARGEST_BYTES: u64 = 6 << 20;

/// Tiles of items, in their order.
pub(super) fn grid(site: &Site, items: &[ItemRow], tiles: &HashMap<ItemId, Tile>) -> Markup {
    let none = Tile::default();
    html! { ul.tiles { @for item in items { (tile(site, item, tiles.get(&item.id).unwrap_or(&none))) } } }
}

fn tile(site: &Site, item: &ItemRow, tile: &Tile) -> Markup {
    html! {
        li {
            a href=(site.at(&format!("/items/{}", item.id))) {
                (picture(site, item, tile))
                span.title { (numbered(item)) }
            }
            span.quiet { (about(item)) }
            @if tile.is_missing { span.fail { "its file is missing" } }
            @else if tile.has_failed { span.fail { "something failed" } }
        }
    }
}

/// The best of its pictures that can be shown; else its first letter, for the title stands below.
fn picture(site: &Site, item: &ItemRow, tile: &Tile) -> Markup {
    let shown = |file: &PictureFile| {
        let is_shown = file.bytes <= LARGEST_BYTES && picture::is_shown(&file.path, file.bytes);
        is_shown.then(|| picture::address(site, file.source))
    };
    let blur = |source: &SourceId| Some(picture::blur_address(site, *source));
    let found = tile.pictures.iter().find_map(|picture| {
        Some(match picture {
            TilePicture::Poster(file) => ("pic whole", shown(file)?),
            TilePicture::Photo(file) => ("pic", shown(file)?),
            TilePicture::Preview(part, at) => {
                ("pic", site.at(&format!("/library/parts/{part}/indexes/sd/{at}")))
            }
            TilePicture::Blur(source) => ("pic", blur(source)?),
        })
    });
    html! {
        @match found {
            Some((class, address)) => {
                span class=(class) {
                    img loading="lazy" width="320" height="180" alt={ "A picture of " (item.title) } src=(address);
                }
            }
            None => { span.pic.none aria-hidden="true" { (item.title.chars().next().unwrap_or('?')) } }
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
