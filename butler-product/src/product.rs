//! What every product says of itself: a module of the list in `list.rs` implements [`Product`] for its value,
//! and everybody else asks the kind ([`crate::ProductKind`]), the spec or the value, without a match of their
//! own.

use crate::{ProductKind, Traits, Value};

/// The value of one product, which says what there is to know of its kind.
pub trait Product: Sized {
    /// Its name on the wire, in the database and in file names.
    const NAME: &'static str;
    /// The version that this build makes: raised when the maker finds more or something else.
    const VERSION: u32;
    /// The oldest version that still serves; older ones are lacks.
    const OLDEST_USABLE: u32 = 1;
    /// The file name extension of its blob, without a dot; none for one whose value is all there is.
    const BLOB: Option<&'static str> = None;
    /// What a source must have for it: it is lacking where these are, and it is not.
    const NEEDS: Traits;
    /// Whether a source keeps one of each parameters; else what was made with others is replaced.
    const ONE_OF_EACH: bool = false;
    /// Whether it is a product of items, derived of stored products: no worker makes it of a source.
    const DERIVED: bool = false;
    /// Whether it is made of what the headers say. What a parser of its own reads is made whether libav reads
    /// the file or not.
    const AFTER_HEADERS: bool = true;
    /// Whether making one takes no more than a look at a few bytes: then a worker is handed several such
    /// units in one go.
    const IS_BRIEF: bool = false;
    /// What making one takes, as long as no unit on this machine has shown it.
    const COST: Cost;

    /// Whether it is within the bounds that its maker keeps: a worker has read what strangers wrote, and is
    /// believed only then.
    fn is_sound(&self) -> bool;

    /// What it says, for people: a line a fact.
    fn summary(&self) -> Vec<Line>;
}

/// A product that stands in the list: its kind, and its way in and out of [`Value`].
pub trait Listed: Product {
    /// Its kind.
    const KIND: ProductKind;

    /// Itself, where a value is of its kind and holds something.
    fn in_value(value: &Value) -> Option<&Self>;

    /// The same, taken out.
    fn out_of(value: Value) -> Option<Self>;
}

/// A guess of what making a product takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// What its time grows with.
    pub per: CostPer,
    /// Seconds for one of those.
    pub seconds: f64,
}

/// What the time of making a product grows with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostPer {
    /// The number of sources.
    Source,
    /// Their size, in units of 10^9 bytes.
    Gigabyte,
}

/// One fact that a product tells a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is: `pictures`.
    pub label: &'static str,
    /// How much.
    pub quantity: Quantity,
}

/// What a line tells, so that each door can write it in its own way.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantity {
    /// A number of things.
    Count(u64),
    /// Bits a second.
    BitsPerSecond(u64),
    /// Milliseconds.
    Milliseconds(u64),
    /// Width and height, pixels.
    Pixels(u32, u32),
    /// Words, which may be a stranger's.
    Text(String),
}

impl Line {
    pub(crate) const fn new(label: &'static str, quantity: Quantity) -> Self {
        Self { label, quantity }
    }

    pub(crate) fn text(label: &'static str, text: impl Into<String>) -> Self {
        Self { label, quantity: Quantity::Text(text.into()) }
    }
}
