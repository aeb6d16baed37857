//! What is counted while the server runs: one more reader of the engine's facts, and of the requests that are
//! answered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Method;
use butler_api::{RunId, RunState};
use butler_engine::{Fact, What};
use prometheus::{
    Counter, Error, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, proto,
};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Seconds of a run: a scan of nothing to a whole night.
const OF_RUNS: [f64; 10] = [0.1, 1.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 10_800.0, 43_200.0];
/// Seconds of a unit: the headers of a track to a film on a slow mount.
const OF_UNITS: [f64; 12] = [0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0];
/// Seconds of a request.
const OF_REQUESTS: [f64; 9] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 2.5, 10.0];

/// Everything that is counted.
pub(super) struct Counters {
    registry: Registry,
    runs: IntCounterVec,
    run_seconds: HistogramVec,
    products: IntCounterVec,
    unit_seconds: HistogramVec,
    read_bytes: IntCounter,
    media_seconds: Counter,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    missed_facts: IntCounter,
}

impl Counters {
    pub(super) fn new() -> Result<Self, Error> {
        let histogram = |name, help, labels: &[&str], buckets: &[f64]| {
            HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)
        };
        let counters = Self {
            registry: Registry::new(),
            runs: IntCounterVec::new(
                Opts::new("butler_task_runs_total", "Runs that ended since the server started, by outcome."),
                &["task", "outcome"],
            )?,
            run_seconds: histogram(
                "butler_task_run_duration_seconds",
                "Duration of runs that worked.",
                &["task"],
                &OF_RUNS,
            )?,
            products: IntCounterVec::new(
                Opts::new(
                    "butler_products_total",
                    "Products that were settled: made, nothing to make one of, failed.",
                ),
                &["product", "result"],
            )?,
            unit_seconds: histogram(
                "butler_unit_duration_seconds",
                "Duration of units, by the products of one read.",
                &["kind"],
                &OF_UNITS,
            )?,
            read_bytes: IntCounter::new(
                "butler_media_read_bytes_total",
                "Bytes that workers read from media files.",
            )?,
            media_seconds: Counter::new(
                "butler_media_seconds_processed_total",
                "Playing time of the media of finished units.",
            )?,
            requests: IntCounterVec::new(
                Opts::new("butler_http_requests_total", "Requests answered."),
                &["method", "status"],
            )?,
            request_seconds: histogram(
                "butler_http_request_duration_seconds",
                "Time to the head of an answer.",
                &["method"],
                &OF_REQUESTS,
            )?,
            missed_facts: IntCounter::new(
                "butler_missed_facts_total",
                "Facts that these figures missed since too many came at once.",
            )?,
        };
        let Self {
            registry,
            runs,
            run_seconds,
            products,
            unit_seconds,
            read_bytes,
            media_seconds,
            requests,
            request_seconds,
            missed_facts,
        } = &counters;
        registry.register(Box::new(runs.clone()))?;
        registry.register(Box::new(run_seconds.clone()))?;
        registry.register(Box::new(products.clone()))?;
        registry.register(Box::new(unit_seconds.clone()))?;
        registry.register(Box::new(read_bytes.clone()))?;
        registry.register(Box::new(media_seconds.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(request_seconds.clone()))?;
        registry.register(Box::new(missed_facts.clone()))?;
        Ok(counters)
    }

    pub(super) fn gather(&self) -> Vec<proto::MetricFamily> {
        self.registry.gather()
    }

    pub(super) fn answered(&self, method: &Method, status: u16, elapsed: Duration) {
        let method = known(method);
        self.requests.with_label_values(&[method, status.to_string().as_str()]).inc();
        self.request_seconds.with_label_values(&[method]).observe(elapsed.as_secs_f64());
    }

    fn count(&self, what: &What, begun: &mut HashMap<RunId, Instant>) {
        match what {
            What::RunChanged { run, state: RunState::Running, .. } => {
                _ = begun.entry(*run).or_insert_with(Instant::now)
            }
            What::RunChanged { run, task, state, .. } if state.is_terminal() => {
                self.runs.with_label_values(&[task.as_str(), state.as_str()]).inc();
                if let Some(begun) = begun.remove(run) {
                    self.run_seconds
                        .with_label_values(&[task.as_str()])
                        .observe(begun.elapsed().as_secs_f64());
                }
            }
            What::UnitFinished { kinds, seconds, bytes_read, media_seconds } => {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
                self.unit_seconds.with_label_values(&[kinds.join("+").as_str()]).observe(*seconds);
                self.read_bytes.inc_by(*bytes_read);
                // A duration that a header makes up must not stop the server.
                self.media_seconds
                    .inc_by(media_seconds.filter(|seconds| seconds.is_finite()).unwrap_or_default().max(0.0));
            }
            What::ProductMade { kind, result } => {
                self.products.with_label_values(&[kind.as_str(), result.as_str()]).inc()
            }
            _ => {}
        }
    }
}

/// A method by its name, as far as it is one that this server knows: the others are the client's invention.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Counts facts until the engine and all its doors are gone.
pub(super) fn listen(counters: &Arc<Counters>, mut facts: Receiver<Arc<Fact>>) {
    let counters = Arc::clone(counters);
    let started = std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        let mut begun = HashMap::new();
        loop {
            match facts.blocking_recv() {
                Ok(fact) => counters.count(&fact.what, &mut begun),
                Err(RecvError::Lagged(missed)) => {
                    counters.missed_facts.inc_by(missed);
                    // The end of a run may be among them, and would be waited for without end.
                    begun.clear();
                }
                Err(RecvError::Closed) => return,
            }
        }
    });
    if let Err(error) = started {
        tracing::error!(%error, "no thread could be started to count what happens");
    }
}

#[cfg(test)]
mod tests {
    use butler_api::{Origin, TaskName};
    use butler_engine::Came;
    use butler_product::ProductKind;
    use prometheus::TextEncoder;

    use super::*;

    #[test]
    fn a_run_with_its_units_is_counted() {
        let (counters, mut begun) = (Counters::new().unwrap(), HashMap::new());
        let run = |state| What::RunChanged {
            run: RunId(7),
            task: TaskName::GenerateMediaIndexFiles,
            title: "",
            section: None,
            origin: Origin::Person,
            state,
            reason: None,
        };
        let unit = What::UnitFinished {
            kinds: vec![ProductKind::MediaInfo, ProductKind::Bif],
            seconds: 2.0,
            bytes_read: 1_000,
            media_seconds: Some(90.5),
        };
        let made = What::ProductMade { kind: ProductKind::Bif, result: Came::Made };
        for what in [run(RunState::Queued), run(RunState::Running), unit, made, run(RunState::Completed)] {
            counters.count(&what, &mut begun);
        }
        assert!(begun.is_empty());
        let text = TextEncoder::new().encode_to_string(&counters.gather()).unwrap();
        for line in [
            r#"butler_task_runs_total{outcome="completed",task="GenerateMediaIndexFiles"} 1"#,
            r#"butler_task_run_duration_seconds_count{task="GenerateMediaIndexFiles"} 1"#,
            r#"butler_unit_duration_seconds_bucket{kind="media_info+bif",le="5"} 1"#,
            r#"butler_products_total{product="bif",result="made"} 1"#,
            "butler_media_read_bytes_total 1000",
            "butler_media_seconds_processed_total 90.5",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_method_that_a_client_makes_up_is_no_label() {
        assert_eq!(known(&Method::from_bytes(b"MADEUP").unwrap()), "other");
    }
}
