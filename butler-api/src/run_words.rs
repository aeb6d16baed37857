//! The words for a run's state and for who asked for it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A word that stands for no state or origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {allowed}")]
pub struct UnknownWord {
    word: String,
    allowed: String,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one of them, in the order of their life.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),+]))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word).ok_or_else(|| UnknownWord {
                    word: word.to_owned(),
                    allowed: [$($word),+].join(", "),
                })
            }
        }
    };
}

words! {
    /// Where a run is in its life.
    RunState {
        /// Waits for its lane, its turn, or the run of the same task before it.
        Queued = "queued",
        /// Has an instant at which it starts.
        Scheduled = "scheduled",
        /// Works.
        Running = "running",
        /// Held: by a person, playback, load or the window.
        Paused = "paused",
        /// Was told to stop and ends its step.
        Stopping = "stopping",
        /// Every lack found at its start has its product or a recorded failure.
        Completed = "completed",
        /// The task itself could not go on.
        Failed = "failed",
        /// A person or the window's end stopped it.
        Stopped = "stopped",
        /// The server went away.
        Interrupted = "interrupted",
        /// Asked for, and not started: not its day, or switched off.
        Skipped = "skipped",
        /// Due, and there was no room in the window.
        Missed = "missed",
    }
}

impl RunState {
    /// Whether nothing more happens to a run in this state.
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Stopped | Self::Interrupted | Self::Skipped | Self::Missed
        )
    }
}

words! {
    /// Who or what asked for a run.
    Origin {
        /// The maintenance window.
        Window = "window",
        /// A person, through API, command line or page.
        Person = "person",
        /// The file system, which told of new, changed or removed files.
        Watch = "watch",
        /// New items, as soon as a scan found them.
        Asap = "asap",
        /// A day that was missed while Butler was away.
        CatchUp = "catch-up",
    }
}

impl Origin {
    /// Whether the run belongs to a night: the window began it, or it made good for one.
    pub const fn is_nightly(self) -> bool {
        matches!(self, Self::Window | Self::CatchUp)
    }
}

words! {
    /// Whose a pause is. Pauses stack: each owner has one at most, and lifts its own.
    PauseOwner {
        /// A person, through API, command line or page.
        Person = "person",
        /// Something plays.
        Playback = "playback",
        /// The machine is busy.
        Load = "load",
        /// Asked for by a person, until the maintenance window opens.
        Window = "window",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_their_text() {
        for state in RunState::ALL {
            assert_eq!(state.as_str().parse::<RunState>(), Ok(*state));
        }
        for origin in Origin::ALL {
            assert_eq!(origin.as_str().parse::<Origin>(), Ok(*origin));
        }
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_list_of_known_ones() {
        let error = "asleep".parse::<Origin>().unwrap_err();
        assert_eq!(error.to_string(), "`asleep` is none of window, person, watch, asap, catch-up");
    }
}
