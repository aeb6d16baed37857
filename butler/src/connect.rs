//! Finds the server: the one named on the command line or in the environment, else the one that uses the
//! local data folder.

use std::time::Duration;

use butler_client::{BuildError, Client, RetryPolicy};

use crate::cli::Global;
use crate::data_dir::{self, TOKEN_FILE};
use crate::exit::Exit;
use crate::print::error::Trouble;

/// A client of the server that is meant.
pub(crate) fn connect(global: &Global) -> Result<Client, Trouble> {
    let given_url = global.url.as_deref().filter(|url| !url.trim().is_empty());
    let given_token = global.token.as_deref().filter(|token| !token.trim().is_empty());
    let folder = data_dir::choose(global.data_dir.as_deref());
    let url = match given_url {
        Some(url) => url.to_owned(),
        None => {
            let folder = folder.as_ref().map_err(Clone::clone)?;
            data_dir::server(folder)?.ok_or_else(|| {
                Trouble::new(
                    Exit::NoServer,
                    format!("No server uses the data folder `{}` now.", folder.display()),
                )
                .hint(
                    "Start one with `butler serve`. One with another data folder is found by --data-dir or \
                     BUTLER_DATA_DIR, any other by --url or BUTLER_URL.",
                )
            })?
        }
    };
    // A person sees at once that a server is away; what waits for one has a patience of its own.
    let mut client = Client::builder()
        .url(&url)
        .timeout(Duration::from_secs(global.timeout))
        .retry(RetryPolicy::none())
        .product("Butler")
        .version(env!("CARGO_PKG_VERSION"));
    if let Some(token) = given_token {
        client = client.token(token);
    } else if let Ok(folder) = &folder
        && (given_url.is_none() || is_local_server(&url, folder))
    {
        client = client
            .token(data_dir::read(folder, TOKEN_FILE)?.ok_or_else(|| no_token(&folder.join(TOKEN_FILE)))?);
    }
    client.build().map_err(Trouble::from)
}

fn no_token(file: &std::path::Path) -> Trouble {
    Trouble::new(Exit::NoServer, format!("There is no token in the file `{}`.", file.display())).hint(
        "Give the server's token by BUTLER_TOKEN. If it is lost: stop the server, remove the file, and the \
         next start makes a new one.",
    )
}

/// Whether a URL is that of the server which uses the data folder. Only to that one its token may go: another
/// that was named, a Plex Media Server say, must not get the admin's credential of this one.
fn is_local_server(url: &str, folder: &std::path::Path) -> bool {
    let same = |text: &str| -> Result<String, BuildError> {
        Ok(Client::builder().url(text).build()?.url().replace("//localhost:", "//127.0.0.1:"))
    };
    let Ok(Some(address)) = data_dir::server(folder) else { return false };
    // A token in the URL wins over the folder's.
    !url.contains('?') && same(url).is_ok_and(|url| same(&address).is_ok_and(|address| url == address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::ADDRESS_FILE;

    #[test]
    fn only_the_folders_own_server_gets_its_token() {
        let folder = butler_fixtures::tempdir().unwrap();
        assert!(!is_local_server("http://127.0.0.1:32500", folder.path()));
        std::fs::write(folder.path().join(ADDRESS_FILE), "http://127.0.0.1:32500\n").unwrap();
        for (url, is_local) in [
            ("http://127.0.0.1:32500/", true),
            ("localhost:32500", true),
            ("http://127.0.0.1:32400", false),
            ("http://plex:32500", false),
            ("http://127.0.0.1:32500/?X-Plex-Token=other", false),
        ] {
            assert_eq!(is_local_server(url, folder.path()), is_local, "{url}");
        }
    }
}
