//! Which film, show, season or episode an extra belongs to. An extra waits alone until what it belongs to is
//! there, and waits again when that goes; nothing is ever made for its sake.
//!
//! Start with [`settle`]: it is called at the end of each transaction for the homes that something happened
//! in.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use crate::store::Word;
use crate::{ItemId, ItemKind, SectionId, StoreError};

/// The homes in which an extra or an owner of extras came, went or changed.
#[derive(Debug, Default)]
pub(super) struct Homes(BTreeSet<Vec<u8>>);

impl Homes {
    pub(super) fn add(&mut self, home: Option<&[u8]>) {
        if let Some(home) = home
            && !self.0.contains(home)
        {
            self.0.insert(home.to_vec());
        }
    }
}

/// An item of a home that can have extras.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) item: ItemId,
    pub(super) kind: ItemKind,
    /// Of a film: its title and year.
    pub(super) about: Option<Vec<u8>>,
}

/// Gives each extra of these homes to what it belongs to, or to nothing while that is not there.
pub(super) fn settle(tx: &Connection, section: SectionId, homes: &Homes) -> Result<(), StoreError> {
    for home in &homes.0 {
        let extras = extras(tx, section, home)?;
        if extras.is_empty() {
            continue;
        }
        let hosts = hosts(tx, section, home)?;
        for (extra, parent, about) in extras {
            let host = hosts.of(about.as_deref());
            let owner = match (host, about) {
                (Some(season), Some(key)) if season.kind == ItemKind::Season => {
                    Some(episode(tx, season.item, &key)?.unwrap_or(season.item))
                }
                (host, _) => host.map(|host| host.item),
            };
            if owner != parent {
                tx.prepare_cached("UPDATE items SET parent = ?2 WHERE id = ?1")?
                    .execute(params![extra, owner])?;
            }
        }
    }
    Ok(())
}

type Waiting = (ItemId, Option<ItemId>, Option<Vec<u8>>);

fn extras(tx: &Connection, section: SectionId, home: &[u8]) -> Result<Vec<Waiting>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT id, parent, about FROM items WHERE section = ?1 AND home = ?2 AND kind = 'extra'",
    )?;
    Ok(statement
        .query_map(params![section, home], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?)
}

/// Those of a home, a film as it was first shown before its other editions.
fn hosts(tx: &Connection, section: SectionId, home: &[u8]) -> Result<Hosts, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT id, kind, about FROM items \
         WHERE section = ?1 AND home = ?2 AND kind <> 'extra' \
         ORDER BY edition IS NOT NULL, id",
    )?;
    let host = |row: &rusqlite::Row<'_>| {
        Ok(Host { item: row.get(0)?, kind: row.get::<_, Word<ItemKind>>(1)?.0, about: row.get(2)? })
    };
    let mut hosts = Hosts::default();
    for found in statement.query_map(params![section, home], host)? {
        hosts.add(found?);
    }
    Ok(hosts)
}

fn episode(tx: &Connection, season: ItemId, key: &[u8]) -> Result<Option<ItemId>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT id FROM items WHERE parent = ?1 AND kind = 'episode' AND key = ?2")?;
    Ok(statement.query_row(params![season, key], |row| row.get(0)).optional()?)
}

/// What a home holds that extras can belong to, by title and year: a folder may hold thousands of films, each
/// with its trailer.
#[derive(Debug, Default)]
pub(super) struct Hosts(BTreeMap<Option<Vec<u8>>, Host>);

impl Hosts {
    /// Adds one; of several that are about the same film the first has the extras.
    pub(super) fn add(&mut self, host: Host) {
        self.0.entry(host.about.clone()).or_insert(host);
    }

    /// The one that an extra belongs to: the film that its name says, else the only one of the home. Of
    /// several films nobody can tell which.
    pub(super) fn of(&self, about: Option<&[u8]>) -> Option<&Host> {
        about.and_then(|about| self.named(about)).or_else(|| only(self.0.values()))
    }

    fn named(&self, about: &[u8]) -> Option<&Host> {
        let key = Some(about.to_vec());
        if let Some(host) = self.0.get(&key) {
            return Some(host);
        }
        // Without a year, `Heat-trailer` speaks of `Heat (1995)` if no other Heat is there.
        let titled = |own: &Option<Vec<u8>>| own.as_ref().is_some_and(|own| own.starts_with(about));
        let without_year = about.ends_with(&[0x1f]);
        without_year
            .then(|| only(self.0.range(key..).take_while(|(own, _)| titled(own)).map(|(_, host)| host)))
            .flatten()
    }
}

fn only<'a>(mut hosts: impl Iterator<Item = &'a Host>) -> Option<&'a Host> {
    hosts.next().filter(|_| hosts.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn films(abouts: &[&str]) -> Hosts {
        let film = |(index, about): (usize, &&str)| Host {
            item: ItemId(index as i64 + 1),
            kind: ItemKind::Movie,
            about: Some(about.replace('|', "\u{1f}").into_bytes()),
        };
        let mut hosts = Hosts::default();
        abouts.iter().enumerate().map(film).for_each(|host| hosts.add(host));
        hosts
    }

    fn check(hosts: &[&str], about: Option<&str>, expect: Option<i64>) {
        let about = about.map(|about| about.replace('|', "\u{1f}").into_bytes());
        assert_eq!(films(hosts).of(about.as_deref()).map(|host| host.item.0), expect, "{hosts:?} {about:?}");
    }

    #[test]
    fn an_extra_belongs_to_the_film_it_names_or_to_the_only_one() {
        check(&["heat|1995"], None, Some(1));
        check(&["heat|1995"], Some("making of|"), Some(1));
        check(&["heat|1995", "ronin|1998"], Some("ronin|1998"), Some(2));
        check(&["heat|1995", "ronin|1998"], Some("ronin|"), Some(2));
        check(&["heat wave|2022", "heat|1995"], Some("heat|"), Some(2));
        check(&["heat|1995", "heat|1995"], None, Some(1));
    }

    #[test]
    fn of_several_films_none_is_guessed() {
        check(&[], Some("heat|1995"), None);
        check(&["heat|1995", "ronin|1998"], None, None);
        check(&["heat|1995", "heat|2013"], Some("heat|"), None);
        check(&["heat|1995", "ronin|1998"], Some("alien|1979"), None);
    }
}
