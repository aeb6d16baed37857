//! What a simulated life is like: its zone and year, its tasks, its hours. Zones and years are those with odd
//! nights: changes at midnight, by half an hour, twice round a month of fasting, and a date that never was.

use std::collections::BTreeSet;

use butler_api::TaskName;
use butler_schedule::{AtWindowEnd, CatchUp, Lane, Row, Settings, Timing, WindowDays, WindowSettings};
use jiff::civil::{self, Time, Weekday};
use jiff::tz::TimeZone;

use crate::random::Random;

const PLACES: [(&str, i16); 12] = [
    ("Europe/Berlin", 2024),
    ("America/New_York", 2023),
    ("Australia/Lord_Howe", 2024),
    ("America/Sao_Paulo", 2014),
    ("Africa/Casablanca", 2019),
    ("Asia/Kathmandu", 2024),
    ("Pacific/Apia", 2010),
    ("America/Havana", 2022),
    ("UTC", 2026),
    ("Europe/London", 2025),
    ("Asia/Beirut", 2021),
    ("Pacific/Chatham", 2024),
];

/// Settings and the instant at which a life begins.
pub(crate) fn beginning(seed: u64, random: &mut Random) -> (Settings, i64) {
    let (name, year) = PLACES[(seed % PLACES.len() as u64) as usize];
    let zone = TimeZone::get(name).unwrap();
    let born = civil::date(year, random.between(1, 12) as i8, random.between(1, 28) as i8).at(
        random.between(0, 23) as i8,
        7,
        0,
        0,
    );
    let now = zone.to_timestamp(born).unwrap().as_second();
    let mut settings = Settings {
        zone,
        window: if random.chance(30) { WindowSettings::default() } else { window(random, born.time()) },
        switched_off: BTreeSet::new(),
        as_soon_as_possible: BTreeSet::new(),
        catch_up: random.pick(&[CatchUp::Off, CatchUp::Housekeeping, CatchUp::All]),
        server_id: format!("server-{seed}"),
    };
    wish_soon(&mut settings, random);
    (settings, now)
}

/// Tasks of every kind.
pub(crate) fn rows() -> Vec<Row> {
    use AtWindowEnd::{Finish, Stop};
    use Lane::{Housekeeping, Media, Scan};
    let row = |name, every_days, lane, rank, at_window_end, randomized| Row {
        name,
        timing: Timing { every_days, randomized, lane, rank, at_window_end, never_starves: rank == 9 },
        switch: "ASwitch",
    };
    vec![
        row(TaskName::BackupDatabase, 3, Housekeeping, 9, Finish, false),
        row(TaskName::CheckForUpdates, 1, Housekeeping, 2, Stop, true),
        row(TaskName::CleanOldBundles, 7, Housekeeping, 4, Stop, false),
        row(TaskName::CleanOldCacheFiles, 7, Housekeeping, 4, Stop, false),
        row(TaskName::DeepMediaAnalysis, 1, Media, 0, Stop, false),
        row(TaskName::GenerateAutoTags, 7, Media, 0, Stop, false),
        row(TaskName::LoudnessAnalysis, 1, Media, 0, Stop, false),
        row(TaskName::OptimizeDatabase, 7, Housekeeping, 8, Finish, false),
        row(TaskName::RefreshEpgGuides, 1, Housekeeping, 3, Stop, true),
        row(TaskName::RefreshLibraries, 1, Scan, 0, Stop, false),
        row(TaskName::RefreshLocalMedia, 3, Media, 0, Stop, false),
        row(TaskName::RefreshPeriodicMetadata, 2, Housekeeping, 2, Stop, true),
    ]
}

/// Media tasks are those that have this behaviour.
pub(crate) fn wish_soon(settings: &mut Settings, random: &mut Random) {
    for task in [TaskName::DeepMediaAnalysis, TaskName::LoudnessAnalysis, TaskName::GenerateAutoTags] {
        settings.as_soon_as_possible.remove(&task);
        if random.chance(50) && !settings.switched_off.contains(&task) {
            settings.as_soon_as_possible.insert(task);
        }
    }
}

pub(crate) fn zone(random: &mut Random) -> TimeZone {
    TimeZone::get(random.pick(&PLACES).0).unwrap()
}

/// A window: mostly short, at hours at which clocks change, or round the present hour.
pub(crate) fn window(random: &mut Random, present: Time) -> WindowSettings {
    let start = match random.between(1, 3) {
        1 => i64::from(present.hour()) * 60 + i64::from(present.minute()) + random.between(-90, 60),
        _ => random.pick(&[-45, -30, 0, 0, 30, 60, 90, 120, 120, 135, 150, 165, 180, 240]),
    };
    let length = match random.between(1, 100) {
        1..=2 => 1_440,
        3..=15 => random.between(90, 240),
        16..=25 => random.between(1, 12),
        _ => random.between(15, 75),
    };
    let clock = |minutes: i64| ((minutes.rem_euclid(1_440) / 60) as i8, (minutes.rem_euclid(60)) as i8);
    let days = match random.between(1, 10) {
        1..=4 => WindowDays::ALL,
        5..=6 => WindowDays::from_iter([Weekday::Sunday]),
        _ => {
            let some =
                WindowDays::from_iter(Weekday::Monday.cycle_forward().take(7).filter(|_| random.chance(40)));
            if Weekday::Monday.cycle_forward().take(7).any(|day| some.contains(day)) {
                some
            } else {
                WindowDays::ALL
            }
        }
    };
    WindowSettings::from_hours(clock(start), clock(start + length), days).unwrap()
}
