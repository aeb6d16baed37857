//! An item's page: of a track those that sound like it, or why none is known.

use butler_library::{ItemKind, ItemRow};
use maud::{Markup, html};

use super::frame::{Site, coded};
use crate::app::App;
use crate::error::Problem;
use crate::view::sonic::{self, Wanted};

/// So many of them are shown.
const SHOWN: usize = 6;

/// What the card says; none for what is no track.
pub(super) async fn card(app: &App, site: &Site, item: &ItemRow) -> Result<Option<Markup>, Problem> {
    if item.kind != ItemKind::Track {
        return Ok(None);
    }
    let found = sonic::nearest(app, &item.id.to_string(), Wanted::nearest(SHOWN)).await?;
    let (why, found) = (found.why.clone(), sonic::body(found));
    Ok(Some(html! {
        h2 { "Sounds like" }
        @match &why {
            Some(why) if why.is_to_come => {
                p.empty {
                    "What it sounds like is not known yet: the task "
                    a href=(site.at("/tasks/MusicAnalysis")) { "Analyze Music" } " finds that out."
                }
            }
            Some(why) => { p.empty { (coded(&why.sentence)) } }
            None if found.tracks.is_empty() => { p.empty { "No other track of its section was analysed." } }
            None => {}
        }
        ul.plain.lines {
            @for track in &found.tracks {
                li.row {
                    a href=(site.at(&format!("/items/{}", track.item))) { (track.title) }
                    span.quiet {
                        @if let Some(artist) = &track.artist { (artist) " · " }
                        (format!("{:.3} away", track.distance))
                    }
                }
            }
        }
    }))
}
