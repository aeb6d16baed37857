//! Runs as bars on a terminal: one a run, how far it is, at which rate, how long still, on which file.

use std::collections::HashMap;

use butler_client::{Run, RunId, RunState};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::print::Text;
use crate::print::lines::{side_facts, waiting};

/// Columns of a bar.
const WORKING: &str = "{prefix} {bar:16} {pos}/{len} {wide_msg}";
/// A run that waits, or of which it isn't known how much there is to do.
const WAITING: &str = "{prefix} {wide_msg}";

/// Nothing runs.
const IDLE: &str = "{wide_msg}";

/// The bars of the runs that are shown.
pub(crate) struct Bars {
    screen: MultiProgress,
    bars: HashMap<RunId, ProgressBar>,
    /// What stands there while nothing runs.
    idle: Option<&'static str>,
    idle_bar: Option<ProgressBar>,
}

impl Bars {
    /// Bars on a terminal; `idle` stands there while nothing runs.
    pub(crate) fn new(target: ProgressDrawTarget, idle: Option<&'static str>) -> Self {
        Self { screen: MultiProgress::with_draw_target(target), bars: HashMap::new(), idle, idle_bar: None }
    }

    /// Shows these runs, in this order of arrival, and no others.
    pub(crate) fn show(&mut self, runs: &[Run]) {
        let screen = &self.screen;
        let take_away = |bar: &ProgressBar| {
            bar.finish_and_clear();
            screen.remove(bar);
        };
        self.bars.retain(|id, bar| {
            let stays = runs.iter().any(|run| run.id == *id);
            if !stays {
                take_away(bar);
            }
            stays
        });
        match self.idle.filter(|_| runs.is_empty()) {
            Some(text) => {
                let bar = self
                    .idle_bar
                    .get_or_insert_with(|| screen.add(ProgressBar::no_length().with_style(style(IDLE))));
                bar.set_message(text);
            }
            None => drop(self.idle_bar.take().inspect(take_away)),
        }
        let width = runs.iter().map(|run| run.task.as_str().chars().count()).max().unwrap_or(0);
        for run in runs {
            let bar = self.bars.entry(run.id).or_insert_with(|| self.screen.add(ProgressBar::no_length()));
            bar.set_prefix(Text::from(format!("{:<width$}", run.task.as_str())).plain());
            draw(bar, run);
        }
    }

    /// Says something that stands above the bars.
    pub(crate) fn above<T>(&self, print: impl FnOnce() -> T) -> T {
        self.screen.suspend(print)
    }

    /// Takes the bars away.
    pub(crate) fn clear(&mut self) {
        self.idle = None;
        self.show(&[]);
        // A terminal that is gone needs no clearing.
        let _ = self.screen.clear();
    }
}

fn draw(bar: &ProgressBar, run: &Run) {
    let has_bar = run.state == RunState::Running && run.total > 0;
    let message = if has_bar {
        bar.set_length(run.total);
        bar.set_position(run.done);
        side_facts(run).join(", ")
    } else if run.state == RunState::Running {
        let done = if run.done > 0 { format!("{} done", run.done) } else { run.state.to_string() };
        [vec![done], side_facts(run)].concat().join(", ")
    } else {
        waiting(run)
    };
    bar.set_style(style(if has_bar { WORKING } else { WAITING }));
    bar.set_message(Text::from(message).plain());
    bar.tick();
}

fn style(template: &str) -> ProgressStyle {
    // The templates are ours, and the test below reads them.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▉▊▋▌▍▎▏ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_sound() {
        for template in [WORKING, WAITING, IDLE] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
