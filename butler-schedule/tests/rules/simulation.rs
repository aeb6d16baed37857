//! Any sequence of requests, ends, stops, shutdowns, crashes and clock jumps, against what must always hold.
//! `World::assert_sound` holds the invariants of each moment, this file those of a whole life.

use butler_api::{Origin, PauseOwner, Reason, RunState};
use butler_schedule::{Ask, CatchUp, Event, Pause, PauseEnd, RunEnd, WindowDays, WindowSettings};
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::world::{World, rows};

#[derive(Debug, Clone)]
enum Happening {
    Start {
        task: usize,
        force: bool,
        section: Option<i64>,
    },
    Refresh {
        section: i64,
        paths: Vec<u8>,
    },
    StartAll {
        force: bool,
    },
    Stop {
        task: usize,
    },
    /// The `nth` run that is live.
    StopRun {
        nth: usize,
    },
    StopAll,
    /// The `nth` run at work ends by itself.
    End {
        nth: usize,
        well: bool,
    },
    /// The `nth` run that was told to stop has.
    Confirm {
        nth: usize,
    },
    Pass {
        minutes: i64,
    },
    /// The server goes away while it carries out an event's effects: that many of them were.
    CrashWithin {
        task: usize,
        carried_out: usize,
    },
    Crash,
    ShutDown {
        confirmed: usize,
    },
    Switch {
        task: usize,
    },
    Items,
    Pause {
        owner: usize,
        until: usize,
        drains: bool,
    },
    Resume {
        owner: Option<usize>,
    },
    Window {
        start: i8,
        end: i8,
    },
    CatchUp {
        which: usize,
    },
}

const OWNERS: [PauseOwner; 4] =
    [PauseOwner::Person, PauseOwner::Playback, PauseOwner::Load, PauseOwner::Window];

fn happening() -> impl Strategy<Value = Happening> {
    let task = 0..rows().len();
    let section = prop_oneof![3 => Just(None), 1 => (1..3i64).prop_map(Some)];
    prop_oneof![
        6 => (task.clone(), any::<bool>(), section)
            .prop_map(|(task, force, section)| Happening::Start { task, force, section }),
        2 => (1..3i64, prop::collection::vec(0..40u8, 0..4))
            .prop_map(|(section, paths)| Happening::Refresh { section, paths }),
        1 => any::<bool>().prop_map(|force| Happening::StartAll { force }),
        2 => task.clone().prop_map(|task| Happening::Stop { task }),
        1 => (0..4usize).prop_map(|nth| Happening::StopRun { nth }),
        1 => Just(Happening::StopAll),
        6 => (0..4usize, prop::bool::weighted(0.8)).prop_map(|(nth, well)| Happening::End { nth, well }),
        4 => (0..4usize).prop_map(|nth| Happening::Confirm { nth }),
        4 => prop_oneof![8 => 1..40i64, 2 => 200..3000i64, 1 => -90..0i64]
            .prop_map(|minutes| Happening::Pass { minutes }),
        1 => (task.clone(), 0..3usize)
            .prop_map(|(task, carried_out)| Happening::CrashWithin { task, carried_out }),
        1 => Just(Happening::Crash),
        1 => (0..4usize).prop_map(|confirmed| Happening::ShutDown { confirmed }),
        1 => task.prop_map(|task| Happening::Switch { task }),
        2 => Just(Happening::Items),
        1 => (0..4usize, 0..3usize, any::<bool>())
            .prop_map(|(owner, until, drains)| Happening::Pause { owner, until, drains }),
        1 => prop::option::of(0..4usize).prop_map(|owner| Happening::Resume { owner }),
        1 => (0..24i8, 0..24i8).prop_map(|(start, end)| Happening::Window { start, end }),
        1 => (0..3usize).prop_map(|which| Happening::CatchUp { which }),
    ]
}

fn happen(world: &mut World, happening: Happening) {
    let name = |task: usize| rows()[task].name.clone();
    match happening {
        Happening::Start { task, force, section } => {
            let _ = world.ask(name(task), force, section);
        }
        Happening::Refresh { section, paths } => {
            let paths: Vec<String> = paths.iter().map(|path| format!("/films/{path}")).collect();
            world.refresh(section, &paths.iter().map(String::as_str).collect::<Vec<_>>(), Origin::Watch);
        }
        Happening::StartAll { force } => {
            world.feed(Event::StartAllAsked { force });
        }
        Happening::Stop { task } => {
            world.feed(Event::StopAsked { task: name(task) });
        }
        Happening::StopRun { nth } => {
            let Some(run) = world.schedule.live().get(nth).map(|run| run.id) else { return };
            world.feed(Event::StopRunAsked { run });
        }
        Happening::StopAll => {
            world.feed(Event::StopAllAsked);
        }
        Happening::End { nth, well } => {
            let Some(&run) = world.at_work.iter().nth(nth) else { return };
            let failed = RunEnd::Failed(Reason::TaskFailed { sentence: "The disk is full.".into() });
            let end = if well { RunEnd::Completed(Reason::AllDone) } else { failed };
            world.feed(Event::RunEnded { run, end });
        }
        Happening::Confirm { nth } => {
            let Some(&run) = world.told_to_stop.iter().nth(nth) else { return };
            world.confirm_stop(run);
            assert!(world.state(run).is_terminal(), "a confirmed stop is the end");
        }
        Happening::Pass { minutes } => pass(world, SignedDuration::from_mins(minutes)),
        Happening::CrashWithin { task, carried_out } => {
            let event = Event::StartAsked { task: name(task), ask: Ask::all(true) };
            let effects = world.schedule.handle(world.now, event).effects;
            world.carry_out(effects.into_iter().take(carried_out).collect());
            restart(world);
        }
        Happening::Crash => restart(world),
        Happening::ShutDown { confirmed } => {
            world.feed(Event::ShutdownAsked);
            for run in world.told_to_stop.clone().into_iter().take(confirmed) {
                world.confirm_stop(run);
            }
            restart(world);
        }
        Happening::Switch { task } => {
            if !world.settings.switched_off.remove(&name(task)) {
                world.settings.switched_off.insert(name(task));
            }
            world.feed(Event::SettingsChanged(world.settings.clone()));
        }
        Happening::Items => {
            world.feed(Event::ItemsAdded);
        }
        Happening::Pause { owner, until, drains } => {
            let later = world.now.checked_add(SignedDuration::from_mins(7)).unwrap();
            let until = [PauseEnd::Lifted, PauseEnd::At(later), PauseEnd::WindowOpens][until];
            world.feed(Event::PauseAsked(Pause {
                owner: OWNERS[owner],
                note: None,
                since: world.now,
                until,
                drains,
            }));
        }
        Happening::Resume { owner } => {
            world.feed(Event::ResumeAsked { owner: owner.map(|owner| OWNERS[owner]) });
        }
        Happening::Window { start, end } => {
            world.change(|settings| {
                settings.window = WindowSettings::from_hours((start, 0), (end, 0), WindowDays::ALL).unwrap()
            });
        }
        Happening::CatchUp { which } => {
            world.change(|settings| {
                settings.catch_up = [CatchUp::Off, CatchUp::Housekeeping, CatchUp::All][which]
            });
        }
    }
}

/// Time passes from one wake-up to the next. (A jump back wakes nobody.)
fn pass(world: &mut World, by: SignedDuration) {
    let until = world.now.checked_add(by).unwrap();
    while let Some(at) = world.wake.filter(|&at| world.now < at && at <= until) {
        world.now = at;
        world.wake = None;
        world.feed(Event::Woke);
    }
    world.now = until;
}

/// A restart loses nothing that had not ended, and repeats nothing that had.
fn restart(world: &mut World) {
    let before = world.stored.clone();
    world.crash();
    for (id, before) in &before {
        let after = &world.stored[id];
        if before.ended_at.is_some() {
            assert_eq!(before, after, "what had ended did not stay as it was");
            continue;
        }
        let was_asked_for = before.ask.force || matches!(before.origin, Origin::Person | Origin::Watch);
        let goes_on = before.bound_until.map_or(was_asked_for, |end| world.now < end);
        let allowed: &[RunState] = match (before.state, &before.reason) {
            (RunState::Queued | RunState::Scheduled, _) => &[
                RunState::Scheduled,
                RunState::Queued,
                RunState::Running,
                RunState::Missed,
                RunState::Skipped,
                RunState::Stopped,
            ],
            (
                RunState::Stopping,
                Some(Reason::StoppedByPerson | Reason::AllStoppedByPerson | Reason::WindowEnded),
            ) => &[RunState::Stopped],
            (RunState::Running | RunState::Paused, _) if goes_on => {
                &[RunState::Running, RunState::Queued, RunState::Failed]
            }
            (RunState::Running | RunState::Paused, _) => &[RunState::Interrupted, RunState::Failed],
            _ if goes_on => &[RunState::Running, RunState::Queued],
            _ => &[RunState::Interrupted],
        };
        assert!(allowed.contains(&after.state), "{before:?} became {after:?}");
        if after.state == RunState::Failed {
            assert_eq!(after.reason, Some(Reason::CrashedThreeTimes));
        }
    }
}

/// Once everything is off, nothing holds it and its runs end, everything that was asked for has ended.
fn assert_it_comes_to_rest(world: &mut World) {
    world.feed(Event::ResumeAsked { owner: None });
    world.change(|settings| {
        settings.switched_off = rows().into_iter().map(|row| row.name).collect();
        settings.as_soon_as_possible.clear();
    });
    for _ in 0..1_000 {
        if let Some(&run) = world.at_work.first() {
            let end = if world.told_to_stop.contains(&run) {
                RunEnd::Stopped
            } else {
                RunEnd::Completed(Reason::AllDone)
            };
            world.feed(Event::RunEnded { run, end });
        } else if world.schedule.live().is_empty() {
            break;
        } else if let Some(at) = world.wake.take() {
            world.now = world.now.max(at);
            world.feed(Event::Woke);
        }
    }
    assert_eq!(world.schedule.live(), [], "something waits for ever");
    let open: Vec<_> = world.stored.values().filter(|run| run.ended_at.is_none()).collect();
    assert!(open.is_empty(), "{open:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn whatever_happens_runs_stay_single_stops_end_and_restarts_lose_nothing(
        happenings in prop::collection::vec(happening(), 1..120)
    ) {
        let mut world = World::at("2026-11-23T01:00");
        for happening in happenings {
            happen(&mut world, happening);
        }
        assert_it_comes_to_rest(&mut world);
    }
}
