//! The tasks of a server, from a program without async.
//!
//! `PLEX_URL=http://plex:32400 PLEX_TOKEN=... cargo run -p butler-client --features blocking --example blocking`

#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use butler_client::blocking::Client;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, token) = (std::env::var("PLEX_URL")?, std::env::var("PLEX_TOKEN")?);
    let client = Client::new(butler_client::Client::builder().url(url).token(token).build()?)?;
    for task in client.butler().tasks()? {
        println!("{}", task.name);
    }
    Ok(())
}
