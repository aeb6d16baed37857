//! What a scan would do, shown beforehand: it writes nothing, and the scan then does just that.

use butler_library::{Becomes, ScanPlan, ScanReport, SectionKind};

use crate::world::{World, content, write_at};

/// What would happen, a line a file: `film.mkv moved from b.mkv: Film`.
fn lines(world: &World, plan: &ScanPlan) -> Vec<String> {
    let media = world.library.section(world.section).unwrap().unwrap().roots[0].path.clone();
    let below = |path: &std::path::Path| path.strip_prefix(&media).unwrap().display().to_string();
    let line = |file: &butler_library::PlannedFile| {
        let what = match &file.becomes {
            Becomes::Added => "added".to_owned(),
            Becomes::Moved { from } => format!("moved from {}", below(from)),
            Becomes::Changed => "changed".to_owned(),
            Becomes::Back => "back".to_owned(),
            Becomes::Missing => "missing".to_owned(),
        };
        format!("{} {what}: {}", below(&file.path), file.place.join(" / "))
    };
    plan.files.iter().map(line).collect()
}

#[test]
fn a_dry_run_shows_what_the_scan_then_does_and_writes_nothing() {
    let world = World::new(SectionKind::Show);
    let episode = |number: u32| format!("Dark/Season 1/Dark - S01E0{number}.mkv");
    for number in 1..=5 {
        world.write(episode(number), &content(&format!("episode {number}"), 600));
    }
    world.scan();
    world.remove(&episode(4));
    world.scan();

    world.rename(&episode(1), "Dark/Season 2/Dark - S02E01.mkv");
    world.remove(&episode(2));
    world.write(episode(3), &content("a better cut", 700));
    world.write(episode(4), &content("episode 4", 600));
    world.write("Lost/Season 1/Lost - S01E01-E02.mkv", &content("lost", 600));
    write_at(
        &world.media().join("Lost/Season 1/Lost - S01E03.mkv"),
        &content("still written", 600),
        86_400 * 3,
    );
    let before = world.dump();
    let plan = world.plan(None);
    assert_eq!(
        lines(&world, &plan),
        [
            "Dark/Season 1/Dark - S01E04.mkv back: ",
            "Lost/Season 1/Lost - S01E01-E02.mkv added: Lost / Season 1 / Episode 1, Episode 2",
            "Dark/Season 1/Dark - S01E03.mkv changed: Dark / Season 1 / Episode 3",
            "Dark/Season 1/Dark - S01E02.mkv missing: ",
            "Dark/Season 2/Dark - S02E01.mkv moved from Dark/Season 1/Dark - S01E01.mkv: Dark / Season 2 / Episode 1",
        ]
    );
    assert_eq!((plan.report.unsettled, plan.report.unchanged), (1, 1));
    assert_eq!(world.dump(), before);

    let part = lines(&world, &world.plan(Some(&["Lost"])));
    assert_eq!(part, ["Lost/Season 1/Lost - S01E01-E02.mkv added: Lost / Season 1 / Episode 1, Episode 2"]);
    let scanned = world.scan();
    let counts = |report: &ScanReport| {
        (report.added, report.changed, report.moved, report.back, report.missing, report.unchanged)
    };
    // The scan waited for the one that was still written.
    let ScanReport { added, .. } = plan.report.clone();
    assert_eq!(counts(&scanned), counts(&ScanReport { added: added + 1, ..plan.report }));
    assert_eq!(lines(&world, &world.plan(None)), Vec::<String>::new());
}
