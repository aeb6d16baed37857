//! What lists of items can be filtered and sorted by: the two tables that the reading of a query and the
//! answers to `includeMeta=1` are made of. Only what the database can answer stands here.
//!
//! Start with [`FIELDS`]; `query.rs` reads words by it, `filters.rs` tells clients of it.

use butler_library::query::{
    Comparison, FlagField, Matching, NumberField, Relative, SortKey, TextField, ValuedField, WordField,
};
use butler_library::{ItemKind, SectionKind};

/// Something that items can be filtered by.
pub(crate) struct Field {
    /// The word of the query.
    pub(crate) name: &'static str,
    /// Its name for people.
    pub(crate) title: &'static str,
    /// The kinds of item that have it.
    pub(crate) kinds: &'static [ItemKind],
    pub(crate) compares: Compares,
}

/// What a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compares {
    Integer(NumberField),
    /// An instant: Unix seconds, a day, or so long ago.
    Date(NumberField),
    Text(TextField),
    Word(WordField),
    Flag(FlagField),
    Guid,
}

const VIDEOS: &[ItemKind] = &[ItemKind::Movie, ItemKind::Episode];
const PLAYED: &[ItemKind] = &[ItemKind::Movie, ItemKind::Episode, ItemKind::Track, ItemKind::Extra];
const WITH_FILES: &[ItemKind] =
    &[ItemKind::Movie, ItemKind::Episode, ItemKind::Track, ItemKind::Photo, ItemKind::Extra];
const DATED: &[ItemKind] = &[ItemKind::Episode, ItemKind::Photo, ItemKind::PhotoAlbum];
const NUMBERED: &[ItemKind] = &[ItemKind::Season, ItemKind::Episode, ItemKind::Track];
const WITH_YEAR: &[ItemKind] = &[ItemKind::Movie, ItemKind::Show, ItemKind::Album, ItemKind::Photo];
const WATCHED: &[ItemKind] = &[ItemKind::Movie, ItemKind::Show, ItemKind::Season, ItemKind::Episode];
const MUSIC: &[ItemKind] = &[ItemKind::Artist, ItemKind::Album, ItemKind::Track];

/// Every filter, in the order in which clients are told.
pub(crate) const FIELDS: &[Field] = &[
    field("title", "Title", &ItemKind::ALL, Compares::Text(TextField::Title)),
    field("originalTitle", "Track Artist", &[ItemKind::Track], Compares::Text(TextField::OriginalTitle)),
    field("editionTitle", "Edition", &[ItemKind::Movie], Compares::Text(TextField::Edition)),
    field("genre", "Genre", MUSIC, Compares::Word(WordField::Genre)),
    field("year", "Year", WITH_YEAR, Compares::Integer(NumberField::Year)),
    field("decade", "Decade", WITH_YEAR, Compares::Integer(NumberField::Decade)),
    field("month", "Month", &[ItemKind::Photo], Compares::Integer(NumberField::Month)),
    field("resolution", "Resolution", VIDEOS, Compares::Word(WordField::Resolution)),
    field("duration", "Duration", PLAYED, Compares::Integer(NumberField::Duration)),
    field("index", "Number", NUMBERED, Compares::Integer(NumberField::Number)),
    field("originallyAvailableAt", "Release Date", DATED, Compares::Date(NumberField::AvailableAt)),
    field("addedAt", "Date Added", &ItemKind::ALL, Compares::Date(NumberField::AddedAt)),
    field("updatedAt", "Date Updated", &ItemKind::ALL, Compares::Date(NumberField::UpdatedAt)),
    field("unwatched", "Unplayed", WATCHED, Compares::Flag(FlagField::Unwatched)),
    field(
        "unwatchedLeaves",
        "Unplayed Episodes",
        &[ItemKind::Show, ItemKind::Season],
        Compares::Flag(FlagField::Unwatched),
    ),
    field("duplicate", "Duplicates", WITH_FILES, Compares::Flag(FlagField::Duplicate)),
    field("trash", "Trashed", WITH_FILES, Compares::Flag(FlagField::Trashed)),
    field("id", "Id", &ItemKind::ALL, Compares::Integer(NumberField::Id)),
    field("guid", "Guid", &ItemKind::ALL, Compares::Guid),
];

const fn field(
    name: &'static str,
    title: &'static str,
    kinds: &'static [ItemKind],
    compares: Compares,
) -> Field {
    Field { name, title, kinds, compares }
}

impl Field {
    /// The values that items have of it, if they can be listed.
    pub(crate) const fn valued(&self) -> Option<ValuedField> {
        match self.compares {
            Compares::Integer(field @ (NumberField::Year | NumberField::Decade | NumberField::Month)) => {
                Some(ValuedField::Number(field))
            }
            Compares::Word(field) => Some(ValuedField::Word(field)),
            _ => None,
        }
    }
}

impl Compares {
    /// Plex's word for the kind of value.
    pub(crate) const fn type_name(self) -> &'static str {
        match self {
            Self::Integer(_) => "integer",
            Self::Date(_) => "date",
            Self::Text(_) => "string",
            Self::Word(WordField::Genre) => "tag",
            Self::Word(WordField::Resolution) => "resolution",
            Self::Flag(_) => "boolean",
            Self::Guid => "guid",
        }
    }

    /// The operators that it takes, with their names for people.
    pub(crate) fn operators(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Integer(_) => COMPARISONS.iter().map(|(key, title, ..)| (*key, *title)).collect(),
            Self::Date(_) => COMPARISONS.iter().map(|(key, _, title, _)| (*key, *title)).collect(),
            Self::Text(_) => MATCHINGS.iter().map(|(key, title, _)| (*key, *title)).collect(),
            Self::Word(_) | Self::Flag(_) => vec![("=", "is"), ("!=", "is not")],
            Self::Guid => vec![("=", "is")],
        }
    }
}

/// How numbers and instants compare.
pub(crate) const COMPARISONS: &[(&str, &str, &str, Comparison)] = &[
    ("=", "is", "is", Comparison::Is),
    ("!=", "is not", "is not", Comparison::IsNot),
    (">>=", "is greater than", "is after", Comparison::More),
    ("<<=", "is less than", "is before", Comparison::Less),
    (">=", "is at least", "is or is after", Comparison::AtLeast),
    ("<=", "is at most", "is or is before", Comparison::AtMost),
];

/// How texts compare.
pub(crate) const MATCHINGS: &[(&str, &str, Matching)] = &[
    ("=", "contains", Matching::Contains),
    ("!=", "does not contain", Matching::ContainsNot),
    ("==", "is", Matching::Is),
    ("!==", "is not", Matching::IsNot),
    ("<=", "begins with", Matching::BeginsWith),
    (">=", "ends with", Matching::EndsWith),
];

/// Something that items can be ordered by.
pub(crate) struct Order {
    /// The word of the query.
    pub(crate) name: &'static str,
    /// Its name for people.
    pub(crate) title: &'static str,
    /// The kinds of item that have it.
    pub(crate) kinds: &'static [ItemKind],
    pub(crate) key: SortKey,
    /// Which way clients order by it unless told otherwise.
    pub(crate) descends: bool,
}

/// Every order, in that in which clients are told.
pub(crate) const ORDERS: &[Order] = &[
    order("titleSort", "Title", &ItemKind::ALL, SortKey::Title, false),
    order("year", "Year", WITH_YEAR, SortKey::Number(NumberField::Year), true),
    order("originallyAvailableAt", "Release Date", DATED, SortKey::Number(NumberField::AvailableAt), true),
    order("addedAt", "Date Added", &ItemKind::ALL, SortKey::Number(NumberField::AddedAt), true),
    order("updatedAt", "Date Updated", &ItemKind::ALL, SortKey::Number(NumberField::UpdatedAt), true),
    order("duration", "Duration", PLAYED, SortKey::Number(NumberField::Duration), true),
    order("index", "Number", NUMBERED, SortKey::Number(NumberField::Number), false),
    order("id", "Id", &ItemKind::ALL, SortKey::Number(NumberField::Id), false),
];

const fn order(
    name: &'static str,
    title: &'static str,
    kinds: &'static [ItemKind],
    key: SortKey,
    descends: bool,
) -> Order {
    Order { name, title, kinds, key, descends }
}

/// The kinds that a section can list, with Plex's numbers and names.
pub(crate) const fn listed(section: SectionKind) -> &'static [(ItemKind, u8, &'static str)] {
    match section {
        SectionKind::Movie => &[(ItemKind::Movie, 1, "Movies")],
        SectionKind::Show => &[
            (ItemKind::Show, 2, "Shows"),
            (ItemKind::Season, 3, "Seasons"),
            (ItemKind::Episode, 4, "Episodes"),
        ],
        SectionKind::Artist => &[
            (ItemKind::Artist, 8, "Artists"),
            (ItemKind::Album, 9, "Albums"),
            (ItemKind::Track, 10, "Tracks"),
        ],
        SectionKind::Photo => &[(ItemKind::Photo, 13, "Photos"), (ItemKind::PhotoAlbum, 14, "Albums")],
    }
}

/// The kind of what stands right below an item; none where nothing does.
pub(crate) const fn below(kind: ItemKind) -> Option<ItemKind> {
    match kind {
        ItemKind::Show => Some(ItemKind::Season),
        ItemKind::Season => Some(ItemKind::Episode),
        ItemKind::Artist => Some(ItemKind::Album),
        ItemKind::Album => Some(ItemKind::Track),
        ItemKind::PhotoAlbum => Some(ItemKind::Photo),
        _ => None,
    }
}

/// The item that a word before the dot means, and its kind: `show` in `show.title`, where episodes are
/// listed.
pub(crate) fn relative(word: &str, listed: ItemKind) -> Option<(Relative, ItemKind)> {
    let above: &[ItemKind] = match listed {
        ItemKind::Season => &[ItemKind::Show],
        ItemKind::Episode => &[ItemKind::Season, ItemKind::Show],
        ItemKind::Album => &[ItemKind::Artist],
        ItemKind::Track => &[ItemKind::Album, ItemKind::Artist],
        ItemKind::Photo => &[ItemKind::PhotoAlbum],
        _ => &[],
    };
    let line = [Relative::Own, Relative::Parent, Relative::Grandparent];
    let mut line = line.into_iter().zip(std::iter::once(listed).chain(above.iter().copied()));
    line.find(|(_, kind)| kind.as_str() == word)
}
