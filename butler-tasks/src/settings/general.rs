//! The settings that belong to no task: the server's name, whether folders are watched, the maintenance
//! hours, and what becomes of a night that was slept through.

use jiff::civil::Weekday;

use butler_schedule::WindowDays;

use super::kind::{Ints, Kind, Texts};
use super::{Group, Setting};

pub(super) static ALL: [&Setting; 17] = [
    &FRIENDLY_NAME,
    &HOST_NAMES,
    &PATH_PREFIX,
    &FS_EVENT_LIBRARY_UPDATES,
    &BUTLER_START_HOUR,
    &BUTLER_END_HOUR,
    &BUTLER_START_MINUTE,
    &BUTLER_END_MINUTE,
    &BUTLER_WINDOW_DAYS,
    &BUTLER_CATCH_UP,
    &BUTLER_MIN_FREE_SPACE,
    &BUTLER_ALLOWED_ROOTS,
    &BUTLER_READERS_PER_DISK,
    &BUTLER_VIRTUAL_DISKS_SPIN,
    &BUTLER_MAX_READ_RATE,
    &BUTLER_PAUSE_AT_DISK_PRESSURE,
    &BUTLER_PAUSE_AT_PROCESSOR_PRESSURE,
];

/// Characters of a server's name: more than any client shows.
const MAX_NAME_CHARS: usize = 100;

/// The hours of a day with their names.
const HOURS: &[(i64, &str)] = &[
    (0, "Midnight"),
    (1, "1 am"),
    (2, "2 am"),
    (3, "3 am"),
    (4, "4 am"),
    (5, "5 am"),
    (6, "6 am"),
    (7, "7 am"),
    (8, "8 am"),
    (9, "9 am"),
    (10, "10 am"),
    (11, "11 am"),
    (12, "Noon"),
    (13, "1 pm"),
    (14, "2 pm"),
    (15, "3 pm"),
    (16, "4 pm"),
    (17, "5 pm"),
    (18, "6 pm"),
    (19, "7 pm"),
    (20, "8 pm"),
    (21, "9 pm"),
    (22, "10 pm"),
    (23, "11 pm"),
];

/// The days of the week by the words of `ButlerWindowDays`.
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];
const ALL_DAYS: &str = "all";

/// The server's name.
pub static FRIENDLY_NAME: Setting = Setting {
    id: "FriendlyName",
    label: "Friendly name",
    summary: "The name by which clients show this server. Left empty, it is Butler.",
    group: Group::General,
    kind: Kind::Text {
        default: "",
        allowed: Texts::Form { words: "a line of at most 100 characters", read: name },
    },
    hidden: false,
    advanced: false,
};

/// The names under which browsers may ask for the pages.
pub static HOST_NAMES: Setting = Setting {
    id: "ButlerHostNames",
    label: "Names of this server in a browser",
    summary: "Names under which a signed-in browser may use the pages, beside addresses, localhost and the machine's \
              own name: those that a proxy or your network gives this server. Under any other name the pages are \
              refused.",
    group: Group::General,
    kind: Kind::Text {
        default: "",
        allowed: Texts::Form {
            words: "names as in `butler.example.org`, with commas between them",
            read: host_names,
        },
    },
    hidden: false,
    advanced: true,
};

/// Under which path a proxy serves the pages.
pub static PATH_PREFIX: Setting = Setting {
    id: "ButlerPathPrefix",
    label: "Path of the pages behind a proxy",
    summary: "What a proxy has before each path and cuts off: `/butler` where the pages are at \
              `home.example.org/butler/`. Empty without one.",
    group: Group::General,
    kind: Kind::Text {
        default: "",
        allowed: Texts::Form { words: "a path as in `/butler`, or nothing", read: path_prefix },
    },
    hidden: false,
    advanced: true,
};

/// Whether the sections' folders are watched.
pub static FS_EVENT_LIBRARY_UPDATES: Setting = Setting {
    id: "FSEventLibraryUpdatesEnabled",
    label: "Scan my library automatically",
    summary: "Scan what changes in the libraries' folders, media and the pictures beside it, as soon as the system \
              tells of it and it has stood still, and all of them when the server starts. Folders on network \
              and FUSE mounts, and those behind links, are left to the nightly scan.",
    group: Group::Library,
    kind: Kind::Bool { default: false },
    hidden: false,
    advanced: false,
};

/// The hour at which the window opens.
pub static BUTLER_START_HOUR: Setting = hour(
    "ButlerStartHour",
    "Time at which tasks start to run",
    "The time at which the server starts running background maintenance tasks.",
    2,
);

/// The hour at which the window closes; the same as the start: the whole day.
pub static BUTLER_END_HOUR: Setting = hour(
    "ButlerEndHour",
    "Time at which tasks stop running",
    "The time at which the background maintenance tasks stop running. The same as the start is the whole \
     day.",
    5,
);

/// Minutes behind the start's hour.
pub static BUTLER_START_MINUTE: Setting = minute(
    "ButlerStartMinute",
    "Minutes past the hour at which tasks start to run",
    "Minutes that are added to the start's hour.",
);

/// Minutes behind the end's hour.
pub static BUTLER_END_MINUTE: Setting = minute(
    "ButlerEndMinute",
    "Minutes past the hour at which tasks stop running",
    "Minutes that are added to the end's hour.",
);

/// The days of the week on which a window opens.
pub static BUTLER_WINDOW_DAYS: Setting = Setting {
    id: "ButlerWindowDays",
    label: "Days on which tasks run",
    summary: "The days of the week on which the maintenance hours begin.",
    group: Group::Butler,
    kind: Kind::Text {
        default: ALL_DAYS,
        allowed: Texts::Form {
            words: "all, or some of mon,tue,wed,thu,fri,sat,sun with commas between them",
            read: days,
        },
    },
    hidden: false,
    advanced: true,
};

/// Which tasks make good for a night that was slept through.
pub static BUTLER_CATCH_UP: Setting = Setting {
    id: "ButlerCatchUp",
    label: "Make good for a missed night",
    summary: "Which tasks are run by day after a night in which the server was off.",
    group: Group::Butler,
    kind: Kind::Text {
        default: "housekeeping",
        allowed: Texts::Values(&[
            ("off", "none"),
            ("housekeeping", "all but those that analyse media"),
            ("all", "all"),
        ]),
    },
    hidden: false,
    advanced: true,
};

/// Megabytes of free space below which the server's health says so.
pub static BUTLER_MIN_FREE_SPACE: Setting = Setting {
    id: "ButlerMinFreeSpace",
    label: "Warn when the disk has less room than this",
    summary: "The server's health is degraded while the disk of its data folder has less room. 0 never warns.",
    group: Group::General,
    kind: Kind::Int {
        default: 500,
        allowed: Ints::Range { min: 0, max: 1_000_000, step: 1 },
        unit: "megabytes",
    },
    hidden: false,
    advanced: true,
};

/// The folders under which sections and backups may lie.
pub static BUTLER_ALLOWED_ROOTS: Setting = Setting {
    id: "ButlerAllowedRoots",
    label: "Folders that may be used",
    summary: "The folders of libraries and of backups must lie under these, and links in them are followed \
              no further; in the file a list of paths will do. Left empty, every folder may be used.",
    group: Group::General,
    kind: Kind::Text { default: "", allowed: Texts::Folders },
    hidden: false,
    advanced: true,
};

/// How many units read whole files of one disk at one time.
pub static BUTLER_READERS_PER_DISK: Setting = Setting {
    id: "ButlerReadersPerDisk",
    label: "Files that are read at once from a hard disk or a mount",
    summary: "How many files are read whole at one time from one spinning disk, or from one network or FUSE \
              mount, which serve one reader sooner than several. Solid-state and virtual disks are not \
              concerned, nor looks at the headers of files. 0 for as many as there are processors. The page Health shows \
              which disks there are.",
    group: Group::Butler,
    kind: Kind::Int { default: 1, allowed: Ints::Range { min: 0, max: 64, step: 1 }, unit: "files" },
    hidden: false,
    advanced: true,
};

/// Whether virtual disks are taken for spinning ones.
pub static BUTLER_VIRTUAL_DISKS_SPIN: Setting = Setting {
    id: "ButlerVirtualDisksSpin",
    label: "Virtual disks lie on hard disks",
    summary: "What a virtual machine's host keeps a disk on nobody tells the machine. Switched on, each virtual \
              disk counts as a spinning one, of which only so many files are read at one time.",
    group: Group::Butler,
    kind: Kind::Bool { default: false },
    hidden: false,
    advanced: true,
};

/// How fast workers read.
pub static BUTLER_MAX_READ_RATE: Setting = Setting {
    id: "ButlerMaxReadRate",
    label: "Most megabytes that are read in a second",
    summary: "How many megabytes a second all workers together read of media files, so that a disk or a \
              network has room for others; each has the part of it that it has of the processors. 0 for as \
              many as can be. It counts from the next file on.",
    group: Group::Butler,
    kind: Kind::Int {
        default: 0,
        allowed: Ints::Range { min: 0, max: 100_000, step: 1 },
        unit: "megabytes a second",
    },
    hidden: false,
    advanced: true,
};

/// From which pressure on the disk everything is held.
pub static BUTLER_PAUSE_AT_DISK_PRESSURE: Setting = pressure(
    "ButlerPauseAtDiskPressure",
    "Pause while the disk is busy",
    "Everything is paused while programs wait for a disk or a network in so many percent of the time, half a \
     minute long, and goes on once that is less than half as much for a minute. Pressure that is Butler's own \
     is known by a pause of some seconds, and borne. 0 for never.",
);

/// From which pressure on the processor everything is held.
pub static BUTLER_PAUSE_AT_PROCESSOR_PRESSURE: Setting = pressure(
    "ButlerPauseAtProcessorPressure",
    "Pause while the processor is busy",
    "The same while programs wait for the processor. 0 for never.",
);

const fn pressure(id: &'static str, label: &'static str, summary: &'static str) -> Setting {
    let kind = Kind::Int { default: 0, allowed: Ints::Range { min: 0, max: 100, step: 1 }, unit: "percent" };
    Setting { id, label, summary, group: Group::Butler, kind, hidden: false, advanced: true }
}

const fn hour(id: &'static str, label: &'static str, summary: &'static str, default: i64) -> Setting {
    let kind = Kind::Int { default, allowed: Ints::Values(HOURS), unit: "" };
    Setting { id, label, summary, group: Group::Butler, kind, hidden: false, advanced: false }
}

const fn minute(id: &'static str, label: &'static str, summary: &'static str) -> Setting {
    let kind = Kind::Int { default: 0, allowed: Ints::Range { min: 0, max: 59, step: 1 }, unit: "minutes" };
    Setting { id, label, summary, group: Group::Butler, kind, hidden: true, advanced: true }
}

fn name(text: &str) -> Option<String> {
    let name = text.trim();
    (name.chars().count() <= MAX_NAME_CHARS && !name.chars().any(char::is_control)).then(|| name.to_owned())
}

/// Names of hosts in lower case, each once.
fn host_names(text: &str) -> Option<String> {
    let is_name = |name: &str| {
        name.len() <= 253
            && name
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
    };
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !is_name(name) {
            return None;
        }
        let name = name.to_ascii_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Some(names.join(","))
}

/// A path that begins with a slash and does not end in one; nothing for the root.
fn path_prefix(text: &str) -> Option<String> {
    let path = text.trim().trim_end_matches('/');
    let is_segment = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let fits = path.is_empty()
        || (path.len() <= 200 && path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment)));
    fits.then(|| path.to_owned())
}

/// The days in the order of the week, each once; all of them are `all`.
fn days(text: &str) -> Option<String> {
    let days = window_days(text)?;
    let words: Vec<&str> =
        DAYS.iter().filter(|(_, day)| days.contains(*day)).map(|(word, _)| *word).collect();
    Some(if words.len() == DAYS.len() { ALL_DAYS.to_owned() } else { words.join(",") })
}

/// The days of `all` or `mon,thu`; none if the text is neither, or empty.
pub(super) fn window_days(text: &str) -> Option<WindowDays> {
    if text.trim() == ALL_DAYS {
        return Some(WindowDays::ALL);
    }
    let day = |word: &str| DAYS.iter().find(|(name, _)| *name == word.trim()).map(|(_, day)| *day);
    text.split(',').map(day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_kept_in_the_order_of_the_week_and_never_none() {
        for (text, expect) in [
            ("all", Some("all")),
            ("sun", Some("sun")),
            ("sun,mon", Some("mon,sun")),
            ("mon, mon ,tue", Some("mon,tue")),
            ("sun,sat,fri,thu,wed,tue,mon", Some("all")),
            ("", None),
            ("mon,", None),
            ("Monday", None),
            ("all,mon", None),
        ] {
            assert_eq!(days(text).as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn names_of_hosts_have_no_port_and_no_path() {
        let kept = host_names(" Butler.example.org, nas,,nas ");
        assert_eq!(kept.as_deref(), Some("butler.example.org,nas"));
        assert_eq!(host_names("").as_deref(), Some(""));
        for wrong in ["nas:32500", "https://nas", "a b", "*.example.org", "nas/", "a..b", "-a"] {
            assert_eq!(host_names(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_prefix_is_a_plain_path() {
        for (text, expect) in [
            ("/butler", Some("/butler")),
            ("/butler/", Some("/butler")),
            ("/a/b-c", Some("/a/b-c")),
            ("/", Some("")),
            ("", Some("")),
            ("butler", None),
            ("//evil.example", None),
            ("/a/../b", None),
            ("/a?b", None),
            ("/a;b", None),
        ] {
            assert_eq!(path_prefix(text).as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(name("  Attic "), Some("Attic".to_owned()));
        assert_eq!(name("two\nlines"), None);
        assert_eq!(name(&"x".repeat(101)), None);
    }
}
