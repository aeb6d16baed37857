//! What a server that keeps no runs is busy with, as a Plex Media Server: its activities.

use std::collections::BTreeMap;

use butler_client::{Activity, ActivityEvent, Client};
use butler_record::Observation;
use indicatif::ProgressDrawTarget;

use super::IDLE;
use crate::exit::Exit;
use crate::observer::{Observer, POLLED, listen};
use crate::print::bars::Bars;
use crate::print::error::Trouble;
use crate::print::lines::Lines;
use crate::print::{Out, Stream, json, reader_is_gone};

/// How activities are shown.
enum View {
    Bars(Bars),
    Lines(Lines),
    /// One line of JSON whenever something changed.
    Json,
}

pub(super) async fn run(client: &Client, out: Out) -> Result<Exit, Trouble> {
    let notifications = listen(client).await?;
    if notifications.is_none() {
        out.remark(POLLED);
    }
    let mut observer = Observer::with(client, notifications);
    let mut view = if out.json {
        View::Json
    } else if Stream::Result.is_terminal() {
        View::Bars(Bars::new(ProgressDrawTarget::stdout(), Some(IDLE)))
    } else {
        View::Lines(Lines::default())
    };
    let ended = tokio::select! {
        // Heard before anything is shown.
        biased;
        _ = tokio::signal::ctrl_c() => Ok(()),
        () = reader_is_gone() => Ok(()),
        ended = watch(&mut observer, &mut view, out) => ended,
    };
    if let View::Bars(bars) = &mut view {
        bars.clear();
    }
    ended.map(|()| Exit::Done)
}

async fn watch(observer: &mut Observer<'_>, view: &mut View, out: Out) -> Result<(), Trouble> {
    let (mut activities, mut is_away) = (BTreeMap::new(), false);
    loop {
        match observer.next().await? {
            Observation::Look(now) => {
                is_away = false;
                activities = now.into_iter().map(|activity| (activity.uuid.clone(), activity)).collect();
            }
            Observation::Notice(notification) if notification.event == ActivityEvent::Ended => {
                drop(activities.remove(&notification.uuid));
            }
            Observation::Notice(notification) => {
                drop(activities.insert(notification.uuid, notification.activity))
            }
            Observation::Lost => {
                if !std::mem::replace(&mut is_away, true) {
                    view.remark("The server does not answer; waiting for it to come back.", out);
                }
                activities.clear();
            }
            Observation::There | Observation::Tasks(_) => continue,
        }
        view.show(&activities.values().cloned().collect::<Vec<Activity>>(), out)?;
    }
}

impl View {
    fn show(&mut self, activities: &[Activity], out: Out) -> Result<(), Trouble> {
        match self {
            Self::Bars(bars) => bars.show(activities),
            Self::Lines(lines) => {
                for line in lines.news_of_activities(activities) {
                    out.line(line)?;
                }
            }
            Self::Json => json::print_line(&activities)?,
        }
        Ok(())
    }

    fn remark(&self, text: &str, out: Out) {
        match self {
            Self::Bars(bars) => bars.above(|| out.remark(text)),
            Self::Lines(_) | Self::Json => out.remark(text),
        }
    }
}
