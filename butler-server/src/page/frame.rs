//! What every page has round it: head, navigation, the banner while everything is held, and the headers that
//! keep others out. Also links, buttons that post, and sentences with code in them.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use butler_api::v1::Pause;
use butler_engine::settings::PATH_PREFIX;
use butler_library::WebSessionId;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets;
use super::flash::Flash;
use super::session::Signed;
use super::words::Clock;
use crate::app::App;
use crate::error::Problem;
use crate::view;

/// By this the script says that it asks again for a page that is shown already.
const LIVE: &str = "x-butler-live";

/// No style and no script but those of the server, nothing from elsewhere, in nobody's frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action \
     'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// The pages of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Tonight,
    Tasks,
    Runs,
    Library,
    Settings,
    Health,
}

const TABS: [(Tab, &str, &str); 6] = [
    (Tab::Tonight, "/", "Tonight"),
    (Tab::Tasks, "/tasks", "Tasks"),
    (Tab::Runs, "/runs", "Runs"),
    (Tab::Library, "/sections", "Library"),
    (Tab::Settings, "/settings", "Settings"),
    (Tab::Health, "/health", "Health"),
];

/// Who looks at which page.
pub(crate) struct Viewer {
    session: Option<Signed>,
    /// The page's path and query, to come back to.
    pub(super) here: String,
    is_again: bool,
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        // A token in the query, as programs may send it, is no part of an address to come back to.
        let here = if here.to_ascii_lowercase().contains("x-plex-token") { parts.uri.path() } else { here };
        Ok(Self {
            session: parts.extensions.get::<Signed>().cloned(),
            here: here.to_owned(),
            is_again: parts.headers.contains_key(LIVE),
        })
    }
}

impl Viewer {
    /// The session, if it is a browser that is signed in.
    pub(super) fn session(&self) -> Option<WebSessionId> {
        self.session.as_ref().map(|Signed(session)| *session)
    }
}

/// What is so for the page as a whole.
pub(super) struct Site {
    pub(super) clock: Clock,
    pub(super) zone: String,
    pub(super) here: String,
    prefix: String,
    name: String,
    pauses: Vec<Pause>,
    flash: Option<Flash>,
    is_signed: bool,
}

impl Site {
    /// Asks for what each page needs.
    pub(super) async fn open(app: &App, viewer: &Viewer) -> Result<Self, Problem> {
        let basis = app.handle.plan_basis().await?;
        let clock = Clock { now: basis.now, zone: basis.zone().clone() };
        let flash = match &viewer.session {
            Some(Signed(session)) if !viewer.is_again => app.flashes.take(*session),
            _ => None,
        };
        Ok(Self {
            zone: view::window::zone_name(&clock.zone),
            clock,
            here: viewer.here.clone(),
            prefix: prefix(app),
            name: app.friendly_name(),
            pauses: view::pauses::list(app).await?.pauses,
            flash,
            is_signed: viewer.session.is_some(),
        })
    }

    /// A link's address.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// A button that posts, and comes back to this page.
    pub(super) fn button(&self, action: &str, label: &str, class: &str) -> Markup {
        self.form(action, html! { button class=(class) { (label) } })
    }

    /// A button whose label is short since its row says what it is about; the whole name is for who hears it.
    pub(super) fn row_button(&self, action: &str, label: &str, about: &str) -> Markup {
        self.form(action, html! { button.small aria-label={ (label) " " (about) } { (label) } })
    }

    /// A form that posts, and comes back to this page.
    pub(super) fn form(&self, action: &str, fields: Markup) -> Markup {
        html! {
            form.inline method="post" action=(self.at(action)) {
                input type="hidden" name="back" value=(self.here);
                (fields)
            }
        }
    }

    /// The page as an answer.
    pub(super) fn page(&self, tab: Tab, title: &str, body: Markup) -> Response {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    (head(&self.prefix, &format!("{title} · {}", self.name)))
                    script type="module" src=(self.at(&assets::address(assets::SCRIPT))) {}
                }
                body data-events=(self.at("/events")) data-zone=(self.zone) data-now=(format!("{:.0}", self.clock.now)) {
                    a.skip href="#main" { "To the content" }
                    header {
                        a.mark href=(self.at("/")) { (mark()) span { (self.name) } }
                        nav aria-label="Pages" {
                            @for (known, path, label) in TABS {
                                a href=(self.at(path)) aria-current=[(known == tab).then_some("page")] { (label) }
                            }
                        }
                        #hold data-live { (self.hold()) }
                    }
                    #held data-live {
                        @if !self.pauses.is_empty() { (self.held()) }
                    }
                    div.notices {
                        #flash role="status" {
                            @if let Some(flash) = &self.flash {
                                p.flash.bad[!flash.is_good] {
                                    span { (self.clock.sentence(&flash.sentence)) }
                                    button.small type="button" { "Close" }
                                }
                            }
                        }
                        p #lost.flash.bad role="status" hidden { "The server does not answer. This page comes back by itself." }
                    }
                    main #main tabindex="-1" { (body) }
                    footer {
                        span { span data-zone-name { "Times are those of " (self.zone) ", where it is " }
                            span #clock data-live { (self.clock.own_time()) } "." }
                        @if self.is_signed { (self.button("/sign-out", "Sign out", "plain")) }
                    }
                }
            }
        };
        answer(page)
    }

    /// Everything can be held from every page.
    fn hold(&self) -> Markup {
        if !self.pauses.is_empty() {
            return self.button("/hold/lift", "Go on", "main");
        }
        let choice = |value: &str, label: &str| {
            html! { button name="for" value=(value) { (label) } }
        };
        html! {
            details.menu {
                summary.button { "Hold everything" }
                div.menu-body {
                    (self.form("/hold", html! {
                        (choice("30m", "For 30 minutes"))
                        (choice("2h", "For 2 hours"))
                        (choice("until-window", "Until the window opens"))
                        (choice("", "Until I let it go on"))
                        label.check { input type="checkbox" name="drain" value="1"; " Let files in hand be finished" }
                    }))
                }
            }
        }
    }

    fn held(&self) -> Markup {
        html! {
            div.banner role="status" {
                div {
                    @for pause in &self.pauses {
                        p { strong { (pause.message) }
                            @if let Some(until) = pause.until { " Until " (self.clock.moment(until)) "." } }
                    }
                }
                (self.button("/hold/lift", "Go on now", ""))
            }
        }
    }
}

/// A page without navigation: for who is not in.
pub(super) struct Bare<'a> {
    pub(super) title: &'a str,
    /// The path of the page that is shown next.
    pub(super) refresh: Option<&'a str>,
}

pub(super) fn bare(app: &App, bare: &Bare<'_>, body: Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (head(&prefix(app), &format!("{} · {}", bare.title, app.friendly_name())))
                @if let Some(path) = bare.refresh { meta http-equiv="refresh" content={ "0;url=" (at(app, path)) }; }
            }
            body.bare { main #main.card { p.mark { (mark()) span { "Butler" } } (body) } }
        }
    };
    answer(page)
}

/// Leads to a page after a form.
pub(super) fn redirect(app: &App, path: &str) -> Response {
    let Ok(to) = HeaderValue::from_str(&at(app, path)) else {
        return Problem::bad_request("The address to go back to can't be read.").into_response();
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// A link's address.
pub(super) fn at(app: &App, path: &str) -> String {
    format!("{}{path}", prefix(app))
}

/// Under which path a proxy serves this server.
fn prefix(app: &App) -> String {
    app.handle.settings().text(&PATH_PREFIX).into_owned()
}

/// A sentence with what stands between backticks set as code.
pub(super) fn coded(sentence: &str) -> Markup {
    html! {
        @for (place, piece) in sentence.split('`').enumerate() {
            @if place % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

fn head(prefix: &str, title: &str) -> Markup {
    let asset = |path| format!("{prefix}{}", assets::address(path));
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width,initial-scale=1";
        meta name="color-scheme" content="light dark";
        title { (title) }
        link rel="icon" type="image/svg+xml" href=(asset(assets::ICON));
        link rel="stylesheet" href=(asset(assets::STYLE));
    }
}

/// The bow tie.
fn mark() -> Markup {
    PreEscaped(
        "<svg width=\"24\" height=\"15\" viewBox=\"0 0 22 14\" aria-hidden=\"true\"><path d=\"M1 1.5 9 5.6v2.8L1 \
         12.5zM21 1.5 13 5.6v2.8l8 4.1z\" fill=\"currentColor\"/><rect x=\"8.6\" y=\"4.6\" width=\"4.8\" \
         height=\"4.8\" rx=\"1.4\" fill=\"currentColor\"/></svg>"
            .to_owned(),
    )
}

/// A piece of a page, for the script.
pub(super) fn fragment(piece: Markup) -> Response {
    answer(piece)
}

fn answer(page: Markup) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        // Not `no-referrer`: with it a browser hides the origin of a form, by which its posts are known.
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    (headers, page.into_string()).into_response()
}
