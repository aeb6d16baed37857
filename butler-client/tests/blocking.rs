//! The client without async.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use butler_client::blocking::Client;
use butler_client::{Error, Notice, Transport};
use butler_fixtures::plex::{Plex, TOKEN};

fn client(plex: &Plex) -> Client {
    let client = butler_client::Client::builder().url(plex.url()).token(TOKEN).build().unwrap();
    Client::new(client).unwrap()
}

#[test]
fn the_five_operations_wait_for_their_answers() {
    let plex = Plex::start();
    let client = client(&plex);
    assert_eq!(client.butler().tasks().unwrap().len(), 4);
    assert!(!client.butler().start("BackupDatabase", false).unwrap().already_running);
    client.butler().stop("BackupDatabase").unwrap();
    assert!(matches!(client.butler().stop("BackupDatabase"), Err(Error::NotFound { .. })));
    assert_eq!(client.butler().start_all(false).unwrap(), None);
    assert_eq!(client.butler().stop_all().unwrap(), None);
    assert!(!client.preferences().unwrap().is_empty());
}

#[test]
fn notifications_are_an_iterator() {
    let plex = Plex::start();
    let mut notifications = client(&plex).notifications(|all| all.over(Transport::EventSource)).unwrap();
    plex.begin("butler", "Backup");
    let first = notifications.next().unwrap().unwrap();
    assert!(
        matches!(&first, Notice::Activity(notification) if notification.activity.title == "Backup"),
        "{first:?}"
    );
}
