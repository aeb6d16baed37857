//! What the nights ahead will bring, in words and for programs. What it says is reckoned by the engine.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use butler_api::v1::{LocalTime, Plan, PlannedBacklog, PlannedNight, PlannedRun};
use butler_api::{TaskName, date};
use butler_engine::{How, RunAhead};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::window::zone_name;
use crate::app::App;
use crate::error::Problem;

/// A plan that took longer is kept for a while.
const QUICK: Duration = Duration::from_millis(50);
/// As many times as long as it took, and no longer than this.
const KEPT: (u32, Duration) = (10, Duration::from_secs(5));

/// The last plan that took long to make: what is left to do of a large library that is new. Pages ask for it
/// with all that happens, by every browser that is open.
#[derive(Default)]
pub(crate) struct Recent(Mutex<Option<(Instant, Duration, Plan)>>);

/// The plan of the next night, or one of some seconds ago where it takes long to make.
pub(crate) async fn recent(app: &App) -> Result<Plan, Problem> {
    // Who waits here for another's plan is given that one.
    let mut kept = app.recent_plan.0.lock().await;
    if let Some((made, took, plan)) = &*kept
        && made.elapsed() < (*took * KEPT.0).min(KEPT.1)
    {
        return Ok(plan.clone());
    }
    let begun = Instant::now();
    let made = plan(app, 1).await?;
    let took = begun.elapsed();
    *kept = (took > QUICK).then(|| (Instant::now(), took, made.clone()));
    Ok(made)
}

/// The plan of so many nights.
pub(crate) async fn plan(app: &App, nights: usize) -> Result<Plan, Problem> {
    let basis = app.handle.plan_basis().await?;
    let (now, zone) = (basis.now, basis.zone().clone());
    let held: Vec<String> = basis.pauses.iter().map(|pause| pause.reason().to_string()).collect();
    let made = app.library(move |library| basis.plan(library, nights)).await?;
    let forecast = made.forecast;
    let is_guess = |run: &RunAhead| {
        let backlog = made.backlogs.get(&run.task).filter(|todo| todo.lacks > 0);
        run.start.is_some() && backlog.map_or_else(|| made.unknown.contains(&run.task), |todo| todo.is_guess)
    };
    let planned = |run: RunAhead| planned(is_guess(&run), run, now, &zone);
    let nights = forecast.nights.into_iter().map(|night| PlannedNight {
        day: night.window.day,
        from: LocalTime::of(night.window.from, &zone),
        until: LocalTime::of(night.window.until, &zone),
        runs: night.runs.into_iter().map(planned).collect(),
    });
    // What only failed is no work of the nights.
    let of_nights: Vec<_> =
        forecast.backlogs.into_iter().map(|backlog| (backlog.task, backlog.nights)).collect();
    let is_planned = |task: &TaskName| of_nights.iter().any(|(planned, _)| planned == task);
    let failed = made.backlogs.keys().filter(|task| !is_planned(task)).map(|task| (task.clone(), Some(0)));
    let failed: Vec<_> = failed.collect();
    let backlogs = of_nights.into_iter().chain(failed).map(|(task, nights)| {
        let todo = made.backlogs.get(&task).copied().unwrap_or_default();
        let seconds = todo.seconds.ceil() as u64;
        PlannedBacklog {
            task,
            lacks: todo.lacks,
            bytes: todo.bytes,
            seconds,
            is_guess: todo.is_guess,
            nights,
            held_back: todo.held_back.products,
            held_back_files: todo.held_back.files,
            tried_again: todo.tried_again.products,
            tried_again_files: todo.tried_again.files,
            next_try: todo.next_try.map(|night| LocalTime::of(night.from, &zone)),
        }
    });
    let (nights, backlogs): (Vec<_>, Vec<_>) = (nights.collect(), backlogs.collect());
    let mut words = vec![sentence(&nights, &backlogs, made.is_content_known, now)];
    words.extend(held);
    Ok(Plan {
        made_at: LocalTime::of(now, &zone),
        zone: zone_name(&zone),
        nights,
        between: forecast.between.into_iter().map(planned).collect(),
        backlogs,
        sentence: words.join(" "),
    })
}

fn planned(is_guess: bool, run: RunAhead, now: Timestamp, zone: &TimeZone) -> PlannedRun {
    let RunAhead { task, origin, start, end, how } = run;
    let seconds = |left: &SignedDuration| u64::try_from(left.as_secs()).unwrap_or(0);
    let (word, left_seconds, due, message) = match &how {
        How::Fits if start.is_some_and(|start| start <= now) => {
            ("fits", None, None, "It has begun.".to_owned())
        }
        How::Fits => ("fits", None, None, String::new()),
        How::Overruns => ("overruns", None, None, "It ends after the window, as it may.".to_owned()),
        How::Cut { left } => (
            "cut",
            Some(seconds(left)),
            None,
            format!("The window's end stops it; {} of work is left for the next night.", about(*left)),
        ),
        How::GoesOn { left } => {
            ("goes-on", Some(seconds(left)), None, format!("It goes on; {} of work is left.", about(*left)))
        }
        How::Missed(reason) => ("missed", None, None, reason.to_string()),
        How::Skipped(reason) => ("skipped", None, None, reason.to_string()),
        How::Waits(reason) => ("waits", None, None, reason.to_string()),
        How::Done { until } => {
            ("done", None, Some(*until), format!("It is done, and due again on {}.", date(*until)))
        }
        How::NotDue { until } => {
            ("not-due", None, Some(*until), format!("It is due again on {}.", date(*until)))
        }
        How::GivenUp => (
            "given-up",
            None,
            None,
            "It failed or a person stopped it that day; the next day tries again.".to_owned(),
        ),
        How::SwitchedOff { switch } => {
            ("switched-off", None, None, format!("It is switched off (setting {switch})."))
        }
    };
    let local = |at| LocalTime::of(at, zone);
    PlannedRun {
        task,
        origin,
        start: start.map(local),
        end: end.map(local),
        how: word.to_owned(),
        left_seconds,
        is_guess,
        due,
        message,
    }
}

/// A time for people: `40 s`, `3 min`, `2 h 10 min`.
fn about(time: SignedDuration) -> String {
    match time.as_secs() {
        seconds @ ..60 => format!("{} s", seconds.max(0)),
        seconds @ 60..3600 => format!("{} min", (seconds + 59) / 60),
        seconds => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The tasks of such runs; one that has two of them in a night counts once.
fn tasks_of(night: &PlannedNight, which: impl Fn(&PlannedRun) -> bool) -> BTreeSet<&TaskName> {
    night.runs.iter().filter(|run| which(run)).map(|run| &run.task).collect()
}

/// The last line of a plan.
fn sentence(
    nights: &[PlannedNight],
    backlogs: &[PlannedBacklog],
    is_content_known: bool,
    now: Timestamp,
) -> String {
    let Some(tonight) = nights.first() else {
        return "There is no maintenance window: no day of the week has one.".to_owned();
    };
    let begin = tasks_of(tonight, |run| run.start.is_some()).len();
    let short = tasks_of(tonight, |run| ["cut", "missed"].contains(&run.how.as_str()));
    let waits = tasks_of(tonight, |run| run.how == "waits").difference(&short).count();
    let short = short.len();
    let tasks = |number: usize| if number == 1 { "1 task".to_owned() } else { format!("{number} tasks") };
    let window = if tonight.from.at() <= now { "this window" } else { "the next window" };
    let mut sentence = match (begin, short, waits) {
        (0, 0, 0) if tonight.runs.iter().any(|run| run.how == "done") => {
            format!("What was due in {window} is done")
        }
        (0, 0, 0) => format!("Nothing is due in {window}"),
        (0, short, waits) => {
            format!("Nothing begins in {window}, and {} would have to", tasks(short + waits))
        }
        (_, 0, 0) => format!("{} in {window}, and all fit", tasks(begin)),
        (_, 1, 0) => format!("{} in {window}, and 1 does not fit", tasks(begin)),
        (_, short, 0) => format!("{} in {window}, and {short} do not fit", tasks(begin)),
        (_, short, waits) => {
            format!("{} in {window}, and {} wait or do not fit", tasks(begin), short + waits)
        }
    };
    // What began and ended in this window already is no part of what is still to begin.
    let done = tasks_of(tonight, |run| run.how == "done").len();
    if begin + short + waits > 0 && done > 0 {
        sentence.push_str(&format!(", beside {done} done already"));
    }
    // Nobody waits for what a task that is switched off would do.
    let off = tasks_of(tonight, |run| run.how == "switched-off");
    let open: Vec<&PlannedBacklog> =
        backlogs.iter().filter(|backlog| backlog.lacks > 0 && !off.contains(&backlog.task)).collect();
    let longest = open.iter().filter_map(|backlog| backlog.nights).max();
    sentence.push_str(&match longest {
        _ if open.is_empty() && !is_content_known => {
            "; what the first scan will find to do is not known yet.".to_owned()
        }
        _ if open.is_empty() => "; there is no backlog.".to_owned(),
        _ if open.iter().any(|backlog| backlog.nights.is_none()) => {
            "; some of the backlog is never done, as things are.".to_owned()
        }
        Some(0) => "; the backlog is done before that.".to_owned(),
        Some(1) => "; the backlog is done in 1 night.".to_owned(),
        Some(nights) => format!("; the backlog is done in {nights} nights."),
        None => ".".to_owned(),
    });
    if open.iter().any(|backlog| backlog.is_guess) {
        sentence.push_str(" There are no figures of such work yet: its time is a guess.");
    } else if tonight.runs.iter().any(|run| run.is_guess) {
        sentence.push_str(" Times with a question mark are guesses: no such run has completed here yet.");
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night(hows: &[&str]) -> PlannedNight {
        let zone = TimeZone::UTC;
        let at = LocalTime::of("2026-11-24T02:00:00Z".parse().unwrap(), &zone);
        // `X missed` is a run of the task X; without a name each is of a task of its own.
        let run = |(nth, how): (usize, &&str)| {
            let (task, how) = how
                .split_once(' ')
                .map_or_else(|| (format!("Task{nth}"), *how), |(task, how)| (task.to_owned(), how));
            planned_as(&task, how, at)
        };
        PlannedNight {
            day: at.civil().date(),
            from: at,
            until: at,
            runs: hows.iter().enumerate().map(run).collect(),
        }
    }

    fn planned_as(task: &str, how: &str, at: LocalTime) -> PlannedRun {
        PlannedRun {
            task: task.into(),
            origin: butler_api::Origin::Window,
            start: ["fits", "cut"].contains(&how).then_some(at),
            end: None,
            how: how.to_owned(),
            left_seconds: None,
            is_guess: false,
            due: None,
            message: String::new(),
        }
    }

    fn backlog(lacks: u64, nights: Option<u32>, is_guess: bool) -> PlannedBacklog {
        PlannedBacklog {
            task: "X".into(),
            lacks,
            bytes: 0,
            seconds: 0,
            is_guess,
            nights,
            held_back: 0,
            held_back_files: 0,
            tried_again: 0,
            tried_again_files: 0,
            next_try: None,
        }
    }

    #[test]
    fn the_last_line_says_what_fits_and_when_the_backlog_is_done() {
        let before: Timestamp = "2026-11-24T01:00:00Z".parse().unwrap();
        let sentence =
            |nights: &[PlannedNight], backlogs: &[PlannedBacklog]| sentence(nights, backlogs, true, before);
        assert_eq!(sentence(&[], &[]), "There is no maintenance window: no day of the week has one.");
        assert_eq!(
            sentence(&[night(&["not-due"])], &[backlog(0, Some(0), false)]),
            "Nothing is due in the next window; there is no backlog."
        );
        assert_eq!(
            sentence(&[night(&["done", "not-due"])], &[]),
            "What was due in the next window is done; there is no backlog."
        );
        assert_eq!(
            sentence(&[night(&["fits", "done", "done", "not-due"])], &[]),
            "1 task in the next window, and all fit, beside 2 done already; there is no backlog."
        );
        assert_eq!(
            super::sentence(&[night(&["fits"])], &[], false, before),
            "1 task in the next window, and all fit; what the first scan will find to do is not known yet."
        );
        assert_eq!(
            sentence(&[night(&["waits", "missed"])], &[]),
            "Nothing begins in the next window, and 2 tasks would have to; there is no backlog."
        );
        assert_eq!(
            sentence(&[night(&["fits", "fits"])], &[backlog(3, Some(1), false)]),
            "2 tasks in the next window, and all fit; the backlog is done in 1 night."
        );
        assert_eq!(
            sentence(&[night(&["fits", "cut", "missed"])], &[backlog(3, Some(4), true)]),
            "2 tasks in the next window, and 2 do not fit; the backlog is done in 4 nights. There are no \
             figures of such work yet: its time is a guess."
        );
    }

    #[test]
    fn the_last_line_counts_each_task_once_and_leaves_out_what_is_switched_off() {
        let before: Timestamp = "2026-11-24T01:00:00Z".parse().unwrap();
        let twice = night(&["X cut", "X cut", "X missed", "X waits", "Y fits", "Y fits"]);
        assert_eq!(
            sentence(&[twice], &[], true, before),
            "2 tasks in the next window, and 1 does not fit; there is no backlog."
        );
        let off = [night(&["X switched-off", "Y fits"])];
        assert_eq!(
            sentence(&off, &[backlog(9, None, true)], true, before),
            "1 task in the next window, and all fit; there is no backlog."
        );
        let other = PlannedBacklog { task: "Y".into(), ..backlog(9, Some(1), false) };
        assert_eq!(
            sentence(&off, &[backlog(9, None, true), other], true, before),
            "1 task in the next window, and all fit; the backlog is done in 1 night."
        );
    }
}
