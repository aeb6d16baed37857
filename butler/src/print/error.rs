//! Troubles, as a person reads them: `Error:`, `Caused by:`, `Hint:`. The one file in which the client's
//! words become a user's.

use std::error::Error as StdError;
use std::io;

use butler_client::{BuildError, Call, Error as ClientError, UNASKABLE, reqwest};

use crate::exit::Exit;
use crate::print::{Colour, Stream, Text, laid_out, may_colour, send_aside};

/// Why a command could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The exit code.
    pub(crate) exit: Exit,
    /// One English sentence.
    pub(crate) sentence: String,
    /// What lies beneath, the nearest first.
    causes: Vec<String>,
    /// What to do next.
    hints: Vec<String>,
    /// Whether nobody listens any more, so that there is nothing to say.
    is_silent: bool,
}

impl Trouble {
    pub(crate) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into(), causes: Vec::new(), hints: Vec::new(), is_silent: false }
    }

    /// Adds what lies beneath, with all that lies beneath that.
    #[must_use]
    pub(crate) fn cause(mut self, cause: &dyn StdError) -> Self {
        let mut next = Some(cause);
        while let Some(cause) = next {
            let text = cause.to_string();
            // Libraries like to repeat their source's text in their own.
            if self.causes.last().is_none_or(|last| !last.contains(&text)) {
                self.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    fn hints(self, hint: Option<&str>) -> Self {
        hint.into_iter().fold(self, Self::hint)
    }

    /// Sentence and causes, for the log.
    pub(crate) fn on_one_line(&self) -> String {
        self.causes.iter().fold(self.sentence.clone(), |text, cause| format!("{text} {cause}."))
    }

    /// Prints it to the standard error.
    /// The sentence of one that is to pass by itself.
    pub(crate) fn awaited(&self) -> String {
        format!("{} It is waited for.", self.sentence)
    }

    pub(crate) fn print(&self) -> Exit {
        if !self.is_silent {
            let print = |line| send_aside(&laid_out(line, Stream::Aside, may_colour(Stream::Aside)));
            self.lines().into_iter().for_each(print);
        }
        self.exit
    }

    fn lines(&self) -> Vec<Text> {
        let line = |label: &str, colour, text: &String| Text::painted(label, colour).then(format!(" {text}"));
        let mut lines = vec![line("Error:", Colour::Red, &self.sentence)];
        lines.extend(self.causes.iter().map(|cause| line("Caused by:", Colour::Yellow, cause)));
        lines.extend(self.hints.iter().map(|hint| line("Hint:", Colour::Cyan, hint)));
        lines
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        // `butler runs | head` has what it wants.
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { is_silent: true, ..Self::new(Exit::Done, "") };
        }
        Self::new(Exit::Failed, "The result can't be printed.").cause(&error)
    }
}

impl From<BuildError> for Trouble {
    fn from(error: BuildError) -> Self {
        match &error {
            BuildError::Url { url, why } => {
                Self::new(Exit::Usage, format!("`{url}` is no server's URL: {why}.")).hint(
                    "A URL looks like http://127.0.0.1:32500; it comes from --url, BUTLER_URL or the data \
                     folder.",
                )
            }
            BuildError::Token => Self::new(Exit::Usage, "The token has characters that no token has.")
                .hint("It comes from --token, BUTLER_TOKEN or the file `token` in the data folder."),
            other => Self::new(Exit::Failed, "HTTP could not be made ready.").cause(other),
        }
    }
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        let server = server(error.call());
        let beneath = error.source();
        let trouble = match &error {
            ClientError::Unauthorized { message, code, .. } => Self::new(
                Exit::NoServer,
                format!("{server} does not accept the token: {}", sentence(message)),
            )
            .hint(if code.is_some() { BUTLERS_TOKEN } else { ANY_TOKEN }),
            ClientError::BadRequest { message, .. } => Self::new(Exit::Failed, sentence(message)),
            ClientError::NotFound { call, .. } if knows_plex_only(&error) => Self::new(
                Exit::Failed,
                format!("{server} has no {}: it is no Butler, or an older one.", resource(call)),
            )
            .hint(
                "A Plex Media Server has tasks, settings, sections and activities, but keeps no history; \
                 `butler watch --record FILE` keeps one of it.",
            ),
            ClientError::NotFound { call, .. } if is_of_every_server(call) => Self::new(
                Exit::Failed,
                format!("{server} is no Butler and no Plex Media Server: it has no {}.", path(call)),
            )
            .hint(WHICH_SERVER),
            ClientError::NotFound { call, message, .. } => {
                Self::new(Exit::NotThere, format!("There is no {}: {}", path(call), sentence(message)))
            }
            // By method, for a path that both know.
            ClientError::Status { status: status @ (405 | 501), message, .. } => {
                Self::new(Exit::Failed, format!("{server} answers {status}: {}", sentence(message)))
                    .hint(WHICH_SERVER)
            }
            // Butler's own word on what can't be done as things stand.
            ClientError::Status { status: 409, message, .. }
                if !matches!(message.as_str(), "Conflict" | "409 Conflict") =>
            {
                Self::new(Exit::Failed, sentence(message))
            }
            ClientError::Status { call, status, location: Some(location), .. }
                if (300..400).contains(status) =>
            {
                let place = location.split(['?', '#']).next().unwrap_or_default();
                let trouble =
                    Self::new(Exit::Failed, format!("{server} points elsewhere ({status}): `{place}`."));
                trouble.hint(pointed_to(call, place).map_or_else(
                    || WHICH_SERVER.to_owned(),
                    |url| format!("If that is the server, name it so: --url {url}"),
                ))
            }
            ClientError::Status { status, message, code, .. } => {
                let trouble = Self::new(
                    if error.is_away() { Exit::NoServer } else { Exit::Failed },
                    format!("{server} answers {status}: {}", sentence(message)),
                );
                // Butler's own word, which has its code, says itself what to do.
                trouble.hints(code.is_none().then(|| after_status(*status)))
            }
            ClientError::Timeout { after, .. } => {
                Self::new(Exit::NoServer, format!("{server} does not answer within {} s.", after.as_secs()))
                    .hint("It may be busy: try again, and look into its log if it stays so.")
            }
            ClientError::Connection { source, .. } if broke_off(source.as_ref()) => Self::new(
                Exit::NoServer,
                format!("{server} broke the connection off, or does not speak HTTP."),
            )
            .hint("It may be starting or stopping: try again. One that wants TLS is named by https://."),
            ClientError::Connection { .. } => {
                Self::new(Exit::NoServer, format!("No server answers at {server}.")).hint(
                    "Start it with `butler serve`, or name another with --url or BUTLER_URL, as in \
                     http://127.0.0.1:32500.",
                )
            }
            ClientError::Decode { expected, .. } => {
                Self::new(Exit::Failed, format!("{server} does not answer with {expected}."))
                    .hint(WHICH_SERVER)
            }
            other => Self::new(Exit::Failed, sentence(&other.to_string())),
        };
        match beneath {
            // What lies between the sentence and the system's word are names of layers.
            Some(beneath) if matches!(error, ClientError::Connection { .. }) => {
                trouble.cause(deepest(beneath))
            }
            Some(beneath) => trouble.cause(beneath),
            None => trouble,
        }
    }
}

/// What helps where somebody else answers.
const WHICH_SERVER: &str = "Is it a Butler or a Plex Media Server? --url or BUTLER_URL names one, with its \
                            port, as in http://127.0.0.1:32500 or http://plex:32400.";
const BUTLERS_TOKEN: &str = "Give its token with BUTLER_TOKEN or --token; it stands in the file `token` of the \
                             server's data folder.";
const ANY_TOKEN: &str = "Give its token with BUTLER_TOKEN or --token. A Plex Media Server's is \
                         `PlexOnlineToken` in its Preferences.xml, and `X-Plex-Token` in the address of \
                         `View XML` in its web page; a Butler's stands in the file `token` of its data folder.";

/// What helps after a status that says what is wrong, but not what to do.
const fn after_status(status: u16) -> &'static str {
    match status {
        403 => {
            "The token is known there, but not for this: a Plex Media Server lets only its owner's token do it; \
             or something between you and the server forbids it."
        }
        429 => "It is asked more often than it likes: wait a minute, and try again.",
        502 | 504 => "What answers stands before a server that is away: see that the server itself runs.",
        503 => "It may be starting, or busy with its own maintenance: try again in a minute.",
        500.. => "Its own log says what went wrong; try again once that is mended.",
        _ => WHICH_SERVER,
    }
}

/// The server that a redirect of a call points to, as `--url` takes it.
fn pointed_to<'a>(call: &Call, place: &'a str) -> Option<&'a str> {
    let is_whole = place.starts_with("http://") || place.starts_with("https://");
    is_whole.then(|| place.strip_suffix(path(call)).unwrap_or_else(|| server_of(place)))
}

/// Whether there was a connection, which then came to nothing.
fn broke_off(error: &(dyn StdError + Send + Sync + 'static)) -> bool {
    error.downcast_ref::<reqwest::Error>().is_some_and(|error| !error.is_connect())
}

fn deepest<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    let mut deepest = error;
    while let Some(below) = deepest.source() {
        deepest = below;
    }
    deepest
}

/// The server of a call: its URL up to the path.
fn server(call: &Call) -> &str {
    server_of(&call.url)
}

fn server_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    &url[..end]
}

/// What follows the server in a call's URL, without the query.
fn path(call: &Call) -> &str {
    call.url[server(call).len()..].split('?').next().unwrap_or_default()
}

/// Whether it was asked for something of Butler's own and knows nothing of it at all: a Plex Media Server. A
/// Butler gives its code with whatever is not there.
pub(crate) fn knows_plex_only(error: &ClientError) -> bool {
    matches!(error, ClientError::NotFound { call, code: None, message, .. }
        if call.url.contains(OWN) && message != UNASKABLE)
}

/// Whether it was asked for what every Butler and every Plex Media Server has.
fn is_of_every_server(call: &Call) -> bool {
    call.method == "GET"
        && ["/butler", "/identity", "/activities", "/:/prefs", "/library/sections"]
            .iter()
            .any(|common| path(call).ends_with(common))
}

/// The trouble of what was asked for by its name or id: that there is none such, unless the server knows
/// nothing of such things at all.
pub(crate) fn not_there(error: ClientError, sentence: impl FnOnce() -> Trouble) -> Trouble {
    match error {
        ClientError::NotFound { .. } if !knows_plex_only(&error) => sentence(),
        other => other.into(),
    }
}

/// Where Butler's own resources are.
const OWN: &str = "/api/v1/";

/// What a call of Butler's own asks for, for people.
fn resource(call: &Call) -> &'static str {
    let (_, below) = call.url.split_once(OWN).unwrap_or_default();
    match below.split(['/', '?']).next().unwrap_or_default() {
        "runs" => "runs",
        "failures" => "failures",
        "plan" => "plan of the nights ahead",
        "window" => "maintenance window that can be asked for",
        "items" => "list of what was made of an item",
        "parts" => "bandwidth of a file",
        "nights" => "report of its last night",
        "pauses" => "pauses",
        "remake" => "way to have products made anew",
        "sections" if below.contains("/tags") => "gain tags of music files",
        "sections" => "check of folders",
        "sign-in" => "pages for people",
        "tasks" => "plan of a task",
        _ => "such thing",
    }
}

/// A server's message as a sentence.
fn sentence(message: &str) -> String {
    let message = message.trim();
    let mut letters = message.chars();
    let first: String = letters.next().map(char::to_uppercase).into_iter().flatten().collect();
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn call(url: &str) -> Call {
        Call { method: "GET".into(), url: url.into() }
    }

    #[test]
    fn every_trouble_of_the_client_is_a_sentence_with_a_way_on() {
        let url = "http://plex:32400/butler?force=1";
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let (code, status, message) = (Some(1001), 401, "User could not be authenticated".to_owned());
        let text =
            |trouble: Trouble| trouble.lines().iter().map(|line| line.plain() + "\n").collect::<String>();
        let check = |error: ClientError, expect: &str| assert_eq!(text(Trouble::from(error)), expect);
        check(
            ClientError::Unauthorized { call: call(url), code, message: message.clone(), status },
            "Error: http://plex:32400 does not accept the token: User could not be authenticated.\n\
             Hint: Give its token with BUTLER_TOKEN or --token; it stands in the file `token` of the server's \
             data folder.\n",
        );
        check(
            ClientError::BadRequest {
                call: call(url),
                code,
                message: "the folder is missing".into(),
                status: 400,
            },
            "Error: The folder is missing.\n",
        );
        check(
            ClientError::NotFound {
                call: call("http://plex:32400/api/v1/runs?limit=1"),
                code: None,
                message: "404 Not Found".into(),
                status: 404,
            },
            "Error: http://plex:32400 has no runs: it is no Butler, or an older one.\n\
             Hint: A Plex Media Server has tasks, settings, sections and activities, but keeps no history; \
             `butler watch --record FILE` keeps one of it.\n",
        );
        check(
            ClientError::Unauthorized {
                call: call(url),
                code: None,
                message: "401 Unauthorized".into(),
                status,
            },
            "Error: http://plex:32400 does not accept the token: 401 Unauthorized.\n\
             Hint: Give its token with BUTLER_TOKEN or --token. A Plex Media Server's is `PlexOnlineToken` in \
             its Preferences.xml, and `X-Plex-Token` in the address of `View XML` in its web page; a Butler's \
             stands in the file `token` of its data folder.\n",
        );
        let item = "http://plex:32400/library/metadata/9";
        check(
            ClientError::NotFound { call: call(item), code, message: "Not Found".into(), status: 404 },
            "Error: There is no /library/metadata/9: Not Found.\n",
        );
        check(
            ClientError::NotFound {
                call: call(url),
                code: None,
                message: "Error response".into(),
                status: 404,
            },
            "Error: http://plex:32400 is no Butler and no Plex Media Server: it has no /butler.\n\
             Hint: Is it a Butler or a Plex Media Server? --url or BUTLER_URL names one, with its port, as in \
             http://127.0.0.1:32500 or http://plex:32400.\n",
        );
        check(
            ClientError::Status {
                call: call(url),
                code: None,
                message: "Internal Server Error".into(),
                status: 500,
                location: None,
            },
            "Error: http://plex:32400 answers 500: Internal Server Error.\nHint: Its own log says what went \
             wrong; try again once that is mended.\n",
        );
        check(
            ClientError::Status {
                call: call("http://plex:32400/api/v1/tasks/LoudnessAnalysis/plan"),
                code: None,
                message: "LoudnessAnalysis: it makes no plan".into(),
                status: 409,
                location: None,
            },
            "Error: LoudnessAnalysis: it makes no plan.\n",
        );
        check(
            ClientError::Timeout { call: call(url), after: Duration::from_secs(30) },
            "Error: http://plex:32400 does not answer within 30 s.\nHint: It may be busy: try again, and look \
             into its log if it stays so.\n",
        );
        check(
            ClientError::Connection { call: call("http://[::1]:1/"), source: refused.into() },
            "Error: No server answers at http://[::1]:1.\nCaused by: connection refused\n\
             Hint: Start it with `butler serve`, or name another with --url or BUTLER_URL, as in \
             http://127.0.0.1:32500.\n",
        );
        check(
            ClientError::Decode {
                call: call(url),
                expected: "a list of tasks",
                body_start: "<x>".into(),
                source: "no JSON".into(),
            },
            "Error: http://plex:32400 does not answer with a list of tasks.\nCaused by: no JSON\nHint: Is it \
             a Butler or a Plex Media Server? --url or BUTLER_URL names one, with its port, as in \
             http://127.0.0.1:32500 or http://plex:32400.\n",
        );
    }

    #[test]
    fn no_status_leaves_a_person_without_a_way_on() {
        let url = "http://plex:32400/butler";
        let status = |status, code, location: Option<&str>| {
            let (call, message, location) = (call(url), "Words".into(), location.map(str::to_owned));
            Trouble::from(ClientError::Status { call, code, message, status, location })
        };
        for number in [301, 302, 307, 402, 403, 418, 429, 500, 502, 503, 504, 599] {
            assert_eq!(status(number, None, None).hints.len(), 1, "{number}");
        }
        assert_eq!(status(403, Some(1003), None).hints, [""; 0], "Butler's own sentence says it");
        for (location, place, hint) in [
            (
                "https://plex:32400/butler",
                "https://plex:32400/butler",
                "name it so: --url https://plex:32400",
            ),
            ("https://plex/p/butler?X-Plex-Token=***", "https://plex/p/butler", "so: --url https://plex/p"),
            ("https://plex/login", "https://plex/login", "so: --url https://plex"),
            ("/butler", "/butler", "Is it a Butler"),
        ] {
            let trouble = status(301, None, Some(location));
            assert_eq!(trouble.sentence, format!("http://plex:32400 points elsewhere (301): `{place}`."));
            assert!(trouble.hints[0].contains(hint), "{location}: {:?}", trouble.hints);
        }
    }

    #[test]
    fn a_closed_pipe_is_no_trouble() {
        let trouble = Trouble::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(trouble.is_silent);
        assert_eq!(trouble.exit, Exit::Done);
    }
}
