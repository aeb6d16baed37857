//! `slow-mount BELOW POINT MICROSECONDS` shows a folder once more for a test that starts it; see `SlowMount`.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [below, point, microseconds] = &arguments[..] else {
        anyhow::bail!("only a test starts it, by `SlowMount`")
    };
    let delay = microseconds
        .parse()
        .map(Duration::from_micros)
        .with_context(|| format!("`{microseconds}` is no number"))?;
    butler_fixtures::serve_slow_mount(Path::new(below), Path::new(point), delay)
}
