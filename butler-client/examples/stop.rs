//! Stops one task.
//!
//! `PLEX_URL=http://plex:32400 PLEX_TOKEN=... cargo run -p butler-client --example stop -- BackupDatabase`

#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use butler_client::{Client, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, token) = (std::env::var("PLEX_URL")?, std::env::var("PLEX_TOKEN")?);
    let client = Client::builder().url(url).token(token).product("butler-client examples").build()?;
    let task = std::env::args().nth(1).unwrap_or_else(|| "BackupDatabase".to_owned());
    match client.butler().stop(task.as_str()).await {
        Ok(_) => println!("{task} stops."),
        Err(Error::NotFound { .. }) => println!("{task} does not run, or there is no such task."),
        Err(other) => return Err(other.into()),
    }
    Ok(())
}
