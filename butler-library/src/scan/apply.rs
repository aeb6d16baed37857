//! Carries out a plan: one transaction, all of it or nothing. What contents are known to say is looked up in
//! that same transaction, so that no worker's answer comes in between.

use butler_product::Traits;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::content::{describe, says};
use super::extras::{self, Homes};
use super::forget::forget_replaced;
use super::media_names::{Medium, medium};
use super::place::{Moves, place, place_again, prune};
use super::plan::{End, FileRead, Placed, Plan};
use super::samplers;
use super::walk::Stat;
use crate::db::Pending;
use crate::store::failures::{add_scan_failures, forget_scan_failures};
use crate::store::{At, Json, sources};
use crate::{Library, PartId, SectionId, SectionKind, SourceId, StoreError};

/// What a plan came to, beside what stands in it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Applied {
    /// Files that were added whose content another file that is there holds too.
    pub(super) doubled: u64,
}

/// Begins to place the files of a plan and to carry it out.
pub(super) fn begin_apply(
    library: &Library,
    section: SectionId,
    plan: Plan<FileRead>,
    now: Timestamp,
) -> Pending<Applied, StoreError> {
    library.db().begin_write(move |tx| {
        let plan = plan.placed(&mut |file| says(tx, file))?;
        carry_out(tx, section, &plan, now)
    })
}

fn carry_out(
    tx: &Connection,
    section: SectionId,
    plan: &Plan<Placed>,
    now: Timestamp,
) -> Result<Applied, StoreError> {
    let Plan { there, gone, moved, added, changed, end } = plan;
    let (mut applied, mut homes) = (Applied::default(), Homes::default());
    for (known, stat) in there {
        tx.prepare_cached("UPDATE parts SET missing_since = NULL, inode = ?2, dev = ?3 WHERE id = ?1")?
            .execute(params![known.part, stat.inode as i64, stat.dev as i64])?;
    }
    for known in gone {
        tx.prepare_cached("UPDATE parts SET missing_since = ?2 WHERE id = ?1")?
            .execute(params![known.part, At(now)])?;
    }
    let mut moves = Moves::new(moved.iter().map(|(known, _)| known.part));
    for (known, placed) in moved {
        moves.carry(tx, section, known.part, &placed.location, &mut homes, now)?;
        set_part(tx, known.part, &placed.file)?;
        describe(tx, known.part, &placed.details)?;
    }
    for placed in added {
        let is_doubled = add(tx, section, placed, now, &mut homes)?;
        applied.doubled += u64::from(is_doubled);
    }
    for (known, placed) in changed {
        change(tx, section, known.part, placed, now)?;
    }
    samplers::settle(tx, section, &albums_of(plan), now)?;
    set_missing_where_removed(tx, section, now)?;
    let let_go = match end {
        Some(end) if end.all_roots_there && !end.is_partial => let_go_of_roots(tx, section, end)?,
        _ => 0,
    };
    if !moved.is_empty() || let_go > 0 {
        prune(tx, section, &mut homes)?;
    }
    extras::settle(tx, section, &homes)?;
    if let Some(end) = end {
        close(tx, section, end, now)?;
        // What lies below a folder that could not be read is neither there nor gone.
        if end.all_roots_there && !end.is_partial && end.failures.is_empty() {
            forget_replaced(tx, section, now)?;
        }
    }
    if !plan.is_quiet() || let_go > 0 {
        touch(tx, section)?;
    }
    Ok(applied)
}

/// The albums that have other tracks than before: whose each is may be another's now.
fn albums_of(plan: &Plan<Placed>) -> samplers::Folders {
    let Plan { there, gone, moved, added, changed, end: _ } = plan;
    let mut albums = samplers::Folders::default();
    let placed = moved.iter().chain(changed).map(|(_, placed)| placed).chain(added);
    for Placed { file: FileRead { seen, .. }, is_final, .. } in placed {
        if *is_final && seen.medium == Medium::Audio {
            albums.add(seen.root, &seen.path);
        }
    }
    let back = there.iter().map(|(known, _)| known).filter(|known| known.missing);
    let left = moved.iter().map(|(known, _)| known).chain(gone);
    for known in back.chain(left) {
        if medium(SectionKind::Artist, &known.path) == Some(Medium::Audio) {
            albums.add(known.root, &known.path);
        }
    }
    albums
}

/// Makes a part of a new file. Whether its content is that of another file that is there.
fn add(
    tx: &Connection,
    section: SectionId,
    Placed { file, location, details, is_final: _ }: &Placed,
    now: Timestamp,
    homes: &mut Homes,
) -> Result<bool, StoreError> {
    let (source, tagged) = sources_of(tx, file)?;
    let is_doubled = tx
        .prepare_cached("SELECT 1 FROM parts WHERE source = ?1 AND missing_since IS NULL")?
        .exists([source])?;
    let media = place(tx, section, location, homes, now)?;
    let Stat { size, mtime_ns, inode, dev } = file.seen.stat;
    tx.prepare_cached(
        "INSERT INTO parts (media, piece, root, path, medium, size, mtime_ns, inode, dev, source, tagged, \
         added_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        media,
        location.version.piece,
        file.seen.root,
        file.seen.path,
        file.seen.medium.as_str(),
        size,
        mtime_ns,
        inode as i64,
        dev as i64,
        source,
        tagged,
        At(now)
    ])?;
    describe(tx, PartId(tx.last_insert_rowid()), details)?;
    Ok(is_doubled)
}

/// Keeps what a file is that was written since. It is placed anew if nothing is still to be read of it, so
/// that one that an older Butler placed is placed by what names mean today; else it waits where it is.
fn change(
    tx: &Connection,
    section: SectionId,
    part: PartId,
    Placed { file, location, details, is_final }: &Placed,
    now: Timestamp,
) -> Result<(), StoreError> {
    set_part(tx, part, file)?;
    if *is_final {
        place_again(tx, section, &[(part, location.clone())], now)?;
        describe(tx, part, details)?;
    }
    tx.prepare_cached(
        "UPDATE items SET updated_at = ?2 \
         WHERE id = (SELECT m.item FROM media m JOIN parts p ON p.media = m.id WHERE p.id = ?1)",
    )?
    .execute(params![part, At(now)])?;
    Ok(())
}

fn set_part(tx: &Connection, part: PartId, file: &FileRead) -> Result<(), StoreError> {
    let (source, tagged) = sources_of(tx, file)?;
    let Stat { size, mtime_ns, inode, dev } = file.seen.stat;
    tx.prepare_cached(
        "UPDATE parts SET root = ?2, path = ?3, medium = ?4, size = ?5, mtime_ns = ?6, inode = ?7, dev = ?8, \
         source = ?9, tagged = ?10, missing_since = NULL WHERE id = ?1",
    )?
    .execute(params![
        part,
        file.seen.root,
        file.seen.path,
        file.seen.medium.as_str(),
        size,
        mtime_ns,
        inode as i64,
        dev as i64,
        source,
        tagged
    ])?;
    Ok(())
}

/// The sources of a file's content and of the file with its tags, made where they are not known.
fn sources_of(tx: &Connection, file: &FileRead) -> Result<(SourceId, SourceId), StoreError> {
    let by_name = file.seen.medium.traits();
    // Whoever stands for an audio file's tags is asked for them.
    let of_tags = if file.seen.medium == Medium::Audio { Traits::TAGGED } else { Traits::empty() };
    if file.prints.tagged.is_none() {
        let source = sources::find_or_make(tx, &file.prints, by_name | of_tags)?;
        return Ok((source, source));
    }
    let source = sources::find_or_make(tx, &file.prints, by_name)?;
    Ok((source, sources::find_or_make(tx, &file.prints.with_tags(), of_tags)?))
}

/// A root that was taken out of its section while it was scanned has no files that are there.
fn set_missing_where_removed(tx: &Connection, section: SectionId, now: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE parts SET missing_since = ?2 \
         WHERE missing_since IS NULL AND root IN (SELECT id FROM roots WHERE section = ?1 AND removed)",
    )?
    .execute(params![section, At(now)])?;
    Ok(())
}

/// Lets go of roots that were taken out of the section; how many. One that was taken out during this scan
/// waits for the next, which may find its files elsewhere.
fn let_go_of_roots(tx: &Connection, section: SectionId, end: &End) -> Result<usize, StoreError> {
    let walked: Vec<i64> = end.walked.keys().map(|root| root.0).collect();
    Ok(tx.execute(
        "DELETE FROM roots WHERE section = ?1 AND removed AND id NOT IN (SELECT value FROM json_each(?2))",
        params![section, Json(walked)],
    )?)
}

/// Keeps what could not be read, and that the section was scanned.
fn close(tx: &Connection, section: SectionId, end: &End, now: Timestamp) -> Result<(), StoreError> {
    for (root, extent) in &end.walked {
        forget_scan_failures(tx, *root, &|path| extent.concerns(path), &end.failures)?;
    }
    add_scan_failures(tx, &end.failures, end.run, now)?;
    // A scan that could look at no folder has scanned nothing.
    if !end.is_partial && !end.walked.is_empty() {
        tx.execute(
            "UPDATE sections SET scanned_at = ?2, first_scanned_at = coalesce(first_scanned_at, ?2) \
             WHERE id = ?1",
            params![section, At(now)],
        )?;
    }
    Ok(())
}

pub(super) fn touch(tx: &Connection, section: SectionId) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE sections SET content_changed_at = content_changed_at + 1 WHERE id = ?1")?
        .execute([section])?;
    Ok(())
}
