//! Starts one task, and says what became of it.
//!
//! `PLEX_URL=http://plex:32400 PLEX_TOKEN=... cargo run -p butler-client --example start -- BackupDatabase`

#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use butler_client::{Client, Error, Outcome};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, token) = (std::env::var("PLEX_URL")?, std::env::var("PLEX_TOKEN")?);
    let client = Client::builder().url(url).token(token).product("butler-client examples").build()?;
    let task = std::env::args().nth(1).unwrap_or_else(|| "BackupDatabase".to_owned());
    match client.butler().start(task.as_str()).await {
        Ok(start) => match start.outcome {
            Some(Outcome::Skipped { reason, .. }) => println!("It was not started: {reason}."),
            Some(outcome) => println!("{outcome}"),
            None if start.already_running => println!("It runs already."),
            None => println!("The server took the request; a Plex Media Server says no more."),
        },
        Err(Error::NotFound { .. }) => println!("The server has no task `{task}`."),
        Err(other) => return Err(other.into()),
    }
    Ok(())
}
