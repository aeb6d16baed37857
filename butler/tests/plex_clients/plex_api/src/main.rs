//! Drives a running Butler with the crate plex-api 0.0.12: connecting by `/media/providers`, the section and
//! its films, one film with its deep analysis, and preferences read, changed and read again.
//!
//! Called by ../../../plex_clients.rs with the server in BUTLER_URL and BUTLER_TOKEN. Ends with 0 only if all
//! of it holds.

use std::env::var;
use std::error::Error;

use plex_api::library::{Item, Library, MediaItem, MetadataItem};
use plex_api::media_container::preferences::Value;
use plex_api::{HttpClientBuilder, Server};

fn main() -> Result<(), Box<dyn Error>> {
    futures::executor::block_on(judge())
}

async fn judge() -> Result<(), Box<dyn Error>> {
    let server = connect(&var("BUTLER_TOKEN")?).await?;
    assert_eq!(server.machine_identifier().len(), 40);
    let container = &server.media_container;
    assert!(!container.friendly_name.is_empty() && !container.version.is_empty(), "{container:?}");
    assert!(container.background_processing && container.event_stream, "{container:?}");
    assert!(connect("wrong").await.is_err(), "it connects with a wrong token");

    let libraries = server.libraries();
    let [Library::Movie(movies)] = libraries.as_slice() else { return Err(format!("one section of films expected: {libraries:?}").into()) };
    assert_eq!(movies.title(), "Movies");
    let listed = movies.movies().await?;
    // Its reader of one film is strict about which numbers are written as text.
    for film in &listed {
        let Item::Movie(film) = server.item_by_id(film.rating_key()).await? else { return Err("a film expected".into()) };
        let media = film.media();
        let parts: Vec<_> = media.iter().flat_map(|media| media.parts()).collect();
        let [part] = parts.as_slice() else { return Err(format!("one part expected: \
                                                                 {}", film.title()).into()) };
        assert!(part.metadata().deep_analysis_version.is_some(), "{:?}", part.metadata());
        assert_eq!(part.metadata().required_bandwidths.as_ref().map(Vec::len), Some(8), "{:?}", part.metadata());
    }
    let mut films: Vec<String> = listed.iter().map(|film| film.title().to_owned()).collect();
    films.sort();
    assert_eq!(films, ["Alpha", "Beta", "Gamma"]);

    // All settings go through its strict reader; one is changed, and another client would see it.
    let mut preferences = server.preferences().await?;
    for setting in preferences.all() {
        assert!(setting.hidden || !setting.label.is_empty(), "{setting:?}");
    }
    assert_eq!(number(preferences.get("ButlerStartHour").map(|setting| &setting.value))?, 2);
    let hours = preferences.get("ButlerStartHour").and_then(|setting| setting.suggested_values.as_ref());
    assert_eq!(hours.map(Vec::len), Some(24), "{hours:?}");
    preferences.set("ButlerStartHour", Value::Int(23))?;
    preferences.set("ButlerTaskRefreshLibraries", Value::Bool(false))?;
    preferences.commit().await?;
    let preferences = connect(&var("BUTLER_TOKEN")?).await?.preferences().await?;
    assert_eq!(number(preferences.get("ButlerStartHour").map(|setting| &setting.value))?, 23);
    assert!(matches!(preferences.get("ButlerTaskRefreshLibraries").map(|setting| &setting.value), Some(Value::Bool(false))));

    // What will not do is refused, and nothing of it is kept.
    let mut refused = server.preferences().await?;
    refused.set("ButlerStartHour", Value::Int(24))?;
    refused.set("ButlerEndHour", Value::Int(7))?;
    assert!(refused.commit().await.is_err(), "an hour of 24 was taken");
    let preferences = server.preferences().await?;
    assert_eq!(number(preferences.get("ButlerStartHour").map(|setting| &setting.value))?, 23);
    assert_eq!(number(preferences.get("ButlerEndHour").map(|setting| &setting.value))?, 5);
    Ok(())
}

async fn connect(token: &str) -> Result<Server, Box<dyn Error>> {
    let client = HttpClientBuilder::generic().set_x_plex_token(token.to_owned()).build()?;
    Ok(Server::new(var("BUTLER_URL")?, client).await?)
}

fn number(value: Option<&Value>) -> Result<i64, Box<dyn Error>> {
    match value {
        Some(Value::Int(number)) => Ok(*number),
        other => Err(format!("a whole number expected: {other:?}").into()),
    }
}
