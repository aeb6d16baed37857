//! What a server does as bars on a terminal: one a run or an activity, how far it is, at which rate, how long
//! still, on which file.

use std::collections::HashMap;

use butler_client::{Activity, Run, RunState};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use unicode_width::UnicodeWidthStr;

use crate::print::Text;
use crate::print::lines::{side_facts, waiting};

/// Columns of a bar.
const WORKING: &str = "{prefix} {bar:16} {pos}/{len} {wide_msg}";
/// A run that waits, or of which it isn't known how much there is to do.
const WAITING: &str = "{prefix} {wide_msg}";

/// Nothing runs.
const IDLE: &str = "{wide_msg}";

/// One bar, as it is to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Which one it is, from look to look.
    key: String,
    name: String,
    /// How far it is, and of how many; none while that isn't known.
    place: Option<(u64, u64)>,
    message: String,
}

impl From<&Run> for Row {
    fn from(run: &Run) -> Self {
        let works = run.state == RunState::Running;
        let place = (works && run.total > 0).then_some((run.done, run.total));
        let message = if place.is_some() {
            side_facts(run).join(", ")
        } else if works {
            let done = if run.done > 0 { format!("{} done", run.done) } else { run.state.to_string() };
            [vec![done], side_facts(run)].concat().join(", ")
        } else {
            waiting(run)
        };
        Self { key: run.id.to_string(), name: run.task.to_string(), place, message }
    }
}

impl From<&Activity> for Row {
    fn from(activity: &Activity) -> Self {
        let place = u64::try_from(activity.progress).ok().map(|percent| (percent, 100));
        let (name, message) = (activity.title.clone(), activity.subtitle.clone());
        Self { key: activity.uuid.clone(), name, place, message }
    }
}

/// The bars that are shown.
pub(crate) struct Bars {
    screen: MultiProgress,
    bars: HashMap<String, ProgressBar>,
    /// What stands there while nothing runs.
    idle: Option<&'static str>,
    idle_bar: Option<ProgressBar>,
}

impl Bars {
    /// Bars on a terminal; `idle` stands there while nothing runs.
    pub(crate) fn new(target: ProgressDrawTarget, idle: Option<&'static str>) -> Self {
        Self { screen: MultiProgress::with_draw_target(target), bars: HashMap::new(), idle, idle_bar: None }
    }

    /// Shows these, in this order of arrival, and no others.
    pub(crate) fn show<T>(&mut self, rows: &[T])
    where
        for<'a> &'a T: Into<Row>,
    {
        let rows: Vec<Row> = rows.iter().map(Into::into).collect();
        let screen = &self.screen;
        let take_away = |bar: &ProgressBar| {
            bar.finish_and_clear();
            screen.remove(bar);
        };
        self.bars.retain(|key, bar| {
            let stays = rows.iter().any(|row| row.key == *key);
            if !stays {
                take_away(bar);
            }
            stays
        });
        match self.idle.filter(|_| rows.is_empty()) {
            Some(text) => {
                let bar = self
                    .idle_bar
                    .get_or_insert_with(|| screen.add(ProgressBar::no_length().with_style(style(IDLE))));
                bar.set_message(text);
            }
            None => drop(self.idle_bar.take().inspect(take_away)),
        }
        let width = rows.iter().map(|row| row.name.width()).max().unwrap_or(0);
        for row in rows {
            let blanks = " ".repeat(width - row.name.width());
            let prefix = Text::from(format!("{}{blanks}", row.name)).plain();
            match self.bars.get(&row.key) {
                Some(bar) => draw(bar, prefix, row),
                None => {
                    // It comes to the screen as it is to look, not as bars of indicatif's own do.
                    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
                    let key = row.key.clone();
                    draw(&bar, prefix, row);
                    let bar = self.screen.add(bar);
                    bar.tick();
                    self.bars.insert(key, bar);
                }
            }
        }
    }

    /// Says something that stands above the bars.
    pub(crate) fn above<T>(&self, print: impl FnOnce() -> T) -> T {
        self.screen.suspend(print)
    }

    /// Takes the bars away.
    pub(crate) fn clear(&mut self) {
        self.idle = None;
        self.show::<Run>(&[]);
        // A terminal that is gone needs no clearing.
        let _ = self.screen.clear();
    }
}

fn draw(bar: &ProgressBar, prefix: String, row: Row) {
    if let Some((done, total)) = row.place {
        bar.set_length(total);
        bar.set_position(done);
    }
    bar.set_style(style(if row.place.is_some() { WORKING } else { WAITING }));
    bar.set_prefix(prefix);
    bar.set_message(Text::from(row.message).plain());
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
