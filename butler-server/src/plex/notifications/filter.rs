//! Which types of notification a client wants: `a,b` only these, `-a,-b` all but these, empty all. Without a
//! word of the client's it is `-log`, as Plex has it.

use crate::params::Params;

const USUAL: &str = "-log";

/// What a client wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    only: Vec<String>,
    without: Vec<String>,
}

impl Filter {
    /// The filter of a request: `filters`, as clients write it, or `filter`, as the documentation has it.
    pub(super) fn of(params: &Params) -> Self {
        Self::read(params.get("filters").or_else(|| params.get("filter")).unwrap_or(USUAL))
    }

    fn read(text: &str) -> Self {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let (without, only): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('-'));
        Self {
            only: only.into_iter().map(str::to_owned).collect(),
            without: without.into_iter().map(|word| word.trim_start_matches('-').to_owned()).collect(),
        }
    }

    /// Whether a notification of this type is wanted.
    pub(super) fn takes(&self, kind: &str) -> bool {
        (self.only.is_empty() || self.only.iter().any(|only| only == kind))
            && self.without.iter().all(|without| without != kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, takes: &[&str]) {
        let taken: Vec<&str> =
            ["activity", "log", "status"].into_iter().filter(|kind| Filter::read(text).takes(kind)).collect();
        assert_eq!(taken, takes, "{text:?}");
    }

    #[test]
    fn words_name_what_is_wanted_and_a_minus_what_is_not() {
        check("activity", &["activity"]);
        check("activity, status", &["activity", "status"]);
        check("-log", &["activity", "status"]);
        check("-log,-status", &["activity"]);
        check("", &["activity", "log", "status"]);
        check(",", &["activity", "log", "status"]);
        check("activity,status,-status", &["activity"]);
        check("playing", &[]);
    }
}
