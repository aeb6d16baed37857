//! The last nights as a strip of squares, oldest first: how each went, and the way to its runs.

use maud::{Markup, html};

use crate::page::frame::Site;
use crate::page::words;
use crate::view::nights::{Night, Nights, Went};

/// So many of the nights before the one that goes on, a square a day; a day on which nothing was to do has an
/// empty one.
pub(super) fn nights(site: &Site, nights: &Nights, most: usize) -> Markup {
    let Some(last) = nights.last() else { return html! {} };
    let oldest = nights.nights.last().map_or(last.day, |night| night.day);
    let mut days = Vec::new();
    let mut day = Some(last.day);
    while let Some(one) = day.filter(|day| *day >= oldest && days.len() < most) {
        days.push((one, nights.nights.iter().find(|night| night.day == one)));
        day = one.yesterday().ok();
    }
    // One night is told by the line above.
    if days.len() < 2 {
        return html! {};
    }
    html! {
        ol.nights aria-label="The last nights, oldest first" {
            // One stop of the tab key: from a night's page one comes to the nights before it.
            @for (nth, (day, night)) in days.iter().enumerate().rev() {
                @let name = words::night(*day, nights.today);
                @match night {
                    Some(night) => {
                        @let words = format!("{name}: {}", night.counts());
                        @let stop = (nth > 0).then_some("-1");
                        li {
                            a class=(class(night)) href=(site.at(&format!("/runs?night={day}"))) title=(words) tabindex=[stop] {
                                span.unseen { (words) }
                            }
                        }
                    }
                    None => { li { span title={ (name) ": nothing was to do" } {} } }
                }
            }
        }
        div.key aria-hidden="true" {
            span.done { i.dot {} "well" } span.some { i.dot {} "files failed" } span.miss { i.dot {} "work left" }
            span.fail { i.dot {} "a task failed" }
        }
    }
}

const fn class(night: &Night) -> &'static str {
    match night.went() {
        Went::Well => "done",
        Went::Failures => "some",
        Went::Short => "miss",
        Went::Missed => "miss all",
        Went::Failed => "fail",
    }
}
