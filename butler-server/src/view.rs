//! What is shown, made in one place a resource: the handlers of both APIs and the pages call the same
//! functions, so that they say the same of a night. No word of HTTP and none of a page is here, but for the
//! [`Problem`](crate::error::Problem) that a question may end in.

pub(crate) mod backups;
pub(crate) mod check;
pub(crate) mod disks;
pub(crate) mod failures;
pub(crate) mod folders;
pub(crate) mod gain_tags;
pub(crate) mod health;
pub(crate) mod items;
pub(crate) mod loudness;
pub(crate) mod nights;
pub(crate) mod outside;
pub(crate) mod pauses;
pub(crate) mod plan;
pub(crate) mod products;
pub(crate) mod remake;
pub(crate) mod runs;
pub(crate) mod sections;
pub(crate) mod settings;
pub(crate) mod sonic;
pub(crate) mod standing;
pub(crate) mod start;
pub(crate) mod tasks;
pub(crate) mod voice;
pub(crate) mod window;
pub(crate) mod words;
