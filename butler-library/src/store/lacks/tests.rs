//! Kept lacks against what is asked of the sources, and the plans of the queries.

use super::held_back::held_query;
use super::*;

/// How SQLite goes about a question, a line a table.
fn plan(query: &str) -> Vec<String> {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    let plan = library.db().read(|tx| {
        let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
        // Nothing is bound: how it would go hangs on no value.
        let (mut rows, mut lines) = (statement.raw_query(), Vec::new());
        while let Some(row) = rows.next()? {
            lines.push(row.get(3)?);
        }
        Ok::<_, StoreError>(lines)
    });
    plan.unwrap()
}

const DEMAND: (Spec, Traits) = (Spec::MediaInfo, Traits::CONTENT);

/// A library with a part of each of these sources.
fn library(sources: &[i64]) -> (Library, tempfile::TempDir) {
    let folder = butler_fixtures::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    write(
        &library,
        "INSERT INTO sections (id, uuid, name, kind, agent, scanner, language, created_at, updated_at)
            VALUES (1, 'u', 'Films', 'movie', '', '', 'en', 1, 1);
        INSERT INTO roots (id, section, path) VALUES (1, 1, CAST('/films' AS BLOB));
        INSERT INTO items (id, section, kind, key, title, sort_title, home, added_at, updated_at)
            VALUES (1, 1, 'movie', x'00', 'A', 'A', x'00', 1, 1);
        INSERT INTO media (id, item) VALUES (1, 1)",
    );
    sources.iter().for_each(|source| add(&library, *source));
    (library, folder)
}

fn write(library: &Library, sql: &str) {
    let sql = sql.to_owned();
    library.db().write(move |tx| Ok::<_, StoreError>(tx.execute_batch(&sql)?)).unwrap();
}

fn add(library: &Library, id: i64) {
    write(
        library,
        &format!(
            "INSERT INTO sources (id, fingerprint, sampled, deep, size, traits)
                VALUES ({id}, randomblob(32), randomblob(32), randomblob(32), 1, 1);
            INSERT INTO parts (id, media, root, path, medium, size, mtime_ns, inode, dev, source, added_at)
                VALUES ({id}, 1, 1, CAST('{id}' AS BLOB), 'video', 1, 1, 1, 1, {id}, 1)"
        ),
    );
}

/// What is asked of the library, sorted; and whether what is kept answers.
fn asked(library: &Library) -> (Vec<i64>, bool) {
    let (spec, needs) = DEMAND;
    let scope = Scope { section: None, needs, switch: None, only: None, versions: Versions::Usable };
    let mut lacks: Vec<i64> = library
        .lacks(&spec, &scope, Timestamp::UNIX_EPOCH, false)
        .unwrap()
        .iter()
        .map(|lack| lack.source.0)
        .collect();
    lacks.sort_unstable();
    assert_eq!(library.lack_count(&spec, &scope).unwrap(), lacks.len() as u64);
    assert_eq!(library.unsound().unwrap(), Vec::<String>::new());
    (lacks, library.db().read(|tx| demand(tx, &spec, needs)).unwrap().is_some())
}

#[test]
fn lacks_are_counted_and_go_in_steps_between_which_everything_is_written_and_asked() {
    let (library, _folder) = library(&[1, STEP, STEP + 1, 3 * STEP]);
    let (spec, needs) = DEMAND;
    let id = library.db().write(move |tx| stand(tx, &spec, needs)).unwrap();
    let count_on = || library.db().write(move |tx| count_on(tx, id, &DEMAND.0, DEMAND.1)).unwrap();
    assert!(!count_on());
    assert_eq!(asked(&library), (vec![1, STEP, STEP + 1, 3 * STEP], false));
    // One that is counted goes, one that is not yet goes, and one comes behind the last.
    write(&library, &format!("DELETE FROM parts WHERE id IN (1, {})", STEP + 1));
    add(&library, 3 * STEP + 1);
    assert!(!count_on() && !count_on());
    assert_eq!(asked(&library), (vec![STEP, 3 * STEP, 3 * STEP + 1], false));
    assert!(count_on(), "the newest source lies in the fourth step");
    assert_eq!(asked(&library), (vec![STEP, 3 * STEP, 3 * STEP + 1], true));
    assert!(count_on(), "there is no more to count");

    let many = format!(
        "WITH RECURSIVE n (id) AS (SELECT {} UNION ALL SELECT id + 1 FROM n WHERE id < {})",
        4 * STEP,
        5 * STEP
    );
    write(
        &library,
        &format!(
            "{many} INSERT INTO sources (id, fingerprint, sampled, deep, size, traits)
                SELECT id, randomblob(32), randomblob(32), randomblob(32), 1, 1 FROM n;
            {many} INSERT INTO parts (id, media, root, path, medium, size, mtime_ns, inode, dev, source, added_at)
                SELECT id, 1, 1, CAST(id AS BLOB), 'video', 1, 1, 1, 1, id, 1 FROM n"
        ),
    );
    let all = asked(&library);
    let forget_on = || library.db().write(move |tx| forget_on(tx, id)).unwrap();
    assert!(!forget_on());
    assert_eq!(asked(&library), (all.0.clone(), false), "what is partly gone answers nothing");
    library.keep_lacks(&[DEMAND]).unwrap();
    assert_eq!(asked(&library), all, "wanted again, it is counted from the beginning");
    assert!(!forget_on() && forget_on());
    assert_eq!(asked(&library), (all.0, false));
}

#[test]
fn what_one_part_lacks_is_asked_of_that_part_alone() {
    for needs in [Traits::CONTENT, Traits::VIDEO, Traits::TAGGED] {
        let plan = plan(&format!("SELECT EXISTS (SELECT 1 {})", lacking(needs, Begin::Part)));
        let is_scan = |line: &&String| {
            line.starts_with("SCAN") && !["CONSTANT", "only"].iter().any(|small| line[5..].starts_with(small))
        };
        assert_eq!(plan.iter().find(is_scan), None, "{plan:#?}");
    }
}

#[test]
fn what_a_scan_asks_at_its_end_touches_what_is_meant_and_no_more() {
    for query in [
        lacks_query(Traits::CONTENT, Begin::Unread),
        held_query(Traits::CONTENT),
        lacks_query(Traits::TAGGED, Begin::All),
        held_query(Traits::TAGGED),
        lacks_query(Traits::PHOTO, Begin::All),
        held_query(Traits::PHOTO),
        lacks_query(Traits::ARTWORK, Begin::All),
        count_query(Traits::ARTWORK),
        lacks_query(Traits::ARTWORK, Begin::Kept(1)),
        lacks_query(Traits::VIDEO, Begin::Kept(1)),
        lacks_query(Traits::TAGGED, Begin::Kept(1)),
        backlog_query(Traits::PLAYABLE, Begin::Kept(1)),
        count_query(Traits::VIDEO),
        count_query(Traits::TAGGED),
        count_query(Traits::PHOTO),
        lacks_query(Asked { needs: Traits::VIDEO, below: Some(2) }, Begin::Stored),
        backlog_query(Asked { needs: Traits::ARTWORK, below: Some(2) }, Begin::Stored),
    ] {
        let plan = plan(&query);
        let of_all = |line: &&String| {
            line.starts_with("SCAN")
                && !["f", "h", "sets", "CONSTANT", "only"].iter().any(|small| line[5..].starts_with(small))
        };
        assert_eq!(plan.iter().find(of_all), None, "{query}\n{plan:#?}");
        // Of each source its own parts are looked up.
        let by_source = ["parts_by_source", "parts_by_tagged", "pictures_by_source"];
        let is_by_source = |line: &&String| by_source.iter().any(|index| line.contains(index));
        assert!(plan.iter().any(|line| is_by_source(&line)), "{plan:#?}");
    }
}
