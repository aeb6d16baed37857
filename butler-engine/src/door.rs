//! What others see of the engine: the handle by which they ask it, what it answers, the facts that it tells,
//! the plan of the nights ahead, and what it is told of its surroundings. Start with [`handle`].

pub(crate) mod answer;
pub(crate) mod fact;
pub(crate) mod handle;
pub(crate) mod plan;
pub(crate) mod surroundings;
