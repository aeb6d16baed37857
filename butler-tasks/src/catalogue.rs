//! The table of tasks: one row a file, in alphabetical order of their wire names, as Plex lists them. A task
//! is here only once it does its real work.
//!
//! An engine is handed a [`Catalogue`]: this table, or for tests this table with stand-ins (`stand_ins.rs`).

use butler_api::TaskName;
use butler_library::Versions;
use butler_product::ProductKind;
use butler_schedule::Lane;

use crate::{Settings, Task, stand_ins};

mod backup_database;
mod butler_task_clean_supplemental_log_files;
mod butler_task_generate_voice_activity;
mod clean_old_bundles;
mod clean_old_cache_files;
mod deep_media_analysis;
mod garbage_collect_blobs;
mod garbage_collect_library_media;
mod generate_blur_hashes;
mod generate_chapter_thumbs;
mod generate_media_index_files;
mod loudness_analysis;
mod music_analysis;
mod optimize_database;
mod refresh_libraries;
mod upgrade_media_analysis;

pub use backup_database::backup_folder;
#[cfg(test)]
pub(crate) use garbage_collect_library_media::AUTO_EMPTY_TRASH;

/// Every task.
pub(crate) static ALL: [&Task; 16] = [
    &backup_database::TASK,
    &butler_task_clean_supplemental_log_files::TASK,
    &butler_task_generate_voice_activity::TASK,
    &clean_old_bundles::TASK,
    &clean_old_cache_files::TASK,
    &deep_media_analysis::TASK,
    &garbage_collect_blobs::TASK,
    &garbage_collect_library_media::TASK,
    &generate_blur_hashes::TASK,
    &generate_chapter_thumbs::TASK,
    &generate_media_index_files::TASK,
    &loudness_analysis::TASK,
    &music_analysis::TASK,
    &optimize_database::TASK,
    &refresh_libraries::TASK,
    &upgrade_media_analysis::TASK,
];

/// The tasks that one server has, in alphabetical order of their wire names.
#[derive(Debug, Clone)]
pub struct Catalogue(Vec<&'static Task>);

impl Default for Catalogue {
    /// Every task.
    fn default() -> Self {
        Self(ALL.to_vec())
    }
}

impl Catalogue {
    /// Every task, and beside them such as do nothing but last, of the kinds of which there is none yet: for
    /// tests.
    pub fn with_stand_ins() -> Self {
        let mut tasks: Vec<&'static Task> = ALL.into_iter().chain(stand_ins::ALL).collect();
        tasks.sort_by(|one, next| one.name.as_str().cmp(next.name.as_str()));
        Self(tasks)
    }

    /// The tasks, in their order.
    pub fn tasks(&self) -> impl Iterator<Item = &'static Task> {
        self.0.iter().copied()
    }

    /// The task of this name, if there is one.
    pub fn find(&self, name: &TaskName) -> Option<&'static Task> {
        self.tasks().find(|task| task.name == *name)
    }

    /// The tasks that make a product by these settings where there is none that serves, in their order; with
    /// none those that look at the sections' folders.
    pub fn makers(&self, kind: Option<ProductKind>, settings: &Settings) -> Vec<&'static TaskName> {
        let makes = |task: &&Task| match kind {
            Some(kind) if kind.is_derived() => {
                task.phases.derives.iter().any(|derivation| derivation.makes == kind)
            }
            Some(kind) => task
                .demands(settings)
                .iter()
                .any(|demand| demand.spec.kind() == kind && demand.versions == Versions::Usable),
            None => task.timing.lane == Lane::Scan,
        };
        self.tasks().filter(makes).map(|task| &task.name).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Phases;

    #[test]
    fn every_task_has_a_file_of_its_own_name() {
        for task in ALL {
            let mut file = String::new();
            for (index, character) in task.name.as_str().char_indices() {
                if character.is_uppercase() && index > 0 {
                    file.push('_');
                }
                file.extend(character.to_lowercase());
            }
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue").join(format!("{file}.rs"));
            assert!(path.is_file(), "{} has no file {}", task.name, path.display());
        }
    }

    #[test]
    fn the_list_is_in_alphabetical_order_and_without_doubles() {
        let names: Vec<&str> = ALL.iter().map(|task| task.name.as_str()).collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
    }

    #[test]
    fn a_stand_in_takes_no_real_tasks_name_and_stands_in_its_place_of_the_alphabet() {
        let with: Vec<&str> = Catalogue::with_stand_ins().tasks().map(|task| task.name.as_str()).collect();
        assert!(with.is_sorted_by(|one, next| one < next), "{with:?}");
        assert!(Catalogue::default().tasks().all(|task| with.contains(&task.name.as_str())));
    }

    #[test]
    fn every_task_does_something_and_derives_what_is_derived_only() {
        for task in ALL {
            let Phases { work, demands, derives, writes_tags: _ } = task.phases;
            let demands = demands(&Settings::default());
            assert!(!work.is_none() || !demands.is_empty() || !derives.is_empty(), "{}", task.name);
            assert!(demands.iter().all(|demand| !demand.spec.kind().is_derived()), "{}", task.name);
            assert!(derives.iter().all(|derivation| derivation.makes.is_derived()), "{}", task.name);
        }
    }

    #[test]
    fn every_task_has_words_for_people() {
        for task in ALL {
            assert!(!task.title.is_empty() && !task.description.is_empty(), "{}", task.name);
            assert!(task.timing.every_days > 0, "{}", task.name);
        }
    }
}
