//! Does one unit: headers first, then one pass for all makers, then each maker's product. Answers each want by itself.
//!
//! It speaks through [`Answers`] and knows no socket. Whatever the unit held is let go when [`perform`] returns.

use std::collections::VecDeque;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use butler_product::media_info::MediaInfo;
use butler_product::message::Order;
use butler_product::{Failure, ProductKind, Spec};

use crate::open::{Media, Stop};
use crate::pass::{self, Feed};
use crate::products::{self, Made, Start, media_info};
use crate::source::{Gauges, Source};

/// What the outside may change while the unit is done, and may look at.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) unit: u64,
    pub(crate) gauges: Arc<Gauges>,
    dropped: Vec<AtomicBool>,
}

impl Control {
    pub(crate) fn of(order: &Order) -> Self {
        Self { unit: order.unit, gauges: Arc::default(), dropped: order.wants.iter().map(|_| AtomicBool::new(false)).collect() }
    }

    /// The whole unit is wanted no more.
    pub(crate) fn cancel(&self) {
        self.gauges.cancelled.store(true, Ordering::Relaxed);
    }

    /// One want is wanted no more; a number that is none is nothing to us.
    pub(crate) fn drop_want(&self, want: usize) {
        if let Some(dropped) = self.dropped.get(want) {
            dropped.store(true, Ordering::Relaxed);
        }
    }

    fn is_wanted(&self, want: usize) -> bool {
        !self.gauges.is_cancelled() && self.dropped.get(want).is_some_and(|dropped| !dropped.load(Ordering::Relaxed))
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
        let source = source.ok_or_else(|| Failure::worker("The order came without the descriptors that belong to it."))?;
        let source = Source::new(File::from(source), self.order.size_bytes, Arc::clone(&self.control.gauges))?;
        let media = Media::open(Arc::new(source), &self.order.extension, self.order.limits)?;
        let info = self.headers(&media)?;
        let mut feeds = Vec::new();
        let mut files = Vec::new();
        for (want, spec) in self.order.wants.iter().enumerate() {
            let output = if spec.kind().has_blob() { outputs.pop_front().map(File::from) } else { None };
            match products::start(spec, &info, self.order.limits) {
                Ok(Start::Answered(value)) => self.answer(want, Ok(Made { value, blob_bytes: None })),
                Ok(Start::Maker(maker)) => {
                    feeds.push(Feed { want, maker });
                    files.push(output);
                }
                Err(failure) => self.answer(want, Err(failure)),
            }
        }
        pass::run(&media, &info, &feeds, self.order.threads, &|want| self.control.is_wanted(want))?;
        // A product is made of what was read: if the source failed on the way, there is none.
        if media.must_stop() {
            return Err(media.stop(String::new));
        }
        for (feed, output) in feeds.into_iter().zip(files) {
            if self.control.is_wanted(feed.want) {
                self.answer(feed.want, feed.maker.finish(output));
            }
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
        if self.control.is_wanted(want) {
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
