//! `GET /metrics`: what Prometheus reads, in its text format 0.0.4. Names are in docs/metrics.md.
//!
//! Counters and histograms live in memory ([`counters`]) and begin at zero with the server; gauges are read
//! when somebody asks ([`gauges`]), once in some seconds at most. No label takes a value that a file or a
//! person makes up.

mod counters;
mod gauges;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use butler_engine::Handle;
use prometheus::TextEncoder;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::Problem;
use counters::Counters;

/// For so long the same gauges are told.
const KEPT: Duration = Duration::from_secs(5);
/// The media type of the format, with its version.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is counted, and the gauges that were read last.
#[derive(Clone)]
pub(crate) struct Metrics {
    counters: Option<Arc<Counters>>,
    gauges: Arc<Mutex<Option<(Instant, String)>>>,
}

impl Metrics {
    /// Counts from now on what the engine tells, on a thread of its own.
    pub(crate) fn start(handle: &Handle) -> Self {
        // Two metrics of one name would be a slip of the table, which tests would see; a server goes on
        // without.
        let counters = Counters::new()
            .map(Arc::new)
            .inspect_err(|error| tracing::error!(%error, "nothing is counted"))
            .ok();
        if let Some(counters) = &counters {
            counters::listen(counters, handle.facts());
        }
        Self { counters, gauges: Arc::default() }
    }

    /// Counts a request that was answered.
    pub(crate) fn answered(&self, method: &axum::http::Method, status: u16, elapsed: Duration) {
        if let Some(counters) = &self.counters {
            counters.answered(method, status, elapsed);
        }
    }

    fn kept_gauges(&self) -> Option<String> {
        let gauges = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        gauges.as_ref().filter(|(at, _)| at.elapsed() < KEPT).map(|(_, text)| text.clone())
    }

    fn keep_gauges(&self, text: &str) {
        *self.gauges.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), text.to_owned()));
    }
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "server", responses((status = 200, description = "Prometheus' text format, version 0.0.4.", content_type = "text/plain")))]
async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let mut text = match app.metrics.kept_gauges() {
        Some(text) => text,
        None => {
            let text = gauges::read(&app).await?;
            app.metrics.keep_gauges(&text);
            text
        }
    };
    if let Some(counters) = &app.metrics.counters {
        TextEncoder::new()
            .encode_utf8(&counters.gather(), &mut text)
            .map_err(|error| Problem::bug(&error))?;
    }
    Ok(([(header::CONTENT_TYPE, TEXT)], text))
}
