//! What a run derives at its end, by a driven clock: the worker's part is stored beforehand.

use butler_api::{RunState, TaskName};
use butler_library::{ItemFilter, ItemId, ItemKind, MadeProduct, PublishedUnit, SectionId, SourceId};
use butler_product::Spec;
use butler_product::bandwidth::{Rates, Summary, ToldBy};
use butler_product::needed_bandwidth::NeededBandwidth;
use tempfile::TempDir;

use super::night_tests::Night;
use super::*;
use crate::run::phase::Phase;

const DEEP: TaskName = TaskName::DeepMediaAnalysis;

/// A night with an album of tracks, and the folder that holds them.
fn night(tracks: &[&str]) -> (Night, SectionId, TempDir) {
    let (night, media) = (Night::new(), butler_fixtures::tempdir().unwrap());
    let album = media.path().join("Nina/Blue");
    std::fs::create_dir_all(&album).unwrap();
    tracks.iter().for_each(|track| std::fs::write(album.join(track), track.repeat(100)).unwrap());
    let section = night.music(vec![media.path().to_owned()]);
    (night, section, media)
}

fn items(night: &Night, section: SectionId, kind: ItemKind) -> Vec<ItemId> {
    let filter = ItemFilter { kind: Some(kind) };
    let page = night.engine.library.items_of_section(section, filter, 0, 100).unwrap();
    page.rows.into_iter().map(|item| item.id).collect()
}

fn sources(night: &Night, section: SectionId) -> Vec<SourceId> {
    let tracks = items(night, section, ItemKind::Track);
    let detail = |track| night.engine.library.item(track).unwrap().unwrap();
    tracks.into_iter().map(|track| detail(track).media[0].parts[0].source).collect()
}

/// A worker found out what a track needs.
fn analyse(night: &Night, source: SourceId, needed: u64) {
    let total = Rates { bytes: 1, average: 1, peak: needed, peak_at_ms: 0, needed: [needed; 8] };
    let summary = Summary {
        duration_ms: 1_000,
        total,
        streams: Vec::new(),
        key_frames: 0,
        longest_gap_ms: 0,
        told_by: ToldBy::Headers,
        damaged: Vec::new(),
    };
    let library = &night.engine.library;
    let unit = PublishedUnit {
        source,
        made_from: library.fingerprint(source).unwrap().unwrap(),
        products: vec![MadeProduct { spec: Spec::Bandwidth, value: summary.into(), blob: None }],
        failures: Vec::new(),
        gains: Vec::new(),
        cost: None,
        made_at: night.clock.now(),
    };
    assert_eq!(library.publish(unit).unwrap(), butler_library::Published::Kept);
}

/// A run of the task, to its end.
fn run(night: &mut Night) -> butler_library::RunRow {
    let run = night.start(&DEEP);
    finish(night, run)
}

fn finish(night: &mut Night, run: RunId) -> butler_library::RunRow {
    while night.engine.runs.contains_key(&run) {
        let event = night.events.recv_timeout(Duration::from_secs(600)).unwrap();
        night.engine.handle(event);
    }
    night.engine.library.run(run).unwrap().unwrap()
}

fn needed(night: &Night, section: SectionId) -> Option<u64> {
    let album = items(night, section, ItemKind::Album).pop().unwrap();
    let row = night.engine.library.item_products(album).unwrap().pop()?;
    Some(row.value.get::<NeededBandwidth>().unwrap().needed[0])
}

fn made(row: &butler_library::RunRow) -> Option<u64> {
    row.report.iter().find(|fact| fact.label == "products made")?.value.as_u64()
}

fn planned(night: &Night) -> u64 {
    let library = &night.engine.library;
    night.engine.plan_basis().plan(library, 1).unwrap().backlogs[&DEEP].lacks
}

#[test]
fn an_album_is_derived_once_its_tracks_are_made_and_not_anew_until_one_is_made_anew() {
    let (mut night, section, _media) = night(&["01 One.mp3", "02 Two.mp3"]);
    let tracks = sources(&night, section);
    tracks.iter().zip([700, 900]).for_each(|(track, needed)| analyse(&night, *track, needed));
    assert_eq!(planned(&night), 1, "the plan counts what is to be derived");
    let first = run(&mut night);
    assert_eq!((first.record.state, needed(&night, section)), (RunState::Completed, Some(900)));
    assert_eq!((first.progress.done, first.progress.total), (1, 1));
    assert_eq!((made(&first), planned(&night)), (Some(1), 0));
    assert_eq!(made(&run(&mut night)), None, "nothing changed");
    night.until("2027-03-20T22:10:00");
    analyse(&night, tracks[1], 300);
    assert_eq!((made(&run(&mut night)), needed(&night, section)), (Some(1), Some(700)));
}

#[test]
fn a_crash_between_the_units_and_what_is_derived_of_them_costs_nothing() {
    let (mut night, section, _media) = night(&["01 One.mp3"]);
    analyse(&night, sources(&night, section)[0], 700);
    let run = night.start(&DEEP);
    assert_eq!(night.engine.runs[&run].phase, Phase::Counting);
    let mut night = night.crash();
    assert_eq!(
        (finish(&mut night, run).record.state, needed(&night, section)),
        (RunState::Completed, Some(700))
    );
}

#[test]
fn a_run_that_is_stopped_while_it_derives_stops_at_once() {
    let (mut night, section, _media) = night(&["01 One.mp3"]);
    analyse(&night, sources(&night, section)[0], 700);
    let run = night.start(&DEEP);
    while night.engine.runs[&run].phase != (Phase::Deriving { until: None }) {
        let event = night.events.recv_timeout(Duration::from_secs(600)).unwrap();
        night.engine.handle(event);
    }
    let (answer, mut asked) = tokio::sync::oneshot::channel();
    night.engine.handle(EngineEvent::StopRunAsked { run, answer });
    assert_eq!(asked.try_recv().unwrap(), StopReply::Stopped(vec![run]));
    assert_eq!(night.state(run), RunState::Stopped);
    // What it had begun is no one's concern any more, and what is stored stays.
    assert_eq!(self::run(&mut night).record.state, RunState::Completed);
    assert_eq!(needed(&night, section), Some(700));
}
