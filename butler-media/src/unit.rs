//! Does one unit: headers first, then one pass for all makers, then each maker's product. Answers each want
//! by itself.
//!
//! It speaks through [`Answers`] and knows no socket. Whatever the unit held is let go when [`perform`]
//! returns.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use butler_product::media_info::MediaInfo;
use butler_product::message::Order;
use butler_product::{Failure, ProductKind, Spec};

use crate::ffi;
use crate::open::{Media, Stop};
use crate::pass::{self, Fed, Feed, Feeds};
use crate::products::{self, Made, Start, media_info};
use crate::source::{Gauges, Source};

/// What the outside may change while the unit is done, and may look at.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) unit: u64,
    pub(crate) gauges: Arc<Gauges>,
    /// By want: answered, or wanted no more.
    closed: Vec<AtomicBool>,
}

impl Control {
    pub(crate) fn of(order: &Order) -> Self {
        Self {
            unit: order.unit,
            gauges: Arc::default(),
            closed: order.wants.iter().map(|_| AtomicBool::new(false)).collect(),
        }
    }

    /// The whole unit is wanted no more.
    pub(crate) fn cancel(&self) {
        self.gauges.cancelled.store(true, Ordering::Relaxed);
    }

    /// One want is wanted no more; a number that is none is nothing to us.
    pub(crate) fn drop_want(&self, want: usize) {
        self.close(want);
    }

    /// Closes a want; whoever closed it, and nobody else, answers it.
    fn close(&self, want: usize) -> bool {
        !self.gauges.is_cancelled()
            && self.closed.get(want).is_some_and(|closed| !closed.swap(true, Ordering::AcqRel))
    }

    /// Closes all that is still open, and says which those are.
    pub(crate) fn close_the_rest(&self) -> Vec<usize> {
        (0..self.closed.len()).filter(|&want| self.close(want)).collect()
    }

    fn is_wanted(&self, want: usize) -> bool {
        !self.gauges.is_cancelled()
            && self.closed.get(want).is_some_and(|closed| !closed.load(Ordering::Acquire))
    }
}

/// Where answers go.
pub(crate) trait Answers {
    /// Tells what became of a want.
    fn answer(&self, want: usize, outcome: Result<Made, Failure>);
}

/// Does an order with the descriptors that came with it.
pub(crate) fn perform(order: &Order, descriptors: Vec<OwnedFd>, control: &Control, answers: &dyn Answers) {
    let mut unit = Unit { order, control, answers, open: (0..order.wants.len()).collect() };
    if let Err(Stop::Failed(failure)) = unit.work(descriptors) {
        unit.fail_the_rest(&failure);
    }
}

struct Unit<'a> {
    order: &'a Order,
    control: &'a Control,
    answers: &'a dyn Answers,
    /// The wants that have no answer yet.
    open: Vec<usize>,
}

impl Unit<'_> {
    fn work(&mut self, descriptors: Vec<OwnedFd>) -> Result<(), Stop> {
        let mut outputs = VecDeque::from(descriptors);
        let with_blob = self.order.wants.iter().filter(|want| want.kind().has_blob()).count();
        let source = outputs.pop_front().filter(|_| outputs.len() == with_blob);
        let source = source
            .ok_or_else(|| Failure::worker("The order came without the descriptors that belong to it."))?;
        let source =
            Source::new(File::from(source), self.order.size_bytes, Arc::clone(&self.control.gauges))?
                .at_most(self.order.max_bytes_per_second);
        self.answer_without_headers(&source)?;
        if self.open.is_empty() {
            return Ok(());
        }
        let media = Media::open(Arc::new(source), &self.order.extension, self.order.limits)?;
        let info = self.headers(&media)?;
        let mut feeds = Feeds::default();
        let mut files = BTreeMap::new();
        for (want, spec) in self.order.wants.iter().enumerate() {
            if spec.kind().has_blob() {
                files.extend(outputs.pop_front().map(|output| (want, File::from(output))));
            }
            if !self.open.contains(&want) {
                continue;
            }
            match products::start(spec, &info, self.order.limits) {
                Ok(Start::Answered(value)) => self.answer(want, Ok(Made { value, blob_bytes: None })),
                Ok(Start::Pictures(maker)) => feeds.pictures.push(Feed { want, maker }),
                Ok(Start::Packets(maker)) => feeds.packets.push(Feed { want, maker }),
                Ok(Start::Sound(maker)) => feeds.sound.push(Feed { want, maker }),
                Err(failure) => self.answer(want, Err(failure)),
            }
        }
        let is_wanted = |want| self.control.is_wanted(want);
        let fed = pass::run(&media, &info, &mut feeds, self.order.threads, &is_wanted);
        // A product is made of what was read: if the source failed on the way, there is none.
        if media.must_stop() {
            return Err(media.stop(String::new));
        }
        self.finish(feeds, fed, files);
        Ok(())
    }

    /// Has each maker write its product, if it was fed.
    fn finish(&mut self, feeds: Feeds, fed: Fed, mut files: BTreeMap<usize, File>) {
        for Feed { want, maker } in feeds.pictures {
            self.product(want, fed.pictures.clone(), |()| maker.finish(files.remove(&want)));
        }
        for Feed { want, maker } in feeds.packets {
            self.product(want, fed.packets.clone(), |told_by| maker.finish(told_by, files.remove(&want)));
        }
        for (Feed { want, maker }, heard) in feeds.sound.into_iter().zip(fed.sound) {
            self.product(want, heard.unheard(), |unheard| maker.finish(unheard, files.remove(&want)));
        }
    }

    /// Answers a want with its product, or with why its maker was not fed.
    fn product<T>(
        &mut self,
        want: usize,
        fed: Result<T, Stop>,
        finish: impl FnOnce(T) -> Result<Made, Failure>,
    ) {
        match fed {
            Ok(fed) if self.control.is_wanted(want) => self.answer(want, finish(fed)),
            Err(Stop::Failed(failure)) => self.answer(want, Err(failure)),
            Ok(_) | Err(Stop::Cancelled) => {}
        }
    }

    /// Answers what parsers of their own read: such a want fails alone, and needs no file that libav reads.
    fn answer_without_headers(&mut self, source: &Source) -> Result<(), Stop> {
        for (want, spec) in self.order.wants.iter().enumerate() {
            let Some(outcome) = products::before_headers(spec, source, self.order.limits) else { continue };
            if let Some(failure) = source.failure() {
                return Err(failure.into());
            }
            if source.gauges.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            self.answer(want, outcome.map(|value| Made { value, blob_bytes: None }));
        }
        Ok(())
    }

    /// What the headers say: known already, else read now; read anew where they are themselves wanted.
    fn headers(&self, media: &Media) -> Result<MediaInfo, Stop> {
        let wanted = self.order.wants.contains(&Spec::MediaInfo);
        match &self.order.media_info {
            Some(info) if !wanted => Ok((**info).clone()),
            _ => media_info::read(media),
        }
    }

    fn answer(&mut self, want: usize, outcome: Result<Made, Failure>) {
        self.open.retain(|&open| open != want);
        // A fresh worker has room; if it falls over the same want alone, that is the content's.
        let outcome = outcome.map_err(|failure| {
            if ffi::ran_out_of_memory() { Failure::worker("The worker ran out of memory.") } else { failure }
        });
        if self.control.close(want) {
            self.answers.answer(want, outcome);
        }
    }

    /// One cause, told once for each want that it keeps from being met, the headers' own first.
    fn fail_the_rest(&mut self, failure: &Failure) {
        let mut rest = std::mem::take(&mut self.open);
        rest.sort_by_key(|&want| self.order.wants[want].kind() != ProductKind::MediaInfo);
        for want in rest {
            self.answer(want, Err(failure.clone()));
        }
    }
}
