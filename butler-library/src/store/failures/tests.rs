//! Places in the list of failures, and what asking costs where 100,000 files failed: the work is counted, in
//! steps of SQLite's machine, and no time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use butler_product::{Spec, Traits};

use super::*;
use crate::{Backlog, Scope, Versions};

#[test]
fn a_place_survives_its_text() {
    let place = FailurePlace {
        failed_at: Timestamp::from_millisecond(1_764_190_391_234).unwrap(),
        id: FailureId(77),
    };
    assert_eq!(place.to_string(), "1764190391234.77");
    assert_eq!(place.to_string().parse(), Ok(place));
    for wrong in ["", "7", "7.", ".7", "a.7", "7.a", "99999999999999999.1"] {
        assert_eq!(wrong.parse::<FailurePlace>(), Err(NoPlace), "{wrong}");
    }
}

#[test]
fn each_list_begins_at_its_place_in_an_index_and_sorts_nothing() {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    for (list, index) in
        [(List::All, "failures_by_time"), (List::Run, "failures_by_run"), (List::Kind, "failures_by_kind")]
    {
        let plan: Vec<String> = library
            .db()
            .read(|tx| {
                let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {}", page_query(list)))?;
                let (mut rows, mut lines) = (statement.raw_query(), Vec::new());
                while let Some(row) = rows.next()? {
                    lines.push(row.get(3)?);
                }
                Ok::<_, StoreError>(lines)
            })
            .unwrap();
        assert!(plan[0].starts_with(&format!("SEARCH f USING INDEX {index}")), "{plan:#?}");
        assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{plan:#?}");
    }
}

/// So many films failed at one product, and at none other, for lack of headers.
const MANY: i64 = 100_000;

fn of_many() -> (Library, tempfile::TempDir) {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let demands = [(Spec::MediaInfo, Traits::CONTENT), (Spec::of(ProductKind::Bif), Traits::VIDEO)];
    library.keep_lacks(&demands).unwrap();
    let write = |sql: String| {
        library.db().write(move |tx| Ok::<_, StoreError>(tx.execute_batch(&sql)?)).unwrap();
    };
    let many =
        format!("WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {MANY})");
    write(format!(
        "INSERT INTO sections (id, uuid, name, kind, agent, scanner, language, created_at, updated_at)
            VALUES (1, 'u', 'Films', 'movie', '', '', 'en', 1, 1);
        INSERT INTO roots (id, section, path) VALUES (1, 1, CAST('/films' AS BLOB));
        INSERT INTO items (id, section, kind, key, title, sort_title, home, added_at, updated_at)
            VALUES (1, 1, 'movie', x'00', 'A', 'A', x'00', 1, 1);
        INSERT INTO media (id, item) VALUES (1, 1);
        {many} INSERT INTO sources (id, fingerprint, sampled, deep, size, traits)
            SELECT id, randomblob(32), randomblob(32), randomblob(32), 1, {traits} FROM n;
        {many} INSERT INTO parts (id, media, root, path, medium, size, mtime_ns, inode, dev, source, added_at)
            SELECT id, 1, 1, CAST(id AS BLOB), 'video', 1, 1, 1, 1, id, 1 FROM n;
        {many} INSERT INTO failures
            (source, kind, version, class, sentence, tries, next_try_at, failed_at, run)
            SELECT id, 'media_info', {version}, 'content', 'It is empty.', 1, iif(id % 2, NULL, 9000), id, 7
            FROM n",
        traits = Traits::OF_VIDEO_FILE.bits(),
        version = ProductKind::MediaInfo.version(),
    ));
    (library, folder)
}

#[test]
fn what_pages_and_plans_ask_takes_no_more_work_where_100_000_files_failed() {
    let (library, _folder) = of_many();
    // One reader is idle, so that all that is asked here is asked of that one.
    let steps = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&steps);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    library.db().read(|tx| Ok::<_, StoreError>(tx.progress_handler(1, Some(count))?)).unwrap();
    let cheap = |what: &str| {
        let taken = steps.swap(0, Ordering::Relaxed);
        assert!((1..10_000).contains(&taken), "{what}: {taken} steps of SQLite's machine");
    };

    let summary = library.failure_summary().unwrap();
    assert_eq!((summary.failures, summary.files, summary.group_count), (100_000, 100_000, 1));
    assert_eq!((summary.groups[0].resting, summary.groups[0].newest.as_millisecond()), (50_000, MANY));
    cheap("the summary");
    let newest = library.failures(0, 32).unwrap();
    assert_eq!((newest.total, newest.rows.len()), (100_000, 32));
    cheap("the first page");
    let before =
        Some(FailurePlace { failed_at: Timestamp::from_millisecond(MANY / 2).unwrap(), id: FailureId(1) });
    for (kind, rows) in [(ProductKind::MediaInfo, 32), (ProductKind::Bif, 0)] {
        let of_kind =
            FailureFilter { before, kinds: Some(vec![Some(kind), None]), ..FailureFilter::default() };
        assert_eq!(library.failures_like(&of_kind, 0, 32).unwrap().len(), rows);
        cheap("a page of a task's failures");
    }
    for (run, rows) in [(7, 32), (8, 0)] {
        let of_run = FailureFilter { before, run: Some(RunId(run)), ..FailureFilter::default() };
        assert_eq!(library.failures_like(&of_run, 0, 32).unwrap().len(), rows);
        cheap("a page of a run's failures");
    }
    assert_eq!(library.figures().unwrap().failures[&ProductKind::MediaInfo], (50_000, 50_000));
    cheap("the figures");

    let now = Timestamp::from_millisecond(10).unwrap();
    for (spec, needs, failed) in
        [(Spec::MediaInfo, Traits::CONTENT, 100_000), (Spec::of(ProductKind::Bif), Traits::VIDEO, 0)]
    {
        let versions = Versions::Usable;
        let scope = Scope { section: None, needs, switch: None, only: None, versions };
        assert_eq!(library.lacks(&spec, &scope, now, false).unwrap(), Vec::new());
        cheap("what is lacking and due");
        assert_eq!(library.backlog(&spec, &scope, now).unwrap(), Backlog::default());
        cheap("how much that is");
        let held = library.held_back(&[(spec.clone(), scope)], &[], now).unwrap();
        assert_eq!((held.all.files, held.tried_again.files), (failed, failed / 2));
        cheap("what is held back");
    }
}
