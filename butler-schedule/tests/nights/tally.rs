//! How often each rule's branches and each reason were met: what was never met was never checked. Counts
//! only; the oracle says where.

use std::cell::Cell;
use std::collections::BTreeMap;

/// From as many years on, everything must have been met.
const ENOUGH_YEARS: u64 = 500;

macro_rules! branches {
    ($($branch:ident: $says:literal,)*) => {
        /// A branch of a rule of docs/scheduling.md.
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Branch { $($branch),* }
        const SAYS: &[&str] = &[$($says),*];
    };
}

branches! {
    LastDayTomorrow: "rule 1: a last day of tomorrow counts as today",
    LastDayFarAhead: "rule 1: a later last day counts as never",
    WindowQueues: "rule 2: the window queues what is due",
    WindowPlaces: "rule 2: the window places what is randomised",
    NoRoomToQueue: "rule 2: missed for want of room when it would be queued",
    NoRoomAtTurn: "rule 2: missed for want of room at its turn",
    NeverMissed: "rule 2: optimise and backup begin with little room",
    BehindEarlierDay: "rule 2: queued behind its own run of an earlier day",
    NotDueAtTurn: "rule 2: not due any more at its turn",
    PlacedAnew: "rule 2: its moment was slept through, and it is placed anew",
    MomentCame: "rule 2: its moment came",
    StartsOnThatDay: "rule 3: started again on the day on which it completed",
    NotItsDay: "rule 3: skipped, for it is not on its day",
    OffAtStartAll: "rule 3: start all passes over what is off",
    PersonTakesScheduled: "rule 3: a start outside of a window takes a scheduled run over",
    StaysScheduled: "rule 3: a start inside a window leaves what is scheduled",
    PersonPlaced: "rule 3: a start inside a window places what is randomised",
    AlreadyThere: "rule 4: it runs or is queued already",
    OffAtStart: "rule 4: skipped, for it is off",
    ForceTakesScheduled: "rule 4: a forced start takes a scheduled run over",
    ForcedAnew: "rule 4: a forced start has the run that is there try what failed",
    OfSection: "rule 4: a start limited to a section",
    StopsWaiting: "rule 5: a stop ends what waits",
    StopsWorking: "rule 5: a stop reaches what works",
    StopsAgain: "rule 5: a second stop changes nothing",
    StopOverWindow: "rule 5: a person's stop in place of the window's",
    StopOverShutdown: "rule 5: a person's stop in place of a shutdown's",
    StopsSection: "rule 5: a run limited to a section is stopped, and nothing given up",
    StartedBound: "rule 6: a start inside a window is bound",
    StartedFree: "rule 6: a start with too little of the window left is free",
    EndStops: "rule 6: the window's end stops what works",
    EndStopsWaiting: "rule 6: the window's end stops what waits to go on",
    EndMisses: "rule 6: the window's end misses what waits",
    EndMissesHeld: "rule 6: missed with the pause as its reason",
    EndLetsFinish: "rule 6: the window's end lets optimise and backup be",
    AsapMade: "rule 7: new items get a run",
    AsapSeen: "rule 7: a run waits that will see them",
    AsapTurnedByPerson: "rule 7: a person's start turns it",
    AsapTurnedByWindow: "rule 7: the window turns it",
    AwayFromWindow: "rule 8: away for a part of a window",
    PutOff: "rule 8: a further absence puts a catch-up run off",
    Owed: "rule 8: a catch-up run is made",
    OwedInThePast: "rule 8: one that a moved window owes is scheduled for the present moment",
    NotOwedForCut: "rule 8: what the window's end stopped is not owed",
    NotOwedForOwn: "rule 8: what waits or works already is not owed",
    OwedTakenOver: "rule 8: the window takes a catch-up run over",
    OffDropsScheduled: "rule 9: switched off while scheduled",
    OffDropsQueued: "rule 9: switched off while queued",
    CatchUpDrops: "rule 9: catch-up no longer covers it",
    MovedScheduled: "rule 9: a moved window places anew",
    LostItsWindow: "rule 9: the window was changed while the server was away",
    MovedEnd: "rule 9: a moved window's end binds what waits or works",
    ClockBack: "rule 10: the clock went back",
    ScanBehindScan: "rule 11: a scan is queued behind one that works",
    GoesOnFree: "rule 11: a free run of a person's goes on",
    GoesOnBound: "rule 11: a bound run goes on in its window",
    StaysInterrupted: "rule 11: it stays interrupted",
    StopOutlives: "rule 11: a stop outlives a restart",
    ThirdCrash: "rule 11: the third crash is a failure",
    EffectsLost: "rule 11: the server went away in the middle of an event's effects",
    WouldStarve: "lanes: a backup that would starve goes first",
    Freezes: "pauses: a pause freezes what works",
    Thaws: "pauses: what was frozen works on",
    Drains: "pauses: a pause lets what works come to its end",
    PauseEnds: "pauses: one ends at its moment",
    PauseEndsWithWindow: "pauses: one ends when the window opens",
    WorkLeftOut: "rule 2: an absence is no work",
}

/// The schedule's own reasons, and those of ends that the world tells.
const REASONS: [&str; 18] = [
    "switched-off",
    "not-its-day",
    "behind-itself",
    "behind-scan",
    "behind-lane",
    "stopped-by-person",
    "all-stopped-by-person",
    "window-ended",
    "window-over",
    "no-room",
    "ended-that-day",
    "held",
    "server-stopped",
    "server-crashed",
    "crashed-three-times",
    "all-done",
    "nothing-to-do",
    "task-failed",
];

/// The counts of one life, or of all.
#[derive(Debug)]
pub(crate) struct Tally {
    branches: Vec<Cell<u64>>,
    reasons: BTreeMap<&'static str, u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { branches: vec![Cell::new(0); SAYS.len()], reasons: BTreeMap::new() }
    }
}

impl Tally {
    /// Whether something holds; it is counted if so.
    pub(crate) fn met(&self, branch: Branch, holds: bool) -> bool {
        let count = &self.branches[branch as usize];
        count.set(count.get() + u64::from(holds));
        holds
    }

    pub(crate) fn count(&self, branch: Branch) {
        self.met(branch, true);
    }

    pub(crate) fn reason(&mut self, code: &'static str) {
        *self.reasons.entry(code).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (all, one) in self.branches.iter().zip(&other.branches) {
            all.set(all.get() + one.get());
        }
        for (code, count) in &other.reasons {
            *self.reasons.entry(code).or_default() += count;
        }
    }

    /// What was never met in so many years, if they are enough.
    pub(crate) fn never_met(&self, years: u64) -> Vec<&'static str> {
        if years < ENOUGH_YEARS {
            return Vec::new();
        }
        let branches =
            self.branches.iter().zip(SAYS).filter(|(count, _)| count.get() == 0).map(|(_, says)| *says);
        branches.chain(REASONS.into_iter().filter(|code| !self.reasons.contains_key(code))).collect()
    }

    /// The rarest, with how often they were met.
    pub(crate) fn rarest(&self) -> String {
        let mut all: Vec<(u64, &str)> =
            self.branches.iter().map(Cell::get).zip(SAYS.iter().copied()).collect();
        all.extend(self.reasons.iter().map(|(code, count)| (*count, *code)));
        all.sort_unstable();
        let lines: Vec<String> =
            all.iter().take(12).map(|(count, says)| format!("{count:>9}  {says}")).collect();
        lines.join("\n")
    }
}
