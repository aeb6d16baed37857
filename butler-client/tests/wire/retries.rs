//! Which calls are tried again, and how long for; what hooks are told of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use butler_client::{Client, Error, RetryPolicy};
use butler_fixtures::stand_in::{Reply, StandIn};

use super::{PATIENCE, TOKEN, show};

const SOUND: &str = r#"{"ButlerTasks":{}}"#;

/// A server that gives these replies one after the other, and the last one for good.
fn replies(replies: Vec<Reply>) -> StandIn {
    let next = AtomicUsize::new(0);
    StandIn::start(move |_| replies[next.fetch_add(1, Ordering::SeqCst).min(replies.len() - 1)].clone())
}

/// Does not hang on how fast the machine is: only a limit ends it.
fn eager() -> RetryPolicy {
    RetryPolicy::default().pauses(Duration::from_millis(1), Duration::from_millis(2)).elapsed_limit(PATIENCE)
}

fn client(server: &StandIn, policy: RetryPolicy) -> Client {
    Client::builder().url(server.url()).token(TOKEN).timeout(PATIENCE).retry(policy).build().unwrap()
}

#[tokio::test]
async fn a_busy_server_is_asked_again_until_it_answers() {
    let busy = || Reply::new(429, "text/html", "Retry-After: 0\r\n", "");
    let server = replies(vec![
        busy(),
        Reply::page(503, "Service Unavailable"),
        Reply::Bytes(Vec::new()),
        Reply::json(200, SOUND),
    ]);
    assert!(client(&server, eager()).butler().tasks().await.unwrap().is_empty());
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_start_is_never_sent_twice_unless_that_is_wanted() {
    let server = replies(vec![Reply::page(503, "Service Unavailable"), Reply::empty(200)]);
    let error = client(&server, eager()).butler().start("BackupDatabase").await.unwrap_err();
    assert_eq!(show(&error), "Status - 503 Service Unavailable 503");
    assert_eq!(server.asked().len(), 1);
    let server = replies(vec![Reply::page(503, "Service Unavailable"), Reply::empty(200)]);
    client(&server, eager().every_method()).butler().start("BackupDatabase").await.unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_final_and_so_is_a_pause_that_is_too_long() {
    for reply in [Reply::page(401, "Unauthorized"), Reply::new(429, "text/html", "Retry-After: 3600\r\n", "")]
    {
        let server = replies(vec![reply, Reply::json(200, SOUND)]);
        client(&server, eager()).butler().tasks().await.unwrap_err();
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_never_answers_costs_the_limit_of_the_call_and_no_more() {
    let server = replies(vec![Reply::Silence]);
    let limit = Duration::from_millis(300);
    let client = Client::builder().url(server.url()).timeout(limit).retry(eager()).build().unwrap();
    let error = client.butler().tasks().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { after, .. } if after == limit), "{error}");
}

#[tokio::test]
async fn what_starts_something_is_asked_for_once_whatever_its_method_is() {
    let busy = || Reply::page(503, "Service Unavailable");
    let server = replies(vec![busy(), busy()]);
    let client = Client::builder().url(server.url()).timeout(PATIENCE).retry(eager()).build().unwrap();
    let _refused = client.refresh_section(1, &[]).await.unwrap_err();
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn hooks_see_every_try_and_may_change_it_but_see_no_token() {
    let server = replies(vec![Reply::page(503, "Service Unavailable"), Reply::json(200, SOUND)]);
    let (seen, attempts) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (before, after) = (Arc::clone(&seen), Arc::clone(&attempts));
    let client = Client::builder()
        .url(server.url())
        .token(TOKEN)
        .timeout(PATIENCE)
        .retry(eager())
        .before(move |request| {
            before.lock().unwrap().push(request.headers().contains_key("x-plex-token"));
            request.headers_mut().insert("x-night", "7".parse().unwrap());
        })
        .after(move |attempt| {
            let result = attempt.result.map_err(show);
            after.lock().unwrap().push((attempt.number, attempt.call.method.clone(), result));
        })
        .build()
        .unwrap();
    client.butler().tasks().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [false, false]);
    let refused = Err("Status - 503 Service Unavailable 503".to_owned());
    assert_eq!(*attempts.lock().unwrap(), [(1, "GET".to_owned(), refused), (2, "GET".to_owned(), Ok(200))]);
    assert!(
        server
            .asked()
            .iter()
            .all(|request| request.header("x-night") == "7" && request.header("x-plex-token") == TOKEN)
    );
}
