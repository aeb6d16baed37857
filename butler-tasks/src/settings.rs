//! What a person can set: one typed table, made of what the server as a whole knows and of the tasks' own
//! rows, and the values that hold now.
//!
//! It reads no file and no database, and changes nothing by itself: values are handed in and given out. Start
//! with [`Setting`], then [`Settings`]; a task's own settings stand in its file, the others in `general.rs`.

mod file;
mod general;
mod kind;
mod schedule;
mod section_switch;
mod values;

use std::sync::LazyLock;

pub use crate::catalogue::backup_folder;
pub use file::{FileError, SettingsFile};
pub use general::{
    BUTLER_ALLOWED_ROOTS, BUTLER_CATCH_UP, BUTLER_END_HOUR, BUTLER_END_MINUTE, BUTLER_MAX_READ_RATE,
    BUTLER_MIN_FREE_SPACE, BUTLER_PAUSE_AT_DISK_PRESSURE, BUTLER_PAUSE_AT_PROCESSOR_PRESSURE,
    BUTLER_READERS_PER_DISK, BUTLER_START_HOUR, BUTLER_START_MINUTE, BUTLER_VIRTUAL_DISKS_SPIN,
    BUTLER_WINDOW_DAYS, FRIENDLY_NAME, FS_EVENT_LIBRARY_UPDATES, HOST_NAMES, PATH_PREFIX,
};
pub use kind::{BadValue, Ints, Kind, Texts, Value, read_bool};
pub use schedule::schedule_settings;
pub use section_switch::{SectionSwitch, section_switch, section_switches};
pub use values::{SettingError, Settings, Source};

/// One row of the table of settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// Its name on the wire and in the file: Plex's where Plex has it.
    pub id: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it does, one or two sentences.
    pub summary: &'static str,
    /// Where clients show it.
    pub group: Group,
    /// Which values it takes, and its default.
    pub kind: Kind,
    /// Whether clients leave it out unless they are asked for it.
    pub hidden: bool,
    /// Whether clients show it only to who wants to see more.
    pub advanced: bool,
}

/// Where clients show a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The server itself.
    General,
    /// When tasks run, and which.
    Butler,
    /// What is made of the library.
    Library,
}

impl Group {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Butler => "butler",
            Self::Library => "library",
        }
    }
}

/// The values of a `...Behavior` setting.
pub(crate) const BEHAVIORS: &[(&str, &str)] = &[
    (NEVER, "never"),
    ("scheduled", "as a scheduled task"),
    (ASAP, "as a scheduled task and when media is added"),
];
const NEVER: &str = "never";
const ASAP: &str = "asap";

impl Setting {
    /// The switch of a task that is true or false.
    pub(crate) const fn flag(
        id: &'static str,
        label: &'static str,
        summary: &'static str,
        default: bool,
    ) -> Self {
        Self {
            id,
            label,
            summary,
            group: Group::Butler,
            kind: Kind::Bool { default },
            hidden: false,
            advanced: false,
        }
    }

    /// The switch of a task that is `never`, `scheduled` or `asap`; `scheduled` by default.
    pub(crate) const fn behavior(id: &'static str, label: &'static str, summary: &'static str) -> Self {
        let kind = Kind::Text { default: "scheduled", allowed: Texts::Values(BEHAVIORS) };
        Self { id, label, summary, group: Group::Library, kind, hidden: false, advanced: false }
    }
}

/// Every setting: the server's own, then each task's switch and its own, in the catalogue's order.
pub fn all() -> &'static [&'static Setting] {
    static ALL: LazyLock<Vec<&'static Setting>> = LazyLock::new(|| {
        let of_tasks = crate::ALL
            .into_iter()
            .flat_map(|task| std::iter::once(task.switch).chain(task.settings.iter().copied()));
        general::ALL.into_iter().chain(of_tasks).collect()
    });
    &ALL
}

/// The setting of this id, if there is one.
pub fn find(id: &str) -> Option<&'static Setting> {
    all().iter().copied().find(|setting| setting.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write;
    use std::path::Path;

    use butler_library::Library;
    use jiff::Timestamp;
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::Ground;

    /// What the schedule and the tasks make of settings: all that can be seen of them here.
    fn seen(library: &Library, settings: &Settings) -> String {
        let schedule = schedule_settings(settings, TimeZone::UTC, "server".to_owned());
        let of_others = (
            settings.text(&FRIENDLY_NAME),
            settings.flag(&FS_EVENT_LIBRARY_UPDATES),
            settings.int(&BUTLER_MIN_FREE_SPACE),
            settings.folders(&BUTLER_ALLOWED_ROOTS),
            (settings.int(&BUTLER_READERS_PER_DISK), settings.flag(&BUTLER_VIRTUAL_DISKS_SPIN)),
            settings.int(&BUTLER_MAX_READ_RATE),
            settings.int(&BUTLER_PAUSE_AT_DISK_PRESSURE),
            settings.int(&BUTLER_PAUSE_AT_PROCESSOR_PRESSURE),
            settings.flag(&crate::catalogue::AUTO_EMPTY_TRASH),
        );
        let of_pages = (settings.text(&HOST_NAMES), settings.text(&PATH_PREFIX));
        let mut seen = format!("{schedule:?} {of_others:?} {of_pages:?}");
        for task in crate::ALL {
            write!(seen, " {:?}", task.demands(settings)).unwrap();
            let (now, today, is_stopping) = (Timestamp::UNIX_EPOCH, date(1970, 1, 1), &mut || false);
            let ground = &mut Ground { library, settings, section: None, now, today, is_stopping };
            let plan = task.phases.work.plan(ground);
            write!(seen, " {:?}", plan.map(Result::unwrap)).unwrap();
        }
        seen
    }

    /// For every setting a value that is not its default. What each does further on is tested where it is
    /// done: the window and the switches in butler-schedule, the name, the allowed roots, the switches and what
    /// is of the pages in butler-server, whether folders are watched and the room that is asked for in butler,
    /// readers, rate and pressure in butler-engine, interval and width in butler-engine and butler-media.
    const FLIPPED: &[(&str, &str)] = &[
        ("FriendlyName", "Attic"),
        ("ButlerHostNames", "butler.example.org"),
        ("ButlerPathPrefix", "/butler"),
        ("FSEventLibraryUpdatesEnabled", "1"),
        ("ButlerStartHour", "3"),
        ("ButlerEndHour", "6"),
        ("ButlerStartMinute", "30"),
        ("ButlerEndMinute", "30"),
        ("ButlerWindowDays", "sat,sun"),
        ("ButlerCatchUp", "all"),
        ("ButlerMinFreeSpace", "0"),
        ("ButlerAllowedRoots", "/films:/music"),
        ("ButlerReadersPerDisk", "2"),
        ("ButlerVirtualDisksSpin", "1"),
        ("ButlerMaxReadRate", "20"),
        ("ButlerPauseAtDiskPressure", "60"),
        ("ButlerPauseAtProcessorPressure", "80"),
        ("ButlerTaskBackupDatabase", "false"),
        ("ButlerDatabaseBackupPath", "/tmp"),
        ("ButlerTaskCleanSupplementalLogFiles", "0"),
        ("ButlerLogMaxAgeDays", "9"),
        ("ButlerLogMaxMegabytes", "9"),
        ("ButlerRunHistoryDays", "9"),
        ("GenerateVADBehavior", "asap"),
        ("ButlerTaskCleanOldBundles", "0"),
        ("ButlerTaskCleanOldCacheFiles", "0"),
        ("ButlerCacheMaxAgeDays", "9"),
        ("ButlerCacheMaxMegabytes", "9"),
        ("ButlerTaskDeepMediaAnalysis", "false"),
        ("ButlerTaskGarbageCollectBlobs", "0"),
        ("ButlerBlobGraceDays", "9"),
        ("ButlerTaskGarbageCollectLibraryMedia", "0"),
        ("ButlerTrashDays", "9"),
        ("autoEmptyTrash", "1"),
        ("GenerateBlurHashBehavior", "asap"),
        ("GenerateChapterThumbBehavior", "asap"),
        ("GenerateBIFBehavior", "asap"),
        ("GenerateBIFFrameInterval", "2"),
        ("GenerateBIFWidth", "240"),
        ("LoudnessAnalysisBehavior", "asap"),
        ("MusicAnalysisBehavior", "asap"),
        ("ButlerTaskOptimizeDatabase", "0"),
        ("ButlerTaskRefreshLibraries", "0"),
        ("ButlerTaskUpgradeMediaAnalysis", "0"),
    ];

    #[test]
    fn every_setting_changes_something() {
        let ids: Vec<_> = FLIPPED.iter().map(|(id, _)| *id).collect();
        assert_eq!(
            ids,
            all().iter().map(|setting| setting.id).collect::<Vec<_>>(),
            "a setting has no line here"
        );
        let folder = butler_fixtures::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let default = Settings::default();
        for (id, text) in FLIPPED {
            let flipped = default.change(&[((*id).to_owned(), Some((*text).to_owned()))]).unwrap();
            assert_ne!(seen(&library, &flipped), seen(&library, &default), "{id} changes nothing");
        }
    }

    #[test]
    fn each_value_of_a_behavior_means_what_it_says() {
        let of = |text: &str| {
            let changed = Settings::default()
                .change(&[("GenerateBIFBehavior".to_owned(), Some(text.to_owned()))])
                .unwrap();
            let schedule = schedule_settings(&changed, TimeZone::UTC, String::new());
            (schedule.switched_off.len(), schedule.as_soon_as_possible.len())
        };
        assert_eq!((of("never"), of("scheduled"), of("asap")), ((1, 0), (0, 0), (0, 1)));
    }

    #[test]
    fn the_defaults_are_what_the_schedule_has_without_settings() {
        let schedule = schedule_settings(&Settings::default(), TimeZone::UTC, String::new());
        assert_eq!(schedule.window, butler_schedule::WindowSettings::default());
        assert_eq!(schedule.catch_up, butler_schedule::CatchUp::default());
        assert!(schedule.switched_off.is_empty() && schedule.as_soon_as_possible.is_empty());
    }

    #[test]
    fn the_table_is_sound() {
        let ids: BTreeSet<String> = all().iter().map(|setting| setting.id.to_lowercase()).collect();
        assert_eq!(ids.len(), all().len(), "clients look ids up without regard to case");
        for setting in all() {
            assert!(!setting.label.is_empty() && setting.summary.ends_with('.'), "{}", setting.id);
            assert_eq!(
                setting.kind.read(&setting.kind.default().to_string()),
                Ok(setting.kind.default()),
                "{}",
                setting.id
            );
            for (value, label) in setting.kind.labelled().unwrap_or_default() {
                // The published clients split a list at these.
                assert!(!format!("{value}{label}").contains([':', '|']), "{} {label}", setting.id);
            }
        }
        for task in crate::ALL {
            let is_switch =
                matches!(task.switch.kind, Kind::Bool { .. }) || task.switch.kind.labelled().is_some();
            assert!(is_switch, "{} has no switch", task.name);
        }
    }

    const HEAD: &str = "# Settings

Every setting, printed from the program's own table; a test compares. `butler settings` shows and changes them, and so does any client
that knows Plex's `/:/prefs`. A change counts at once: the next run sees it, a run that works finishes as it began.

## The file

`butler.toml` in the data folder, or the file that `butler serve --config FILE` or `BUTLER_CONFIG` names, sets values too, a line each:

```toml
ButlerStartHour = 1
ButlerWindowDays = [\"sat\", \"sun\"] # or \"sat,sun\"
GenerateBIFBehavior = \"asap\"
```

What the file says holds over what a person sets, and that over the default: who writes the file wants it to be true. A setting that it
names can't be changed by a client; the attempt is answered with 403 and the file's name. What a person had set before holds again once the
line is gone. The file is read at the start and, where the server runs without a terminal, at SIGHUP. A file with a wrong line stops
the start, and changes nothing at SIGHUP; the message names the line, the setting and what it takes.

## The table
";

    fn page() -> String {
        let mut page = HEAD.to_owned();
        for setting in all() {
            let default = setting.kind.default().to_string();
            let default = if default.is_empty() { "empty".to_owned() } else { format!("`{default}`") };
            let hidden =
                if setting.hidden { " Hidden: clients show it only if they are asked to." } else { "" };
            let (label, summary) = (setting.label, setting.summary);
            write!(
                page,
                "\n### {}\n\n{label}. {summary}\n\nTakes {}; default {default}.{hidden}\n",
                setting.id,
                setting.kind.allowed()
            )
            .unwrap();
            let labelled = setting.kind.labelled().unwrap_or_default();
            // Hours need no explanation.
            if matches!(setting.kind, Kind::Text { .. }) && !labelled.is_empty() {
                page.push('\n');
                labelled.iter().for_each(|(value, label)| writeln!(page, "- `{value}`: {label}").unwrap());
            }
        }
        page.push_str(
            "\n## Of a section\n\nRead and changed at `/library/sections/{id}/prefs`; most are on until they are switched off there.\n",
        );
        let of_task =
            |task: &'static crate::Task| task.section_switch.into_iter().chain(task.phases.writes_tags);
        for switch in crate::ALL.into_iter().flat_map(of_task) {
            let kinds: Vec<_> = switch.kinds.iter().map(|kind| kind.as_str()).collect();
            write!(
                page,
                "\n### {}\n\n{}. {}\n\nSections of type {}; default `{}`.\n",
                switch.id,
                switch.label,
                switch.summary,
                kinds.join(", "),
                switch.default
            )
            .unwrap();
        }
        page
    }

    /// `BUTLER_WRITE_DOCS=1` writes the page in place of comparing it.
    #[test]
    fn the_page_of_settings_is_that_of_the_table() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/settings.md");
        if std::env::var_os("BUTLER_WRITE_DOCS").is_some() {
            std::fs::write(&path, page()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, page(), "BUTLER_WRITE_DOCS=1 cargo test -p butler-tasks writes it anew");
    }
}
