//! Lists the tasks of a server.
//!
//! `PLEX_URL=http://plex:32400 PLEX_TOKEN=... cargo run -p butler-client --example tasks`

#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use butler_client::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, token) = (std::env::var("PLEX_URL")?, std::env::var("PLEX_TOKEN")?);
    let client = Client::builder().url(url).token(token).product("butler-client examples").build()?;
    for task in client.butler().tasks().await? {
        let on = if task.enabled { "on" } else { "off" };
        println!("{:<36} every {} days, {on}", task.name, task.interval);
    }
    Ok(())
}
