//! What an engine is told of its surroundings: words only, that everything above builds on.

use std::path::PathBuf;
use std::time::Duration;

use butler_tasks::{Catalogue, SettingsFile};

use crate::clock::Clock;

/// What an engine needs to know of its surroundings.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// The worker's executable.
    pub worker_program: PathBuf,
    /// How many threads may work on media at one time, from 1: the machine's cores.
    pub cores: u16,
    /// How long a worker may give no sign before it is taken to hang.
    pub patience: Patience,
    /// Tells the time, to the engine and to all that it hands it on to.
    pub clock: Clock,
    /// What the settings' file says.
    pub settings_file: SettingsFile,
    /// The tasks.
    pub catalogue: Catalogue,
}

/// How long a worker may give no sign before it is taken to hang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// A worker speaks at least once a second; one that is silent this long has stopped, or hangs whole.
    pub silence: Duration,
    /// A unit in hand that comes no step further and reads no byte for so long is stuck.
    pub standstill: Duration,
}

impl Default for Patience {
    /// 15 seconds of silence, two minutes of standstill.
    fn default() -> Self {
        Self { silence: Duration::from_secs(15), standstill: Duration::from_secs(120) }
    }
}
