//! The messages between engine and worker. Each is one frame on the [`crate::channel`]: JSON, with the
//! descriptors that belong to it riding along. A worker never gets a path.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::gain_tags::{Retag, Retagged};
use crate::media_info::MediaInfo;
use crate::{Failure, ProductKind, Spec, Value};

/// Raised whenever a message changes; a worker of another protocol is refused.
pub const PROTOCOL: u32 = 3;
/// So many units a worker is given at a time.
pub const MAX_UNITS: usize = 16;

/// What the engine says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum ToWorker {
    /// Do a unit, after those that were given before it. With it ride the media's descriptor, then one output
    /// descriptor for each want that has a blob, in the order of the wants.
    Do(Box<Order>),
    /// A want of a unit that was given is wanted no more.
    Drop {
        /// The unit.
        unit: u64,
        /// The want's place in the order.
        want: usize,
    },
    /// A unit that was given is wanted no more; it is answered with [`FromWorker::UnitEnded`].
    Cancel {
        /// The unit.
        unit: u64,
    },
    /// Find out how the gain tags of a file come to be what they shall be; the file's descriptor rides along.
    /// Nothing is written. Answered with [`FromWorker::Retagged`], by a worker with no unit in hand.
    Retag(Box<RetagOrder>),
    /// Try from inside what the sandbox must refuse.
    Probe(Probe),
    /// End, with nothing in hand.
    Quit,
}

/// One unit: the wants of one source, met by one read of its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The unit's number; every answer names it.
    pub unit: u64,
    /// The file's name extension without its dot, lower case, as a hint to the demuxer; empty where there is
    /// none.
    pub extension: String,
    /// Bytes, as the supervisor saw it when it opened the file.
    pub size_bytes: u64,
    /// What to make, what others need first.
    pub wants: Vec<Spec>,
    /// What the headers say, if that is known already.
    pub media_info: Option<Box<MediaInfo>>,
    /// How many threads may work on it: 1 to 64.
    pub threads: u16,
    /// Its limits.
    pub limits: Limits,
    /// How many bytes of the media are read in a second at most; none for as many as can be.
    #[serde(default)]
    pub max_bytes_per_second: Option<NonZeroU64>,
}

/// A file whose gain tags are to be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetagOrder {
    /// Bytes, as the supervisor saw it when it opened the file.
    pub size_bytes: u64,
    /// What they are to be.
    pub retag: Retag,
}

/// What a unit may use up before it is a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Pixels of one picture, coded width times height.
    pub max_pixels: u64,
    /// Bytes of one output.
    pub max_output_bytes: u64,
    /// CPU time of one thread that may go by without a byte read or a picture made, milliseconds.
    pub max_fruitless_ms: u64,
}

impl Default for Limits {
    /// 16K by 8K pixels, 1 GiB of output and 20 seconds: more than any film needs, little enough to end a lie
    /// in a header.
    fn default() -> Self {
        Self { max_pixels: 16_384 * 8_192, max_output_bytes: 1 << 30, max_fruitless_ms: 20_000 }
    }
}

/// What a worker is asked to try from inside its sandbox; all of it must be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Open `/etc/passwd` for reading.
    OpenFile,
    /// Make a TCP socket.
    Socket,
    /// Execute `/bin/true`.
    Execve,
    /// Fork.
    Fork,
    /// Allocate until it is refused, at most 64 GiB.
    Allocate,
}

impl Probe {
    /// Every one of them.
    pub const ALL: [Self; 5] = [Self::OpenFile, Self::Socket, Self::Execve, Self::Fork, Self::Allocate];
}

/// What the worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum FromWorker {
    /// The first message, said once the sandbox stands.
    Hello(Hello),
    /// Said at least once a second while a unit is in hand.
    Progress {
        /// The unit.
        unit: u64,
        /// Bytes read so far.
        bytes_read: u64,
        /// Grows with every step inside the unit; one that stands still is stuck.
        steps: u64,
        /// Parts of the unit done, in thousandths, where it can be told.
        permille: Option<u16>,
    },
    /// A want is met. Its output descriptor holds the blob, whole.
    Made {
        /// The unit.
        unit: u64,
        /// The want's place in the order.
        want: usize,
        /// The value.
        value: Value,
        /// Bytes of the blob; none where there is none.
        blob_bytes: Option<u64>,
    },
    /// A want can't be met.
    Failed {
        /// The unit.
        unit: u64,
        /// The want's place in the order.
        want: usize,
        /// Why.
        failure: Failure,
    },
    /// The unit has ended: each want has been answered, or was dropped or cancelled.
    UnitEnded {
        /// The unit.
        unit: u64,
        /// Bytes read in all.
        bytes_read: u64,
    },
    /// How a file's gain tags come to be what they shall be, or why they can't.
    Retagged {
        /// The change, or why there is none.
        outcome: Result<Box<Retagged>, Failure>,
    },
    /// What came of a probe.
    Probed {
        /// What was tried.
        probe: Probe,
        /// How it was refused, by the system's word (`EPERM`); none if it was not refused.
        refused: Option<String>,
    },
}

/// How a worker introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`] of its build.
    pub protocol: u32,
    /// The version of its build, which must be the engine's own.
    pub build: String,
    /// The versions it makes.
    pub products: Vec<(ProductKind, u32)>,
    /// The layers of the sandbox that hold.
    pub sandbox: Sandbox,
}

impl Hello {
    /// Why the engine can't work with this worker, if it can't.
    pub fn mismatch(&self, build: &str) -> Option<String> {
        if self.protocol != PROTOCOL {
            return Some(format!("it speaks protocol {}, this server speaks {PROTOCOL}", self.protocol));
        }
        if self.build != build {
            return Some(format!("it is version {}, this server is {build}", self.build));
        }
        let missing =
            ProductKind::ALL.into_iter().find(|kind| !self.products.contains(&(*kind, kind.version())));
        missing.map(|kind| format!("it does not make {kind} version {}", kind.version()))
    }
}

/// The layers of a worker's sandbox: true where the layer holds whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Limits on memory, files, processes and core dumps.
    pub rlimits: bool,
    /// No rights are gained by executing.
    pub no_new_privs: bool,
    /// No path can be opened.
    pub landlock: bool,
    /// System calls by an allow-list.
    pub seccomp: bool,
}

impl Sandbox {
    /// Whether every layer holds.
    pub const fn is_full(self) -> bool {
        self.rlimits && self.no_new_privs && self.landlock && self.seccomp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Hello {
        let sandbox = Sandbox { rlimits: true, no_new_privs: true, landlock: true, seccomp: true };
        Hello {
            protocol: PROTOCOL,
            build: "1.2.3".into(),
            products: ProductKind::ALL.map(|kind| (kind, kind.version())).to_vec(),
            sandbox,
        }
    }

    #[test]
    fn a_worker_of_the_same_build_is_taken() {
        assert_eq!(hello().mismatch("1.2.3"), None);
    }

    #[test]
    fn a_worker_of_another_protocol_build_or_product_version_is_refused_with_the_reason() {
        let check = |hello: Hello, words: &str| {
            let why = hello.mismatch("1.2.3").expect("it was taken");
            assert!(why.contains(words), "{why}");
        };
        check(Hello { protocol: 99, ..hello() }, "protocol 99");
        check(Hello { build: "1.2.2".into(), ..hello() }, "version 1.2.2");
        check(
            Hello { products: vec![(ProductKind::MediaInfo, ProductKind::MediaInfo.version())], ..hello() },
            "bif",
        );
    }
}
