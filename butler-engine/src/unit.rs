//! A unit on its way: given to a keeper, over, its results handed to the publisher, settled. Words
//! only; what is decided about units is in [`crate::unit::backlog`].

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use butler_api::RunId;
use butler_library::{FileMark, SourceId, Staged};
use butler_product::{Failure, Value};

use crate::door::fact::{Came, What};
use crate::unit::backlog::{Fall, UnitId, UnitPlan, Want};

pub(crate) mod backlog;
pub(crate) mod cost;
pub(crate) mod estimate;
pub(crate) mod media_file;
pub(crate) mod publish;
pub(crate) mod retry;

/// What a worker is given at a time: one unit, or several brief ones, done one after the other.
#[derive(Debug)]
pub(crate) struct UnitJob {
    pub(crate) plans: Vec<UnitPlan>,
    /// How many threads may work on each.
    pub(crate) threads: u16,
    /// How many bytes may be read for it in a second; none for as many as can be.
    pub(crate) max_bytes_per_second: Option<NonZeroU64>,
}

/// How a unit ended, and what it brought.
#[derive(Debug)]
pub(crate) struct UnitOver {
    /// The worker's answers, each with its want's place in the plan.
    pub(crate) answers: Vec<(usize, Result<Made, Failure>)>,
    pub(crate) bytes_read: u64,
    pub(crate) spent: Spent,
    pub(crate) end: UnitOutcome,
}

/// What a unit took, and of how much.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Spent {
    /// Seconds by the wall clock, from the opening of the file to the last answer; of units that were opened
    /// in one go each has its share of that.
    pub(crate) seconds: f64,
    pub(crate) size_bytes: u64,
    /// How long the media lasts, where that is known.
    pub(crate) media_seconds: Option<f64>,
}

/// How a unit ended.
#[derive(Debug)]
pub(crate) enum UnitOutcome {
    /// As it should.
    Done,
    /// The unit's worker fell.
    Fell { how: Fall, sentence: String },
    /// Its worker fell over a unit that was to be done before it.
    NotBegun,
    /// The source's root is away, or (none) no file holds the source any more.
    Left { root: Option<String> },
    /// Nothing can be done at all: no worker can be started, no output can be made.
    Impossible { sentence: String },
}

/// What a worker made of one want.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) value: Value,
    /// The blob, whole, not yet published, with its bytes.
    pub(crate) blob: Option<(Staged, u64)>,
}

/// What came of a unit. What is neither answered nor left is tried again, and is no business of the
/// publisher's.
#[derive(Debug)]
pub(crate) struct UnitResult {
    pub(crate) unit: UnitId,
    pub(crate) source: SourceId,
    /// The unit's wants, each with the runs that wait for it.
    pub(crate) wants: Vec<Want>,
    /// The answers, each with its want's place in `wants`.
    pub(crate) answers: Vec<(usize, Result<Made, Failure>)>,
    pub(crate) bytes_read: u64,
    pub(crate) spent: Spent,
    /// Of the runs that wait, those that a person forced: what fails for these alone uses up no night's try.
    pub(crate) forced: BTreeSet<RunId>,
}

/// What became of a unit's results.
#[derive(Debug)]
pub(crate) enum Settled {
    /// The results are stored: for each run, what came of each of its wants; the files of which something
    /// failed; and what is told of them.
    Stored { runs: BTreeMap<RunId, Vec<Came>>, failed: Vec<FileMark>, facts: Vec<What> },
    /// The results can't be stored: the runs can't go on.
    Impossible { runs: Vec<RunId>, sentence: String },
}
