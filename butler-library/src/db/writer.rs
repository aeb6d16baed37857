//! The one thread that writes. All writes that wait when it becomes free go into one transaction, each in a
//! savepoint of its own: one that fails is undone alone, and one commit (one fsync) serves all.
//!
//! A commit makes no checkpoint, as it does by SQLite's default: `checkpoints.rs` does, elsewhere.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::Connection;

use super::StoreError;
use super::checkpoints::{Checkpoints, checkpoint};
use crate::vital_threads::{VitalThread, VitalThreads};

/// With so many writes in it a transaction takes no more, so that the first of them doesn't wait for ever.
const GROUP: usize = 128;

thread_local! {
    /// Pages of the log after the last commit of this thread, which is the writer's: the hook that SQLite
    /// calls carries no state of its own.
    static LOG_PAGES: Cell<i64> = const { Cell::new(0) };
}

pub(super) struct Writer {
    /// None once the writer is being closed.
    jobs: Option<Sender<Vec<Box<dyn Job>>>>,
    thread: Option<VitalThread>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        checkpoints: Arc<Checkpoints>,
        threads: &VitalThreads,
    ) -> Result<Self, StoreError> {
        let (jobs, waiting) = channel();
        // It takes the place of the hook by which SQLite makes checkpoints itself.
        connection.wal_hook(Some(|_, pages| {
            LOG_PAGES.set(i64::from(pages));
            Ok(())
        }));
        let thread = threads
            .spawn("library-writer", move || work_off(&connection, &checkpoints, &waiting))
            .map_err(|_| StoreError::Closed)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) fn write<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answer) = job(work);
        self.hand_over(vec![job]);
        answered(&answer)
    }

    /// Several writes of one caller, which share a commit; each has an answer of its own, in their order.
    pub(super) fn write_each<T, E, W>(&self, works: impl IntoIterator<Item = W>) -> Vec<Result<T, E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (jobs, answers): (Vec<_>, Vec<_>) = works.into_iter().map(job).unzip();
        self.hand_over(jobs);
        answers.iter().map(answered).collect()
    }

    fn hand_over(&self, batch: Vec<Box<dyn Job>>) {
        if let Some(jobs) = &self.jobs {
            // A writer that is gone drops the jobs, and so the answers' other ends.
            let _gone = jobs.send(batch);
        }
    }
}

/// A write as a job, and where its answer arrives.
fn job<T, E, W>(work: W) -> (Box<dyn Job>, Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    W: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
{
    let (reply, answer) = channel();
    (Box::new(Write { work: Some(work), result: None, reply }), answer)
}

/// Waits until a write is committed.
fn answered<T, E: From<StoreError>>(answer: &Receiver<Result<T, E>>) -> Result<T, E> {
    answer.recv().unwrap_or_else(|_| Err(StoreError::Closed.into()))
}

impl Drop for Writer {
    fn drop(&mut self) {
        let thread = self.thread.take();
        if let Some(thread) = &thread {
            thread.may_return();
        }
        self.jobs = None;
        if let Some(thread) = thread {
            // Its panics were caught one by one; there is nothing left to hear.
            let _ended = thread.join();
        }
    }
}

/// One waiting write, whatever it answers with.
trait Job: Send {
    /// Does it, and says whether what it wrote shall stay.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Undone, since the savepoint around it failed.
    fn lose(&mut self, why: StoreError);
    /// Answers, once it is known whether the commit went well.
    fn answer(self: Box<Self>, commit: Result<(), &rusqlite::Error>);
}

struct Write<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: Sender<Result<T, E>>,
}

impl<T, E, F> Job for Write<F, T, E>
where
    F: FnOnce(&Connection) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let Some(work) = self.work.take() else { return false };
        let result = catch_unwind(AssertUnwindSafe(|| work(connection)))
            .unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        let stays = result.is_ok();
        self.result = Some(result);
        stays
    }

    fn lose(&mut self, why: StoreError) {
        self.work = None;
        self.result = Some(Err(why.into()));
    }

    fn answer(self: Box<Self>, commit: Result<(), &rusqlite::Error>) {
        let result = match (self.result, commit) {
            (Some(Ok(_)), Err(error)) => Err(StoreError::again(error).into()),
            (Some(result), _) => result,
            (None, _) => Err(StoreError::Closed.into()),
        };
        // Who asked may have gone; the write stands all the same.
        let _nobody_waits = self.reply.send(result);
    }
}

fn work_off(connection: &Connection, checkpoints: &Checkpoints, waiting: &Receiver<Vec<Box<dyn Job>>>) {
    while let Ok(mut group) = waiting.recv() {
        while group.len() < GROUP
            && let Ok(next) = waiting.try_recv()
        {
            group.extend(next);
        }
        let commit = transact(connection, &mut group);
        for job in group {
            job.answer(commit.as_ref().map(|&()| ()));
        }
        if checkpoints.committed(LOG_PAGES.get()) {
            // What can't be brought in now stays in the log.
            let _little = checkpoint(connection);
        }
    }
}

fn transact(connection: &Connection, group: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    connection
        .execute_batch("BEGIN IMMEDIATE")
        .inspect_err(|error| group.iter_mut().for_each(|job| job.lose(StoreError::again(error))))?;
    for (index, job) in (1..).zip(group.iter_mut()) {
        let kept =
            connection.execute_batch("SAVEPOINT job").map(|()| job.run(connection)).and_then(|stays| {
                // A full disk or an I/O error makes SQLite undo the whole transaction by itself.
                if connection.is_autocommit() {
                    return Ok(());
                }
                connection.execute_batch(if stays { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })
            });
        if let Err(error) = &kept {
            job.lose(StoreError::again(error));
        }
        if kept.is_err() || connection.is_autocommit() {
            // All before this one are undone with it; those behind it were not begun, and are told the same.
            let undone = rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK),
                Some(format!("write {index} of a group of {} undid them all", group.len())),
            );
            let _already_undone = connection.execute_batch("ROLLBACK");
            let error = kept.err().unwrap_or(undone);
            for job in group.iter_mut().skip(index) {
                job.lose(StoreError::again(&error));
            }
            return Err(error);
        }
    }
    connection.execute_batch("COMMIT").inspect_err(|_| {
        // A commit that failed may leave the transaction open; the next group needs a fresh one.
        let _already_undone = connection.execute_batch("ROLLBACK");
    })
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::mpsc::sync_channel;

    use tempfile::TempDir;

    use super::*;

    /// A writer on a table `t`, and its file.
    fn writer() -> (Arc<Writer>, PathBuf, TempDir) {
        let folder = butler_fixtures::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        connection.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY)").unwrap();
        (Arc::new(start(connection, &path, &VitalThreads::default())), path, folder)
    }

    fn start(connection: Connection, path: &Path, threads: &VitalThreads) -> Writer {
        let checkpoints = Arc::new(Checkpoints::start(path, threads).unwrap());
        Writer::start(connection, checkpoints, threads).unwrap()
    }

    /// How many rows are committed, as another connection sees it.
    fn committed(path: &Path) -> i64 {
        Connection::open(path).unwrap().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    fn insert(connection: &Connection, n: i64) -> Result<(), StoreError> {
        connection.execute("INSERT INTO t VALUES (?1)", [n])?;
        Ok(())
    }

    fn rows(writer: &Writer) -> Vec<i64> {
        writer
            .write(|connection| -> Result<_, StoreError> {
                Ok(connection
                    .prepare("SELECT n FROM t ORDER BY n")?
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?)
            })
            .unwrap()
    }

    #[test]
    fn writes_that_wait_share_a_commit_and_one_that_fails_or_panics_is_undone_alone() {
        let (writer, path, _folder) = writer();
        let (entered, is_entered) = sync_channel(0);
        let (leave, may_leave) = sync_channel::<()>(0);
        let first = Arc::clone(&writer);
        let holder = std::thread::spawn(move || {
            first.write(move |connection| {
                entered.send(()).unwrap();
                may_leave.recv().unwrap();
                insert(connection, 0)
            })
        });
        is_entered.recv().unwrap();

        // The writer is busy with the first: these are sent while it is, so they wait together.
        let mut answers = Vec::new();
        for n in 1..=10 {
            let path = path.clone();
            let work = move |connection: &Connection| {
                insert(connection, n)?;
                assert_eq!(committed(&path), 1, "the first is on the disk, and of these none before all are");
                match n {
                    4 => Err(StoreError::Unknown { what: "test", id: n }),
                    7 => panic!("a defect"),
                    _ => Ok(n),
                }
            };
            let (job, answer) = job(work);
            writer.hand_over(vec![job]);
            answers.push(answer);
        }
        leave.send(()).unwrap();
        holder.join().unwrap().unwrap();
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.recv().unwrap()).collect();

        assert!(matches!(answers[3], Err(StoreError::Unknown { id: 4, .. })));
        assert!(matches!(answers[6], Err(StoreError::Panicked)));
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 8);
        assert_eq!(rows(&writer), [0, 1, 2, 3, 5, 6, 8, 9, 10]);
    }

    #[test]
    fn writes_of_one_caller_share_a_commit() {
        let (writer, path, _folder) = writer();
        let works = (1..=3).map(|n| {
            let path = path.clone();
            move |connection: &Connection| {
                insert(connection, n)?;
                Ok::<_, StoreError>(committed(&path))
            }
        });
        let seen: Vec<_> = writer.write_each(works).into_iter().map(Result::unwrap).collect();
        assert_eq!((seen, committed(&path)), (vec![0, 0, 0], 3), "none is committed before all are");
    }

    #[test]
    fn a_writer_that_panics_outside_of_a_write_is_reported() {
        /// What a write answers with, and nobody takes.
        #[derive(Debug)]
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("a defect");
            }
        }
        let folder = butler_fixtures::tempdir().unwrap();
        let threads = VitalThreads::default();
        let path = folder.path().join("test.db");
        let writer = start(Connection::open(&path).unwrap(), &path, &threads);
        let (report, reported) = channel();
        threads.on_loss(move |thread| report.send(thread).unwrap());
        // Held back until nobody waits for the answer any more.
        let (leave, may_leave) = sync_channel::<()>(0);
        let (job, answer) = job(move |_: &Connection| {
            may_leave.recv().unwrap();
            Ok::<_, StoreError>(Bomb)
        });
        writer.hand_over(vec![job]);
        drop(answer);
        leave.send(()).unwrap();
        assert_eq!(reported.recv(), Ok("library-writer"));
        assert!(matches!(writer.write(|_| Ok::<_, StoreError>(())), Err(StoreError::Closed)));
    }

    #[test]
    fn a_log_that_is_written_all_the_time_is_begun_anew_all_the_same() {
        let (writer, path, _folder) = writer();
        // The salts in the log's header, which are others each time that it is begun anew:
        // <https://sqlite.org/fileformat2.html#walformat>.
        let salts = || {
            let mut header = [0; 24];
            let log = std::fs::File::open(path.with_extension("db-wal"));
            log.and_then(|mut log| std::io::Read::read_exact(&mut log, &mut header)).unwrap();
            header[16..].to_vec()
        };
        // Some 400 kB each; each write waits for its commit, and the next one follows at once.
        let write = || {
            let grow = "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many LIMIT 100) \
                        INSERT INTO b (x) SELECT zeroblob(4000) FROM many";
            let work = move |connection: &Connection| {
                connection.execute_batch("CREATE TABLE IF NOT EXISTS b (x)")?;
                Ok::<_, StoreError>(connection.execute(grow, []).map(|_| ())?)
            };
            writer.write(work).unwrap();
        };
        write();
        let first = salts();
        let begun_anew = (0..1_000).any(|_| {
            write();
            salts() != first
        });
        assert!(begun_anew, "400 MB were written, and the log still holds all of it");
    }

    #[test]
    fn a_full_disk_is_told_as_such_and_the_writer_goes_on() {
        let (writer, _, _folder) = writer();
        let full = writer.write(|connection| {
            connection.pragma_update_and_check(None, "max_page_count", 2, |_| Ok(()))?;
            Ok::<_, StoreError>(
                connection
                    .execute(
                        "WITH RECURSIVE many (n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM many LIMIT \
                         100000) INSERT INTO t SELECT n FROM many",
                        [],
                    )
                    .map(|_| ())?,
            )
        });
        assert!(matches!(full, Err(StoreError::Full(_))), "{full:?}");
        assert!(rows(&writer).is_empty());
        writer.write(|connection| insert(connection, 1)).unwrap();
        assert_eq!(rows(&writer), [1]);
    }

    #[test]
    fn a_transaction_that_is_undone_as_a_whole_is_an_error_for_all_and_the_writer_goes_on() {
        let (writer, _, _folder) = writer();
        let answer = writer.write(|connection| {
            insert(connection, 1)?;
            connection.execute_batch("ROLLBACK")?;
            Ok::<_, StoreError>(())
        });
        assert!(answer.is_err());
        writer.write(|connection| insert(connection, 2)).unwrap();
        assert_eq!(rows(&writer), [2]);
    }
}
