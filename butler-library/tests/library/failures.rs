//! The list of failures: every file of a content is told, pages go on from their marks, groups are counted,
//! and a row that can't be read costs itself.

use butler_api::RunId;
use butler_library::{FailureFilter, FailureRow, NewFailure, RunFilter, SectionKind};
use butler_product::{FailureClass, ProductKind};

use crate::runs::run;
use crate::world::{World, at};

fn failure(kind: ProductKind, sentence: &str) -> NewFailure {
    NewFailure {
        kind,
        version: kind.version(),
        class: FailureClass::Content,
        sentence: sentence.into(),
        run: None,
        next_try_at: None,
        counts: true,
    }
}

/// So many films of different content, each with a failure of its own moment.
fn failing(films: u64) -> World {
    let world = World::new(SectionKind::Movie);
    (0..films).for_each(|film| _ = world.write(format!("{film}.mkv"), format!("film {film}").as_bytes()));
    world.scan();
    for film in 0..films {
        let source = world.part(&format!("{film}.mkv")).source;
        // Three fail at one moment.
        world
            .library
            .record_failure(
                source,
                failure(ProductKind::Bif, &format!("Reason {}.", film % 2)),
                at(film as i64 / 3),
            )
            .unwrap();
    }
    world
}

#[test]
fn every_file_of_a_content_that_failed_is_told_and_counted() {
    let world = World::new(SectionKind::Movie);
    ["a.mkv", "b.mkv", "c.mkv"].into_iter().for_each(|name| _ = world.write(name, b""));
    world.scan();
    world
        .library
        .record_failure(world.part("a.mkv").source, failure(ProductKind::MediaInfo, "It is empty."), at(1))
        .unwrap();
    let names = |row: &FailureRow| {
        row.files
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let page = world.library.failures(0, 10).unwrap();
    let [row] = page.rows.as_slice() else { panic!("{page:?}") };
    assert_eq!(
        (names(row), row.file_count, page.total),
        (vec!["a.mkv".into(), "b.mkv".into(), "c.mkv".into()], 3, 1)
    );
    assert_eq!((&row.path, row.part), (&row.files[0], Some(world.part("a.mkv").id)));
    let summary = world.library.failure_summary().unwrap();
    assert_eq!((summary.failures, summary.files, summary.group_count), (1, 3, 1));
    assert_eq!(
        (summary.groups[0].sentence.as_str(), summary.groups[0].failures, summary.groups[0].files),
        ("It is empty.", 1, 3)
    );

    world.remove("a.mkv");
    world.scan();
    let page = world.library.failures(0, 10).unwrap();
    assert_eq!((names(&page.rows[0]), page.rows[0].file_count), (vec!["b.mkv".into(), "c.mkv".into()], 2));
}

#[test]
fn a_list_that_is_read_from_mark_to_mark_has_each_failure_once_whatever_fails_meanwhile() {
    let world = failing(20);
    let all = world.library.failures(0, 100).unwrap();
    assert_eq!(all.total, 20);
    let mut seen: Vec<FailureRow> = Vec::new();
    loop {
        let filter = FailureFilter { before: seen.last().map(FailureRow::place), ..FailureFilter::default() };
        let page = world.library.failures_like(&filter, 0, 6).unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
        // One that was shown already fails again, and so moves to the front.
        world
            .library
            .record_failure(world.part("19.mkv").source, failure(ProductKind::Bif, "Again."), at(99))
            .unwrap();
    }
    assert_eq!(
        seen.iter().map(|row| row.id).collect::<Vec<_>>(),
        all.rows.iter().map(|row| row.id).collect::<Vec<_>>()
    );
    let after = FailureFilter { after: Some(all.rows[3].place()), ..FailureFilter::default() };
    let newer = world.library.failures_like(&after, 0, 100).unwrap();
    assert_eq!(
        newer.iter().map(|row| row.id).collect::<Vec<_>>(),
        all.rows[..3].iter().map(|row| row.id).collect::<Vec<_>>()
    );
    assert_eq!(world.library.failures(18, 100).unwrap().rows.len(), 2);
}

#[test]
fn failures_are_listed_and_counted_by_their_products() {
    let world = failing(3);
    let source = world.part("1.mkv").source;
    world.library.record_failure(source, failure(ProductKind::Loudness, "Too short."), at(50)).unwrap();
    let of = |kinds: &[Option<ProductKind>]| {
        let filter = FailureFilter { kinds: Some(kinds.to_vec()), ..FailureFilter::default() };
        let listed = world.library.failures_like(&filter, 0, 10).unwrap().len() as u64;
        assert_eq!(listed, world.library.count_failures(&filter).unwrap());
        listed
    };
    assert_eq!(of(&[Some(ProductKind::Loudness)]), 1);
    assert_eq!(of(&[Some(ProductKind::Loudness), Some(ProductKind::Bif)]), 4);
    assert_eq!((of(&[None]), of(&[])), (0, 0));
}

#[test]
fn failures_are_listed_and_counted_by_the_run_that_met_them_last() {
    let world = failing(3);
    let by_run = |run| NewFailure { run: Some(run), ..failure(ProductKind::Bif, "Still.") };
    let source = world.part("1.mkv").source;
    for run in [7, 8] {
        world.library.record_failure(source, by_run(RunId(run)), at(50)).unwrap();
    }
    let of = |run| {
        let filter = FailureFilter { run: Some(RunId(run)), ..FailureFilter::default() };
        let listed = world.library.failures_like(&filter, 0, 10).unwrap().len() as u64;
        assert_eq!(listed, world.library.count_failures(&filter).unwrap());
        listed
    };
    assert_eq!([of(7), of(8)], [0, 1]);
}

#[test]
fn failures_are_counted_by_product_and_sentence_the_most_frequent_first() {
    let world = failing(5);
    world
        .library
        .record_failure(world.part("0.mkv").source, failure(ProductKind::Bandwidth, "Reason 1."), at(7))
        .unwrap();
    let summary = world.library.failure_summary().unwrap();
    let groups: Vec<_> = summary
        .groups
        .iter()
        .map(|group| (group.kind, group.sentence.as_str(), group.failures, group.resting))
        .collect();
    let (bif, bandwidth) = (Some(ProductKind::Bif), Some(ProductKind::Bandwidth));
    assert_eq!(groups, [(bif, "Reason 0.", 3, 3), (bif, "Reason 1.", 2, 2), (bandwidth, "Reason 1.", 1, 1)]);
    assert_eq!((summary.failures, summary.files, summary.group_count), (6, 5, 3));
}

#[test]
fn runs_go_on_from_a_mark_too() {
    let world = World::new(SectionKind::Movie);
    (1..=9).for_each(|id| world.library.save_run(&run(id)).unwrap());
    let ids = |filter: &RunFilter, size| -> Vec<u64> {
        world.library.runs_between(filter, 0, size).unwrap().into_iter().map(|run| run.record.id.0).collect()
    };
    let before = |id| RunFilter { before: Some(RunId(id)), ..RunFilter::default() };
    assert_eq!(ids(&RunFilter::default(), 4), [9, 8, 7, 6]);
    assert_eq!(ids(&before(6), 4), [5, 4, 3, 2]);
    assert_eq!(ids(&before(1), 4), [] as [u64; 0]);
    assert_eq!(ids(&RunFilter { after: Some(RunId(3)), ..before(6) }, 4), [5, 4]);
    assert_eq!(world.library.runs(&before(6), 0, 1).unwrap().total, 9, "the total is of the whole list");
}

#[test]
fn a_row_that_cant_be_read_costs_itself_and_not_the_list() {
    let world = failing(3);
    (1..=3).for_each(|id| world.library.save_run(&run(id)).unwrap());
    let data = world.library.data_dir().to_owned();
    let connection = rusqlite::Connection::open(data.join("butler.db")).unwrap();
    connection
        .execute("UPDATE failures SET kind = 'hologram' WHERE id = (SELECT min(id) FROM failures)", [])
        .unwrap();
    connection.execute("UPDATE runs SET state = 'dancing' WHERE id = 2", []).unwrap();
    connection.execute("UPDATE runs SET day = 'Doomsday', task = 'Unheard' WHERE id = 3", []).unwrap();
    connection.execute("UPDATE sections SET updated_at = 9223372036854775807", []).unwrap();
    drop(connection);
    assert_eq!(world.library.failures(0, 10).unwrap().rows.len(), 2);
    assert_eq!(
        world.library.failure_summary().unwrap().groups.iter().map(|group| group.failures).sum::<u64>(),
        2
    );
    assert_eq!(world.library.runs(&RunFilter::default(), 0, 10).unwrap().rows.len(), 1);
    assert!(world.library.unfinished_runs().is_ok() && world.library.task_pasts().is_ok());
    assert!(world.library.sections().unwrap().is_empty());
}

#[test]
fn a_file_counts_once_however_many_products_of_it_failed() {
    let world = failing(2);
    for (film, kind) in [(0, ProductKind::Bandwidth), (0, ProductKind::Voice), (1, ProductKind::Voice)] {
        let source = world.part(&format!("{film}.mkv")).source;
        world.library.record_failure(source, failure(kind, "Another."), at(9)).unwrap();
    }
    let summary = world.library.failure_summary().unwrap();
    assert_eq!((summary.failures, summary.files), (5, 2));
    // A copy of a film's content is a file of its own.
    world.write("copy.mkv", b"film 1");
    world.scan();
    assert_eq!(world.library.failure_summary().unwrap().files, 3);
}
