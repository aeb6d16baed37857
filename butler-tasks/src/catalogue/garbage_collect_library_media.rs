//! Takes files out of the libraries that have been gone for some days, with the versions and items that are
//! left empty; what was made of them goes later, since a file that comes back has all of it at once.
//!
//! Nothing is done of a root that is away, empty or on another disk. More than a tenth of a section at once
//! waits for a person's word. Start with [`prepare`]; what is gone is the library's business.

use std::collections::BTreeMap;

use butler_api::TaskName;
use butler_library::{GoneFile, GoneFiles, Library, Look, SectionId, digest};
use butler_schedule::Timing;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::deeds::{Deeds, days_before, unreadable};
use crate::orphans::OrphansPlan;
use crate::plan::{Action, Deed, Ground, Plan, Prepared, Waiting};
use crate::report::Report;
use crate::settings::{Group, Ints, Kind, Setting, Settings};
use crate::task::{OwnWork, Phases, Task};
use crate::work::{LibraryChange, TaskError, Work};

pub(crate) static TASK: Task = Task {
    name: TaskName::GarbageCollectLibraryMedia,
    title: "Garbage Collect Library Media",
    description: "Take files out of the libraries that have been gone for long",
    timing: Timing::HOUSEKEEPING,
    switch: &SWITCH,
    settings: &[&DAYS, &AUTO_EMPTY_TRASH],
    section_switch: None,
    phases: Phases { work: OwnWork::Planned(prepare), ..Phases::NONE },
};

static SWITCH: Setting = Setting::flag(
    "ButlerTaskGarbageCollectLibraryMedia",
    "Take files that are gone out of the libraries every week",
    "Forget films, episodes, tracks and photos whose files have been gone for long while their folder was \
     there. More than a tenth of a library at once waits until a person confirms it.",
    true,
);

/// Days for which a file may be gone.
pub(crate) static DAYS: Setting = Setting {
    id: "ButlerTrashDays",
    label: "Days for which files that are gone are remembered",
    summary: "So long a file may be gone before it is taken out of its library; and so long what was made of \
              it is kept after that, so that a file that comes back has it at once.",
    group: Group::Library,
    kind: Kind::Int { default: 30, allowed: Ints::Range { min: 1, max: 3_650, step: 1 }, unit: "days" },
    hidden: false,
    advanced: true,
};

/// Whether files that are gone leave their library with the scan that finds it so.
pub(crate) static AUTO_EMPTY_TRASH: Setting = Setting {
    id: "autoEmptyTrash",
    label: "Empty trash automatically after every scan",
    summary: "Take files that are gone out of their library at the end of a scan that found all of its \
              folders there, and wait no days. More than a tenth of a library at once is left to the weekly \
              task, which asks.",
    group: Group::Library,
    kind: Kind::Bool { default: false },
    hidden: false,
    advanced: false,
};

/// So many files that are missing are named with what becomes of them; of more their number is told.
pub(crate) const MOST_MISSING: usize = 50;
/// So many files are looked for once more and forgotten at a time.
const AT_ONCE: usize = 200;

/// Why files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// They have been gone for so many days.
    Days(i64),
    /// Somebody said so: a person, or the setting, at a scan's end.
    Asked,
}

/// What is to go of the sections, looked for at its roots.
struct Gone {
    why: Why,
    goes: Vec<GoneFiles>,
    /// Of sections of which too much would go at once.
    waits: Vec<GoneFiles>,
    /// Those, each with its sentence.
    asks: Vec<String>,
    /// Roots that are away, each with its sentence.
    away: Vec<(String, String)>,
}

struct Garbage {
    gone: Gone,
    /// Files that are missing and stay for now, each with until when.
    stay: Vec<String>,
    orphans: Option<OrphansPlan>,
}

fn prepare(ground: &mut Ground<'_>) -> Result<Box<dyn Prepared>, TaskError> {
    let Ground { library, settings, section, now, .. } = *ground;
    let days = settings.int(&DAYS);
    let (why, missing_before) = match section {
        Some(_) => (Why::Asked, now),
        None => (Why::Days(days), days_before(now, days)),
    };
    let mut gone = Gone::find(library, section, why, missing_before, ground.is_stopping)?;
    let digest = gone.digest();
    // A person who has a section's trash emptied has said which.
    if section.is_some()
        || library.is_plan_confirmed(&TASK.name, &digest).map_err(|error| unreadable(&error))?
    {
        gone.goes.append(&mut gone.waits);
        gone.asks.clear();
    }
    let orphans = match section {
        Some(_) => None,
        None => Some(OrphansPlan::new(library, now, days)?),
    };
    let stay = match section {
        Some(_) => Vec::new(),
        None => missing(library, settings, None, now, |since| since > missing_before)?,
    };
    Ok(Box::new(Garbage { gone, stay, orphans }))
}

/// The files that scans have missed since moments that are asked for: each with since when, and from when on
/// it is forgotten unless it comes back.
pub(crate) fn missing(
    library: &Library,
    settings: &Settings,
    section: Option<SectionId>,
    now: Timestamp,
    is_meant: impl Fn(Timestamp) -> bool,
) -> Result<Vec<String>, TaskError> {
    let zone = TimeZone::system();
    let date = |at: Timestamp| zone.to_datetime(at).date();
    let sentence = |file: &GoneFile| {
        let goes = match settings.is_on(&SWITCH) {
            true => {
                let days = SignedDuration::from_hours(24 * settings.int(&DAYS));
                let goes_at = file.missing_since.checked_add(days).unwrap_or(Timestamp::MAX);
                format!("goes from {} on unless it comes back", date(goes_at))
            }
            false => format!("stays, for {} is switched off", TASK.name),
        };
        format!("{}: gone since {}, {goes}.", file.path.display(), date(file.missing_since))
    };
    let all = library.gone_files(section, now).map_err(|error| unreadable(&error))?;
    let meant: Vec<&GoneFile> =
        all.iter().flat_map(|gone| &gone.files).filter(|file| is_meant(file.missing_since)).collect();
    let more = meant.len().saturating_sub(MOST_MISSING);
    let named = meant.into_iter().take(MOST_MISSING).map(sentence);
    Ok(named.chain((more > 0).then(|| format!("{more} more files are gone as well."))).collect())
}

impl Gone {
    fn find(
        library: &Library,
        section: Option<SectionId>,
        why: Why,
        missing_before: Timestamp,
        is_stopping: &mut dyn FnMut() -> bool,
    ) -> Result<Self, TaskError> {
        let missing = library.gone_files(section, missing_before).map_err(|error| unreadable(&error))?;
        let mut found = Self { why, goes: Vec::new(), waits: Vec::new(), asks: Vec::new(), away: Vec::new() };
        let mut by_section: BTreeMap<i64, Vec<GoneFiles>> = BTreeMap::new();
        for gone in missing {
            match library.look_for(&gone, is_stopping).map_err(|error| unreadable(&error))? {
                Look::There(files) if files.is_empty() => {}
                Look::There(files) => {
                    by_section.entry(gone.section.0).or_default().push(GoneFiles { files, ..gone });
                }
                Look::Away(sentence) => found.away.push((gone.folder.display().to_string(), sentence)),
                Look::Stopped => return Err(TaskError::Stopped),
            }
        }
        for (section, gone) in by_section {
            let section = SectionId(section);
            let all = library.count_files(section).map_err(|error| unreadable(&error))?;
            let files = gone.iter().map(|gone| gone.files.len() as u64).sum::<u64>();
            if is_too_much(files, all) {
                let name = library.section(section).map_err(|error| unreadable(&error))?;
                let name = name.map_or_else(|| section.to_string(), |section| section.name);
                found.asks.push(format!("{files} of {all} files of the library \"{name}\" are gone"));
                found.waits.extend(gone);
            } else {
                found.goes.extend(gone);
            }
        }
        Ok(found)
    }

    fn digest(&self) -> String {
        digest(self.waits.iter().flat_map(|gone| &gone.files))
    }

    fn waiting(&self) -> Option<Waiting> {
        if self.waits.is_empty() {
            return None;
        }
        let sentence = format!(
            "{}: they are taken out of it only once a person confirms it, with `butler start {} --confirm`.",
            self.asks.join("; "),
            TASK.name
        );
        Some(Waiting { digest: self.digest(), sentence, actions: self.actions(&self.waits) })
    }

    fn actions(&self, gone: &[GoneFiles]) -> Vec<Action> {
        gone.iter().flat_map(|gone| &gone.files).map(|file| self.action(file)).collect()
    }

    fn action(&self, file: &GoneFile) -> Action {
        let reason = match self.why {
            Why::Days(days) => format!("It has been gone for more than {days} days."),
            Why::Asked => "It is gone, and the trash is to be emptied.".to_owned(),
        };
        Action { deed: Deed::Forget, path: file.path.clone(), bytes: file.bytes, reason }
    }

    fn remarks(&self, remarks: &mut Vec<String>) {
        let left = |(_, sentence): &(String, String)| format!("{sentence} Nothing of it is forgotten.");
        remarks.extend(self.away.iter().map(left));
        if let Some(waiting) = self.waiting() {
            remarks.push(waiting.sentence);
        }
    }

    /// Forgets what is to go, after one more look; whether the run is not to stop.
    fn carry_out(&mut self, work: &mut Work<'_>, deeds: &mut Deeds) -> Result<bool, TaskError> {
        let goes = std::mem::take(&mut self.goes);
        let total: u64 = goes.iter().map(|gone| gone.files.len() as u64).sum();
        let mut done = 0;
        for gone in goes {
            for files in gone.files.chunks(AT_ONCE).map(<[_]>::to_vec) {
                done += files.len() as u64;
                let gone = GoneFiles { files, folder: gone.folder.clone(), ..gone };
                let looked = work.library.look_for(&gone, &mut || (work.is_stopping)());
                let there = match looked.map_err(|error| unreadable(&error))? {
                    Look::There(files) => files,
                    Look::Away(sentence) => {
                        self.away.push((gone.folder.display().to_string(), sentence));
                        break;
                    }
                    Look::Stopped => return Ok(false),
                };
                let forgotten =
                    work.library.forget_files(gone.section, &there).map_err(|error| unreadable(&error))?;
                for file in &gone.files {
                    if forgotten.contains(&file.part) {
                        deeds.done(&self.action(file))
                    } else {
                        deeds.changed()
                    }
                }
                work.news.changed(LibraryChange::Section(gone.section));
                work.news.progress(done, total, None);
                if (work.is_stopping)() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Keeps what waits where a person finds it, and forgets what waits no more.
    fn keep_waiting(&self, library: &Library, now: Timestamp) -> Result<(), TaskError> {
        match self.waiting() {
            Some(waiting) => library.keep_waiting_plan(&TASK.name, &waiting.digest, &waiting.sentence, now),
            None => library.forget_waiting_plan(&TASK.name),
        }
        .map_err(|error| unreadable(&error))
    }

    fn tell(&self, report: &mut Report) {
        for (folder, sentence) in &self.away {
            report.roots_away.push(folder.clone());
            report.text("folder that is away", sentence.clone());
        }
        if let Some(waiting) = self.waiting() {
            report.count("waiting for a person's word", waiting.actions.len() as u64);
            report.text("waiting", waiting.sentence);
        }
    }
}

/// Whether so many files of a section are more than a tenth of it.
const fn is_too_much(files: u64, of: u64) -> bool {
    files.saturating_mul(10) > of
}

impl Prepared for Garbage {
    fn plan(&self) -> Plan {
        let mut actions: Vec<Action> = self.orphans.iter().flat_map(OrphansPlan::actions).collect();
        actions.extend(self.gone.actions(&self.gone.goes));
        let mut remarks = Vec::new();
        self.gone.remarks(&mut remarks);
        remarks.extend(self.stay.iter().cloned());
        self.orphans.iter().for_each(|orphans| orphans.remarks(&mut remarks));
        Plan { actions, waits: self.gone.waiting(), remarks }
    }

    fn carry_out(self: Box<Self>, work: &mut Work<'_>) -> Result<Report, TaskError> {
        let Self { mut gone, orphans, .. } = *self;
        let (mut deeds, mut report) = (Deeds::default(), Report::default());
        let is_limited = orphans.is_none();
        let is_going_on = match orphans {
            Some(orphans) => orphans.carry_out(work, &mut deeds)?,
            None => true,
        };
        if is_going_on && gone.carry_out(work, &mut deeds)? && !is_limited {
            gone.keep_waiting(work.library, (work.now)())?;
        }
        gone.tell(&mut report);
        deeds.tell(&mut report);
        Ok(report)
    }
}

/// Takes out of a section what is gone, at the end of a scan that found all its roots there, if the setting
/// says so.
pub(crate) fn empty_after_scan(
    work: &mut Work<'_>,
    section: SectionId,
    report: &mut Report,
) -> Result<(), TaskError> {
    if !work.settings.flag(&AUTO_EMPTY_TRASH) {
        return Ok(());
    }
    let now = (work.now)();
    let found = Gone::find(work.library, Some(section), Why::Asked, now, &mut || (work.is_stopping)());
    let mut gone = found?;
    let mut deeds = Deeds::default();
    gone.carry_out(work, &mut deeds)?;
    deeds.tell(report);
    for sentence in &gone.asks {
        report.text("left in the trash", format!("{sentence}: more than a tenth of it at once."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_tenth_is_too_much() {
        for (files, of, expect) in
            [(1, 10, false), (2, 10, true), (1, 9, true), (100, 1_000, false), (101, 1_000, true)]
        {
            assert_eq!(is_too_much(files, of), expect, "{files} of {of}");
        }
    }
}
