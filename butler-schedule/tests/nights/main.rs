//! Years of nights: the machine against a naive scheduler, event by event, in odd zones and at odd hours.
//! `BUTLER_SIMULATED_YEARS` says how many years (1,000), `BUTLER_SEED` with which life to begin; a life that
//! fails says its seed and replays exactly. Start with `world.rs`; the rules once more are `oracle.rs` and
//! the folder beside it.

#![expect(
    clippy::unwrap_used,
    reason = "what a simulation builds itself is there; if not, the test is to fail"
)]

mod calendar;
mod compare;
mod invariants;
mod lives;
mod oracle;
mod random;
mod tally;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tally::Tally;
use world::World;

const SECONDS_A_LIFE: i64 = 2 * 31_556_952;
const FIRST_SEED: u64 = 20_260_000;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is to be a number")))
}

#[test]
fn machine_and_oracle_agree_for_a_thousand_years() {
    let years = number("BUTLER_SIMULATED_YEARS", 1_000);
    let first = number("BUTLER_SEED", FIRST_SEED);
    let lives = years.div_ceil(2);
    let (next, events) = (AtomicU64::new(0), AtomicU64::new(0));
    let failed: Mutex<Option<(u64, String)>> = Mutex::new(None);
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|threads| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            threads.spawn(|| {
                loop {
                    let life = next.fetch_add(1, Ordering::Relaxed);
                    if life >= lives || failed.lock().unwrap().is_some() {
                        return;
                    }
                    match live(first + life) {
                        Ok(world) => {
                            events.fetch_add(world.events, Ordering::Relaxed);
                            tally.lock().unwrap().add(world.tally());
                        }
                        Err(tale) => {
                            let mut failed = failed.lock().unwrap();
                            if failed.as_ref().is_none_or(|(seed, _)| first + life < *seed) {
                                *failed = Some((first + life, tale));
                            }
                        }
                    }
                }
            });
        }
    });
    if let Some((seed, tale)) = failed.into_inner().unwrap() {
        panic!(
            "{tale}\nReplay: BUTLER_SEED={seed} BUTLER_SIMULATED_YEARS=2 \
             cargo test -p butler-schedule --test nights"
        );
    }
    let tally = tally.into_inner().unwrap();
    println!(
        "{} simulated years, {} events checked; the rarest:\n{}",
        lives * 2,
        events.into_inner(),
        tally.rarest()
    );
    assert_eq!(tally.never_met(years), [""; 0], "never met, so never checked");
}

/// One life of two years.
fn live(seed: u64) -> Result<World, String> {
    let (mut world, born) = World::new(seed)?;
    world.live_until(born + SECONDS_A_LIFE)?;
    Ok(world)
}
