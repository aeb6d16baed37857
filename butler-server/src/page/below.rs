//! What stands below an item on its page: a show's seasons with their episodes, a season's episodes, an
//! artist's albums and an album's photos as tiles; an album's tracks as a list.

use std::collections::HashMap;

use butler_library::query::{ItemQuery, ItemScope};
use butler_library::{ItemId, ItemKind, ItemRow, Library, MediaRow, StoreError, Tile};
use maud::{Markup, html};

use super::frame::Site;
use super::tile;
use super::words::{count, many, place};

/// Children that stand on one page.
const MOST: u64 = 120;
/// Seasons that show their episodes on the show's page, and episodes of each; the season's page has all.
const OPEN_SEASONS: usize = 12;
const OPEN_EPISODES: u64 = 12;

/// The children of an item, and what is shown of them.
pub(super) struct Below {
    children: Vec<ItemRow>,
    /// How many there are in all.
    total: u64,
    /// The place of the first one that is shown.
    start: u64,
    item: ItemId,
    /// The first episodes of the first seasons.
    episodes: HashMap<ItemId, Vec<ItemRow>>,
    tiles: HashMap<ItemId, Tile>,
    /// How long tracks last, in milliseconds.
    lengths: HashMap<ItemId, u64>,
}

impl Below {
    /// Looks up what stands below an item, from this place on.
    pub(super) fn of(library: &Library, item: &ItemRow, start: u64) -> Result<Self, StoreError> {
        let below =
            |item, start, most| library.items(&ItemQuery::all(ItemScope::Children(item)), start, most);
        let found = below(item.id, start, MOST)?;
        let (children, total) = (found.rows, found.total);
        let mut episodes = HashMap::new();
        if item.kind == ItemKind::Show {
            for season in children.iter().take(OPEN_SEASONS) {
                episodes.insert(season.id, below(season.id, 0, OPEN_EPISODES)?.rows);
            }
        }
        let ids: Vec<ItemId> = children.iter().map(|child| child.id).collect();
        let is_album = children.first().is_some_and(|child| child.kind == ItemKind::Track);
        let lengths = if is_album { lengths(library, &ids)? } else { HashMap::new() };
        let pictured: Vec<ItemId> = if is_album {
            Vec::new()
        } else {
            ids.into_iter().chain(episodes.values().flatten().map(|episode| episode.id)).collect()
        };
        Ok(Self {
            children,
            total,
            start,
            item: item.id,
            episodes,
            tiles: library.tiles(&pictured)?,
            lengths,
        })
    }

    pub(super) fn shown(&self, site: &Site) -> Markup {
        let Some(first) = self.children.first() else { return html! {} };
        html! {
            section.card.wide {
                h2 { (many(self.total, word_of(first.kind))) }
                @if first.kind == ItemKind::Track { (self.tracks(site)) }
                @else if self.episodes.is_empty() { (tile::grid(site, &self.children, &self.tiles)) }
                @else { @for season in &self.children { (self.season(site, season)) } }
                @let end = self.start + self.children.len() as u64;
                @let at = |start: u64| site.at(&format!("/items/{}?start={start}", self.item));
                @if self.total > self.children.len() as u64 { p.pages {
                    @if self.start > 0 { a.button href=(at(self.start.saturating_sub(MOST))) { "Before" } " " }
                    @if end < self.total { a.button href=(at(end)) { "Further" } " " }
                    span.quiet { (count(self.start + 1)) " to " (count(end)) }
                } }
            }
        }
    }

    fn season(&self, site: &Site, season: &ItemRow) -> Markup {
        let path = site.at(&format!("/items/{}", season.id));
        html! {
            div.row.season {
                h3 { a href=(path) { (season.title) } }
                span.quiet { (many(season.children, "episode")) }
            }
            @if let Some(episodes) = self.episodes.get(&season.id) {
                (tile::grid(site, episodes, &self.tiles))
                @if season.children > episodes.len() as u64 {
                    p { a href=(path) { "All of " (season.title) } }
                }
            }
        }
    }

    fn tracks(&self, site: &Site) -> Markup {
        html! {
            ul.plain.lines {
                @for track in &self.children {
                    li.row {
                        span {
                            a.plain href=(site.at(&format!("/items/{}", track.id))) {
                                (tile::numbered(track))
                            }
                            @if let Some(by) = &track.original_title { " " span.quiet { (by) } }
                        }
                        @if let Some(ms) = self.lengths.get(&track.id) { span.quiet.num { (place(*ms)) } }
                    }
                }
            }
        }
    }
}

fn lengths(library: &Library, tracks: &[ItemId]) -> Result<HashMap<ItemId, u64>, StoreError> {
    let media = library.media_of_items(tracks)?;
    let length = |(track, versions): (ItemId, Vec<MediaRow>)| {
        let info = versions.first()?.parts.first()?.media_info.as_ref()?;
        Some((track, info.duration_ms?))
    };
    Ok(media.into_iter().filter_map(length).collect())
}

const fn word_of(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Season => "season",
        ItemKind::Episode => "episode",
        ItemKind::Album => "album",
        ItemKind::Track => "track",
        ItemKind::Photo => "photo",
        _ => "item",
    }
}
