//! Sections and their root folders.
//!
//! A root that is taken out of its section stays as a removed row until the next scan has ended, so that
//! files which turn up under another root keep their items.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{At, Word, path_bytes, path_from_bytes, readable};
use crate::allowed_roots::{self, Found, RootError};
use crate::{ItemKind, Library, RootId, SectionId, StoreError};

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SectionKind {
    /// Films.
    Movie,
    /// Series, in seasons and episodes.
    Show,
    /// Music: artists, albums, tracks.
    Artist,
    /// Photos.
    Photo,
}

impl SectionKind {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Movie, Self::Show, Self::Artist, Self::Photo];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Show => "show",
            Self::Artist => "artist",
            Self::Photo => "photo",
        }
    }

    /// How the names of its files are read.
    pub(crate) const fn names(self) -> butler_names::Kind {
        match self {
            Self::Movie => butler_names::Kind::Movie,
            Self::Show => butler_names::Kind::Show,
            Self::Artist => butler_names::Kind::Artist,
            Self::Photo => butler_names::Kind::Photo,
        }
    }

    /// The kind of the items that the section lists.
    pub const fn top(self) -> ItemKind {
        match self {
            Self::Movie => ItemKind::Movie,
            Self::Show => ItemKind::Show,
            Self::Artist => ItemKind::Artist,
            Self::Photo => ItemKind::Photo,
        }
    }
}

/// A word that is no kind of section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no type of section; there are: movie, show, artist, photo")]
pub struct UnknownSectionKind(String);

impl std::str::FromStr for SectionKind {
    type Err = UnknownSectionKind;

    fn from_str(word: &str) -> Result<Self, UnknownSectionKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownSectionKind(word.to_owned()))
    }
}

impl std::fmt::Display for SectionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A section to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSection {
    /// Its name, not blank.
    pub name: String,
    /// What it holds.
    pub kind: SectionKind,
    /// Its root folders, at least one.
    pub roots: Vec<PathBuf>,
    /// The metadata agent that a client named; shown, not used.
    pub agent: String,
    /// The scanner that a client named; shown, not used.
    pub scanner: String,
    /// Its language: `en-US`.
    pub language: String,
}

/// What shall change of a section; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SectionEdit {
    /// Its name.
    pub name: Option<String>,
    /// All its root folders.
    pub roots: Option<Vec<PathBuf>>,
    /// The agent.
    pub agent: Option<String>,
    /// The scanner.
    pub scanner: Option<String>,
    /// The language.
    pub language: Option<String>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its id.
    pub id: SectionId,
    /// A name for it that is unique in the world.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: SectionKind,
    /// As a client named it.
    pub agent: String,
    /// As a client named it.
    pub scanner: String,
    /// Its language.
    pub language: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was edited last.
    pub updated_at: Timestamp,
    /// When its last whole scan ended; none before the first.
    pub scanned_at: Option<Timestamp>,
    /// Grows by one whenever its content changes.
    pub content_changed_at: u64,
    /// Its root folders, in the order they were added.
    pub roots: Vec<SectionRoot>,
}

/// A root folder of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionRoot {
    /// Its id.
    pub id: RootId,
    /// Its path, absolute and without links.
    pub path: PathBuf,
}

/// Why a section could not be added or edited.
#[derive(Debug, thiserror::Error)]
pub enum SectionError {
    /// Its name is blank.
    #[error("a section needs a name")]
    NoName,
    /// Its name is longer than [`MAX_NAME_CHARS`], or not one line.
    #[error("a section's name is one line of at most {MAX_NAME_CHARS} characters")]
    UnfitName,
    /// It would have no root folder.
    #[error("a section needs at least one folder")]
    NoRoots,
    /// Two of its roots overlap.
    #[error("the folders `{inner}` and `{outer}` of one section overlap: leave one of them out")]
    RootsOverlap {
        /// The one inside, or the same.
        inner: String,
        /// The other.
        outer: String,
    },
    /// Another section has it.
    #[error(
        "`{path}` is a folder of the section `{section}` already{}: one folder belongs to one section",
        root.as_ref().map_or_else(String::new, |root| format!(", as `{root}`"))
    )]
    Taken {
        /// The folder.
        path: String,
        /// The other section's name.
        section: String,
        /// How the other section has it, where that is by another path.
        root: Option<String>,
    },
    /// A root will not do.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandom,
    /// The database failed, or there is no such section.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The most characters of a section's name: clients show it on one line of a menu.
const MAX_NAME_CHARS: usize = 100;
/// Items of a section that goes, which one write removes with all that lies below them.
const REMOVED_AT_ONCE: i64 = 1_000;

/// A name without the blanks around it.
fn fit_name(name: &str) -> Result<String, SectionError> {
    let name = name.trim();
    // Line and paragraph separators end a line too.
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    match name {
        "" => Err(SectionError::NoName),
        _ if name.contains(is_break) || name.chars().count() > MAX_NAME_CHARS => Err(SectionError::UnfitName),
        _ => Ok(name.to_owned()),
    }
}

impl Library {
    /// Adds a section. Its roots are looked at, each on a thread of its own.
    ///
    /// # Errors
    /// If its name is blank, too long or not one line, a root is no folder that a section may have, two
    /// overlap, or the database fails.
    pub fn add_section(&self, new: NewSection, now: Timestamp) -> Result<SectionId, SectionError> {
        let NewSection { name, kind, roots, agent, scanner, language } = new;
        let name = fit_name(&name)?;
        let roots = self.check_roots(&roots, None)?;
        let uuid = uuid()?;
        self.db().write(move |tx| {
            tx.execute(
                "INSERT INTO sections (uuid, name, kind, agent, scanner, language, created_at, updated_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
                params![uuid, name, kind.as_str(), agent, scanner, language, At(now)],
            )
            .map_err(StoreError::from)?;
            let id = SectionId(tx.last_insert_rowid());
            set_roots(tx, id, &roots, now)?;
            Ok(id)
        })
    }

    /// Edits a section. Of a root that is left out nothing is deleted before the next scan has seen whether
    /// its files moved.
    ///
    /// # Errors
    /// If there is no such section, its name would be blank, too long or not one line, a root will not do, or
    /// the database fails.
    pub fn edit_section(&self, id: SectionId, edit: SectionEdit, now: Timestamp) -> Result<(), SectionError> {
        let SectionEdit { name, roots, agent, scanner, language } = edit;
        let name = name.as_deref().map(fit_name).transpose()?;
        let roots = roots.map(|roots| self.check_roots(&roots, Some(id))).transpose()?;
        self.db().write(move |tx| {
            let changed = tx
                .execute(
                    "UPDATE sections SET name = coalesce(?2, name), agent = coalesce(?3, agent), scanner = \
                     coalesce(?4, scanner), \
                     language = coalesce(?5, language), updated_at = ?6 WHERE id = ?1",
                    params![id, name, agent, scanner, language, At(now)],
                )
                .map_err(StoreError::from)?;
            if changed == 0 {
                return Err(unknown(id).into());
            }
            if let Some(roots) = roots {
                set_roots(tx, id, &roots, now)?;
            }
            Ok(())
        })
    }

    /// Removes a section with its items. Files are left alone, and what was made of their content stays for
    /// as long as it can be found again.
    ///
    /// # Errors
    /// If there is no such section, or the database fails.
    pub fn remove_section(&self, id: SectionId) -> Result<(), StoreError> {
        // In steps, between which others write: what a step would have to take back is kept in memory.
        while self.db().write(move |tx| {
            let step = "DELETE FROM items WHERE id IN (SELECT id FROM items WHERE section = ?1 LIMIT ?2)";
            Ok::<_, StoreError>(tx.execute(step, params![id, REMOVED_AT_ONCE])?)
        })? > 0
        {}
        self.db().write(move |tx| {
            if tx.execute("DELETE FROM sections WHERE id = ?1", [id])? == 0 {
                Err(unknown(id))
            } else {
                Ok(())
            }
        })
    }

    /// Every section, in the order they were added.
    ///
    /// # Errors
    /// If the database fails.
    pub fn sections(&self) -> Result<Vec<Section>, StoreError> {
        self.db().read(|tx| {
            let mut sections = readable(
                &mut *tx.prepare_cached("SELECT * FROM sections ORDER BY id")?,
                [],
                "section",
                section_row,
            )?;
            sections
                .iter_mut()
                .try_for_each(|section| roots_of(tx, section.id).map(|roots| section.roots = roots))?;
            Ok(sections)
        })
    }

    /// A section.
    ///
    /// # Errors
    /// If the database fails.
    pub fn section(&self, id: SectionId) -> Result<Option<Section>, StoreError> {
        self.db().read(|tx| {
            let found = tx
                .prepare_cached("SELECT * FROM sections WHERE id = ?1")?
                .query_row([id], section_row)
                .optional()?;
            found.map(|section| Ok(Section { roots: roots_of(tx, section.id)?, ..section })).transpose()
        })
    }

    /// The roots as they will be stored: absolute, without links, each allowed, none inside another, and none
    /// that another section has, be it by another path. `of` is the section that is edited.
    fn check_roots(&self, roots: &[PathBuf], of: Option<SectionId>) -> Result<Vec<PathBuf>, SectionError> {
        if roots.is_empty() {
            return Err(SectionError::NoRoots);
        }
        let checked =
            roots.iter().map(|root| allowed_roots::check(self, root)).collect::<Result<Vec<_>, _>>()?;
        for (index, inner) in checked.iter().enumerate() {
            for (other, outer) in checked.iter().enumerate() {
                let is_same = inner.identity == outer.identity;
                if index != other && (is_same || inner.path.starts_with(&outer.path)) {
                    return Err(SectionError::RootsOverlap {
                        inner: inner.path.display().to_string(),
                        outer: outer.path.display().to_string(),
                    });
                }
            }
        }
        for section in self.sections()?.into_iter().filter(|section| Some(section.id) != of) {
            for root in &section.roots {
                // One that is not there can't be compared but by its path.
                let found = allowed_roots::resolve(self, &root.path).ok();
                let is_same = |new: &Found| {
                    new.path == root.path
                        || found.as_ref().is_some_and(|found| found.identity == new.identity)
                };
                if let Some(new) = checked.iter().find(|new| is_same(new)) {
                    return Err(SectionError::Taken {
                        path: new.path.display().to_string(),
                        section: section.name,
                        root: (root.path != new.path).then(|| root.path.display().to_string()),
                    });
                }
            }
        }
        Ok(checked.into_iter().map(|found| found.path).collect())
    }
}

fn unknown(id: SectionId) -> StoreError {
    StoreError::Unknown { what: "section", id: id.0 }
}

fn section_row(row: &Row<'_>) -> rusqlite::Result<Section> {
    Ok(Section {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        name: row.get("name")?,
        kind: row.get::<_, Word<SectionKind>>("kind")?.0,
        agent: row.get("agent")?,
        scanner: row.get("scanner")?,
        language: row.get("language")?,
        created_at: row.get::<_, At>("created_at")?.0,
        updated_at: row.get::<_, At>("updated_at")?.0,
        scanned_at: row.get::<_, Option<At>>("scanned_at")?.map(|at| at.0),
        content_changed_at: row.get("content_changed_at")?,
        roots: Vec::new(),
    })
}

pub(crate) fn roots_of(tx: &Connection, section: SectionId) -> Result<Vec<SectionRoot>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT id, path FROM roots WHERE section = ?1 AND NOT removed ORDER BY id")?;
    let root = |row: &Row<'_>| {
        Ok(SectionRoot { id: row.get(0)?, path: path_from_bytes(row.get_ref(1)?.as_blob()?) })
    };
    Ok(readable(&mut statement, [section], "root", root)?)
}

fn set_roots(
    tx: &Connection,
    section: SectionId,
    roots: &[PathBuf],
    now: Timestamp,
) -> Result<(), StoreError> {
    for old in roots_of(tx, section)?.iter().filter(|old| !roots.contains(&old.path)) {
        tx.execute("UPDATE roots SET removed = 1 WHERE id = ?1", [old.id])?;
        tx.execute(
            "UPDATE parts SET missing_since = ?2 WHERE root = ?1 AND missing_since IS NULL",
            params![old.id, At(now)],
        )?;
    }
    for root in roots {
        tx.execute(
            "INSERT INTO roots (section, path) VALUES (?1, ?2) \
             ON CONFLICT (section, path) DO UPDATE SET removed = 0",
            params![section, path_bytes(Path::new(root))],
        )?;
    }
    Ok(())
}

/// A random (version 4) UUID.
fn uuid() -> Result<String, SectionError> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|_| SectionError::NoRandom)?;
    bits[6] = bits[6] & 0x0f | 0x40;
    bits[8] = bits[8] & 0x3f | 0x80;
    let hex: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sections_name_is_one_line_that_fits() {
        assert_eq!(fit_name("  Films für alle ").unwrap(), "Films für alle");
        assert_eq!(fit_name(&"ü".repeat(100)).unwrap().chars().count(), 100);
        assert!(matches!(fit_name(" \n"), Err(SectionError::NoName)));
        for wrong in ["two\nlines", "a\u{1b}[2Jb", "a\u{2028}b", "x".repeat(101).as_str()] {
            assert!(matches!(fit_name(wrong), Err(SectionError::UnfitName)), "{wrong:?}");
        }
    }
}
