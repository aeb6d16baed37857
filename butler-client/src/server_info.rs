//! Who a server is: the one question that needs no token.

use butler_api::plex::{Container, Identity};

use crate::client::Client;
use crate::error::Error;

/// By this header a Butler is told from a Plex Media Server.
const BUTLER_VERSION: &str = "x-butler-version";

/// Who a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The same as long as the server's data lives.
    pub machine_identifier: String,
    /// The version of Plex Media Server, or the one that a Butler can be taken for.
    pub version: String,
    /// Whether an account of plex.tv owns it.
    pub claimed: bool,
    /// The version of a Butler; none of a Plex Media Server.
    pub butler_version: Option<String>,
}

impl Client {
    /// Who the server is. It needs no token.
    ///
    /// ```
    /// # use butler_client::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), butler_client::Error> {
    /// # let plex = butler_fixtures::plex::Plex::start();
    /// # let client = Client::builder().url(plex.url()).build().unwrap();
    /// let server = client.server_info().await?;
    /// match server.butler_version {
    ///     Some(version) => println!("Butler {version}"),
    ///     None => println!("Plex Media Server {}", server.version),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        let answer = self.get(&["identity"]).send().await?;
        let butler_version = answer.headers.get(BUTLER_VERSION).and_then(|value| value.to_str().ok());
        let butler_version = butler_version.map(str::to_owned);
        let body: Container<Identity> = answer.plex("a server's identity")?;
        let Identity { machine_identifier, version, claimed, .. } = body.inner;
        Ok(ServerInfo { machine_identifier, version, claimed, butler_version })
    }
}
