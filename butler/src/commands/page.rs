//! `butler page`: an address that opens the pages in a browser, signed in.

use butler_client::Client;

use crate::exit::Exit;
use crate::print::error::Trouble;
use crate::print::{Out, json};

pub(crate) async fn run(client: &Client, out: Out) -> Result<Exit, Trouble> {
    let mut sign_in = client.sign_in().await?;
    sign_in.path.insert_str(0, client.url().trim_end_matches('/'));
    if out.json {
        json::print(&sign_in)?;
    } else {
        out.line(&sign_in.path)?;
    }
    Ok(Exit::Done)
}
