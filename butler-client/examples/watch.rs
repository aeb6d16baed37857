//! Keeps a list of what a server is busy with: one question at the start and after each gap, and news between.
//!
//! `PLEX_URL=http://plex:32400 PLEX_TOKEN=... cargo run -p butler-client --example watch`

#![expect(clippy::print_stdout, reason = "an example shows what it got")]

use butler_client::{ActivityEvent, Client, Notice};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, token) = (std::env::var("PLEX_URL")?, std::env::var("PLEX_TOKEN")?);
    let client = Client::builder().url(url).token(token).product("butler-client examples").build()?;
    // Listening first: what begins between the two is told, and seen.
    let mut notifications = client.notifications().only(["activity"]).connect().await?;
    let mut activities = client.activities().await?;
    loop {
        let titles: Vec<&str> = activities.iter().map(|activity| activity.title.as_str()).collect();
        println!("{} activities: {}", titles.len(), titles.join(", "));
        let Some(notice) = notifications.next().await else { break };
        match notice? {
            Notice::Activity(notification) => {
                activities.retain(|activity| activity.uuid != notification.uuid);
                if notification.event != ActivityEvent::Ended {
                    activities.push(notification.activity);
                }
            }
            Notice::Missed => activities = client.activities().await?,
            _ => {}
        }
    }
    Ok(())
}
