//! A worker process, spoken to as the engine does.

use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;

use butler_product::bif::{Bif, Params, Summary};
use butler_product::channel::{ChannelError, receive, send};
use butler_product::media_info::MediaInfo;
use butler_product::message::{FromWorker, Hello, Limits, Order, ToWorker};
use butler_product::{Failure, Spec, Value};

pub(crate) const BIF: Spec = Spec::Bif(Params { interval_ms: 10_000, width: 320 });

/// A running worker; it is killed when dropped.
pub(crate) struct Worker {
    child: Child,
    pub(crate) socket: UnixStream,
    pub(crate) hello: Hello,
}

/// What came of a want: a value and the bytes of its blob, or a failure.
type Answer = Result<(Value, Option<u64>), Failure>;

/// What a unit came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// By want: nothing where it was not answered.
    pub(crate) answers: Vec<Option<Answer>>,
    pub(crate) outputs: Vec<File>,
    pub(crate) bytes_read: u64,
}

impl Worker {
    pub(crate) fn start() -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut command = butler_fixtures::command(env!("CARGO_BIN_EXE_butler-worker"));
        let child = command.stdin(OwnedFd::from(theirs)).env_clear().current_dir("/").spawn().unwrap();
        // Only the child holds its end now, so that its death shows.
        drop(command);
        let (FromWorker::Hello(hello), _) = receive(&ours).unwrap() else {
            panic!("the first message is no hello");
        };
        Self { child, socket: ours, hello }
    }

    pub(crate) fn say(&self, message: &ToWorker) {
        send(&self.socket, message, &[]).unwrap();
    }

    pub(crate) fn hear(&self) -> Result<FromWorker, ChannelError> {
        receive(&self.socket).map(|(message, _)| message)
    }

    /// Sends an order; the outputs are for the wants that have a blob.
    pub(crate) fn order(&self, film: &Path, order: &Order) -> Vec<File> {
        let media = File::open(film).unwrap();
        let outputs: Vec<_> = order
            .wants
            .iter()
            .filter(|want| want.kind().has_blob())
            .map(|_| tempfile::tempfile().unwrap())
            .collect();
        let descriptors: Vec<_> = std::iter::once(&media).chain(&outputs).map(AsFd::as_fd).collect();
        send(&self.socket, &ToWorker::Do(Box::new(order.clone())), &descriptors).unwrap();
        outputs
    }

    /// Has an order done and collects its answers.
    pub(crate) fn perform(&self, film: &Path, order: &Order) -> Outcome {
        let (outcome, end) = self.try_perform(film, order);
        end.unwrap();
        outcome
    }

    /// The same with a worker that may fall over it.
    fn try_perform(&self, film: &Path, order: &Order) -> (Outcome, Result<(), ChannelError>) {
        let outputs = self.order(film, order);
        let mut outcome =
            Outcome { answers: order.wants.iter().map(|_| None).collect(), outputs, bytes_read: 0 };
        let end = loop {
            match self.hear() {
                Ok(FromWorker::Made { unit, want, value, blob_bytes }) if unit == order.unit => {
                    outcome.answers[want] = Some(Ok((value, blob_bytes)));
                }
                Ok(FromWorker::Failed { unit, want, failure }) if unit == order.unit => {
                    outcome.answers[want] = Some(Err(failure))
                }
                Ok(FromWorker::UnitEnded { unit, bytes_read }) if unit == order.unit => {
                    outcome.bytes_read = bytes_read;
                    break Ok(());
                }
                Ok(FromWorker::Progress { unit, .. }) if unit == order.unit => {}
                Ok(other) => panic!("{other:?}"),
                Err(error) => break Err(error),
            }
        };
        (outcome, end)
    }

    /// Has these wants of a film done on two threads.
    pub(crate) fn make(&self, film: &Path, wants: &[Spec]) -> Outcome {
        self.perform(film, &order(film, wants))
    }

    /// The same with a worker that may fall over it, or go once it has answered.
    pub(crate) fn try_make(&self, film: &Path, wants: &[Spec]) -> (Outcome, Result<(), ChannelError>) {
        self.try_perform(film, &order(film, wants))
    }

    pub(crate) fn media_info(&self, film: &Path) -> MediaInfo {
        match self.make(film, &[Spec::MediaInfo]).answers.remove(0) {
            Some(Ok((Value::MediaInfo(info), None))) => *info,
            other => panic!("{}: {other:?}", film.display()),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The process's end, once it comes.
    pub(crate) fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn order(film: &Path, wants: &[Spec]) -> Order {
    Order {
        unit: 7,
        extension: film
            .extension()
            .map(|extension| extension.to_string_lossy().into_owned())
            .unwrap_or_default(),
        size_bytes: fs::metadata(film).unwrap().len(),
        wants: wants.to_vec(),
        media_info: None,
        threads: 2,
        limits: Limits::default(),
        max_bytes_per_second: None,
    }
}

impl Outcome {
    /// The failure of the only want.
    pub(crate) fn failure(mut self) -> Failure {
        match self.answers.remove(0) {
            Some(Err(failure)) => failure,
            other => panic!("{other:?}"),
        }
    }

    /// The BIF of the only want: its summary and its pictures, which are what the summary says.
    pub(crate) fn bif(mut self) -> (Summary, Vec<Vec<u8>>) {
        let (summary, bytes) = match self.answers.remove(0) {
            Some(Ok((Value::Bif(summary), Some(bytes)))) => (*summary, bytes),
            other => panic!("there is no BIF: {other:?}"),
        };
        let output = self.outputs.remove(0);
        assert_eq!(output.metadata().unwrap().len(), bytes);
        let mut bif = Bif::open(output).unwrap();
        assert_eq!((bif.pictures(), bif.interval_ms()), (summary.pictures as usize, summary.interval_ms));
        let pictures: Vec<_> =
            (0..bif.pictures()).map(|place| bif.picture(place).unwrap().unwrap()).collect();
        for picture in &pictures {
            assert_eq!(
                (picture[..2].to_vec(), picture[picture.len() - 2..].to_vec()),
                (vec![0xFF, 0xD8], vec![0xFF, 0xD9])
            );
        }
        (summary, pictures)
    }
}
