//! The whole router over a real library and a real engine, asked as clients ask it.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod activities;
mod bandwidth;
mod browse;
mod butler;
mod connections;
mod doors;
mod gain_tags;
mod housekeeping;
mod items;
mod lists;
mod loudness;
mod metrics;
mod names;
mod nearest;
mod notifications;
mod openapi;
mod pages;
mod plan;
mod providers;
mod quiet;
mod remake;
mod rig;
mod sections;
mod settings;
mod v1;
