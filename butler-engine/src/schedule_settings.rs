//! What the settings that hold mean to the schedule, on this server and in its time zone.

use butler_library::Library;
use butler_tasks::Settings;
use butler_tasks::settings::schedule_settings;
use jiff::tz::TimeZone;

pub(crate) fn of_schedule(settings: &Settings, library: &Library) -> butler_schedule::Settings {
    schedule_settings(settings, TimeZone::system(), library.server_id().to_owned())
}
