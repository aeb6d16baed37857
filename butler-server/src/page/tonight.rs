//! The first page: whether last night was well, what runs now, and what tonight will bring.

mod strip;
mod timeline;

use axum::response::Response;
use butler_api::v1::{FailureSummary, Health, Plan, PlannedRun, Run, SandboxState, Task};
use butler_api::{RunState, TaskName};
use butler_library::{RunFilter, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};

use self::timeline::{Night, Panel};
use super::frame::{Site, Tab, Viewer, coded};
use super::words::{self, bytes, count, length, many};
use super::{chart, failures};
use crate::app::App;
use crate::error::Problem;
use crate::params::Page;
use crate::view;
use crate::view::nights::{Nights, Went};
use crate::view::outside::Seen;
use crate::view::standing::Standing;

/// As many of the newest runs hold the night that goes on and the one before, whatever else was started.
const NEWEST: Page = Page { start: 0, size: 400 };
/// Nights whose standing is shown.
const NIGHTS: usize = 30;
/// Reasons of failures that are named; the rest are on their page.
const MOST_REASONS: usize = 3;

/// What the page is made of.
struct Facts {
    plan: Plan,
    tasks: Vec<Task>,
    runs: Vec<Run>,
    failures: FailureSummary,
    health: Health,
    standing: Standing,
    seen: Seen,
    open: Option<Date>,
    nights: Nights,
    has_section: bool,
}

/// Shows the page.
pub(crate) async fn show(app: &App, viewer: &Viewer) -> Result<Response, Problem> {
    let site = Site::open(app, viewer).await?;
    let facts = Facts {
        plan: view::plan::recent(app).await?,
        tasks: view::tasks::list(app).await?.tasks,
        runs: view::runs::list(app, RunFilter::default(), NEWEST).await?.runs,
        failures: view::failures::summary(app).await?,
        health: view::health::health(app).await?,
        standing: view::standing::standing(app).await?,
        seen: view::outside::seen(app).await,
        open: view::window::window(app).await?.day,
        nights: view::nights::nights(app, NIGHTS + 1).await?,
        has_section: app.library(|library| Ok::<_, StoreError>(!library.sections()?.is_empty())).await?,
    };
    Ok(site.page(Tab::Tonight, "Tonight", body(&site, &facts)))
}

fn body(site: &Site, facts: &Facts) -> Markup {
    html! {
        section.wide #headline data-live { (headline(site, facts)) }
        section.card.wide #night data-live { (night(site, facts)) }
        section.card #now data-live aria-label="Now" { (now(site, facts)) }
        aside #aside data-live { (needs_you(site, facts)) (standing(site, facts)) }
    }
}

fn headline(site: &Site, facts: &Facts) -> Markup {
    if !facts.has_section {
        return html! {
            h1 { "Welcome. Butler has no library yet." }
            p.sub { "Name a folder with films, shows, music or photos: Butler finds what is in it and takes care of it \
                     every night. It changes nothing in the folder." }
            p { a.button.main href=(site.at("/sections/add")) { "Add a library" } }
        };
    }
    let sentence = words::sentence(&facts.nights.sentence(), &site.clock);
    let Some(night) = facts.nights.last() else {
        return html! {
            h1 { (sentence) }
            p.sub { "From tomorrow on this line says whether the night was well." }
        };
    };
    html! {
        h1.fail[night.went() == Went::Failed] { (sentence) }
        p.sub {
            a href=(site.at(&format!("/runs?night={}", night.day))) { "See its runs" }
            @if night.failures > 0 { ", and " a href=(site.at("/failures")) { "the files that failed" } }
            "."
            @if night.unfinished > 0 { " What is left goes on in the next window." }
        }
        (strip::nights(site, &facts.nights, NIGHTS))
    }
}

fn night(site: &Site, facts: &Facts) -> Markup {
    let Some(planned) = facts.plan.nights.first() else {
        return html! {
            h2 { "Tonight" }
            p { "No day of the week has a maintenance window, so nothing starts by itself." }
            p { a.button href=(site.at("/settings")) { "Choose the hours" } }
        };
    };
    let clock = &site.clock;
    let drawn = Night {
        from: planned.from.at(),
        until: planned.until.at(),
        now: clock.now,
        zone: clock.zone.clone(),
    };
    let is_open = facts.open == Some(planned.day);
    let past: &[Run] = if is_open { &facts.runs } else { &[] };
    let ahead = Panel {
        rows: timeline::rows(&drawn, &facts.tasks, past, &planned.runs),
        head: html! {
            @if is_open { "Tonight, " (clock.time(drawn.from)) } @else { "The next night, " (clock.moment(drawn.from)) }
            " to " (clock.time(drawn.until))
        },
        night: drawn,
    };
    // By day what was stands beside what will be.
    let behind = if is_open { None } else { last_night(site, facts, &ahead.night) };
    let panels: Vec<&Panel> = behind.iter().chain([&ahead]).collect();
    let resting = |hows: &[&str]| -> Vec<&PlannedRun> {
        let rests = |run: &&PlannedRun| run.start.is_none() && hows.contains(&run.how.as_str());
        planned.runs.iter().filter(rests).collect()
    };
    html! {
        (timeline::picture(&panels, clock, |path| site.at(path)))
        @if ahead.rows.is_empty() { p.empty { "Nothing is due in this window." } }
        p.sub.plan-words { (coded(&facts.plan.sentence)) " " a href=(site.at("/settings#hours")) { "Change the hours" } }
        (rest(facts, &resting(&["done"]), "done"))
        (rest(facts, &resting(&["not-due", "switched-off", "given-up", "skipped"]), "not due"))
    }
}

/// The tasks of a night that do not begin in it any more, with the reason of each.
fn rest(facts: &Facts, runs: &[&PlannedRun], word: &str) -> Markup {
    html! {
        @if !runs.is_empty() {
            details.more {
                summary { (many(runs.len() as u64, "task")) " " (word) }
                ul.plain { @for run in runs { li { strong { (title(&facts.tasks, &run.task)) } " " span.quiet { (run.message) } } } }
            }
        }
    }
}

/// What ran in the last night, if something did, over the hours that it would have by today's settings.
fn last_night(site: &Site, facts: &Facts, ahead: &Night) -> Option<Panel> {
    let (clock, night) = (&site.clock, facts.nights.last()?);
    let day = night.day;
    let runs: Vec<Run> = facts.runs.iter().filter(|run| run.day == Some(day)).cloned().collect();
    let drawn = ahead.of_day(day, &runs)?;
    let rows = timeline::rows(&drawn, &facts.tasks, &runs, &[]);
    let head =
        html! { (facts.nights.name(night)) ", " (clock.time(drawn.from)) " to " (clock.time(drawn.until)) };
    (!rows.is_empty()).then_some(Panel { night: drawn, rows, head })
}

fn now(site: &Site, facts: &Facts) -> Markup {
    let open = |run: &&Run| !run.state.is_terminal();
    let works = |run: &&Run| matches!(run.state, RunState::Running | RunState::Paused | RunState::Stopping);
    // Newest first in the list; what began first stands first here.
    let working: Vec<&Run> = facts.runs.iter().rev().filter(open).filter(works).collect();
    let waiting: Vec<&Run> = facts.runs.iter().rev().filter(open).filter(|run| !works(run)).collect();
    let latest: Vec<&Run> = facts.runs.iter().filter(|run| run.state.is_terminal()).take(5).collect();
    html! {
        div.row {
            h2 { "Now" }
            div.buttons {
                (site.button("/start", "Start all that is due", ""))
                (start_one(site, &facts.tasks))
                @if !(working.is_empty() && waiting.is_empty()) { (site.button("/stop", "Stop all", "")) }
            }
        }
        @if working.is_empty() && waiting.is_empty() {
            p.empty {
                "Nothing runs, and nothing waits. The next window begins by itself; \u{201c}Start all that is \
                 due\u{201d} does not wait for it."
            }
        }
        @for run in working { (work(site, run, title(&facts.tasks, &run.task))) }
        @for run in waiting {
            div.work {
                div.row {
                    h3 { a href=(site.at(&format!("/runs/{}", run.id))) { (title(&facts.tasks, &run.task)) } }
                    div.buttons {
                        span.quiet { (chart::state_word(run.state)) }
                        (site.row_button(&format!("/runs/{}/stop", run.id), "Take out", title(&facts.tasks, &run.task)))
                    }
                }
                @if let Some(reason) = &run.reason { p.sub { (coded(reason)) } }
                @else if let Some(at) = planned_at(&facts.plan, run) { p.sub { "It begins at " (site.clock.time(at)) "." } }
            }
        }
        @if !latest.is_empty() {
            h2.later { "Done last" }
            ul.plain.lines {
                @for run in latest {
                    li.row {
                        span { a href=(site.at(&format!("/runs/{}", run.id))) { (title(&facts.tasks, &run.task)) } }
                        span.quiet { (chart::went(run)) " " @if let Some(at) = run.ended_at { (site.clock.moment(at)) } }
                    }
                }
            }
        }
    }
}

/// Any one task, or all, also where it is not due.
fn start_one(site: &Site, tasks: &[Task]) -> Markup {
    html! {
        details.menu {
            summary.button { "Start one" }
            div.menu-body {
                (site.form("/start", html! {
                    label { span.quiet { "Task" } br;
                        select name="task" {
                            option value="" { "all tasks" }
                            @for task in tasks { option value=(task.name) { (task.title) } }
                        }
                    }
                    label.check { input type="checkbox" name="force" value="1"; " Also if it is not due or switched off" }
                    button.main { "Start" }
                }))
            }
        }
    }
}

/// When a run that is scheduled begins.
fn planned_at(plan: &Plan, run: &Run) -> Option<Timestamp> {
    let ahead = plan.nights.iter().flat_map(|night| &night.runs).chain(&plan.between);
    let of_task = ahead.filter(|ahead| run.state == RunState::Scheduled && ahead.task == run.task);
    of_task.filter_map(|ahead| ahead.start).map(|start| start.at()).min()
}

/// A run that works, with how far it is and what it has in hand.
pub(super) fn work(site: &Site, run: &Run, title: &str) -> Markup {
    let live = run.live.as_ref();
    let file = live.and_then(|live| live.files.first());
    // What is held or stops has no pace.
    let paced = live.filter(|_| run.state == RunState::Running);
    let rate = paced.and_then(|live| live.rate).filter(|rate| *rate > 0.0);
    let left = paced.and_then(|live| live.eta_seconds);
    let path = format!("/runs/{}", run.id);
    html! {
        div.work.held[run.state == RunState::Paused] data-run=(run.id) {
            div.row {
                h3 { a href=(site.at(&path)) { (title) } }
                div.buttons {
                    span.quiet.num {
                        @if run.total > 0 { (count(run.done)) " of " (count(run.total)) }
                        @else if run.done > 0 { (count(run.done)) " so far" }
                        @if run.state != RunState::Running { " " (chart::state_word(run.state)) }
                    }
                    @if run.state != RunState::Stopping { (site.row_button(&format!("{path}/stop"), "Stop", title)) }
                }
            }
            @if run.total > 0 { progress max=(run.total) value=(run.done) aria-label=(title) {} }
            @else { progress aria-label=(title) {} }
            div.row {
                @if let Some(reason) = &run.reason { span.sub { (coded(reason)) } }
                @else if let Some(file) = file { (words::path(file)) }
                @else { span {} }
                span.quiet.num {
                    @if let Some(rate) = rate { (per_minute(rate)) }
                    @if rate.is_some() && left.is_some() { " · " }
                    @if let Some(left) = left { (length(left)) " left" }
                    @if let Some(failed) = run.failed() { " · " span.fail { (failed) } }
                }
            }
        }
    }
}

fn per_minute(rate: f64) -> String {
    match rate * 60.0 {
        rate if rate >= 9.95 => format!("{}/min", count(rate.round() as u64)),
        rate if rate >= 0.95 => format!("{rate:.1}/min"),
        rate => format!("{:.1}/h", rate * 60.0),
    }
}

fn needs_you(site: &Site, facts: &Facts) -> Markup {
    let FailureSummary { groups, group_count, .. } = &facts.failures;
    let (reasons, away) = (failures::reasons(groups), facts.seen.away().collect::<Vec<_>>());
    let is_quiet = reasons.is_empty() && facts.health.checks.is_empty() && away.is_empty();
    let are_more = reasons.len() > MOST_REASONS || *group_count > groups.len() as u64;
    html! {
        section.card {
            h2 { "Needs you" }
            @if is_quiet { p.empty { "Nothing: no file fails, and no folder is away." } }
            ul.plain {
                @for check in &facts.health.checks { li { a href=(site.at("/health")) { (coded(&check.message)) } } }
                @for away in away {
                    li {
                        a href=(site.at("/health")) {
                            @if away.is_refused { "A folder is not allowed" } @else { "A folder is away" }
                        }
                        (words::path(&away.path.display().to_string())) (coded(&away.sentence))
                    }
                }
                @for reason in reasons.iter().take(MOST_REASONS) {
                    li { a href=(site.at("/failures")) { (many(reason.files, "file")) } ": " (coded(reason.error)) }
                }
                @if are_more { li { a href=(site.at("/failures")) { "All that could not be made" } } }
            }
        }
    }
}

fn standing(site: &Site, facts: &Facts) -> Markup {
    let Standing { free_bytes, workers, .. } = &facts.standing;
    html! {
        section.card {
            h2 { "Standing" }
            ul.plain.lines {
                li.row { span { "Newest backup" }
                    @match &facts.seen.newest_backup {
                        None => { span.quiet { "not looked for yet" } }
                        Some(Ok(Some(at))) => { span.done { (site.clock.moment(*at)) } }
                        Some(Ok(None)) => { a.miss href=(site.at("/tasks/BackupDatabase")) { "none" } }
                        Some(Err(why)) => { span.miss { (coded(why)) } }
                    }
                }
                @if let Some(free) = free_bytes { li.row { span { "Room for data" } span { (bytes(*free)) " free" } } }
                li.row { span { "Workers" } span { (workers.working) " of " (workers.working + workers.paused + workers.idle + workers.absent) " at work" } }
                li.row { span { "Sandbox" }
                    @match facts.health.sandbox {
                        SandboxState::Full => { span.done { "full" } }
                        SandboxState::Partial => { span.miss { "partial" } }
                        SandboxState::Unknown => { span.quiet { "not seen yet" } }
                    }
                }
            }
        }
    }
}

/// A task's name for people.
pub(super) fn title<'a>(tasks: &'a [Task], name: &'a TaskName) -> &'a str {
    tasks.iter().find(|task| task.name == *name).map_or(name.as_str(), |task| &task.title)
}
