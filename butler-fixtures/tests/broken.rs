//! The corpus of broken media: the same for a seed each time, no two files alike, and lies told of every
//! film.

use std::collections::HashSet;
use std::path::Path;

use butler_fixtures::{Broken, Corpus};

#[test]
fn a_corpus_is_the_same_each_time_and_no_two_files_of_it_are() {
    let open =
        || Corpus::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken"), Path::new("/bait")).unwrap();
    let cases = |seed| open().cases(seed, 120).collect::<Result<Vec<Broken>, _>>().unwrap();
    let first = cases(1);
    assert!(first == cases(1) && first != cases(2));
    assert_eq!(first.iter().map(|case| &case.bytes).collect::<HashSet<_>>().len(), 120);
    assert_eq!(first.iter().map(|case| &case.name).collect::<HashSet<_>>().len(), 120);
    let (corpus, last) = (open(), first.last().unwrap());
    assert!(last.bytes.starts_with(&corpus.case(1, &last.name).unwrap().bytes), "a name brings a case back");
    assert!(corpus.case(1, "mkv-melt-1").is_err() && corpus.case(1, "mkv").is_err());
    for film in ["mkv", "mp4frag", "ts", "avi", "ogv", "flac", "png"] {
        let lies: HashSet<_> =
            (1..12).map(|number| corpus.case(1, &format!("{film}-lie-{number}")).unwrap().bytes).collect();
        assert!(lies.len() > 6, "{film}: {} lies", lies.len());
    }
}
