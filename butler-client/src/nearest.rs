//! Tracks that sound like one, and those that lead from one to another: Butler's own, a Plex Media Server has
//! none under these addresses (404).

use butler_api::plex::{Container, Metadata, MetadataPage};
use butler_api::v1::NearTracks;

use crate::client::Client;
use crate::error::Error;

/// Plex's number for tracks.
const TRACKS: &str = "10";

impl Client {
    /// The tracks that sound like one, nearest first; at most so many.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// for near in client.nearest(7, 10).await?.tracks {
    ///     println!("{:.3} {}", near.distance, near.title);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such item, [`Error::BadRequest`] if it is no track; else if the
    /// server can't be asked or refuses.
    pub async fn nearest(&self, track: i64, limit: u32) -> Result<NearTracks, Error> {
        self.get(&["api", "v1", "items", &track.to_string(), "nearest"])
            .argument("limit", &limit.to_string())
            .send()
            .await?
            .json("a list of tracks")
    }

    /// So many tracks, or as many as there are, that lead from one to another: both stand in the list.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// for track in client.path(7, 8, 20).await?.tracks {
    ///     println!("{:.3} {}", track.distance, track.title);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Client::nearest`]; [`Error::BadRequest`] too if the tracks are of two sections.
    pub async fn path(&self, from: i64, to: i64, length: u32) -> Result<NearTracks, Error> {
        self.get(&["api", "v1", "items", &from.to_string(), "path"])
            .argument("to", &to.to_string())
            .argument("length", &length.to_string())
            .send()
            .await?
            .json("a list of tracks")
    }

    /// The tracks of all sections whose title holds this; at most so many, and how many there are in all.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let butler = butler_fixtures::butler();
    /// # let client = Client::builder().url(butler.url()).build().unwrap();
    /// let (tracks, total) = client.tracks_titled("Moonshake", 10).await?;
    /// println!("{total} tracks, the first of them {}", tracks[0].title);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn tracks_titled(&self, title: &str, most: u32) -> Result<(Vec<Metadata>, u64), Error> {
        let body: Container<MetadataPage> = self
            .get(&["library", "all"])
            .argument("type", TRACKS)
            .argument("title", title)
            .argument("X-Plex-Container-Start", "0")
            .argument("X-Plex-Container-Size", &most.to_string())
            .send()
            .await?
            .plex("a list of tracks")?;
        let total = body.inner.total_size.unwrap_or(body.inner.metadata.len() as u64);
        Ok((body.inner.metadata, total))
    }
}
