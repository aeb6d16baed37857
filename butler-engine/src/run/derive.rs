//! Derives the products of items that a run's task makes of stored products: on a thread of its own, for it
//! asks and writes the library and nothing else. No worker has a part in it, and no file is opened. A task
//! that writes tags does so on the same thread, once all is derived: by `tags.rs`.
//!
//! What is lacking the library says ([`Library::underived`]), so that a crash between the units and this
//! costs nothing: the run that goes on finds the same. Start with [`start`].

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use butler_api::RunId;
use butler_library::{
    Derivation, DerivedProduct, FileMark, ItemId, Library, RunGain, RunLine, SectionId, StoreError,
};
use butler_product::Value;
use butler_tasks::Task;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::door::fact::{Came, What};
use crate::engine::event::EngineEvent;
use crate::engine::inbox::Inbox;
use crate::error_chain::{OWN_FAULT, with_causes};
use crate::run::brake::Brake;
use crate::run::{Look, Run};
use crate::tags::TagWriter;
use crate::unit::retry;

/// So many items' results are stored in one transaction.
const GROUP: usize = 64;

/// What the thread works with.
struct Deriving {
    run: RunId,
    task: &'static Task,
    section: Option<SectionId>,
    force: bool,
    /// The end of the window that the run belongs to.
    bound_until: Option<Timestamp>,
    library: Library,
    clock: Clock,
    inbox: Inbox,
    brake: Arc<Brake>,
    tags: Arc<TagWriter>,
}

/// Starts to derive what a run's task derives. The end comes as [`EngineEvent::DerivingEnded`], a panic of
/// the thread too.
pub(crate) fn start(
    run: &mut Run,
    library: &Library,
    inbox: &Inbox,
    clock: Clock,
    tags: &Arc<TagWriter>,
) -> io::Result<()> {
    let deriving = Deriving {
        run: run.id,
        task: run.task,
        section: run.ask.section.map(SectionId),
        // What is asked of some contents has nothing tried again that rests elsewhere.
        force: run.looks_for_derivations() == Look::AtAll && run.ask.sources.is_empty(),
        bound_until: run.bound_until,
        library: library.clone(),
        clock,
        inbox: inbox.clone(),
        brake: run.brake(),
        tags: Arc::clone(tags),
    };
    std::thread::Builder::new().name(format!("derive {}", run.id)).spawn(move || {
        let both = || deriving.derive().and_then(|()| deriving.write_tags());
        let end = match std::panic::catch_unwind(AssertUnwindSafe(both)) {
            Ok(end) => end.map_err(|error| {
                format!(
                    "The library could not be read or written: {}. See the server's log.",
                    with_causes(&error)
                )
            }),
            Err(_) => Err(OWN_FAULT.to_owned()),
        };
        deriving.inbox.tell(EngineEvent::DerivingEnded { run: deriving.run, end });
    })?;
    Ok(())
}

impl Deriving {
    fn derive(&self) -> Result<(), StoreError> {
        let mut lacking: Vec<(&'static Derivation, ItemId)> = Vec::new();
        let switch = self.task.section_switch.map(|switch| switch.id);
        for derivation in self.task.phases.derives {
            let due = retry::due_until(self.bound_until, self.clock.now());
            let items = self.library.underived(derivation, self.section, switch, due, self.force)?;
            lacking.extend(items.into_iter().map(|item| (derivation, item)));
        }
        self.inbox.tell(EngineEvent::DerivingCounted { run: self.run, total: lacking.len() as u64 });
        for group in lacking.chunks(GROUP) {
            // Whoever stopped the run waits for nothing of this: what is stored stays.
            if self.brake.step() {
                return Ok(());
            }
            self.group(group)?;
        }
        Ok(())
    }

    fn write_tags(&self) -> Result<(), StoreError> {
        let Some(switch) = self.task.phases.writes_tags else { return Ok(()) };
        let now = || self.clock.now();
        let tally = self.tags.write_where_asked(self.section, switch, &now, &self.brake)?;
        self.inbox.tell(EngineEvent::TagsWritten { run: self.run, tally });
        Ok(())
    }

    fn group(&self, group: &[(&'static Derivation, ItemId)]) -> Result<(), StoreError> {
        let mut derived = Vec::new();
        for (derivation, item) in group {
            // An item that went meanwhile lacks nothing any more.
            if let Some((inputs, made_from)) = self.library.inputs(derivation, *item)? {
                let outcome = (derivation.derive)(&inputs);
                derived.push(DerivedProduct { item: *item, kind: derivation.makes, made_from, outcome });
            }
        }
        let facts: Vec<What> = derived.iter().flat_map(facts_of).collect();
        let came: Vec<Came> = derived.iter().map(came_of).collect();
        let failed: Vec<FileMark> = derived
            .iter()
            .filter(|derived| derived.outcome.is_err())
            .map(|derived| FileMark::of_item(derived.item))
            .collect();
        let now = self.clock.now();
        let gain = RunGain {
            run: self.run,
            done: came.len() as u64,
            failures: failed.len() as u64,
            failed_files: failed.clone(),
            bytes_read: 0,
            lines: derived.iter().filter_map(|derived| line_of(derived, now)).collect(),
        };
        let gone = (group.len() - derived.len()) as u64;
        self.library.keep_derived(derived, gain, now)?;
        self.inbox.tell(EngineEvent::Derived { run: self.run, came, failed, gone, facts });
        Ok(())
    }
}

const fn came_of(derived: &DerivedProduct) -> Came {
    match derived.outcome {
        Ok(Value::Nothing { .. }) => Came::Nothing,
        Ok(_) => Came::Made,
        Err(_) => Came::Failed,
    }
}

/// What the run's log says of it: what failed.
fn line_of(derived: &DerivedProduct, at: Timestamp) -> Option<RunLine> {
    let failure = derived.outcome.as_ref().err()?;
    Some(RunLine::new(at, &format!("item {}, {}: {}", derived.item, derived.kind, failure.sentence), true))
}

fn facts_of(derived: &DerivedProduct) -> Vec<What> {
    let kind = derived.kind;
    let made = What::ProductMade { kind, result: came_of(derived) };
    let failed = derived.outcome.as_ref().err().map(|failure| What::ItemFailed {
        item: derived.item.0,
        product: kind,
        sentence: failure.sentence.clone(),
    });
    std::iter::once(made).chain(failed).collect()
}
