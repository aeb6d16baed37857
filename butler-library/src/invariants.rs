//! Every invariant between tables and folder in one place: what tests call after each step, and a check can
//! show.

use rusqlite::Connection;

use crate::{BlobRef, CheckBlobsError, Library, StoreError};

/// Each query lists what must not be; its sentence says what that is.
const NEVER: &[(&str, &str)] = &[
    (
        "an item stands under the wrong kind of parent",
        "SELECT i.id FROM items i LEFT JOIN items p ON p.id = i.parent WHERE i.kind <> 'extra' AND p.kind IS NOT CASE i.kind \
         WHEN 'season' THEN 'show' WHEN 'episode' THEN 'season' WHEN 'album' THEN 'artist' WHEN 'track' THEN 'album' \
         WHEN 'photo' THEN iif(i.parent IS NULL, NULL, 'photoalbum') END",
    ),
    (
        "an extra belongs to what can have none",
        "SELECT i.id FROM items i JOIN items p ON p.id = i.parent WHERE i.kind = 'extra' AND p.kind NOT IN ('movie', 'show', 'season', 'episode')",
    ),
    (
        "an extra belongs to a film that lies elsewhere",
        "SELECT i.id FROM items i JOIN items p ON p.id = i.parent WHERE i.kind = 'extra' AND p.kind <> 'episode' AND p.home IS NOT i.home",
    ),
    (
        "an extra waits for the only film of its folder",
        "SELECT i.id FROM items i WHERE i.kind = 'extra' AND i.parent IS NULL \
         AND (SELECT count(*) FROM items h WHERE h.section = i.section AND h.home = i.home AND h.kind <> 'extra') = 1",
    ),
    (
        "an item is of a kind that its section does not hold",
        "SELECT i.id FROM items i JOIN sections s ON s.id = i.section WHERE s.kind <> CASE \
         WHEN i.kind IN ('show', 'season', 'episode') THEN 'show' WHEN i.kind IN ('artist', 'album', 'track') THEN 'artist' WHEN i.kind = 'photoalbum' THEN 'photo' \
         WHEN i.kind = 'extra' AND s.kind = 'show' THEN 'show' WHEN i.kind = 'extra' THEN 'movie' ELSE i.kind END",
    ),
    ("an item and its parent are of two sections", "SELECT i.id FROM items i JOIN items p ON p.id = i.parent WHERE p.section <> i.section"),
    (
        "an item that holds others holds none",
        "SELECT id FROM items i WHERE kind IN ('show', 'season', 'artist', 'album', 'photoalbum') AND NOT EXISTS (SELECT 1 FROM items c WHERE c.parent = i.id AND c.kind <> 'extra')",
    ),
    (
        "an item without children has no media",
        "SELECT id FROM items i WHERE kind IN ('movie', 'episode', 'track', 'photo', 'extra') AND NOT EXISTS (SELECT 1 FROM media m WHERE m.item = i.id) \
         AND NOT EXISTS (SELECT 1 FROM shared_media s WHERE s.item = i.id)",
    ),
    (
        "an item that holds others has media of its own",
        "SELECT m.id FROM media m JOIN items i ON i.id = m.item WHERE i.kind IN ('show', 'season', 'artist', 'album', 'photoalbum')",
    ),
    (
        "a media is shared with its own item, or with what is no sibling of that",
        "SELECT s.media FROM shared_media s JOIN media m ON m.id = s.media JOIN items i ON i.id = m.item JOIN items o ON o.id = s.item \
         WHERE o.id = i.id OR o.kind <> 'episode' OR o.parent IS NOT i.parent",
    ),
    ("a version has no file", "SELECT id FROM media m WHERE NOT EXISTS (SELECT 1 FROM parts p WHERE p.media = m.id)"),
    (
        "a part's root and item are of two sections",
        "SELECT p.id FROM parts p JOIN roots r ON r.id = p.root JOIN media m ON m.id = p.media JOIN items i ON i.id = m.item WHERE r.section <> i.section",
    ),
    (
        "a part of a root that was taken out is there",
        "SELECT p.id FROM parts p JOIN roots r ON r.id = p.root WHERE r.removed AND p.missing_since IS NULL",
    ),
    (
        "a part's content is none of a file",
        "SELECT p.id FROM parts p JOIN sources s ON s.id = p.source WHERE NOT s.traits & 1",
    ),
    (
        "an audio file's tags are asked of nobody",
        "SELECT p.id FROM parts p JOIN sources s ON s.id = p.tagged WHERE p.medium = 'audio' AND NOT s.traits & 64",
    ),
    (
        "a picture's content is none of a picture, or its item is of another section",
        "SELECT c.id FROM pictures c JOIN sources s ON s.id = c.source JOIN roots r ON r.id = c.root \
         LEFT JOIN items i ON i.id = c.item WHERE NOT s.traits & 256 OR i.section <> r.section",
    ),
    (
        "a product was made from other content",
        "SELECT d.source FROM products d JOIN sources s ON s.id = d.source WHERE d.made_from <> s.fingerprint",
    ),
    (
        "a product both is and failed at this version",
        "SELECT f.id FROM failures f JOIN products d ON d.source = f.source AND d.kind = f.kind AND d.version = f.version AND f.failed_at < d.made_at",
    ),
    (
        "a lack is not kept",
        "SELECT DISTINCT l.source FROM (SELECT demand, source FROM lacking EXCEPT SELECT demand, source FROM lacks) l
            JOIN demands d ON d.id = l.demand WHERE l.source <= coalesce(d.counted_to, l.source)",
    ),
    (
        "a lack is kept that is none",
        "SELECT DISTINCT source FROM (SELECT demand, source FROM lacks EXCEPT SELECT demand, source FROM lacking)",
    ),
    (
        "products of a version are counted wrongly",
        "SELECT kind, version FROM (SELECT kind, version, count(*) AS products FROM products GROUP BY kind, version) d \
         FULL JOIN (SELECT * FROM product_versions WHERE products <> 0) c USING (kind, version) WHERE d.products IS NOT c.products",
    ),
    (
        "a failure counts its files wrongly",
        "SELECT f.id FROM failures f WHERE f.files <> CASE WHEN f.root IS NOT NULL THEN 1 WHEN f.item IS NOT NULL \
         THEN EXISTS (SELECT 1 FROM items c JOIN media m ON m.item = c.id JOIN parts p ON p.media = m.id \
             WHERE c.parent = f.item AND p.missing_since IS NULL) \
         ELSE (SELECT count(*) FROM holders h WHERE h.source = f.source) END",
    ),
    (
        "failures of a kind are counted wrongly",
        "SELECT failures FROM (SELECT * FROM failure_counts EXCEPT SELECT coalesce(kind, ''), class, sentence, \
             coalesce(version, 0), coalesce(next_try_at, 9223372036854775807), count(*), sum(files) \
             FROM failures WHERE files > 0 GROUP BY 1, 2, 3, 4, 5) \
         UNION ALL SELECT failures FROM (SELECT coalesce(kind, '') AS kind, class, sentence, \
             coalesce(version, 0), coalesce(next_try_at, 9223372036854775807), count(*) AS failures, sum(files) \
             FROM failures WHERE files > 0 GROUP BY 1, 2, 3, 4, 5 EXCEPT SELECT * FROM failure_counts)",
    ),
    (
        "a file of which something failed is not kept, or one is of which nothing did",
        "SELECT file FROM (SELECT h.file FROM failures f JOIN holders h ON h.source = f.source \
             EXCEPT SELECT file FROM failed_contents) \
         UNION ALL SELECT file FROM (SELECT file FROM failed_contents \
             EXCEPT SELECT h.file FROM failures f JOIN holders h ON h.source = f.source)",
    ),
    (
        "a lack is not held back as its failures say",
        "SELECT k.source FROM lacks k JOIN demands d ON d.id = k.demand WHERE k.held_until <> coalesce((SELECT \
             max(coalesce(f.next_try_at, 9223372036854775807)) FROM failures f WHERE f.source = k.source \
             AND ((f.kind = d.kind AND f.version = d.makes) OR (f.kind = 'media_info' AND f.version = d.after))), 0)",
    ),
    ("a run ended before it started", "SELECT id FROM runs WHERE ended_at < started_at"),
];

impl Library {
    /// What is wrong with the library, a sentence each; empty when it is sound.
    ///
    /// # Errors
    /// If the database or the folder of blobs can't be read.
    pub fn unsound(&self) -> Result<Vec<String>, CheckBlobsError> {
        let (mut wrong, blobs) = self.db().read(|tx| Ok::<_, StoreError>((wrong_rows(tx)?, blobs(tx)?)))?;
        for blob in blobs {
            if let Some(loss) = self.blobs().loss(&blob)? {
                wrong.push(format!("the blob `{}` of a product: {loss}", blob.name));
            }
        }
        Ok(wrong)
    }

    /// Holds that the library is sound.
    ///
    /// # Panics
    /// If it is not, or can't be read: for tests.
    #[track_caller]
    pub fn assert_sound(&self) {
        match self.unsound() {
            Ok(wrong) => assert!(wrong.is_empty(), "the library is not sound: {}", wrong.join("; ")),
            Err(error) => panic!("the library can't be checked: {error}"),
        }
    }
}

fn wrong_rows(tx: &Connection) -> Result<Vec<String>, StoreError> {
    let mut wrong = Vec::new();
    for (what, query) in NEVER {
        for id in tx.prepare(query)?.query_map([], |row| row.get::<_, i64>(0))? {
            wrong.push(format!("{what} ({})", id?));
        }
    }
    for line in tx.prepare("PRAGMA integrity_check")?.query_map([], |row| row.get::<_, String>(0))? {
        wrong.extend(Some(line?).filter(|line| line != "ok"));
    }
    for table in tx.prepare("PRAGMA foreign_key_check")?.query_map([], |row| row.get::<_, String>(0))? {
        wrong.push(format!("a row of `{}` refers to nothing", table?));
    }
    Ok(wrong)
}

fn blobs(tx: &Connection) -> Result<Vec<BlobRef>, StoreError> {
    let mut statement = tx.prepare("SELECT blob, blob_bytes FROM products WHERE blob IS NOT NULL")?;
    Ok(statement
        .query_map([], |row| Ok(BlobRef { name: row.get(0)?, bytes: row.get(1)? }))?
        .collect::<Result<_, _>>()?)
}
