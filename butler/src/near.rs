//! Near names, to be offered for a wrong one.

use butler_client::ButlerTask;

/// How like a name must be to be offered; 1 is the same.
const ENOUGH: f64 = 0.8;
/// How many are offered at most.
const MAX_OFFERED: usize = 3;

/// The names that are near a wrong one, nearest first: the same but for case, or with few letters changed, or
/// with the wrong one as a part of them.
pub(crate) fn near<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wrong = wrong.to_lowercase();
    let mut ranked: Vec<(f64, &str)> =
        names.into_iter().map(|name| (likeness(&wrong, &name.to_lowercase()), name)).collect();
    ranked.retain(|(likeness, _)| *likeness >= ENOUGH);
    ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    ranked.into_iter().take(MAX_OFFERED).map(|(_, name)| name).collect()
}

fn likeness(wrong: &str, name: &str) -> f64 {
    let typo = strsim::normalized_damerau_levenshtein(wrong, name);
    // `IntroMarkers` or `blobs` is what a person remembers of a long name.
    if wrong.len() >= 4 && name.contains(wrong) { typo.max(ENOUGH) } else { typo }
}

/// The hint for a wrong task name: near ones of the server's, or where to find them all.
pub(crate) fn task_hint(tasks: &[ButlerTask], wrong: &str) -> String {
    let near = near(wrong, tasks.iter().map(|task| task.name.as_str()));
    match near.as_slice() {
        [] => "`butler tasks` lists the tasks.".to_owned(),
        names => format!("Did you mean `{}`?", names.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = [
            "RefreshLibraries",
            "RefreshLocalMedia",
            "ButlerTaskGenerateIntroMarkers",
            "GarbageCollectBlobs",
        ];
        let check = |wrong: &str, expect: &[&str]| assert_eq!(near(wrong, names), expect, "{wrong}");
        check("refreshlibraries", &["RefreshLibraries"]);
        check("RefershLibrarys", &["RefreshLibraries"]);
        check("IntroMarkers", &["ButlerTaskGenerateIntroMarkers"]);
        check("Brew", &[]);
        check("", &[]);
    }
}
