//! Prints what a server tells, over whatever becomes of the connection.
//!
//! `PLEX_URL=http://plex:32400 PLEX_TOKEN=... cargo run -p butler-client --example notifications`

#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use butler_client::{Client, Notice, Transport};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, token) = (std::env::var("PLEX_URL")?, std::env::var("PLEX_TOKEN")?);
    let client = Client::builder().url(url).token(token).product("butler-client examples").build()?;
    let mut notifications =
        client.notifications().over(Transport::EventSource).only(["activity", "status"]).connect().await?;
    while let Some(notice) = notifications.next().await {
        match notice? {
            Notice::Activity(notification) => {
                println!(
                    "{:?}: {} ({} %)",
                    notification.event, notification.activity.title, notification.activity.progress
                );
            }
            Notice::Status(status) => println!("{}", status.title),
            Notice::Disconnected(error) => println!("lost: {error}"),
            Notice::Missed => println!("something may have been missed"),
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
