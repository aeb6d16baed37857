//! What a scan of all sections would do, shown beforehand: which files would be new, moved, changed, back or
//! missing, and where each would stand. Nothing is written; the plan is the scan's own (`plan_scan`).

use std::sync::Arc;

use butler_library::{
    Becomes, PlannedFile, RealFiles, ScanError, ScanObserver, ScanPlan, ScanProgress, ScanReport, ScanWorld,
    plan_scan,
};

use super::unreadable;
use crate::plan::{Action, Deed, Ground, Plan};
use crate::work::TaskError;

/// So many files are named; of more their number is told.
const MOST_NAMED: usize = 1_000;

pub(super) fn show(ground: &mut Ground<'_>) -> Result<Plan, TaskError> {
    let (mut plan, mut unnamed, now) = (Plan::default(), 0, ground.now);
    for section in ground.library.sections().map_err(|error| unreadable(&error))? {
        let world = ScanWorld {
            root_threads: ground.library.root_threads(),
            files: Arc::new(RealFiles),
            now: &|| now,
            settle: &|_| {},
            run: None,
        };
        let mut stop = Stop(&mut *ground.is_stopping);
        let shown = match plan_scan(ground.library, section.id, None, &world, &mut stop) {
            Ok(shown) if shown.report.stopped => return Err(TaskError::Stopped),
            Ok(shown) => shown,
            // Somebody removed it meanwhile.
            Err(ScanError::UnknownSection(_)) => continue,
            Err(ScanError::Store(error)) => return Err(unreadable(&error)),
        };
        plan.remarks.extend(remarks(&section.name, &shown));
        let room = MOST_NAMED - plan.actions.len();
        unnamed += shown.files.len().saturating_sub(room);
        plan.actions.extend(shown.files.into_iter().take(room).map(action));
    }
    if unnamed > 0 {
        plan.remarks.push(format!("Something would happen to {unnamed} more files."));
    }
    Ok(plan)
}

/// Hears nothing of how the scan goes, and ends it when whoever asked is gone.
struct Stop<'a>(&'a mut (dyn FnMut() -> bool + Send));

impl ScanObserver for Stop<'_> {
    fn progress(&mut self, _: ScanProgress) {}

    fn should_stop(&mut self) -> bool {
        (self.0)()
    }
}

fn action(PlannedFile { path, size, becomes, place }: PlannedFile) -> Action {
    let place = place.join(" › ");
    let (deed, reason) = match becomes {
        Becomes::Added => (Deed::Add, format!("It is new, and is {place}.")),
        Becomes::Moved { from } => (Deed::Move, format!("It lay at {}, and is {place}.", from.display())),
        Becomes::Changed => (Deed::Change, format!("It was written since the last scan, and is {place}.")),
        Becomes::Back => (Deed::Restore, "It was missing and is there again.".to_owned()),
        Becomes::Missing => (Deed::Miss, "It is not there any more.".to_owned()),
    };
    Action { deed, path, bytes: size, reason }
}

fn remarks(section: &str, plan: &ScanPlan) -> Vec<String> {
    let report = &plan.report;
    let away = report.roots_away.iter().map(|root| root.sentence.clone());
    let unread =
        report.failures.iter().map(|failure| format!("{}: {}", failure.path.display(), failure.sentence));
    let unsettled = (report.unsettled > 0).then(|| still_written(section, report));
    away.chain(unread.take(MOST_NAMED)).chain(unsettled).collect()
}

/// Which files of a section were written a moment ago, so that nothing can be said of them yet.
fn still_written(section: &str, report: &ScanReport) -> String {
    let mut names: Vec<String> =
        report.unsettled_files.iter().map(|path| format!("`{}`", path.display())).collect();
    let more = report.unsettled.saturating_sub(names.len() as u64);
    names.extend((more > 0).then(|| format!("{more} more")));
    let (what, was) = match report.unsettled {
        1 => ("1 file is".to_owned(), "was"),
        files => (format!("{files} files are"), "were"),
    };
    format!(
        "{section}: {what} still being written, or {was} within the last seconds: {}. A scan waits a minute \
         at most for such files, and leaves the others to the next.",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use butler_library::{Library, NewSection, SectionKind};
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::*;
    use crate::settings::Settings;

    #[test]
    fn each_file_is_named_with_what_would_become_of_it_and_nothing_is_written() {
        let folder = butler_fixtures::tempdir().unwrap();
        let media = folder.path().join("media");
        fs::create_dir_all(media.join("Heat (1995)")).unwrap();
        fs::write(media.join("Heat (1995)/Heat (1995).mkv"), b"film").unwrap();
        let library = Library::open(&folder.path().join("data")).unwrap();
        let new = NewSection {
            name: "Films".into(),
            kind: SectionKind::Movie,
            roots: vec![media.clone()],
            agent: String::new(),
            scanner: String::new(),
            language: String::new(),
        };
        let section = library.add_section(new, Timestamp::UNIX_EPOCH).unwrap();
        let look = |now: Timestamp| {
            show(&mut Ground {
                library: &library,
                settings: &Settings::default(),
                section: None,
                now,
                today: date(2030, 1, 1),
                is_stopping: &mut || false,
            })
            .unwrap()
        };
        let plan = look("2100-01-01T00:00:00Z".parse().unwrap());
        let shown: Vec<_> =
            plan.actions.iter().map(|action| (action.deed, action.bytes, action.reason.as_str())).collect();
        assert_eq!(shown, [(Deed::Add, 4, "It is new, and is Heat.")]);
        assert_eq!(plan.remarks, Vec::<String>::new());
        assert!(library.section(section).unwrap().unwrap().scanned_at.is_none());

        // Written this very moment, by the clock that it is looked at with.
        let written = fs::metadata(media.join("Heat (1995)/Heat (1995).mkv")).unwrap().modified().unwrap();
        let plan = look(Timestamp::try_from(written).unwrap());
        assert!(plan.actions.is_empty(), "{plan:?}");
        assert_eq!(
            plan.remarks,
            ["Films: 1 file is still being written, or was within the last seconds: `Heat (1995)/Heat \
              (1995).mkv`. A scan waits a minute at most for such files, and leaves the others to the next."]
        );

        fs::remove_dir_all(&media).unwrap();
        let plan = look("2100-01-01T00:00:00Z".parse().unwrap());
        assert!(plan.actions.is_empty() && plan.remarks[0].contains("mount its disk"), "{plan:?}");
    }
}
