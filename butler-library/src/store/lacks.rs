//! The work list: which sources lack a product. It follows from what is there: a lack is what the questions
//! here say that it is.
//!
//! For the demands that stand the set is kept in a table ([`Library::keep_lacks`]), by triggers in the
//! transaction that changes what it follows from (`migrations/0014_traits.sql`). A question then begins
//! with that set, and still checks each row of it. The lacks of a new demand are counted in steps, between
//! which others write; only then do questions begin there. With each lack stands until when failures hold it
//! back, so that what is held back is passed over (`migrations/0028_kept_failures.sql`). How much that is,
//! `lacks/held_back.rs` says.

mod held_back;

use butler_product::{Fingerprint, ProductKind, Spec, Traits};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::{At, Json};
use crate::{Library, SectionId, SourceId, StoreError};
pub use held_back::{Failed, HeldBack};

/// What counts as a lack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Versions {
    /// The product is not there, or in a version that serves no more.
    #[default]
    Usable,
    /// It is there, serves, and is of an older version than this build makes.
    Newest,
}

/// Where lacks are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Only sources with a part in this section.
    pub section: Option<SectionId>,
    /// What a source must have to be meant.
    pub needs: Traits,
    /// Only sources with a part in a section where this switch is on ([`Library::section_switches`]).
    pub switch: Option<&'static str>,
    /// Only these sources; none named: all.
    pub only: Option<&'a [SourceId]>,
    /// What counts as a lack.
    pub versions: Versions,
}

/// What of sources is asked: what they must have, and what counts as a lack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    needs: Traits,
    /// Only products of versions below this one, that serve.
    below: Option<u32>,
}

impl From<Traits> for Asked {
    fn from(needs: Traits) -> Self {
        Self { needs, below: None }
    }
}

impl Scope<'_> {
    /// What is asked of a kind of product here.
    pub(super) fn asked(&self, kind: ProductKind) -> Asked {
        Asked { needs: self.needs, below: (self.versions == Versions::Newest).then(|| kind.version()) }
    }
}

/// A source that has not what is demanded of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// The source.
    pub source: SourceId,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Bytes.
    pub size: u64,
    /// When the newest of its parts was added.
    pub added_at: Timestamp,
}

/// How much a product is still to be made of, as far as nothing holds it back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Sources that lack it.
    pub sources: u64,
    /// Bytes of their files; each source counts once, however many files hold it.
    pub bytes: u64,
}

/// Where a question begins: what follows from it is looked up from there on, and the rest of the library is
/// not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// With the sources whose headers are unknown, or of a version that serves no more.
    Unread,
    /// With the failures of the kind.
    Failed,
    /// With what is stored of the kind.
    Stored,
    /// With the lacks that are kept of the demand of this id.
    Kept(i64),
    /// With the contents that the part `:part` stands for.
    Part,
    /// With the source `:source`.
    Source,
    /// With the sources whose ids are greater than `:from` and at most `:to`.
    Between,
    /// With the sources that have all that is needed.
    All,
}

/// Sources of the scope that have all that is needed, and a part whose file is there, and lack the product.
pub(super) fn lacking(asked: impl Into<Asked>, from: Begin) -> String {
    let Asked { needs, below } = asked.into();
    let needed = needs.bits();
    // The parameters are the same for both, so that who asks names the same.
    let lacks = match below {
        None => "NOT EXISTS (SELECT 1 FROM products d INDEXED BY products_made \
             WHERE d.source = s.id AND d.kind = :kind AND d.version >= :usable AND d.params = :params)"
            .to_owned(),
        Some(newest) => format!(
            "EXISTS (SELECT 1 FROM products d INDEXED BY products_made WHERE d.source = s.id AND d.kind = :kind \
             AND d.version >= :usable AND d.version < {newest} AND d.params = :params)"
        ),
    };
    // The parts of a source: of one that stands for tags, those with these tags; and of artwork the pictures
    // that are somebody's.
    let parts = if needs.contains(Traits::TAGGED) {
        "CROSS JOIN parts p ON p.tagged = s.id"
    } else if needs.contains(Traits::ARTWORK) {
        "CROSS JOIN (SELECT NULL AS id, source, root, added_at, NULL AS missing_since FROM pictures \
             WHERE item IS NOT NULL) p ON p.source = s.id"
    } else {
        "CROSS JOIN parts p ON p.source = s.id"
    };
    let older = below.map_or_else(String::new, |newest| format!("AND version < {newest}"));
    let tables = match from {
        Begin::Kept(demand) => {
            format!(
                "lacks k INDEXED BY lacks_by_hold CROSS JOIN sources s ON s.id = k.source \
                 AND k.demand = {demand} {parts}"
            )
        }
        Begin::Failed => format!("({}) h CROSS JOIN sources s ON s.id = h.source {parts}", held_back::FAILED),
        Begin::Part => format!(
            "(SELECT source, tagged FROM parts WHERE id = :part) h \
             CROSS JOIN sources s ON s.id IN (h.source, h.tagged) {parts} AND p.id = :part"
        ),
        Begin::Stored => format!(
            "(SELECT source FROM products INDEXED BY products_made WHERE kind = :kind AND version >= :usable \
                 {older}) h CROSS JOIN sources s ON s.id = h.source {parts}"
        ),
        Begin::Source => format!("sources s {parts} AND s.id = :source"),
        Begin::Between => format!("sources s {parts} AND s.id > :from AND s.id <= :to"),
        Begin::Unread => {
            format!("sources s INDEXED BY sources_by_headers {parts} AND s.headers < :usable")
        }
        // From one set of traits that occurs to the next, so that sources of other sets are not touched.
        Begin::All => format!(
            "(WITH RECURSIVE sets (traits) AS (SELECT min(traits) FROM sources UNION ALL \
                 SELECT (SELECT min(traits) FROM sources WHERE traits > sets.traits) FROM sets \
                 WHERE sets.traits IS NOT NULL) \
             SELECT traits FROM sets WHERE (traits & {needed}) = {needed}) h \
             CROSS JOIN sources s INDEXED BY sources_by_traits ON s.traits = h.traits {parts}"
        ),
    };
    format!(
        "FROM {tables} CROSS JOIN roots r ON r.id = p.root \
         WHERE (s.traits & {needed}) = {needed} AND p.missing_since IS NULL \
         AND (:section IS NULL OR r.section = :section) \
         AND (:only IS NULL OR s.id IN (SELECT value FROM json_each(:only) only)) \
         AND NOT EXISTS (SELECT 1 FROM section_switches w \
             WHERE w.section = r.section AND w.id = :switch AND NOT w.is_on) \
         AND {lacks}"
    )
}

/// Where the question for a demand's lacks begins when nothing is kept of it.
fn unkept(spec: &Spec) -> Begin {
    if spec.kind() == ProductKind::MediaInfo { Begin::Unread } else { Begin::All }
}

fn lacks_query(asked: impl Into<Asked>, from: Begin) -> String {
    format!(
        "SELECT s.id, s.fingerprint, s.size, max(p.added_at) AS newest {} AND {} \
         GROUP BY s.id ORDER BY newest DESC, s.id DESC",
        lacking(asked, from),
        due(from)
    )
}

fn backlog_query(asked: impl Into<Asked>, from: Begin) -> String {
    format!(
        "SELECT count(*), coalesce(sum(size), 0) FROM (SELECT s.size {} AND {} GROUP BY s.id) h",
        lacking(asked, from),
        due(from)
    )
}

fn count_query(needs: Traits) -> String {
    format!(
        "INSERT OR IGNORE INTO lacks (demand, source) SELECT :demand, s.id {}",
        lacking(needs, Begin::Between)
    )
}

/// No failure of this product as this version makes it, or of what it is made after, holds the source back
/// longer than `:due`. What is kept says so of most without a look at their failures.
fn due(from: Begin) -> String {
    let kept = if matches!(from, Begin::Kept(_)) { "k.held_until <= :due AND " } else { "" };
    format!(
        "{kept}NOT EXISTS (SELECT 1 FROM failures f WHERE f.source = s.id \
         AND coalesce(f.next_try_at, {RESTS}) > :due AND ((f.kind = :kind AND f.version = :version) \
             OR (f.kind = 'media_info' AND f.version = :after)))"
    )
}

/// Until when a failure that rests holds back; also the moment at which all is due, for who forces it.
const RESTS: i64 = i64::MAX;

/// The version of the headers that a product is made after, 0 where it is made after none.
const fn after(kind: ProductKind) -> u32 {
    if kind.is_made_after_headers() { ProductKind::MediaInfo.version() } else { 0 }
}

/// Fills the kept lacks from what is there.
const FILL: &str = "INSERT OR IGNORE INTO lacks (demand, source) SELECT demand, source FROM lacking";

/// So many sources are counted, or so many kept lacks removed, in one transaction: some milliseconds, for
/// others wait meanwhile.
const STEP: i64 = 2_000;

/// A demand whose lacks are all kept.
fn demand(tx: &Connection, spec: &Spec, needs: Traits) -> Result<Option<i64>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT id FROM demands WHERE kind = ?1 AND params = ?2 AND at_least = ?3 AND needs = ?4 \
         AND makes = ?5 AND after = ?6 AND counted_to IS NULL",
    )?;
    let kind = spec.kind();
    let (oldest, newest, after) = (kind.oldest_usable(), kind.version(), after(kind));
    let asked = params![kind.as_str(), spec.params(), oldest, needs.bits(), newest, after];
    Ok(statement.query_row(asked, |row| row.get(0)).optional()?)
}

/// Has a demand stand, if it does not yet; its lacks are still to be counted then.
fn stand(tx: &Connection, spec: &Spec, needs: Traits) -> Result<i64, StoreError> {
    let kind = spec.kind();
    let (oldest, newest, after) = (kind.oldest_usable(), kind.version(), after(kind));
    let row = params![kind.as_str(), spec.params(), oldest, needs.bits(), newest, after];
    // What is in vain changes the row to itself, so that its id comes back.
    let mut statement = tx.prepare_cached(
        "INSERT INTO demands (kind, params, at_least, needs, makes, after, counted_to) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) ON CONFLICT DO UPDATE SET counted_to = counted_to RETURNING id",
    )?;
    Ok(statement.query_row(row, |row| row.get(0))?)
}

/// Counts the lacks of the next sources of a demand; whether those of all are kept now. The newest source may
/// come between two steps: of it the triggers have taken care.
fn count_on(tx: &Connection, demand: i64, spec: &Spec, needs: Traits) -> Result<bool, StoreError> {
    let mut from = tx.prepare_cached("SELECT counted_to FROM demands WHERE id = ?1")?;
    let Some(from) = from.query_row([demand], |row| row.get::<_, Option<i64>>(0))? else { return Ok(true) };
    let to = from.saturating_add(STEP);
    tx.prepare_cached(&count_query(needs))?.execute(named_params! {
        ":demand": demand, ":from": from, ":to": to, ":section": None::<SectionId>, ":switch": None::<&str>,
        ":kind": spec.kind().as_str(), ":usable": spec.kind().oldest_usable(), ":params": spec.params(),
    })?;
    let newest: i64 =
        tx.prepare_cached("SELECT coalesce(max(id), 0) FROM sources")?.query_row([], |row| row.get(0))?;
    let is_whole = to >= newest;
    let counted_to = (!is_whole).then_some(to);
    tx.prepare_cached("UPDATE demands SET counted_to = ?2 WHERE id = ?1")?
        .execute(params![demand, counted_to])?;
    Ok(is_whole)
}

/// Removes the next kept lacks of a demand, and with the last of them the demand; whether it is gone now.
fn forget_on(tx: &Connection, demand: i64) -> Result<bool, StoreError> {
    // From here on it answers no question.
    tx.prepare_cached("UPDATE demands SET counted_to = 0 WHERE id = ?1")?.execute([demand])?;
    let mut some =
        tx.prepare_cached("DELETE FROM lacks WHERE demand = ?1 AND source IN (SELECT source FROM lacks WHERE demand = ?1 LIMIT ?2)")?;
    let is_gone = i64::try_from(some.execute([demand, STEP])?).is_ok_and(|gone| gone < STEP);
    if is_gone {
        tx.prepare_cached("DELETE FROM demands WHERE id = ?1")?.execute([demand])?;
    }
    Ok(is_gone)
}

/// Where the question for the lacks of a scope begins; none where there are none.
pub(super) fn begin(tx: &Connection, spec: &Spec, scope: &Scope<'_>) -> Result<Option<Begin>, StoreError> {
    Ok(match scope.versions {
        Versions::Newest if !is_older_stored(tx, spec.kind())? => None,
        Versions::Newest => Some(Begin::Stored),
        Versions::Usable => Some(demand(tx, spec, scope.needs)?.map_or(unkept(spec), Begin::Kept)),
    })
}

/// Whether a scope leaves out no file of the library.
fn is_of_all(tx: &Connection, scope: &Scope<'_>) -> Result<bool, StoreError> {
    let mut switched_off = tx.prepare_cached("SELECT 1 FROM section_switches WHERE id = ?1 AND NOT is_on")?;
    Ok(scope.section.is_none() && scope.only.is_none() && !switched_off.exists([scope.switch])?)
}

/// Whether anything of a kind is stored that serves and is older than this build makes.
fn is_older_stored(tx: &Connection, kind: ProductKind) -> Result<bool, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT 1 FROM product_versions WHERE kind = ?1 AND version >= ?2 AND version < ?3 AND products > 0",
    )?;
    Ok(statement.exists(params![kind.as_str(), kind.oldest_usable(), kind.version()])?)
}

impl Library {
    /// Says which demands stand: of each the lacks are kept from now on, so that asking for them takes no
    /// longer than they are many. What was kept of others goes. Only what was not kept before is counted, in
    /// steps of a transaction each, between which others write; what was counted when the server went away is
    /// not counted again.
    ///
    /// # Errors
    /// If the database fails; what is kept then is right, and perhaps not of all.
    pub fn keep_lacks(&self, demands: &[(Spec, Traits)]) -> Result<(), StoreError> {
        let mut kept = Vec::new();
        for (spec, needs) in demands {
            let (spec, needs) = (spec.clone(), *needs);
            let standing = self.db().read(|tx| demand(tx, &spec, needs))?;
            let of_new = spec.clone();
            let id = standing.map_or_else(|| self.db().write(move |tx| stand(tx, &of_new, needs)), Ok)?;
            if standing.is_none() {
                let is_whole = || {
                    self.db().write({
                        let spec = spec.clone();
                        move |tx| count_on(tx, id, &spec, needs)
                    })
                };
                while !is_whole()? {}
            }
            kept.push(id);
        }
        let others: Vec<i64> = self.db().read(|tx| {
            let mut statement = tx
                .prepare_cached("SELECT id FROM demands WHERE id NOT IN (SELECT value FROM json_each(?1))")?;
            Ok::<_, StoreError>(
                statement.query_map([Json(&kept)], |row| row.get(0))?.collect::<Result<_, _>>()?,
            )
        })?;
        for other in others {
            while !self.db().write(move |tx| forget_on(tx, other))? {}
        }
        Ok(())
    }

    /// Counts anew what is kept of lacks, from what is there, in one transaction.
    ///
    /// # Errors
    /// If the database fails; then nothing is changed.
    pub fn rebuild_lacks(&self) -> Result<(), StoreError> {
        self.db().write(|tx| {
            tx.execute("DELETE FROM lacks", [])?;
            tx.execute(&format!("{FILL} ORDER BY demand, source"), [])?;
            tx.execute("UPDATE demands SET counted_to = NULL", [])?;
            Ok(())
        })
    }

    /// The sources that lack a product and are not held back by a failure (with `force`, held back or not),
    /// newest items first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn lacks(
        &self,
        spec: &Spec,
        scope: &Scope<'_>,
        now: Timestamp,
        force: bool,
    ) -> Result<Vec<Lack>, StoreError> {
        let kind = spec.kind();
        self.db().read(|tx| {
            let Some(begin) = begin(tx, spec, scope)? else { return Ok(Vec::new()) };
            let mut statement = tx.prepare_cached(&lacks_query(scope.asked(kind), begin))?;
            let lack = |row: &Row<'_>| {
                Ok(Lack {
                    source: row.get(0)?,
                    fingerprint: Fingerprint(row.get(1)?),
                    size: row.get(2)?,
                    added_at: row.get::<_, At>(3)?.0,
                })
            };
            let lacks = statement.query_map(
                named_params! {
                    ":section": scope.section, ":switch": scope.switch, ":only": scope.only.map(Json),
                    ":kind": kind.as_str(),
                    ":usable": kind.oldest_usable(), ":params": spec.params(), ":version": kind.version(),
                    ":after": after(kind), ":due": if force { RESTS } else { now.as_millisecond() },
                },
                lack,
            )?;
            Ok(lacks.collect::<Result<_, _>>()?)
        })
    }

    /// How many sources lack a product and are not held back by a failure, and how large they are.
    ///
    /// # Errors
    /// If the database fails.
    pub fn backlog(&self, spec: &Spec, scope: &Scope<'_>, now: Timestamp) -> Result<Backlog, StoreError> {
        let kind = spec.kind();
        self.db().read(|tx| {
            let Some(begin) = begin(tx, spec, scope)? else { return Ok(Backlog::default()) };
            let mut statement = tx.prepare_cached(&backlog_query(scope.asked(kind), begin))?;
            Ok(statement.query_row(
                named_params! {
                    ":section": scope.section, ":switch": scope.switch, ":only": scope.only.map(Json),
                    ":kind": kind.as_str(),
                    ":usable": kind.oldest_usable(), ":params": spec.params(), ":version": kind.version(),
                    ":after": after(kind), ":due": now.as_millisecond(),
                },
                |row| Ok(Backlog { sources: row.get(0)?, bytes: row.get(1)? }),
            )?)
        })
    }

    /// How many sources lack a product, held back by a failure or not.
    ///
    /// # Errors
    /// If the database fails.
    pub fn lack_count(&self, spec: &Spec, scope: &Scope<'_>) -> Result<u64, StoreError> {
        let kind = spec.kind();
        self.db().read(|tx| {
            let Some(begin) = begin(tx, spec, scope)? else { return Ok(0) };
            if let Begin::Kept(kept) = begin
                && is_of_all(tx, scope)?
            {
                let mut all = tx.prepare_cached("SELECT count(*) FROM lacks WHERE demand = ?1")?;
                return Ok(all.query_row([kept], |row| row.get(0))?);
            }
            let mut statement = tx.prepare_cached(&format!(
                "SELECT count(DISTINCT s.id) {}",
                lacking(scope.asked(kind), begin)
            ))?;
            Ok(statement.query_row(
                named_params! {
                    ":section": scope.section, ":switch": scope.switch, ":only": scope.only.map(Json),
                    ":kind": kind.as_str(),
                    ":usable": kind.oldest_usable(), ":params": spec.params(),
                },
                |row| row.get(0),
            )?)
        })
    }
}

#[cfg(test)]
mod tests;
