//! The library through its public doors: real folders, real SQLite, a clock that the tests turn.

#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the helpers beside them")]

mod backups;
mod blobs;
mod borders;
mod derived;
mod dry_run;
mod failing_folders;
mod failures;
mod gain_tags;
mod hierarchy;
mod housekeeping;
mod ignored;
mod kept_lacks;
mod kills;
mod migrating;
mod moves;
mod names;
mod newcomers;
mod opening;
mod partial;
mod photos;
mod pictures;
mod replaced;
mod retagged;
mod roots;
mod runs;
mod section_switches;
mod sections;
mod settling;
mod sonic;
mod states;
mod tags;
mod tree;
mod unchanged;
mod upgrades;
mod work_list;
mod world;
