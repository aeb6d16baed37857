//! A track by what a person calls it: its id, the path of its file, or words of its title, with its artist in
//! front perhaps.

use butler_client::{Client, Error, Metadata};

use crate::commands::show;
use crate::exit::Exit;
use crate::print::error::Trouble;

/// Tracks with such a title that are asked for.
const MOST: u32 = 200;
/// Of several tracks so many are named.
const NAMED: usize = 5;

/// The id of the one track that is meant.
pub(super) async fn find(client: &Client, what: &str) -> Result<i64, Trouble> {
    if let Ok(id) = what.parse::<i64>() {
        match client.item(id).await {
            Ok(item) if item.kind == "track" => return Ok(id),
            // Songs are called `1979`.
            Ok(_) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    } else if show::known_path(what.as_ref()).is_file() {
        return show::find(client, what).await;
    } else if what.contains('/') {
        // A path on the server's machine; or a song called `AC/DC Medley`.
        match show::find(client, what).await {
            Err(trouble) if trouble.exit == Exit::NotThere => {}
            found => return found,
        }
    }
    let mut found = client.tracks_titled(what, MOST).await?.0;
    if let (true, Some((artist, title))) = (found.is_empty(), what.split_once(" - ")) {
        found = client.tracks_titled(title, MOST).await?.0;
        found.retain(|track| artist_of(track).is_some_and(|by| by.to_lowercase() == artist.to_lowercase()));
    }
    choose(what, found)
}

/// The one track that is meant: the only one, or the only one with that very title.
fn choose(what: &str, mut found: Vec<Metadata>) -> Result<i64, Trouble> {
    let is_it = |track: &Metadata| track.title.to_lowercase() == what.to_lowercase();
    if found.iter().any(is_it) {
        found.retain(is_it);
    }
    if let [one] = found.as_slice()
        && let Ok(id) = one.rating_key.parse()
    {
        return Ok(id);
    }
    if found.is_empty() {
        let sentence = format!("No track is `{what}`.");
        return Err(Trouble::new(Exit::NotThere, sentence)
            .hint("Name it by its id, the path of its file, or words of its title."));
    }
    let named: Vec<String> = found.iter().take(NAMED).map(named).collect();
    let more = found.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(Trouble::new(Exit::Usage, format!("`{what}` may be one of {} tracks.", found.len()))
        .hint(format!("Name it by its id: {}{more}.", named.join(", "))))
}

fn artist_of(track: &Metadata) -> Option<&str> {
    track.original_title.as_deref().or(track.grandparent_title.as_deref())
}

/// `12 (Moonshake by Can, Future Days)`.
fn named(track: &Metadata) -> String {
    let artist = artist_of(track).map(|artist| format!(" by {artist}")).unwrap_or_default();
    let album = track.parent_title.as_deref().map(|album| format!(", {album}")).unwrap_or_default();
    format!("{} ({}{artist}{album})", track.rating_key, track.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(id: i64, title: &str) -> Metadata {
        Metadata {
            rating_key: id.to_string(),
            title: title.into(),
            grandparent_title: Some("Can".into()),
            parent_title: Some("Future Days".into()),
            ..Metadata::default()
        }
    }

    #[test]
    fn the_only_one_is_meant_and_of_several_the_one_of_that_very_title() {
        assert_eq!(choose("moon", vec![track(3, "Moonshake")]).unwrap_or_default(), 3);
        let both = vec![track(3, "Moonshake"), track(4, "Moon")];
        assert_eq!(choose("moon", both).unwrap_or_default(), 4);
        assert!(choose("moon", Vec::new()).is_err());
        assert!(choose("moon", vec![track(3, "Moonshake"), track(4, "Moonlight")]).is_err());
    }

    #[test]
    fn of_several_each_is_named_with_its_id() {
        assert_eq!(named(&track(3, "Moonshake")), "3 (Moonshake by Can, Future Days)");
    }
}
