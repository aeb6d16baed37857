//! The query of a list in Plex's words (`title=heat&year>>=1990&sort=addedAt:desc`) becomes a typed question.
//! Pure.
//!
//! A word that is neither a filter nor known to change nothing but the answer's form is refused by name: a
//! list that leaves a filter out holds items that nobody asked for, and there are programs that delete what a
//! list holds. Start with [`read`].

use butler_library::ItemKind;
use butler_library::query::{Comparison, Filter, ItemQuery, ItemScope, NumberField, Relative, Sort, Test};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::fields::{self, COMPARISONS, Compares, FIELDS, Field, MATCHINGS, ORDERS};
use crate::error::Problem;

/// Words that begin so say what an answer tells of an item, never which items it holds.
const OF_FORM_BY_FAMILY: [&str; 3] = ["include", "exclude", "async"];
/// Further words of that kind, and those that whoever reads a list looks at himself.
const OF_FORM: [&str; 8] =
    ["type", "sort", "limit", "checkFiles", "skipRefresh", NO_CACHE, "clusterZoomLevel", "_"];
/// Whether an answer may be one that was kept.
const NO_CACHE: &str = "nocache";

/// SQLite looks into a condition so deep and no deeper; no person nests like that.
const DEEPEST: usize = 16;
const MOST_FILTERS: usize = 100;

/// Reads the words of a query, a filter with its operator: (`year>>`, `1990`). `kinds` are those of the items
/// in the list.
pub(crate) fn read(
    words: &[(String, String)],
    kinds: &[ItemKind],
    scope: ItemScope,
    now: Timestamp,
) -> Result<ItemQuery, Problem> {
    let (mut level, mut outer) = (Level::default(), Vec::new());
    let mut count = 0;
    for (word, value) in words.iter().filter(|word| !is_of_form(&word.0) && !is_default(word, words)) {
        match word.as_str() {
            "push" if outer.len() < DEEPEST => outer.push(std::mem::take(&mut level)),
            "push" => return Err(Problem::bad_request(format!("Filters are nested deeper than {DEEPEST}."))),
            "pop" => {
                let Some(above) = outer.pop() else {
                    return Err(Problem::bad_request("`pop` stands without its `push`."));
                };
                let inner = std::mem::replace(&mut level, above).close()?;
                level.all.push(inner);
            }
            "or" => level.or()?,
            "and" => {}
            _ => {
                level.all.push(filter(word, value, kinds, now)?);
                count += 1;
            }
        }
    }
    if count > MOST_FILTERS {
        return Err(Problem::bad_request(format!("There are more than {MOST_FILTERS} filters.")));
    }
    if !outer.is_empty() {
        return Err(Problem::bad_request("`push` stands without its `pop`."));
    }
    let of = |name: &str| words.iter().find(|(word, _)| word == name).map(|(_, value)| value.as_str());
    let limit = of("limit").map(|limit| number("limit", limit, "a number from 0 on")).transpose()?;
    Ok(ItemQuery {
        scope,
        filter: level.close_outermost()?,
        sort: of("sort").map(|words| sorts(words, kinds)).transpose()?.unwrap_or_default(),
        limit,
    })
}

fn is_of_form(word: &str) -> bool {
    OF_FORM.contains(&word) || OF_FORM_BY_FAMILY.iter().any(|family| word.starts_with(family))
}

/// Whether a word says no more than if it were not there. `unwatched=0` means the watched items, and some who
/// ask for them remove what they are given. But programs that are made from Plex's own description send every
/// switch with its default in every request, `nocache` among them, which nobody else sends.
fn is_default((word, value): &(String, String), words: &[(String, String)]) -> bool {
    (word.as_str(), value.as_str()) == ("unwatched", "0") && words.iter().any(|(word, _)| word == NO_CACHE)
}

/// What stands between a `push` and its `pop`; `and` binds closer than `or`.
#[derive(Default)]
struct Level {
    any: Vec<Filter>,
    all: Vec<Filter>,
}

impl Level {
    fn or(&mut self) -> Result<(), Problem> {
        if self.all.is_empty() {
            return Err(Problem::bad_request("`or` stands without a filter on both of its sides."));
        }
        self.any.push(Filter::All(std::mem::take(&mut self.all)));
        Ok(())
    }

    fn close(mut self) -> Result<Filter, Problem> {
        self.or()?;
        Ok(Filter::Any(self.any))
    }

    /// Without any filter everything is meant.
    fn close_outermost(self) -> Result<Filter, Problem> {
        if self.any.is_empty() { Ok(Filter::All(self.all)) } else { self.close() }
    }
}

fn filter(word: &str, value: &str, kinds: &[ItemKind], now: Timestamp) -> Result<Filter, Problem> {
    let name = word.trim_end_matches(['!', '<', '>', '=']);
    let operator = format!("{}=", &word[name.len()..]);
    let of_field = |field: &Field| (field.name, field.kinds);
    let (of, field) = found(name, kinds, FIELDS, of_field, Fits::Some, "filter")?;
    let test = Filter::Of(of, test(name, field.compares, &operator, value, now)?);
    let having: Vec<ItemKind> = kinds.iter().copied().filter(|kind| field.kinds.contains(kind)).collect();
    // Where a list holds items of several kinds, nothing is known of those that have no such field: they are
    // not in it, whatever is compared.
    let is_of_all = of != Relative::Own || having.len() == kinds.len();
    Ok(if is_of_all { test } else { Filter::All(vec![Filter::Kinds(having), test]) })
}

/// Which of the kinds in a list must have what a word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fits {
    All,
    Some,
}

fn test(
    name: &str,
    compares: Compares,
    operator: &str,
    value: &str,
    now: Timestamp,
) -> Result<Test, Problem> {
    let unknown = || {
        let known: Vec<&str> = compares.operators().into_iter().map(|(key, _)| key).collect();
        Problem::bad_request(format!(
            "`{name}` can't be compared by `{operator}`; it takes {}.",
            known.join(" ")
        ))
    };
    if value.is_empty() {
        return Err(Problem::bad_request(format!("`{name}` is compared with nothing.")));
    }
    let is_or_not = || match operator {
        "=" => Ok(true),
        "!=" => Ok(false),
        _ => Err(unknown()),
    };
    Ok(match compares {
        Compares::Integer(field) => {
            numbers(field, operator, value, unknown, |value| number(name, value, "a whole number"))?
        }
        Compares::Date(field) => numbers(field, operator, value, unknown, |value| instant(name, value, now))?,
        Compares::Text(field) => {
            let (.., matching) = MATCHINGS.iter().find(|(key, ..)| *key == operator).ok_or_else(unknown)?;
            // Not a list: a title may hold a comma.
            Test::Text(field, *matching, value.to_owned())
        }
        Compares::Word(field) => {
            Test::Word(field, is_or_not()?, value.split(',').map(str::to_owned).collect())
        }
        Compares::Flag(field) => match value {
            "1" => Test::Flag(field, is_or_not()?),
            "0" => Test::Flag(field, !is_or_not()?),
            _ => return Err(Problem::bad_request(format!("`{name}` is `{value}`, and takes 1 or 0."))),
        },
        Compares::Guid if operator == "=" => Test::Guid(value.to_owned()),
        Compares::Guid => return Err(unknown()),
    })
}

fn numbers(
    field: NumberField,
    operator: &str,
    value: &str,
    unknown: impl Fn() -> Problem,
    read: impl Fn(&str) -> Result<i64, Problem>,
) -> Result<Test, Problem> {
    let (.., comparison) = COMPARISONS.iter().find(|(key, ..)| *key == operator).ok_or_else(unknown)?;
    let values = match comparison {
        Comparison::Is | Comparison::IsNot => value.split(',').map(read).collect::<Result<_, _>>()?,
        _ => vec![read(value)?],
    };
    Ok(Test::Number(field, *comparison, values))
}

fn number<T: std::str::FromStr>(name: &str, value: &str, what: &str) -> Result<T, Problem> {
    value.parse().map_err(|_| Problem::bad_request(format!("`{name}` is `{value}`, and takes {what}.")))
}

/// An instant in Unix seconds: as such, as a day (its midnight in UTC), or as so long ago: `-30d`, `2mon`.
fn instant(name: &str, value: &str, now: Timestamp) -> Result<i64, Problem> {
    if let Ok(seconds) = value.parse::<i64>()
        && !value.starts_with('-')
    {
        return Ok(seconds);
    }
    let day = value.parse::<Date>().ok().and_then(|day| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
    day.or_else(|| ago(value, now)).map(Timestamp::as_second).ok_or_else(|| {
        Problem::bad_request(format!(
            "`{name}` is `{value}`, and takes Unix seconds, a day as in 2026-11-23, or so long ago as in \
             -30d."
        ))
    })
}

fn ago(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim_start_matches('-');
    let digits = value.len() - value.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let (count, unit) = value.split_at(digits);
    let (count, span): (i64, _) = (count.parse().ok()?, Span::new());
    let span = match unit {
        "s" => span.try_seconds(count),
        "m" => span.try_minutes(count),
        "h" => span.try_hours(count),
        "d" => span.try_days(count),
        "w" => span.try_weeks(count),
        "mon" => span.try_months(count),
        "y" => span.try_years(count),
        _ => return None,
    };
    let then = TimeZone::UTC.to_datetime(now).checked_sub(span.ok()?).ok()?;
    TimeZone::UTC.to_timestamp(then).ok()
}

/// `show.titleSort,addedAt:desc:nullsLast`.
fn sorts(words: &str, kinds: &[ItemKind]) -> Result<Vec<Sort>, Problem> {
    words.split(',').map(|word| sort(word.trim(), kinds)).collect()
}

fn sort(word: &str, kinds: &[ItemKind]) -> Result<Sort, Problem> {
    let mut pieces = word.split(':');
    let name = pieces.next().unwrap_or_default();
    let of_order = |order: &fields::Order| (order.name, order.kinds);
    let (of, order) = found(name, kinds, ORDERS, of_order, Fits::All, "sort")?;
    let mut sort = Sort { of, key: order.key, descending: false, unknown_last: false };
    for piece in pieces {
        match piece {
            "asc" => sort.descending = false,
            "desc" => sort.descending = true,
            "nullsLast" => sort.unknown_last = true,
            _ => {
                return Err(Problem::bad_request(format!(
                    "`sort` is `{word}`: after the colon it takes asc, desc or nullsLast."
                )));
            }
        }
    }
    Ok(sort)
}

/// The row of a table that a word means, and the item it looks at.
fn found<'a, Row>(
    word: &str,
    kinds: &[ItemKind],
    table: &'a [Row],
    of: impl Fn(&'a Row) -> (&'static str, &'static [ItemKind]),
    fits: Fits,
    what: &str,
) -> Result<(Relative, &'a Row), Problem> {
    let (relative, kinds, name) = match (word.split_once('.'), kinds) {
        (Some((above, name)), [listed]) => match fields::relative(above, *listed) {
            Some((relative, kind)) => (relative, vec![kind], name),
            None => (Relative::Own, kinds.to_vec(), word),
        },
        _ => (Relative::Own, kinds.to_vec(), word),
    };
    let fits = |known: &[ItemKind]| match fits {
        Fits::All => kinds.iter().all(|kind| known.contains(kind)),
        Fits::Some => kinds.iter().any(|kind| known.contains(kind)),
    };
    let mut rows = table.iter();
    if let Some(row) = rows.find(|row| of(row).0 == name && fits(of(row).1)) {
        return Ok((relative, row));
    }
    let known: Vec<&str> =
        table.iter().map(&of).filter(|(_, known)| fits(known)).map(|(name, _)| name).collect();
    let listed: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let (listed, known) = (listed.join(" and "), known.join(", "));
    Err(Problem::bad_request(format!(
        "`{word}` is no {what} for items of type {listed}; there are: {known}."
    )))
}

#[cfg(test)]
mod tests {
    use butler_library::query::{FlagField, Matching, SortKey, TextField, WordField};

    use super::*;

    const MOVIES: &[ItemKind] = &[ItemKind::Movie];
    const EPISODES: &[ItemKind] = &[ItemKind::Episode];

    fn asked(words: &[(&str, &str)], kinds: &[ItemKind]) -> Result<ItemQuery, String> {
        let words: Vec<_> =
            words.iter().map(|(word, value)| ((*word).to_owned(), (*value).to_owned())).collect();
        let scope = ItemScope::Listed { section: None, kinds: kinds.to_vec() };
        read(&words, kinds, scope, "2026-11-23T12:00:00Z".parse().unwrap())
            .map_err(|problem| problem.sentence().to_owned())
    }

    fn own(test: Test) -> Filter {
        Filter::Of(Relative::Own, test)
    }

    fn check(word: &str, value: &str, expect: Test) {
        assert_eq!(
            asked(&[(word, value)], MOVIES).map(|query| query.filter),
            Ok(Filter::All(vec![own(expect)])),
            "{word}={value}"
        );
    }

    #[test]
    fn each_operator_of_plex_has_its_meaning() {
        let year = |comparison, values: &[i64]| Test::Number(NumberField::Year, comparison, values.to_vec());
        check("year", "1999", year(Comparison::Is, &[1999]));
        check("year", "1999,2001", year(Comparison::Is, &[1999, 2001]));
        check("year!", "1999", year(Comparison::IsNot, &[1999]));
        check("year>>", "1999", year(Comparison::More, &[1999]));
        check("year>", "1999", year(Comparison::AtLeast, &[1999]));
        check("year<<", "1999", year(Comparison::Less, &[1999]));
        check("year<", "1999", year(Comparison::AtMost, &[1999]));
        let title = |matching, text: &str| Test::Text(TextField::Title, matching, text.to_owned());
        check("title", "Me, Myself", title(Matching::Contains, "Me, Myself"));
        check("title=", "Heat", title(Matching::Is, "Heat"));
        check("title!=", "Heat", title(Matching::IsNot, "Heat"));
        check("title!", "Heat", title(Matching::ContainsNot, "Heat"));
        check("title<", "He", title(Matching::BeginsWith, "He"));
        check("title>", "at", title(Matching::EndsWith, "at"));
        check(
            "resolution!",
            "720,sd",
            Test::Word(WordField::Resolution, false, vec!["720".into(), "sd".into()]),
        );
        check("unwatched", "1", Test::Flag(FlagField::Unwatched, true));
        check("unwatched!", "1", Test::Flag(FlagField::Unwatched, false));
        check("movie.unwatched", "0", Test::Flag(FlagField::Unwatched, false));
        check("guid", "tmdb://68", Test::Guid("tmdb://68".into()));
    }

    #[test]
    fn a_switch_that_is_off_filters_nothing_for_those_who_send_every_switch() {
        let filter = |words| asked(words, MOVIES).map(|query| query.filter);
        assert_eq!(filter(&[("nocache", "0"), ("unwatched", "0")]), Ok(Filter::All(vec![])));
        let unwatched = |is| Ok(Filter::All(vec![own(Test::Flag(FlagField::Unwatched, is))]));
        assert_eq!(filter(&[("nocache", "0"), ("unwatched", "1")]), unwatched(true));
        assert_eq!(filter(&[("nocache", "0"), ("unwatched!", "1")]), unwatched(false));
        assert_eq!(filter(&[("unwatched", "0")]), unwatched(false));
    }

    #[test]
    fn an_instant_is_seconds_a_day_or_so_long_ago() {
        let added = |seconds| Test::Number(NumberField::AddedAt, Comparison::More, vec![seconds]);
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        check("addedAt>>", "1700000000", added(1_700_000_000));
        check("addedAt>>", "2026-01-31", added(at("2026-01-31T00:00:00Z")));
        check("addedAt>>", "-30d", added(at("2026-10-24T12:00:00Z")));
        check("addedAt>>", "1mon", added(at("2026-10-23T12:00:00Z")));
        for wrong in ["-5", "soon", "30x", "-99999999999999999999d", "100000y", "2026-02-30"] {
            assert!(asked(&[("addedAt>>", wrong)], MOVIES).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_word_that_is_no_filter_is_refused_by_name() {
        let refused =
            |word: &str, value: &str, kinds: &[ItemKind]| asked(&[(word, value)], kinds).unwrap_err();
        assert_eq!(
            refused("studio", "A24", MOVIES),
            "`studio` is no filter for items of type movie; there are: title, editionTitle, year, decade, \
             resolution, duration, addedAt, updatedAt, unwatched, duplicate, trash, id, guid."
        );
        assert!(refused("genre", "Rock", MOVIES).starts_with("`genre` is no filter for items of type movie"));
        assert!(
            refused("resolution", "1080", &[ItemKind::Show, ItemKind::Artist])
                .contains("of type show and artist")
        );
        assert!(refused("artist.title", "x", EPISODES).starts_with("`artist.title` is no filter"));
        assert!(refused("having", "1", MOVIES).starts_with("`having` is no filter"));
        assert_eq!(refused("year", "soon", MOVIES), "`year` is `soon`, and takes a whole number.");
        assert_eq!(refused("year", "", MOVIES), "`year` is compared with nothing.");
        assert_eq!(refused("unwatched", "yes", MOVIES), "`unwatched` is `yes`, and takes 1 or 0.");
        assert_eq!(refused("year>>", "1,2", MOVIES), "`year` is `1,2`, and takes a whole number.");
        assert_eq!(refused("guid!", "x", MOVIES), "`guid` can't be compared by `!=`; it takes =.");
        assert_eq!(
            refused("year=", "1999", MOVIES),
            "`year` can't be compared by `==`; it takes = != >>= <<= >= <=."
        );
        assert!(
            refused("sort", "rating:desc", MOVIES)
                .starts_with("`rating` is no sort for items of type movie; there are: titleSort, ")
        );
        assert!(refused("sort", "year:down", MOVIES).contains("`year:down`"));
        assert_eq!(refused("limit", "-1", MOVIES), "`limit` is `-1`, and takes a number from 0 on.");
    }

    #[test]
    fn a_filter_that_some_of_the_kinds_have_finds_these_alone_whatever_it_compares() {
        let kinds = [ItemKind::Movie, ItemKind::Artist, ItemKind::Photo];
        for (word, value, test) in [
            ("year", "1999", Test::Number(NumberField::Year, Comparison::Is, vec![1999])),
            ("trash", "0", Test::Flag(FlagField::Trashed, false)),
        ] {
            let having = Filter::Kinds(vec![ItemKind::Movie, ItemKind::Photo]);
            let expect = Filter::All(vec![Filter::All(vec![having, own(test)])]);
            assert_eq!(asked(&[(word, value)], &kinds).map(|query| query.filter), Ok(expect), "{word}");
        }
        assert!(asked(&[("sort", "year")], &kinds).is_err(), "an order is one of all");
    }

    #[test]
    fn words_that_change_only_the_form_are_no_filters() {
        for word in [
            "includeGuids",
            "includeExternalMedia",
            "excludeElements",
            "asyncAugmentMetadata",
            "checkFiles",
            "type",
        ] {
            assert_eq!(
                asked(&[(word, "1")], MOVIES).map(|query| query.filter),
                Ok(Filter::All(Vec::new())),
                "{word}"
            );
        }
    }

    #[test]
    fn a_sort_may_look_at_the_show_of_an_episode() {
        let sort = |of, key, descending, unknown_last| Sort { of, key, descending, unknown_last };
        assert_eq!(
            asked(
                &[("sort", "show.titleSort,season.index:nullsLast,episode.addedAt:desc,index:asc")],
                EPISODES
            )
            .map(|query| query.sort),
            Ok(vec![
                sort(Relative::Grandparent, SortKey::Title, false, false),
                sort(Relative::Parent, SortKey::Number(NumberField::Number), false, true),
                sort(Relative::Own, SortKey::Number(NumberField::AddedAt), true, false),
                sort(Relative::Own, SortKey::Number(NumberField::Number), false, false),
            ])
        );
    }

    #[test]
    fn brackets_nest_and_and_binds_closer_than_or() {
        let title = |text: &str| own(Test::Text(TextField::Title, Matching::Contains, text.to_owned()));
        let year = own(Test::Number(NumberField::Year, Comparison::More, vec![1990]));
        let asked_for = asked(
            &[
                ("push", "1"),
                ("title", "a"),
                ("or", "1"),
                ("title", "b"),
                ("title", "c"),
                ("pop", "1"),
                ("and", "1"),
                ("year>>", "1990"),
            ],
            MOVIES,
        );
        let inner =
            Filter::Any(vec![Filter::All(vec![title("a")]), Filter::All(vec![title("b"), title("c")])]);
        assert_eq!(asked_for.map(|query| query.filter), Ok(Filter::All(vec![inner, year])));
    }

    #[test]
    fn brackets_that_do_not_fit_are_refused() {
        let deep = vec![("push", "1"); 2_000];
        let many = vec![("year", "1999"); 101];
        let wrong: [&[(&str, &str)]; 8] = [
            &[("push", "1")],
            &[("pop", "1")],
            &[("push", "1"), ("pop", "1")],
            &[("or", "1"), ("title", "a")],
            &[("title", "a"), ("or", "1")],
            &[("push", "1"), ("title", "a"), ("or", "1"), ("pop", "1")],
            &deep,
            &many,
        ];
        for words in wrong {
            assert!(asked(words, MOVIES).is_err(), "{:?}", &words[..words.len().min(5)]);
        }
    }
}
