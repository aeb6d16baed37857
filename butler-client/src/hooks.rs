//! What a program may look at, and change, around each try of a request.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Call, Error};

/// What became of one try of a call.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The call.
    pub call: &'a Call,
    /// Which try it was: 1 is the first.
    pub number: u32,
    /// How long it took.
    pub took: Duration,
    /// The status of an answer that is a success, or what went wrong.
    pub result: Result<u16, &'a Error>,
}

type Before = dyn Fn(&mut reqwest::Request) + Send + Sync;
type After = dyn Fn(&Attempt<'_>) + Send + Sync;

/// The hooks of a client, in the order in which they were added.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    before: Vec<Arc<Before>>,
    after: Vec<Arc<After>>,
}

impl Hooks {
    pub(crate) fn add_before(&mut self, hook: impl Fn(&mut reqwest::Request) + Send + Sync + 'static) {
        self.before.push(Arc::new(hook));
    }

    pub(crate) fn add_after(&mut self, hook: impl Fn(&Attempt<'_>) + Send + Sync + 'static) {
        self.after.push(Arc::new(hook));
    }

    pub(crate) fn run_before(&self, request: &mut reqwest::Request) {
        self.before.iter().for_each(|hook| hook(request));
    }

    pub(crate) fn run_after(&self, attempt: &Attempt<'_>) {
        self.after.iter().for_each(|hook| hook(attempt));
    }
}
