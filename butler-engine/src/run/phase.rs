//! Where a live run is: its task's own work first, then what it lacks is counted and made by units, and at
//! last what follows from all that is derived. A run skips the phases that its task has not; units of what
//! the work has placed already are made beside it (`during_work`).

use jiff::Timestamp;

/// The phase of a live run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The task's own work is under way.
    Working,
    /// What the run lacks is being counted, perhaps once more: units of what was counted before go on
    /// meanwhile.
    Counting,
    /// All lacks are counted, and units make what is lacking: none open means that they are done.
    Units,
    /// No unit is open, and products of items are derived.
    Deriving {
        /// The run has until this moment: its window has ended.
        until: Option<Timestamp>,
    },
    /// The run's window has ended: it begins no unit any more.
    Closing {
        /// The units in hand have until this moment; then the run is detached from them.
        until: Timestamp,
        /// Whether something that the run found to do was left.
        is_cut: bool,
    },
}

impl Phase {
    /// Whether everything that units shall make is counted.
    pub(crate) const fn is_counted(self) -> bool {
        matches!(self, Self::Units | Self::Deriving { .. } | Self::Closing { .. })
    }

    /// When the run is stopped whatever it has in hand, since its window has ended.
    pub(crate) const fn detach_at(self) -> Option<Timestamp> {
        match self {
            Self::Closing { until, .. } => Some(until),
            Self::Deriving { until } => until,
            Self::Working | Self::Counting | Self::Units => None,
        }
    }

    /// The phase after the window's end, if `left` lacks were given up at it.
    pub(crate) const fn closed(self, until: Timestamp, left: usize) -> Self {
        match self {
            Self::Deriving { .. } => Self::Deriving { until: Some(until) },
            Self::Closing { is_cut, .. } => Self::Closing { until, is_cut },
            Self::Working | Self::Counting => Self::Closing { until, is_cut: true },
            Self::Units => Self::Closing { until, is_cut: left > 0 },
        }
    }

    /// The phase after a lack of the run was left in the middle of it.
    pub(crate) const fn cut(self) -> Self {
        match self {
            Self::Closing { until, .. } => Self::Closing { until, is_cut: true },
            other => other,
        }
    }
}
