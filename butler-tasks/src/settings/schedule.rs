//! What the settings mean to the schedule.

use butler_schedule::{CatchUp, WindowDays, WindowSettings};
use jiff::tz::TimeZone;

use super::general::window_days;
use super::{
    BUTLER_CATCH_UP, BUTLER_END_HOUR, BUTLER_END_MINUTE, BUTLER_START_HOUR, BUTLER_START_MINUTE,
    BUTLER_WINDOW_DAYS, Setting, Settings,
};

/// The schedule's settings of these settings, for a server of this id in this zone.
pub fn schedule_settings(
    settings: &Settings,
    zone: TimeZone,
    server_id: String,
) -> butler_schedule::Settings {
    // Both are held to their ranges by the table.
    let number = |setting: &Setting| i8::try_from(settings.int(setting)).unwrap_or_default();
    let days = window_days(&settings.text(&BUTLER_WINDOW_DAYS)).unwrap_or(WindowDays::ALL);
    let start = (number(&BUTLER_START_HOUR), number(&BUTLER_START_MINUTE));
    let end = (number(&BUTLER_END_HOUR), number(&BUTLER_END_MINUTE));
    let catch_up = match &*settings.text(&BUTLER_CATCH_UP) {
        "off" => CatchUp::Off,
        "all" => CatchUp::All,
        _ => CatchUp::Housekeeping,
    };
    let named = |wanted: fn(&Settings, &Setting) -> bool| {
        crate::ALL
            .into_iter()
            .filter(|task| wanted(settings, task.switch))
            .map(|task| task.name.clone())
            .collect()
    };
    butler_schedule::Settings {
        zone,
        window: WindowSettings::from_hours(start, end, days).unwrap_or_default(),
        switched_off: named(|settings, switch| !settings.is_on(switch)),
        as_soon_as_possible: named(Settings::is_asap),
        catch_up,
        server_id,
    }
}
