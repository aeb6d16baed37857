//! Starts every task that is switched on and on its day.
//!
//! `PLEX_URL=http://plex:32400 PLEX_TOKEN=... cargo run -p butler-client --example start_all`

#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use butler_client::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, token) = (std::env::var("PLEX_URL")?, std::env::var("PLEX_TOKEN")?);
    let client = Client::builder().url(url).token(token).product("butler-client examples").build()?;
    match client.butler().start_all().await? {
        Some(starts) => starts.iter().for_each(|start| println!("{}: {:?}", start.task, start.outcome)),
        None => println!("The server took the request; a Plex Media Server says no more."),
    }
    Ok(())
}
