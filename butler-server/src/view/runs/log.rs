//! A run's log as it is shown: the lines that are stored, and those that wait for that, by their moments.

use butler_api::RunId;
use butler_api::v1::LogLine;
use butler_library::RunLine;

use crate::app::App;
use crate::error::Problem;

/// What happened in a run, oldest first.
pub(super) async fn of(app: &App, run: RunId) -> Result<Vec<LogLine>, Problem> {
    // The engine first: what waits no more by then is stored.
    let waiting = app.handle.waiting_lines(run).await?;
    let stored = app.library(move |library| library.run_lines(run)).await?;
    Ok(together(stored, waiting).iter().map(line).collect())
}

/// Lines that were stored while they were asked for are in both. What failed is stored at once, with what came
/// of its file, and so before older lines that wait.
fn together(mut stored: Vec<RunLine>, waiting: Vec<RunLine>) -> Vec<RunLine> {
    let is_new = |line: &RunLine| !stored.contains(line);
    let new: Vec<RunLine> = waiting.into_iter().filter(is_new).collect();
    stored.extend(new);
    stored.sort_by_key(RunLine::at);
    stored
}

fn line(line: &RunLine) -> LogLine {
    LogLine { at: line.at(), text: line.words().to_owned(), is_bad: line.is_bad() }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn lines_are_shown_by_their_moments_in_whatever_order_they_were_stored() {
        let line = |ms, words| RunLine::new(Timestamp::from_millisecond(ms).unwrap(), words, false);
        let (begun, section) = (line(1, "running"), line(2, "Films is begun"));
        let (failed, done) = (line(3, "/films/a: It is damaged."), line(3, "completed"));
        let expect = vec![begun.clone(), section.clone(), failed.clone(), done.clone()];
        assert_eq!(
            together(vec![begun.clone(), failed.clone(), section.clone(), done.clone()], vec![]),
            expect
        );
        assert_eq!(together(vec![begun, failed], vec![section, done]), expect);
    }

    #[test]
    fn a_line_that_was_stored_while_it_was_asked_for_is_shown_once() {
        let line = |words| RunLine::new(Timestamp::UNIX_EPOCH, words, false);
        let (begun, failed, done) = (line("running"), line("/films/a: It is damaged."), line("completed"));
        let shown = together(vec![begun.clone(), failed.clone()], vec![failed.clone(), done.clone()]);
        assert_eq!(shown, [begun, failed, done]);
    }
}
