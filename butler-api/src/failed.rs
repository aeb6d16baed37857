//! How it is told that files failed, wherever that is: in a run's reason, of a night, in lists, in the log. A
//! file counts once, however many products of it could not be made; of several that hold one content each
//! counts.

/// `1 file failed`, `2 files failed in 5 products`; of what was kept before files were counted `5 failures`.
pub fn files_failed(files: u64, failures: u64) -> String {
    let many =
        |number: u64, one: &str| if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") };
    match files {
        0 => many(failures, "failure"),
        _ if failures > files => format!("{} failed in {failures} products", many(files, "file")),
        _ => format!("{} failed", many(files, "file")),
    }
}

/// A file that failed, with those that hold the same content: `/films/a.mkv and 2 more files of the same
/// content`.
pub fn with_copies(path: &str, files: u64) -> String {
    match files.saturating_sub(1) {
        0 => path.to_owned(),
        1 => format!("{path} and 1 more file of the same content"),
        more => format!("{path} and {more} more files of the same content"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_counts_once_and_its_products_are_told_where_they_are_more() {
        let check = |files, failures, expect: &str| assert_eq!(files_failed(files, failures), expect);
        check(1, 1, "1 file failed");
        check(2, 5, "2 files failed in 5 products");
        // Three files hold the one content that failed.
        check(3, 1, "3 files failed");
        check(0, 2, "2 failures");
    }
}
