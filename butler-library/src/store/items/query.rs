//! Which items are asked for, and in which order: a typed question, and the one place where it becomes SQL.
//!
//! Every value that a client gave is bound to the statement; the text holds only words of this file. What is
//! unknown of an item matches nothing, neither "is" nor "is not": a film whose year nobody knows is not "not
//! of 1999". Start with [`ItemQuery`]; [`Statement::of`] writes the SQL.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;
use rusqlite::types::Value as Bound;

use super::ItemKind;
use crate::store::runs::capped;
use crate::{ItemId, SectionId};

/// What is asked of the library's items.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemQuery {
    /// Where they are looked for.
    pub scope: ItemScope,
    /// Which of them are meant.
    pub filter: Filter,
    /// Their order; without any, the one in which the scope lists them.
    pub sort: Vec<Sort>,
    /// At most so many in all, whatever page is asked for.
    pub limit: Option<u64>,
}

impl ItemQuery {
    /// All items of a scope, in its own order.
    pub const fn all(scope: ItemScope) -> Self {
        Self { scope, filter: Filter::All(Vec::new()), sort: Vec::new(), limit: None }
    }
}

/// Where items are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemScope {
    /// Items of these kinds, of one section or of all; by sort title, photos by when they were taken.
    Listed {
        /// The section; none: all of them.
        section: Option<SectionId>,
        /// The kinds.
        kinds: Vec<ItemKind>,
    },
    /// Those right below an item but for its extras, by disc, number, day and sort title.
    Children(ItemId),
    /// The episodes, tracks or photos below an item, as its children list them.
    Leaves(ItemId),
    /// The extras of an item that are meant to be seen, trailers first: samples are not.
    Extras(ItemId),
}

/// Which items are meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Those that all of these let through.
    All(Vec<Self>),
    /// Those that one of these lets through.
    Any(Vec<Self>),
    /// Those of which something holds, or of what they belong to.
    Of(Relative, Test),
    /// Those of these kinds.
    Kinds(Vec<ItemKind>),
}

/// Which item a test or an order looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relative {
    /// The item itself.
    Own,
    /// The one it belongs to: an episode's season.
    Parent,
    /// The one above that: an episode's show.
    Grandparent,
}

/// What must hold of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// A number is one of these, is none of these, or compares so with each of these.
    Number(NumberField, Comparison, Vec<i64>),
    /// A text matches so.
    Text(TextField, Matching, String),
    /// One of its words is among these, whatever their case; `false`: none is.
    Word(WordField, bool, Vec<String>),
    /// It has this guid.
    Guid(String),
    /// It is so, or it is not.
    Flag(FlagField, bool),
}

/// A number that an item has. Instants are Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberField {
    /// Its id.
    Id,
    /// Its year.
    Year,
    /// The first year of its decade.
    Decade,
    /// The number of a season, episode or track.
    Number,
    /// When it was found first.
    AddedAt,
    /// When it changed last.
    UpdatedAt,
    /// The day on which an episode was shown, the moment at which a photo was taken.
    AvailableAt,
    /// Milliseconds of its first version.
    Duration,
}

/// A text that an item has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextField {
    /// Its title.
    Title,
    /// Who performs a track, where that is not the artist above it.
    OriginalTitle,
    /// The edition of a film.
    Edition,
}

/// Words of which an item can have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordField {
    /// The genres of a track; of an album or artist those of its tracks.
    Genre,
    /// The resolutions of its versions, as `MediaInfo::resolution` has them.
    Resolution,
}

/// What an item is or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagField {
    /// Nobody has watched it: always so, for Butler plays nothing.
    Unwatched,
    /// It has files, and none of them is there.
    Trashed,
    /// It has several versions.
    Duplicate,
}

/// How numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// How texts compare, whatever their case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Matching {
    Contains,
    ContainsNot,
    Is,
    IsNot,
    BeginsWith,
    EndsWith,
}

/// By what items are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// Whose.
    pub of: Relative,
    /// What.
    pub key: SortKey,
    /// The largest first.
    pub descending: bool,
    /// Items of which it is unknown come last, whichever way the others are ordered.
    pub unknown_last: bool,
}

/// What items can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The title without its article.
    Title,
    /// A number.
    Number(NumberField),
}

/// A part of a statement, with the values that belong to it.
pub(super) struct Statement {
    /// `FROM items i ... WHERE ...`.
    from: String,
    order: String,
    values: Vec<Bound>,
}

impl Statement {
    /// The statement of a question.
    pub(super) fn of(query: &ItemQuery) -> Self {
        let mut build = Builder::default();
        let scope = build.scope(&query.scope);
        let filter = build.filter(&query.filter);
        let order = build.order(query);
        let mut from = String::from("FROM items i");
        // Looked up only where asked for, so that the plain list of a section comes from its index alone.
        if build.uses_parent {
            from += " LEFT JOIN items p ON p.id = i.parent";
        }
        if build.uses_grandparent {
            from += " LEFT JOIN items g ON g.id = p.parent";
        }
        let _ = write!(from, " WHERE {scope} AND {filter}");
        Self { from, order, values: build.values }
    }

    /// How many there are.
    pub(super) fn count(&self) -> (String, &[Bound]) {
        (format!("SELECT count(*) {}", self.from), &self.values)
    }

    /// The ids of a page.
    pub(super) fn ids(&self, start: u64, size: u64) -> (String, Vec<Bound>) {
        let mut values = self.values.clone();
        values.extend([capped(size).into(), capped(start).into()]);
        let (limit, offset) = (values.len() - 1, values.len());
        (format!("SELECT i.id {} ORDER BY {} LIMIT ?{limit} OFFSET ?{offset}", self.from, self.order), values)
    }
}

/// The different values that a section's items of a kind have of a field, as text, in order.
pub(super) fn values(section: SectionId, kind: ItemKind, field: ValuedField) -> (String, [Bound; 1]) {
    let of_each = match field {
        ValuedField::Number(field) => {
            format!(
                "SELECT {} AS value FROM items i WHERE i.section = ?1 AND i.kind = '{kind}'",
                number("i", field)
            )
        }
        // Those of albums and artists are those of the tracks below them.
        ValuedField::Word(WordField::Genre) => {
            "SELECT e.value FROM items i, json_each(i.genres) e WHERE i.section = ?1 AND i.genres <> '[]'"
                .into()
        }
        ValuedField::Word(WordField::Resolution) => format!(
            "SELECT resolution(d.value) AS value FROM items i JOIN media m ON m.item = i.id JOIN parts f ON \
             f.media = m.id \
             JOIN products d ON d.source = f.source AND d.kind = 'media_info' WHERE i.section = ?1 AND i.kind \
             = '{kind}'"
        ),
    };
    let text = format!(
        "SELECT CAST(value AS TEXT) FROM ({of_each}) WHERE value IS NOT NULL GROUP BY value ORDER BY value"
    );
    (text, [section.0.into()])
}

/// A field whose values can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValuedField {
    /// Numbers.
    Number(NumberField),
    /// Words.
    Word(WordField),
}

#[derive(Default)]
struct Builder {
    values: Vec<Bound>,
    uses_parent: bool,
    uses_grandparent: bool,
}

impl Builder {
    /// Binds a value; its place in the statement.
    fn bind(&mut self, value: impl Into<Bound>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn alias(&mut self, of: Relative) -> &'static str {
        self.uses_parent |= of != Relative::Own;
        self.uses_grandparent |= of == Relative::Grandparent;
        match of {
            Relative::Own => "i",
            Relative::Parent => "p",
            Relative::Grandparent => "g",
        }
    }

    fn scope(&mut self, scope: &ItemScope) -> String {
        match scope {
            ItemScope::Listed { section, kinds } => {
                let kinds = one_of("i.kind", kinds.iter().map(|kind| format!("'{kind}'")));
                match section {
                    Some(section) => format!("i.section = {} AND {kinds}", self.bind(section.0)),
                    None => kinds,
                }
            }
            ItemScope::Children(item) => format!("i.parent = {} AND i.kind <> 'extra'", self.bind(item.0)),
            ItemScope::Extras(item) => {
                format!("i.parent = {} AND i.kind = 'extra' AND i.extra <> 'sample'", self.bind(item.0))
            }
            ItemScope::Leaves(item) => {
                let item = self.bind(item.0);
                let above = format!("SELECT {item} UNION ALL SELECT id FROM items WHERE parent = {item}");
                format!("i.parent IN ({above}) AND i.kind IN ('episode', 'track', 'photo')")
            }
        }
    }

    fn order(&mut self, query: &ItemQuery) -> String {
        let mut keys: Vec<String> = query.sort.iter().map(|sort| self.sort(*sort)).collect();
        if keys.is_empty() {
            keys.push(self.order_of_scope(&query.scope));
        }
        keys.push("i.id".into());
        keys.join(", ")
    }

    fn order_of_scope(&mut self, scope: &ItemScope) -> String {
        const OF_CHILDREN: &str = "coalesce(i.disc, 1), i.number, i.aired, i.sort_title COLLATE NOCASE";
        match scope {
            ItemScope::Listed { kinds, .. } if kinds == &[ItemKind::Photo] => "i.taken".into(),
            ItemScope::Listed { .. } => "i.sort_title COLLATE NOCASE".into(),
            ItemScope::Children(_) => OF_CHILDREN.into(),
            ItemScope::Extras(_) => "i.extra <> 'trailer', i.extra, i.sort_title COLLATE NOCASE".into(),
            ItemScope::Leaves(_) => {
                let parent = self.alias(Relative::Parent);
                format!("{parent}.number, {parent}.sort_title COLLATE NOCASE, {parent}.id, {OF_CHILDREN}")
            }
        }
    }

    fn sort(&mut self, sort: Sort) -> String {
        let alias = self.alias(sort.of);
        let key = match sort.key {
            SortKey::Title => format!("{alias}.sort_title COLLATE NOCASE"),
            SortKey::Number(field) => number(alias, field),
        };
        let direction = if sort.descending { " DESC" } else { "" };
        let nulls = if sort.unknown_last { " NULLS LAST" } else { "" };
        format!("{key}{direction}{nulls}")
    }

    fn filter(&mut self, filter: &Filter) -> String {
        match filter {
            Filter::All(filters) => self.joined(filters, " AND ", "1"),
            Filter::Any(filters) => self.joined(filters, " OR ", "0"),
            Filter::Of(of, test) => {
                let alias = self.alias(*of);
                self.test(alias, test)
            }
            Filter::Kinds(kinds) => one_of("i.kind", kinds.iter().map(|kind| format!("'{kind}'"))),
        }
    }

    fn joined(&mut self, filters: &[Filter], word: &str, none: &str) -> String {
        if filters.is_empty() {
            return none.into();
        }
        let each: Vec<String> = filters.iter().map(|filter| self.filter(filter)).collect();
        format!("({})", each.join(word))
    }

    fn test(&mut self, alias: &str, test: &Test) -> String {
        match test {
            Test::Number(field, comparison, values) => {
                let number = number(alias, *field);
                let values: Vec<String> = values.iter().map(|value| self.bind(*value)).collect();
                let operator = match comparison {
                    Comparison::Is => return one_of(&number, values),
                    Comparison::IsNot => return format!("{number} NOT IN ({})", values.join(", ")),
                    Comparison::Less => "<",
                    Comparison::AtMost => "<=",
                    Comparison::More => ">",
                    Comparison::AtLeast => ">=",
                };
                let each: Vec<String> =
                    values.iter().map(|value| format!("{number} {operator} {value}")).collect();
                if each.is_empty() { "1".into() } else { format!("({})", each.join(" AND ")) }
            }
            Test::Text(field, matching, value) => {
                let text = format!("folded({alias}.{})", column(*field));
                let value = format!("folded({})", self.bind(value.clone()));
                match matching {
                    Matching::Contains => format!("instr({text}, {value}) > 0"),
                    Matching::ContainsNot => format!("instr({text}, {value}) = 0"),
                    Matching::Is => format!("{text} = {value}"),
                    Matching::IsNot => format!("{text} <> {value}"),
                    Matching::BeginsWith => format!("substr({text}, 1, length({value})) = {value}"),
                    Matching::EndsWith => {
                        format!(
                            "length({text}) >= length({value}) AND substr({text}, -length({value})) = {value}"
                        )
                    }
                }
            }
            Test::Word(field, is_among, values) => {
                let words = words(alias, *field);
                let values: Vec<String> =
                    values.iter().map(|value| format!("folded({})", self.bind(value.clone()))).collect();
                let among =
                    format!("EXISTS (SELECT 1 FROM ({words}) w WHERE {})", one_of("folded(w.value)", values));
                if *is_among { among } else { format!("(EXISTS ({words}) AND NOT {among})") }
            }
            Test::Guid(guid) => self.guid(alias, guid),
            Test::Flag(FlagField::Unwatched, on) => format!("({alias}.id IS NOT NULL) = {}", u8::from(*on)),
            Test::Flag(FlagField::Trashed, on) => {
                let missing = format!(
                    "(SELECT min(f.missing_since IS NOT NULL) FROM ({}) v JOIN parts f ON f.media = v.id)",
                    versions(alias)
                );
                format!("coalesce({missing}, 0) = {}", u8::from(*on))
            }
            Test::Flag(FlagField::Duplicate, on) => {
                format!("((SELECT count(*) FROM ({})) > 1) = {}", versions(alias), u8::from(*on))
            }
        }
    }

    /// The items of which [`super::ItemRow::guid`] says this: the best of the ids that others know, else a
    /// film's title and year, else its own id.
    fn guid(&mut self, alias: &str, guid: &str) -> String {
        if let Some((title, year)) =
            guid.strip_prefix(super::FILM_GUID).and_then(|film| film.rsplit_once('/'))
        {
            let about = [percent_decode_str(title).collect(), year.as_bytes().to_vec()].join(&0x1f);
            let about = self.bind(about);
            return format!("{alias}.about = {about} AND {alias}.ids = '[]' AND {alias}.kind = 'movie'");
        }
        if let Some(id) = guid.strip_prefix(super::ITEM_GUID).and_then(|id| id.parse::<i64>().ok()) {
            let id = self.bind(id);
            return format!(
                "{alias}.id = {id} AND {alias}.ids = '[]' AND NOT ({alias}.kind = 'movie' AND {alias}.year IS \
                 NOT NULL)"
            );
        }
        let guid = self.bind(guid.to_owned());
        format!("{alias}.ids ->> 0 = {guid}")
    }
}

/// `value IN (...)`; with one value `=`, which an index follows in its order.
fn one_of(value: &str, among: impl IntoIterator<Item = String>) -> String {
    let among: Vec<String> = among.into_iter().collect();
    match among.as_slice() {
        [only] => format!("{value} = {only}"),
        _ => format!("{value} IN ({})", among.join(", ")),
    }
}

const fn column(field: TextField) -> &'static str {
    match field {
        TextField::Title => "title",
        TextField::OriginalTitle => "original_title",
        TextField::Edition => "edition",
    }
}

fn number(alias: &str, field: NumberField) -> String {
    match field {
        NumberField::Id => format!("{alias}.id"),
        NumberField::Year => format!("{alias}.year"),
        NumberField::Decade => format!("{alias}.year / 10 * 10"),
        NumberField::Number => format!("{alias}.number"),
        NumberField::AddedAt => format!("{alias}.added_at / 1000"),
        NumberField::UpdatedAt => format!("{alias}.updated_at / 1000"),
        NumberField::AvailableAt => format!("unixepoch(coalesce({alias}.aired, {alias}.taken))"),
        // The first version whose headers tell it; one in several files lasts as long as all of them.
        NumberField::Duration => format!(
            "(SELECT ms FROM (SELECT v.id, sum(duration_ms(d.value)) AS ms FROM ({}) v JOIN parts f ON \
             f.media = v.id \
             JOIN products d ON d.source = f.source AND d.kind = 'media_info' GROUP BY v.id) WHERE ms IS NOT \
             NULL ORDER BY id LIMIT 1)",
            versions(alias)
        ),
    }
}

/// The ids of an item's versions, those that it shares with another included.
fn versions(alias: &str) -> String {
    format!(
        "SELECT id FROM media WHERE item = {alias}.id \
         UNION SELECT media FROM shared_media \
         WHERE item = {alias}.id"
    )
}

/// The words of an item, a row each, in the column `value`.
fn words(alias: &str, field: WordField) -> String {
    match field {
        WordField::Genre => format!(
            "SELECT e.value FROM items t, json_each(t.genres) e WHERE t.id = {alias}.id OR t.parent = \
             {alias}.id \
             OR t.parent IN (SELECT id FROM items WHERE parent = {alias}.id)"
        ),
        WordField::Resolution => format!(
            "SELECT resolution(d.value) AS value FROM ({}) v JOIN parts f ON f.media = v.id \
             JOIN products d ON d.source = f.source AND d.kind = 'media_info' WHERE resolution(d.value) IS \
             NOT NULL",
            versions(alias)
        ),
    }
}
