//! Stops whatever runs and empties the queue.
//!
//! `PLEX_URL=http://plex:32400 PLEX_TOKEN=... cargo run -p butler-client --example stop_all`

#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use butler_client::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, token) = (std::env::var("PLEX_URL")?, std::env::var("PLEX_TOKEN")?);
    let client = Client::builder().url(url).token(token).product("butler-client examples").build()?;
    match client.butler().stop_all().await? {
        Some(runs) => println!("{} runs stop.", runs.len()),
        None => println!("The server took the request; a Plex Media Server says no more."),
    }
    Ok(())
}
