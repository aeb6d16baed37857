//! The settings that hold: read at the start, changed by persons and by the settings' file while the engine
//! runs. What they mean is the tasks' and the schedule's business.

use std::collections::BTreeMap;
use std::sync::Arc;

use butler_library::{Library, StoreError};
use butler_schedule::Event;
use butler_tasks::settings::{BUTLER_ALLOWED_ROOTS, backup_folder, schedule_settings};
use butler_tasks::{Settings, SettingsFile};

use crate::door::answer::ChangeError;
use crate::door::fact::What;
use crate::engine::Loop;

/// The settings that hold at the start.
pub(super) fn at_start(library: &Library, file: SettingsFile) -> Result<Settings, StoreError> {
    let (settings, refused) = Settings::new(file, &library.settings()?);
    for id in refused {
        tracing::warn!(id, "what is stored of this setting is no value of it any more; its default holds");
    }
    hand_folders(library, &settings);
    Ok(settings)
}

/// Tells the library which folders it may use, and which is that of backups.
fn hand_folders(library: &Library, settings: &Settings) {
    library.allow_roots(settings.folders(&BUTLER_ALLOWED_ROOTS));
    library.keep_backups_in(backup_folder(settings));
}

/// What they mean to the schedule.
pub(crate) fn of_schedule(settings: &Settings, library: &Library) -> butler_schedule::Settings {
    schedule_settings(settings, jiff::tz::TimeZone::system(), library.server_id().to_owned())
}

impl Loop {
    /// What persons changed: all of it or nothing. The ids of what has another value now.
    pub(super) fn change_settings(
        &mut self,
        changes: &[(String, Option<String>)],
    ) -> Result<Vec<&'static str>, ChangeError> {
        let before = self.settings.borrow().clone();
        let after = before.change(changes)?;
        // In their one form, and of one that was named twice the last.
        let stored: BTreeMap<&'static str, Option<String>> = after.stored(changes);
        if !stored.is_empty() {
            self.library
                .set_settings(stored.into_iter().map(|(id, text)| (id.to_owned(), text)).collect())?;
        }
        Ok(self.take_settings(&before, after))
    }

    /// The settings' file was read anew. The ids of what has another value now.
    pub(super) fn take_settings_file(&mut self, file: SettingsFile) -> Vec<&'static str> {
        let before = self.settings.borrow().clone();
        let after = before.with_file(file);
        self.take_settings(&before, after)
    }

    fn take_settings(&mut self, before: &Settings, after: Settings) -> Vec<&'static str> {
        let ids = after.differences(before);
        let of_schedule = of_schedule(&after, &self.library);
        hand_folders(&self.library, &after);
        self.settings.send_replace(Arc::new(after));
        if !ids.is_empty() {
            self.kept_lacks.renew();
            self.watching.look_again();
            tracing::info!(ids = ids.join(", "), "settings changed");
            self.ask_schedule(Event::SettingsChanged(of_schedule));
            self.tell(What::SettingsChanged { ids: ids.clone() });
        }
        ids
    }
}
