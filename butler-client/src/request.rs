//! The one place that sends a request: token, identity, limits, further tries, hooks, spans. What an answer
//! says is read in `answer.rs`.

use std::future::Future;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::time::timeout;
use tracing::Instrument;

use crate::answer::Answer;
use crate::client::Client;
use crate::error::{Call, Error, Source, UNASKABLE};
use crate::hooks::Attempt;
use crate::retry::{Failure, Tried, retry_after};
use crate::server_url::is_segment;
use crate::token::Token;

/// Bytes of an answer that are read; the largest honest one, a page of runs, is far below.
const MAX_BODY_BYTES: usize = 64 << 20;
/// Bytes that are read of an answer which isn't what was asked for: more than an error shows of it.
const MAX_STRANGE_BYTES: usize = 16 << 10;
/// The pause between two questions whether a server is still there that takes long over another answer.
const STILL_THERE_EVERY: Duration = Duration::from_secs(5);
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-plex-token");

/// One request, as yet unsent.
#[must_use]
pub(crate) struct Request<'a> {
    client: &'a Client,
    method: Method,
    url: Url,
    headers: HeaderMap,
    within: Duration,
    /// Whether it starts something whatever its method says, so that a second try could start it twice.
    is_start: bool,
    /// Whether its URL is that of what was named. A name that a URL would swallow names nothing; sent, it
    /// would be a call on all of them.
    is_askable: bool,
}

impl Client {
    pub(crate) fn get(&self, segments: &[&str]) -> Request<'_> {
        self.request(Method::GET, segments)
    }

    pub(crate) fn post(&self, segments: &[&str]) -> Request<'_> {
        self.request(Method::POST, segments)
    }

    pub(crate) fn put(&self, segments: &[&str]) -> Request<'_> {
        self.request(Method::PUT, segments)
    }

    pub(crate) fn delete(&self, segments: &[&str]) -> Request<'_> {
        self.request(Method::DELETE, segments)
    }

    /// Ends when the server answers not even the shortest of questions for as long as the client's limit, and
    /// gives that limit. Whatever it answers, it is there; that it can't be reached at all is found by the
    /// call that goes on meanwhile.
    async fn falls_silent(&self) -> Duration {
        let (limit, mut silent_since) = (self.shared.timeout, None::<Instant>);
        loop {
            let (asked, begun) = (self.get(&["identity"]), Instant::now());
            let call = asked.call();
            match asked.limited(&call, begun, asked.answer(&call)).await {
                // One that a connection took too long to be made for may come sooner than the limit.
                Err(Error::Timeout { .. }) => {
                    if silent_since.get_or_insert(begun).elapsed() >= limit {
                        return limit;
                    }
                }
                _ => silent_since = None,
            }
            tokio::time::sleep(STILL_THERE_EVERY).await;
        }
    }

    fn request(&self, method: Method, segments: &[&str]) -> Request<'_> {
        let mut headers = self.shared.identity.clone();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let url = self.shared.server.resource(segments);
        let is_askable = segments.iter().all(|segment| is_segment(segment));
        Request {
            client: self,
            method,
            url,
            headers,
            within: self.shared.timeout,
            is_start: false,
            is_askable,
        }
    }
}

/// An answer whose head is there, and whose body may go on without end.
pub(crate) struct Opened {
    pub(crate) call: Call,
    /// The token of the request, which a server may echo.
    pub(crate) token: Option<Token>,
    pub(crate) response: Response,
    /// What was left of the limit when the head came.
    within: Duration,
}

impl Opened {
    /// The error of an answer that isn't what was asked for, with its body's start as far as that comes in
    /// time. A body that breaks off shows nothing: it may end within the token.
    pub(crate) async fn unreadable(mut self, expected: &'static str, source: Source) -> Error {
        let (status, headers) = (self.response.status().as_u16(), self.response.headers().clone());
        let mut body = Vec::new();
        let read = timeout(self.within, async {
            while body.len() < MAX_STRANGE_BYTES {
                let Some(chunk) = self.response.chunk().await? else { break };
                body.extend_from_slice(&chunk);
            }
            Ok::<_, reqwest::Error>(())
        });
        if !matches!(read.await, Ok(Ok(()))) {
            body.clear();
        }
        Answer { call: self.call, status, headers, body, token: self.token }.unreadable(expected, source)
    }
}

impl<'a> Request<'a> {
    /// Waits at least so long for the answer, while the server answers a short question within the client's
    /// own limit.
    pub(crate) fn within(self, limit: Duration) -> Self {
        Self { within: self.within.max(limit), ..self }
    }

    /// Says that it starts something, though its method doesn't: it is not tried again by itself.
    pub(crate) fn starts(self) -> Self {
        Self { is_start: true, ..self }
    }

    /// Adds or replaces headers.
    pub(crate) fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Adds an argument to the query.
    pub(crate) fn argument(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Adds an argument if there is one.
    pub(crate) fn maybe_argument(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.argument(name, &value.to_string()),
            None => self,
        }
    }

    /// Adds an argument that is already escaped.
    pub(crate) fn escaped_argument(mut self, name: &str, escaped: &str) -> Self {
        let query = self
            .url
            .query()
            .filter(|query| !query.is_empty())
            .map_or_else(String::new, |query| format!("{query}&"));
        self.url.set_query(Some(&format!("{query}{name}={escaped}")));
        self
    }

    pub(crate) fn call(&self) -> Call {
        Call { method: self.method.to_string(), url: self.url.to_string() }
    }

    /// Sends what changes something; the answer says that it was done, or is an error.
    pub(crate) async fn act(self) -> Result<Answer, Error> {
        self.send().await?.of_action()
    }

    /// Sends it; any status that is no success is an error.
    pub(crate) async fn send(self) -> Result<Answer, Error> {
        self.send_also(None).await
    }

    /// Sends it; `also` is a status that counts as a success here.
    pub(crate) async fn send_also(self, also: Option<u16>) -> Result<Answer, Error> {
        if !self.is_askable {
            let (call, message) = (self.call(), UNASKABLE.to_owned());
            return Err(Error::NotFound {
                call,
                code: None,
                message,
                status: StatusCode::NOT_FOUND.as_u16(),
            });
        }
        let span = tracing::debug_span!("butler_client", method = %self.method, url = %self.url);
        let (client, call) = (self.client, self.call());
        let is_long = self.within > client.shared.timeout;
        let answer = self.try_until_done(also).instrument(span);
        if !is_long {
            return answer.await;
        }
        tokio::select! {
            answer = answer => answer,
            after = client.falls_silent() => Err(Error::Timeout { call, after }),
        }
    }

    /// Sends it once and gives the answer as soon as its head is there: for what goes on without end. Only
    /// the head is bound to the limit.
    pub(crate) async fn open(self) -> Result<Opened, Error> {
        let span = tracing::debug_span!("butler_client", method = %self.method, url = %self.url);
        let (call, begun) = (self.call(), Instant::now());
        let opened = self.opened(&call, begun).instrument(span.clone()).await;
        span.in_scope(|| {
            self.report(&call, 1, begun, opened.as_ref().map(|(_, response)| response.status().as_u16()))
        });
        let (token, response) = opened?;
        Ok(Opened { call, token, response, within: self.within.saturating_sub(begun.elapsed()) })
    }

    async fn opened(&self, call: &Call, begun: Instant) -> Result<(Option<Token>, Response), Error> {
        let (token, response) = self.limited(call, begun, self.response(call)).await?;
        let status = response.status();
        if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok((token, response));
        }
        let headers = response.headers().clone();
        let body = self.limited(call, begun, read_body(call, self.within, response)).await?;
        Err(Answer { call: call.clone(), status: status.as_u16(), headers, body, token }.refused())
    }

    async fn try_until_done(self, also: Option<u16>) -> Result<Answer, Error> {
        let (call, begun, retry) = (self.call(), Instant::now(), &self.client.shared.retry);
        let mut times = 0;
        loop {
            times += 1;
            let try_begun = Instant::now();
            let answer = self.limited(&call, begun, self.answer(&call)).await;
            let (failure, wanted_pause, error) = match answer {
                Ok(answer) if answer.is_success() || also == Some(answer.status) => {
                    self.report(&call, times, try_begun, Ok(answer.status));
                    return Ok(answer);
                }
                Ok(answer) => {
                    let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
                    let wanted = text(RETRY_AFTER).and_then(|value| retry_after(value, text(DATE)));
                    (Some(Failure::Status(answer.status)), wanted, answer.refused())
                }
                // A timeout may be that of the connection alone; behind that of the call there is no other
                // try.
                Err(error @ (Error::Connection { .. } | Error::Timeout { .. })) => {
                    (Some(Failure::Connection), None, error)
                }
                Err(error) => (None, None, error),
            };
            self.report(&call, times, try_begun, Err(&error));
            let pause = failure.and_then(|failure| {
                let tried = Tried {
                    times,
                    elapsed: begun.elapsed(),
                    is_idempotent: self.method != Method::POST && !self.is_start,
                    failure,
                    retry_after: wanted_pause,
                };
                retry.pause(&tried, fastrand::f64())
            });
            // A pause that reaches the call's own limit would only end in its timeout.
            let Some(pause) = pause.filter(|pause| begun.elapsed().saturating_add(*pause) < self.within)
            else {
                return Err(error);
            };
            tracing::debug!(times, ?pause, "it is tried again");
            tokio::time::sleep(pause).await;
        }
    }

    /// Tells hooks and log what became of a try.
    fn report(&self, call: &Call, number: u32, begun: Instant, result: Result<u16, &Error>) {
        let took = begun.elapsed();
        match result {
            Ok(status) => tracing::debug!(number, status, ?took, "answered"),
            Err(error) => tracing::debug!(number, %error, ?took, "failed"),
        }
        self.client.shared.hooks.run_after(&Attempt { call, number, took, result });
    }

    /// Bounds a piece of the call by what is left of its limit.
    async fn limited<T>(
        &self,
        call: &Call,
        begun: Instant,
        piece: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match timeout(self.within.saturating_sub(begun.elapsed()), piece).await {
            Ok(result) => result,
            Err(_) => Err(Error::Timeout { call: call.clone(), after: self.within }),
        }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let (token, response) = self.response(call).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = read_body(call, self.within, response).await?;
        Ok(Answer { call: call.clone(), status, headers, body, token })
    }

    /// Sends it once, up to the answer's head.
    async fn response(&self, call: &Call) -> Result<(Option<Token>, Response), Error> {
        let shared = &self.client.shared;
        let token = shared.token.token().await;
        let token = token.map_err(|source| Error::Token { call: call.clone(), source })?;
        let request = shared.http.request(self.method.clone(), self.url.clone());
        let mut request = request
            .headers(self.headers.clone())
            .build()
            .map_err(|error| broken(call, self.within, error))?;
        let connect_within = shared.connect_timeout.map_or(self.within, |limit| limit.min(self.within));
        shared.hooks.run_before(&mut request);
        if let Some(token) = token.as_ref().filter(|_| request.url().origin() == self.url.origin()) {
            request.headers_mut().insert(TOKEN_HEADER, token.header.clone());
        }
        let response = shared.http.execute(request).await.map_err(|error| {
            let limit = if error.is_connect() { connect_within } else { self.within };
            broken(call, limit, error)
        })?;
        Ok((token, response))
    }
}

/// Reads a body up to the limit; what is longer is cut, and then no JSON any more.
async fn read_body(call: &Call, limit: Duration, mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while body.len() < MAX_BODY_BYTES {
        let Some(chunk) = response.chunk().await.map_err(|error| broken(call, limit, error))? else { break };
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What went wrong below; the URL, which reqwest would repeat, stands in the call already. `limit` is the one
/// that has passed if it took too long.
pub(crate) fn broken(call: &Call, limit: Duration, error: reqwest::Error) -> Error {
    if error.is_timeout() {
        return Error::Timeout { call: call.clone(), after: limit };
    }
    Error::Connection { call: call.clone(), source: error.without_url().into() }
}
