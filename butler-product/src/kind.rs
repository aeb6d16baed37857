//! The kinds of product, made of the list.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Traits;
use crate::list::products;
use crate::product::{Cost, Product};

/// What each product says of itself, by kind.
struct Row {
    name: &'static str,
    version: u32,
    oldest_usable: u32,
    blob: Option<&'static str>,
    needs: Traits,
    one_of_each: bool,
    derived: bool,
    after_headers: bool,
    brief: bool,
    cost: Cost,
}

impl Row {
    const fn of<P: Product>() -> Self {
        Self {
            name: P::NAME,
            version: P::VERSION,
            oldest_usable: P::OLDEST_USABLE,
            blob: P::BLOB,
            needs: P::NEEDS,
            one_of_each: P::ONE_OF_EACH,
            derived: P::DERIVED,
            after_headers: P::AFTER_HEADERS,
            brief: P::IS_BRIEF,
            cost: P::COST,
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $(($params:ty))? = $value:ty;)+) => {
        /// What kind of result a product is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ProductKind {
            $($(#[$doc])* $kind,)+
        }

        impl ProductKind {
            /// Every kind; what the others need comes first.
            pub const ALL: [Self; [$(stringify!($kind)),+].len()] = [$(Self::$kind),+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$kind => Row::of::<$value>(),)+
                }
            }
        }
    };
}

products!(kinds);

impl ProductKind {
    /// Its name on the wire, in the database and in file names.
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The version that this build makes.
    pub const fn version(self) -> u32 {
        self.row().version
    }

    /// The oldest version that still serves; older ones are lacks.
    pub const fn oldest_usable(self) -> u32 {
        self.row().oldest_usable
    }

    /// The file name extension of its blob, without a dot; none if it has no blob.
    pub const fn blob_extension(self) -> Option<&'static str> {
        self.row().blob
    }

    /// Whether its value comes with a blob.
    pub const fn has_blob(self) -> bool {
        self.row().blob.is_some()
    }

    /// What a source must have for it; see [`Product::NEEDS`].
    pub const fn needs(self) -> Traits {
        self.row().needs
    }

    /// Whether a source keeps one of each parameters; see [`Product::ONE_OF_EACH`].
    pub const fn keeps_one_of_each(self) -> bool {
        self.row().one_of_each
    }

    /// Whether it is derived of stored products; see [`Product::DERIVED`].
    pub const fn is_derived(self) -> bool {
        self.row().derived
    }

    /// Whether it is made of what the headers say; see [`Product::AFTER_HEADERS`].
    pub const fn is_made_after_headers(self) -> bool {
        self.row().after_headers
    }

    /// Whether making one takes no more than a look at a few bytes; see [`Product::IS_BRIEF`].
    pub const fn is_brief(self) -> bool {
        self.row().brief
    }

    /// What making one takes, as long as no unit on this machine has shown it.
    pub const fn guessed_cost(self) -> Cost {
        self.row().cost
    }
}

impl fmt::Display for ProductKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{word}` is no product; there are: {known}",
    known = ProductKind::ALL.map(ProductKind::as_str).join(", ")
)]
pub struct UnknownKind {
    word: String,
}

impl FromStr for ProductKind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownKind { word: word.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kinds_name_is_its_tag_on_the_wire_and_is_read_back() {
        for kind in ProductKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }

    #[test]
    fn every_kind_has_a_version_that_serves_and_a_cost() {
        for kind in ProductKind::ALL {
            assert!((1..=kind.version()).contains(&kind.oldest_usable()), "{kind}");
            assert!(kind.guessed_cost().seconds > 0.0, "{kind}");
            assert!(!kind.needs().is_empty(), "{kind}: every source has what nothing needs");
        }
    }
}
