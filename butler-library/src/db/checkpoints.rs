//! Brings what the log holds into the database's file (a checkpoint), on a thread and a connection of its
//! own, so that no commit does and nobody who writes waits for it.
//!
//! It never blocks a write, and it can't by itself come to the end of a log that is written all the time:
//! what is left after its last round the writer brings in, once that is little. Start with
//! [`Checkpoints::start`].

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use rusqlite::Connection;

use super::{BUSY_TIMEOUT, StoreError};
use crate::vital_threads::{VitalThread, VitalThreads};

/// A log of so many pages is worth a checkpoint: 4 MB.
const WORTH_IT: i64 = 1_000;
/// So many pages that are left the writer brings in itself.
const LITTLE: i64 = 250;
/// Of a log of so many pages it brings in whatever is left, as long as no reader holds that back: 16 MB.
const LONG: i64 = 4_000;
/// So many rounds are made at a time while each leaves less than the one before.
const ROUNDS: u32 = 8;

/// Who is told once a checkpoint that was asked for is over.
type Reply = Sender<()>;

pub(super) struct Checkpoints {
    /// None once it is to end.
    asks: Option<SyncSender<Option<Reply>>>,
    state: Arc<State>,
    thread: Option<VitalThread>,
}

#[derive(Default)]
struct State {
    /// Whether a round was asked for and is not over. Another one beside it would only keep the writer's out.
    is_at_work: AtomicBool,
    /// Whether the writer is to bring in what is left.
    is_writers_turn: AtomicBool,
}

impl Checkpoints {
    pub(super) fn start(database: &Path, threads: &VitalThreads) -> Result<Self, StoreError> {
        let connection = Connection::open(database)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // As the writer has it: the log is on the disk before the database's file is changed.
        connection.pragma_update(None, "synchronous", "FULL")?;
        let (asks, asked) = sync_channel(1);
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let thread = threads
            .spawn("library-checkpoints", move || work_off(&connection, &asked, &shared))
            .map_err(|_| StoreError::Closed)?;
        Ok(Self { asks: Some(asks), state, thread: Some(thread) })
    }

    /// A commit left the log with so many pages. Whether the writer is to bring in the rest.
    pub(super) fn committed(&self, pages: i64) -> bool {
        if pages < WORTH_IT {
            return false;
        }
        if self.state.is_writers_turn.swap(false, Ordering::SeqCst) {
            return true;
        }
        if let Some(asks) = &self.asks
            && !self.state.is_at_work.swap(true, Ordering::SeqCst)
        {
            // Where somebody waits for one already, that one will do.
            let _waits_already = asks.try_send(None);
        }
        false
    }

    /// Makes a checkpoint, and returns once it is over.
    pub(super) fn make(&self) {
        let (reply, over) = channel();
        if let Some(asks) = &self.asks
            && asks.send(Some(reply)).is_ok()
        {
            // A thread that is gone drops the reply.
            let _over = over.recv();
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        let thread = self.thread.take();
        if let Some(thread) = &thread {
            thread.may_return();
        }
        self.asks = None;
        if let Some(thread) = thread {
            // A panic of it was reported already.
            let _ended = thread.join();
        }
    }
}

/// Pages of the log, and those of them that are in the database's file now. Where it fails, as on a full
/// disk, all stays in the log, and the next one tries again.
pub(super) fn checkpoint(connection: &Connection) -> Option<(i64, i64)> {
    let answer = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    });
    answer.ok()
}

fn work_off(connection: &Connection, asked: &Receiver<Option<Reply>>, state: &State) {
    while let Ok(reply) = asked.recv() {
        state.is_writers_turn.store(rounds(connection), Ordering::SeqCst);
        state.is_at_work.store(false, Ordering::SeqCst);
        if let Some(reply) = reply {
            // Who asked may have gone.
            let _nobody_waits = reply.send(());
        }
    }
}

/// Makes checkpoints until nothing, or little, is left, or another one would not help. Whether the rest is
/// the writer's.
fn rounds(connection: &Connection) -> bool {
    let (mut left_before, mut done_before) = (i64::MAX, -1);
    let mut is_long = false;
    for _ in 0..ROUNDS {
        let Some((pages, done)) = checkpoint(connection) else { return false };
        let left = pages - done;
        is_long = pages >= LONG;
        if left <= LITTLE {
            return left > 0;
        }
        if done == done_before {
            // A reader holds it back: nobody could bring it in.
            return false;
        }
        if left >= left_before {
            // Others write as quickly.
            return is_long;
        }
        (left_before, done_before) = (left, done);
    }
    is_long
}
