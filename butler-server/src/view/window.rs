//! The maintenance window as it is shown: whether it is open, until when, and when the next one opens.

use butler_api::v1::{LocalTime, NextWindow, Window};
use butler_engine::PlanBasis;
use jiff::tz::TimeZone;

use crate::app::App;
use crate::error::Problem;

/// The window, in the server's local time.
pub(crate) async fn window(app: &App) -> Result<Window, Problem> {
    let basis = app.handle.plan_basis().await?;
    let zone = basis.zone();
    let local = |at| LocalTime::of(at, zone);
    let open = basis.window();
    let next = basis.next_window().map(|next| NextWindow {
        day: next.day,
        from: local(next.from),
        until: local(next.until),
    });
    Ok(Window {
        open: open.is_some(),
        from: open.map(|window| local(window.from)),
        until: open.map(|window| local(window.until)),
        day: open.map(|window| window.day),
        whole_day: open.is_some_and(|window| window.whole_day),
        sentence: sentence(&basis, next.as_ref()),
        next,
        zone: zone_name(zone),
        paused: basis.pauses.iter().cloned().map(Into::into).collect(),
        running: basis.running as u64,
    })
}

/// A zone's name of the IANA; its offset if it has none.
pub(crate) fn zone_name(zone: &TimeZone) -> String {
    match (zone.iana_name(), zone.to_fixed_offset()) {
        (Some(name), _) => name.to_owned(),
        (None, Ok(offset)) => offset.to_string(),
        (None, Err(_)) => "local time".to_owned(),
    }
}

fn sentence(basis: &PlanBasis, next: Option<&NextWindow>) -> String {
    let zone = zone_name(basis.zone());
    let mut sentence = match (basis.window(), next) {
        (Some(window), _) if window.whole_day => "Maintenance all day.".to_owned(),
        (Some(window), _) => {
            format!("Maintenance now, until {}.", LocalTime::of(window.until, basis.zone()).clock())
        }
        (None, Some(next)) => {
            let on = next.from.civil().strftime("%A, %-d %B").to_string();
            format!("No maintenance now; the next window opens on {on}, at {} ({zone}).", next.from.clock())
        }
        (None, None) => "There is no maintenance window: no day of the week has one.".to_owned(),
    };
    for pause in &basis.pauses {
        sentence.push(' ');
        sentence.push_str(&pause.reason().to_string());
    }
    sentence
}
