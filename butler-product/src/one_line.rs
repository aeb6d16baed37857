//! Texts out of files, as a list can show them.

/// A text on one line, without control characters, cut between two characters after at most `most` of them.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let visible: String =
        text.trim().chars().take(most).map(|each| if each.is_control() { ' ' } else { each }).collect();
    visible.trim().to_owned()
}
