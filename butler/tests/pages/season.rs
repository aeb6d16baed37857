//! A season of nights that were: runs as the schedule would have kept them, straight into the database of a
//! server that does not run. The same numbers give the same season.

use std::path::Path;

use anyhow::Result;
use butler_library::Library;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, params};

/// Writes the runs of these tasks in so many nights, the last of which is that of the day `last`: in some
/// nights files failed, in some the last task found no room, and in one of fifty it failed.
pub(crate) fn write(data_dir: &Path, tasks: &[String], nights: i64, last: Date, zone: &str) -> Result<()> {
    // Its tables are made by who knows them.
    drop(Library::open(data_dir)?);
    let mut connection = Connection::open(data_dir.join("butler.db"))?;
    let zone = TimeZone::get(zone)?;
    let tx = connection.transaction()?;
    for night in 0..nights {
        let day = last.checked_sub((nights - 1 - night).days())?;
        let begun = zone.to_ambiguous_timestamp(day.at(2, 0, 0, 0)).compatible()?.as_millisecond();
        for (place, task) in (0i64..).zip(tasks) {
            let is_last = place + 1 == tasks.len() as i64;
            let (state, reason) = match (night % 50, night % 10) {
                (40, _) if is_last => {
                    ("failed", r#"{"code":"task-failed","sentence":"The disk did not answer."}"#)
                }
                (_, 9) if is_last => ("stopped", r#"{"code":"window-ended"}"#),
                _ => ("completed", r#"{"code":"all-done"}"#),
            };
            let from = begun + place % 28 * 200_000;
            let lasted = (20 + (night * 7 + place * 13) % 50 + place % 4 * 90) * 1_000;
            let done = 40 + (night * 31 + place * 17) % 200;
            let failures = if night % 3 == 1 && place % 5 == 0 { 1 + night % 4 } else { 0 };
            tx.prepare_cached(
                "INSERT INTO runs (task, state, reason, origin, forced, asked_at, started_at, ended_at, day, \
                 ended_day, done, total, failures, bytes_read, report, worked_ms) \
                 VALUES (?1, ?2, ?3, 'window', 0, ?4, ?5, ?6, ?7, ?7, ?8, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                task,
                state,
                reason,
                begun,
                from,
                from + lasted,
                day.to_string(),
                done,
                failures,
                done * 3_000_000,
                format!(r#"[{{"label":"files seen","unit":"count","value":{done}}}]"#),
                lasted
            ])?;
        }
    }
    Ok(tx.commit()?)
}
