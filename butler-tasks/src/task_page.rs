//! The page of tasks, `docs/tasks.md`, printed from the catalogue; a test compares the two.

use std::fmt::Write;
use std::path::Path;

use butler_library::Versions;
use butler_schedule::{AtWindowEnd, Lane};

use crate::{OwnWork, Settings, Task};

const HEAD: &str = "# Tasks

Every task that this server has, printed from the program's own catalogue; a test compares. `butler tasks` shows how they stand, `butler
start NAME` starts one, and so does any client that knows Plex's `/butler`. When what runs is told in [scheduling.md](scheduling.md), what
can be set in [settings.md](settings.md).
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for task in crate::ALL {
        write!(page, "\n## {}\n\n{}: {}.\n\n", task.name, task.title, task.description).unwrap();
        for (label, words) in facts(task) {
            writeln!(page, "- {label}: {words}").unwrap();
        }
    }
    page
}

fn facts(task: &Task) -> Vec<(&'static str, String)> {
    let mut facts =
        vec![("Due", due(task)), ("Beside others", lane(task)), ("Switch", setting(task.switch.id))];
    if let Some(switch) = task.section_switch {
        facts.push(("Switch of a section", setting(switch.id)));
    }
    if let Some(switch) = task.phases.writes_tags {
        facts.push(("Writes gain tags where a section asks for it", setting(switch.id)));
    }
    if !task.settings.is_empty() {
        let settings: Vec<String> = task.settings.iter().map(|own| setting(own.id)).collect();
        facts.push(("Settings", settings.join(", ")));
    }
    if let OwnWork::Planned(_) = task.phases.work {
        let shown = format!("a plan first, which `butler start {} --dry-run` shows", task.name);
        facts.push(("Works by", shown));
    }
    if let OwnWork::Shown { .. } = task.phases.work {
        let shown = format!("what it finds, which `butler start {} --dry-run` shows beforehand", task.name);
        facts.push(("Works by", shown));
    }
    let demands = task.demands(&Settings::default());
    for (versions, label) in [(Versions::Usable, "Makes of files"), (Versions::Newest, "Makes anew of files")]
    {
        let those = demands.iter().filter(|demand| demand.versions == versions);
        let mut kinds: Vec<String> = those.map(|demand| format!("`{}`", demand.spec.kind())).collect();
        kinds.dedup();
        if !kinds.is_empty() {
            facts.push((label, kinds.join(", ")));
        }
    }
    if !task.phases.derives.is_empty() {
        let derived = task.phases.derives.iter();
        let kinds: Vec<String> =
            derived.map(|derivation| format!("`{}` of each {}", derivation.makes, derivation.of)).collect();
        facts.push(("Derives of these", kinds.join(", ")));
    }
    facts
}

fn setting(id: &str) -> String {
    format!("[`{id}`](settings.md#{})", id.to_lowercase())
}

fn due(task: &Task) -> String {
    let every = match task.timing.every_days {
        1 => "every night".to_owned(),
        7 => "every week".to_owned(),
        days => format!("every {days} days"),
    };
    let moment = if task.timing.randomized { ", at a moment of the window that is drawn" } else { "" };
    let end = match task.timing.at_window_end {
        AtWindowEnd::Stop => "; the window's end stops it, and the next night goes on",
        AtWindowEnd::Finish => "; it may finish after the window's end",
    };
    format!("{every}{moment}{end}")
}

fn lane(task: &Task) -> String {
    match task.timing.lane {
        Lane::Scan => "it goes before all others, which wait for its end",
        Lane::Media => "side by side with all that reads media files; a file that several want is read once",
        Lane::Housekeeping if task.timing.never_starves => {
            "one at a time with its like, and first where the time would not be enough"
        }
        Lane::Housekeeping => "one at a time with its like",
    }
    .to_owned()
}

/// `BUTLER_WRITE_DOCS=1` writes the page in place of comparing it.
#[test]
fn the_page_of_tasks_is_that_of_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tasks.md");
    if std::env::var_os("BUTLER_WRITE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page(), "BUTLER_WRITE_DOCS=1 cargo test -p butler-tasks writes it anew");
}
