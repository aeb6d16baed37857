//! Products that are made anew on purpose. What that means is the library's business, and who makes what when
//! the engine's; here it is put into words.

use std::collections::BTreeMap;

use butler_api::v1::{LocalTime, Remade as RemadeBody, RemadeBy, Started};
use butler_api::{Ask, TaskName, date};
use butler_engine::PlanBasis;
use butler_library::{Remade, RemakeScope};
use butler_product::ProductKind;

use crate::app::App;
use crate::error::Problem;
use crate::view;
use crate::view::words::{count, many};

/// What shall be made anew.
pub(crate) struct Remake {
    pub(crate) scope: RemakeScope,
    /// How the scope is called: `item 7`.
    pub(crate) what: String,
    pub(crate) kinds: Vec<ProductKind>,
    /// Only what is not there, because it failed or was lost.
    pub(crate) missing_only: bool,
    /// Whether the tasks that make it are started, of these files only.
    pub(crate) now: bool,
}

/// Has products made anew by the next runs of their tasks, or by runs of their own.
pub(crate) async fn remake(app: &App, asked: Remake) -> Result<RemadeBody, Problem> {
    let Remake { scope, what, kinds, missing_only, now: is_now } = asked;
    let now = app.now();
    // A whole section needs no names.
    if is_now && !matches!(scope, RemakeScope::Section(_)) {
        let of = scope.clone();
        let count = app.library(move |library| library.count_to_remake(&of)).await?;
        refuse_too_many(count.unwrap_or(0), &what)?;
    }
    let of_kinds = kinds.clone();
    let remade = app.library(move |library| library.remake(&scope, &of_kinds, missing_only, now)).await;
    let remade = remade.map_err(|problem: Problem| {
        problem.after("Some of it may be marked to be made anew by the next nights, and not all of it is.")
    })?;
    let remade = remade.ok_or_else(|| Problem::not_found(format!("There is no {what}.")))?;
    let basis = app.handle.plan_basis().await.map_err(|gone| unstarted(gone.into(), &remade, &[], &[]))?;
    let tasks = by_task(&remade, &kinds, &basis);
    let mut started = Vec::new();
    for by in tasks.iter().filter(|_| is_now) {
        for (section, sources) in &remade.places {
            let sources = sources.iter().map(|source| source.0).collect();
            let asked = view::start::ask(app, by.task.clone(), Ask::of_sources(section.0, sources)).await;
            started.push(asked.map_err(|problem| unstarted(problem, &remade, &tasks, &started))?);
        }
    }
    Ok(RemadeBody {
        files: remade.files,
        products: remade.products.values().sum(),
        failures: remade.failures.values().sum(),
        message: sentence(&remade, &tasks, missing_only, is_now),
        tasks,
        started,
    })
}

/// Refuses what no one run is of, before anything is marked.
fn refuse_too_many(contents: usize, what: &str) -> Result<(), Problem> {
    if contents <= Ask::MOST_SOURCES {
        return Ok(());
    }
    Err(Problem::bad_request(format!(
        "Of {what} there are {} different contents, and `now` starts a run of {} at most: nothing was done. \
         Name what stands below it one by one, or leave `now` away; then the next nights make them.",
        count(contents as u64),
        count(Ask::MOST_SOURCES as u64),
    )))
}

/// What is said where all was marked and not all could be started.
fn unstarted(problem: Problem, remade: &Remade, tasks: &[RemadeBy], started: &[Started]) -> Problem {
    let sum = |counts: &BTreeMap<ProductKind, u64>| counts.values().sum::<u64>();
    let marked = many(sum(&remade.products) + sum(&remade.failures), "product");
    let is_unstarted = |by: &&RemadeBy| started.iter().all(|started| started.task != by.task);
    let names: Vec<&str> = tasks.iter().filter(is_unstarted).map(|by| by.task.as_str()).collect();
    let by = if names.is_empty() { "their tasks".to_owned() } else { names.join(" and ") };
    problem.after(&format!(
        "{marked} of {} are marked to be made anew, and the next nights make them; but {by} could not be \
         started now. The same request once more goes on from there.",
        many(remade.files, "file"),
    ))
}

/// Which task makes how much of it, and when.
fn by_task(remade: &Remade, kinds: &[ProductKind], basis: &PlanBasis) -> Vec<RemadeBy> {
    let mut tasks: BTreeMap<TaskName, RemadeBy> = BTreeMap::new();
    for kind in kinds {
        let count = [&remade.products, &remade.failures]
            .into_iter()
            .filter_map(|counts| counts.get(kind))
            .sum::<u64>();
        // One that several tasks make is made by the first that comes to it; it is told of that one.
        let Some(task) = (count > 0).then(|| basis.makers(Some(*kind)).into_iter().next()).flatten() else {
            continue;
        };
        let next = basis.next_night(task, basis.now).map(|night| LocalTime::of(night.from, basis.zone()));
        let by = tasks.entry(task.clone()).or_insert_with(|| RemadeBy {
            task: task.clone(),
            kinds: Vec::new(),
            count: 0,
            next,
        });
        by.kinds.push(kind.as_str().to_owned());
        by.count += count;
    }
    tasks.into_values().collect()
}

fn sentence(remade: &Remade, tasks: &[RemadeBy], missing_only: bool, is_now: bool) -> String {
    let files = many(remade.files, "file");
    if tasks.is_empty() {
        return match missing_only {
            true => format!("Nothing of {files} failed or is lost, so there is nothing to make."),
            false => format!(
                "Nothing of {files} is there to be made anew, and nothing failed; what was never made comes \
                 with the next run of its task."
            ),
        };
    }
    let part = |(next, by): &(Option<LocalTime>, Vec<&RemadeBy>)| {
        let products = many(by.iter().map(|by| by.count).sum(), "product");
        let tasks = by.iter().map(|by| by.task.as_str()).collect::<Vec<_>>().join(", ");
        match next {
            _ if is_now => format!("{products} by {tasks} now"),
            Some(at) => {
                let (day, clock) = (date(at.civil().date()), at.clock());
                format!("{products} by {tasks} in the night of {day} (from {clock})")
            }
            None => format!("{products} when {tasks} is started, for it does not run by itself"),
        }
    };
    // What one night makes is told together.
    let mut nights: Vec<(Option<LocalTime>, Vec<&RemadeBy>)> = Vec::new();
    for by in tasks {
        match nights.iter_mut().find(|(next, _)| is_now || *next == by.next) {
            Some((_, tasks)) => tasks.push(by),
            None => nights.push((by.next, vec![by])),
        }
    }
    let parts: Vec<String> = nights.iter().map(part).collect();
    let is_none = |counts: &BTreeMap<ProductKind, u64>| counts.values().all(|count| *count == 0);
    let verb = match (is_none(&remade.products), is_none(&remade.failures)) {
        (true, _) => "tried again",
        (false, true) => "made anew",
        (false, false) => "made anew or, where it failed, tried again",
    };
    // What is lost or failed is not there.
    let until =
        if missing_only || is_none(&remade.products) { "" } else { " Until then what is there serves." };
    format!("Of {files} is {verb}: {}.{until}", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_files_than_one_run_is_of_are_refused_before_anything_is_done() {
        assert!(refuse_too_many(Ask::MOST_SOURCES, "item 7").is_ok());
        let refused = refuse_too_many(12_345, "item 7").unwrap_err();
        let sentence = refused.sentence();
        let begin =
            "Of item 7 there are 12,345 different contents, and `now` starts a run of 5,000 at most: ";
        assert!(sentence.starts_with(begin) && sentence.contains("leave `now` away"), "{sentence}");
    }

    #[test]
    fn what_is_marked_and_could_not_be_started_is_said_with_how_to_go_on() {
        let remade = Remade { files: 1, products: [(ProductKind::Bif, 2)].into(), ..Remade::default() };
        let by = |task: TaskName| RemadeBy { task, kinds: Vec::new(), count: 1, next: None };
        let tasks = [by(TaskName::GenerateMediaIndexFiles), by(TaskName::LoudnessAnalysis)];
        let sentence = |tasks| {
            let gone = Problem::unavailable("The server is shutting down.");
            unstarted(gone, &remade, tasks, &[]).sentence().to_owned()
        };
        assert_eq!(
            sentence(&tasks[..]),
            "2 products of 1 file are marked to be made anew, and the next nights make them; but \
             GenerateMediaIndexFiles and LoudnessAnalysis could not be started now. The same request once \
             more goes on from there. The server is shutting down."
        );
        assert!(sentence(&[]).contains("but their tasks could not be started now"));
    }

    #[test]
    fn the_sentence_says_how_much_is_made_by_which_task_and_when() {
        let remade = |files, products: u64, failures: u64| Remade {
            files,
            products: [(ProductKind::Bif, products)].into(),
            failures: [(ProductKind::Bif, failures)].into(),
            ..Remade::default()
        };
        let by = |count, next: Option<&str>| RemadeBy {
            task: TaskName::GenerateMediaIndexFiles,
            kinds: vec!["bif".to_owned()],
            count,
            next: next.map(|at| at.parse().unwrap()),
        };
        assert_eq!(
            sentence(&remade(3, 2, 0), &[by(2, Some("2026-11-24T02:00:00+01:00"))], false, false),
            "Of 3 files is made anew: 2 products by GenerateMediaIndexFiles in the night of Tue 24 Nov 2026 (from \
             02:00). Until then what is there serves."
        );
        assert!(
            sentence(&remade(1, 1, 0), &[by(1, None)], false, false)
                .starts_with("Of 1 file is made anew: 1 product when GenerateMediaIndexFiles is")
        );
        assert_eq!(
            sentence(&remade(1, 0, 1), &[by(1, Some("2026-11-24T02:00:00+01:00"))], false, true),
            "Of 1 file is tried again: 1 product by GenerateMediaIndexFiles now.",
            "nothing is there that could serve"
        );
        assert_eq!(
            sentence(&remade(1, 1, 0), &[by(1, None)], true, true),
            "Of 1 file is made anew: 1 product by GenerateMediaIndexFiles now."
        );
        assert_eq!(
            sentence(&remade(1, 1, 4), &[by(5, None)], false, true),
            "Of 1 file is made anew or, where it failed, tried again: 5 products by GenerateMediaIndexFiles \
             now. Until then what is there serves."
        );
        for (missing_only, word) in [(true, "failed or is lost"), (false, "was never made comes")] {
            let nothing = sentence(&remade(1, 0, 0), &[], missing_only, false);
            assert!(nothing.starts_with("Nothing of 1 file") && nothing.contains(word), "{nothing}");
        }
    }
}
