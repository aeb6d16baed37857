//! What a person told scans to leave alone: `.plexignore`, `.ignore` and `.nomedia`. Pure: the files' content
//! is handed in.
//!
//! `.plexignore` is Plex's: a pattern a line, `*` for any run of characters, no way to take one back; each
//! holds for its folder and all below, so those of several folders add up. `.ignore` is Jellyfin's: an empty
//! one takes out its whole folder, one with content has git's syntax, and the nearest one up the tree is the
//! only one that counts. `.nomedia` (Android, Kodi) takes out its whole folder, whatever it holds. Start with
//! [`Rules::below`] and [`Rules::verdict`].

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::Outside;

pub(super) const PLEXIGNORE: &[u8] = b".plexignore";
pub(super) const IGNORE: &[u8] = b".ignore";
pub(super) const NOMEDIA: &[u8] = b".nomedia";

/// A file or folder that is left alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ignored {
    /// Below the root.
    pub(super) path: Vec<u8>,
    pub(super) is_folder: bool,
    pub(super) why: Why,
}

/// Why something is left alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// It is hidden, or its name is one that other programs keep for themselves.
    Name,
    /// Everything in its folder is, because of this file.
    Whole {
        /// The file, below the root.
        file: Vec<u8>,
    },
    /// A line of this file says so.
    Line {
        /// The file, below the root.
        file: Vec<u8>,
        line: String,
    },
    /// It leads to where no media may lie.
    Outside(Outside),
}

impl Why {
    /// For a person.
    pub(super) fn sentence(&self) -> String {
        let shown = |file: &[u8]| Path::new(OsStr::from_bytes(file)).display().to_string();
        match self {
            Self::Name => "It is hidden, or has a name that other programs keep for themselves.".to_owned(),
            Self::Whole { file } => format!("`{}` says that this folder is ignored.", shown(file)),
            Self::Outside(outside) => outside.sentence(),
            Self::Line { file, line } => {
                format!("The line `{line}` of `{}` says that it is ignored.", shown(file))
            }
        }
    }
}

/// What holds in a folder; shared by all folders below that have no such file of their own.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// From the root down.
    plex: Vec<Arc<Patterns>>,
    nearest: Option<Arc<GitRules>>,
}

/// A `.plexignore`.
#[derive(Debug)]
struct Patterns {
    /// Below the root.
    folder: Vec<u8>,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    /// As it stands in the file.
    line: String,
    glob: Vec<u8>,
    /// Whether it is matched against the path from the file's folder on, not just the name.
    is_path: bool,
    folders_only: bool,
}

/// An `.ignore` with content.
#[derive(Debug)]
struct GitRules {
    /// Below the root.
    folder: Vec<u8>,
    lines: Gitignore,
}

impl Rules {
    /// What holds in a folder where these rules hold so far, given the content of its own `.plexignore` and
    /// `.ignore`.
    ///
    /// # Errors
    /// If the folder is ignored as a whole.
    pub(super) fn below(
        self: &Arc<Self>,
        folder: &[u8],
        plex: Option<&[u8]>,
        ignore: Option<&[u8]>,
    ) -> Result<Arc<Self>, Why> {
        if plex.is_none() && ignore.is_none() {
            return Ok(Arc::clone(self));
        }
        let mut rules = Self { plex: self.plex.clone(), nearest: self.nearest.clone() };
        if let Some(content) = plex {
            rules.plex.push(Arc::new(Patterns { folder: folder.to_vec(), patterns: patterns(content) }));
        }
        if let Some(content) = ignore {
            let lines = git_lines(content).ok_or_else(|| Why::Whole { file: below(folder, IGNORE) })?;
            rules.nearest = Some(Arc::new(GitRules { folder: folder.to_vec(), lines }));
        }
        Ok(Arc::new(rules))
    }

    /// Why a file or folder is ignored, if it is. Its path is below the root, in or below the folder where
    /// these rules hold.
    pub(super) fn verdict(&self, path: &[u8], is_folder: bool) -> Option<Why> {
        let plex = self.plex.iter().find_map(|file| {
            let line = file.verdict(path, is_folder)?;
            Some(Why::Line { file: below(&file.folder, PLEXIGNORE), line: line.to_owned() })
        });
        plex.or_else(|| {
            let file = self.nearest.as_ref()?;
            match file.lines.matched(Path::new(OsStr::from_bytes(rest(path, &file.folder)?)), is_folder) {
                Match::Ignore(line) => {
                    Some(Why::Line { file: below(&file.folder, IGNORE), line: line.original().to_owned() })
                }
                Match::None | Match::Whitelist(_) => None,
            }
        })
    }
}

impl Patterns {
    fn verdict(&self, path: &[u8], is_folder: bool) -> Option<&str> {
        let path = rest(path, &self.folder)?;
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        let fits = |pattern: &&Pattern| {
            (is_folder || !pattern.folders_only)
                && fits(&pattern.glob, if pattern.is_path { path } else { name })
        };
        self.patterns.iter().find(fits).map(|pattern| pattern.line.as_str())
    }
}

fn patterns(content: &[u8]) -> Vec<Pattern> {
    let content = String::from_utf8_lossy(content);
    let lines = content
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pattern = |line: &str| {
        let (folders_only, glob) = line.strip_suffix('/').map_or((false, line), |glob| (true, glob));
        let is_path = glob.contains('/');
        let glob = glob.strip_prefix("./").unwrap_or(glob).trim_start_matches('/').as_bytes().to_vec();
        Pattern { line: line.to_owned(), glob, is_path, folders_only }
    };
    lines.map(pattern).filter(|pattern| !pattern.glob.is_empty()).collect()
}

/// Whether a name or path is as a glob says, in which `*` is any run of characters and all else stands for
/// itself: names with brackets and question marks are common.
fn fits(glob: &[u8], text: &[u8]) -> bool {
    let (mut at, mut in_text) = (0, 0);
    // Where the last star stands, and the first byte that it has not eaten yet.
    let mut star: Option<(usize, usize)> = None;
    while in_text < text.len() {
        if glob.get(at) == Some(&b'*') {
            star = Some((at, in_text));
            at += 1;
        } else if glob.get(at) == Some(&text[in_text]) {
            (at, in_text) = (at + 1, in_text + 1);
        } else if let Some((star_at, eaten)) = star {
            star = Some((star_at, eaten + 1));
            (at, in_text) = (star_at + 1, eaten + 1);
        } else {
            return false;
        }
    }
    glob[at..].iter().all(|byte| *byte == b'*')
}

/// The lines of an `.ignore`; none if it takes out its whole folder: it is empty, or no line of it can be
/// understood.
fn git_lines(content: &[u8]) -> Option<Gitignore> {
    let content = String::from_utf8_lossy(content);
    let mut builder = GitignoreBuilder::new("");
    let mut understood = 0;
    for line in content.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty()) {
        understood += u32::from(builder.add_line(None, line).is_ok());
    }
    builder.build().ok().filter(|_| understood > 0)
}

/// The path from a folder on.
fn rest<'a>(path: &'a [u8], folder: &[u8]) -> Option<&'a [u8]> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix(b"/") }
}

/// The path of what lies in a folder.
pub(super) fn below(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, name].join(&b'/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules at the end of a line of folders, each with its own `.plexignore` and `.ignore`.
    fn rules(folders: &[(&str, Option<&str>, Option<&str>)]) -> Arc<Rules> {
        folders.iter().fold(Arc::default(), |rules: Arc<Rules>, (folder, plex, ignore)| {
            rules.below(folder.as_bytes(), plex.map(str::as_bytes), ignore.map(str::as_bytes)).unwrap()
        })
    }

    fn is_ignored(rules: &Rules, path: &str) -> bool {
        let (path, is_folder) = path.strip_suffix('/').map_or((path, false), |path| (path, true));
        rules.verdict(path.as_bytes(), is_folder).is_some()
    }

    #[test]
    fn a_plexignore_means_what_plex_says() {
        for (content, ignored, kept) in [
            ("*.sample.mkv", &["a.sample.mkv", "deep/down/b.sample.mkv"][..], &["a.mkv", "sample.mkv"][..]),
            ("Extras", &["Extras/", "Heat/Extras/", "Extras"], &["My Extras/", "Extras.mkv"]),
            ("Extras/", &["Extras/", "Heat/Extras/"], &["Extras"]),
            ("Extras/*", &["Extras/a.mkv", "Extras/deep/"], &["Extras/", "Heat/Extras/a.mkv"]),
            ("/Extras/*.mkv", &["Extras/a.mkv"], &["Extras/a.avi", "a.mkv"]),
            ("Season 1/*.avi", &["Season 1/x.avi", "Season 1/deep/x.avi"], &["Season 2/x.avi"]),
            ("# *.mkv\n\n  *.avi  \r\n", &["a.avi"], &["a.mkv"]),
            ("*", &["a.mkv", "b/"], &[]),
            ("[Group] What? *", &["[Group] What? 01.mkv"], &["G What? 01.mkv", "[Group] Whatx 01.mkv"]),
            ("!a.mkv", &["!a.mkv"], &["a.mkv"]),
            ("\u{feff}a.mkv", &["a.mkv"], &["b.mkv"]),
            ("/\n./\n#", &[], &["a.mkv", "b/"]),
            ("a*b*c", &["abc", "aXbXbc"], &["ab", "abcd", "a/b/c"]),
        ] {
            let rules = rules(&[("", Some(content), None)]);
            for path in ignored {
                assert!(is_ignored(&rules, path), "{path} by {content:?}");
            }
            for path in kept {
                assert!(!is_ignored(&rules, path), "{path} by {content:?}");
            }
        }
    }

    #[test]
    fn several_plexignores_add_up_and_each_counts_from_its_folder_on() {
        let rules =
            rules(&[("", Some("*.avi\nShows/Extras/*"), None), ("Shows", Some("Extras/*.mkv\n*.ts"), None)]);
        for (path, expect) in [
            ("Shows/a.avi", true),
            ("Shows/a.ts", true),
            ("Shows/Extras/a.mkv", true),
            ("Shows/Extras/a.mp4", true),
            ("Shows/a.mkv", false),
        ] {
            assert_eq!(is_ignored(&rules, path), expect, "{path}");
        }
    }

    #[test]
    fn an_ignore_with_content_has_git_s_syntax() {
        for (content, ignored, kept) in [
            ("*.sample.mkv", &["a.sample.mkv", "deep/b.sample.mkv"][..], &["a.mkv"][..]),
            ("extras/", &["extras/", "Heat/extras/"], &["extras"]),
            ("/extras", &["extras/", "extras"], &["Heat/extras/"]),
            ("*.mkv\n!keep.mkv", &["a.mkv"], &["keep.mkv", "deep/keep.mkv"]),
            ("a/**/b.mkv", &["a/b.mkv", "a/x/y/b.mkv"], &["b.mkv", "c/b.mkv"]),
            ("a/*.mkv", &["a/b.mkv"], &["a/b/c.mkv"]),
            ("s0[1-3].mkv", &["s02.mkv"], &["s04.mkv"]),
            ("# nothing but words", &[], &["a.mkv"]),
            ("[\n*.avi", &["a.avi"], &["a.mkv"]),
        ] {
            let rules = rules(&[("", None, Some(content))]);
            for path in ignored {
                assert!(is_ignored(&rules, path), "{path} by {content:?}");
            }
            for path in kept {
                assert!(!is_ignored(&rules, path), "{path} by {content:?}");
            }
        }
    }

    #[test]
    fn an_ignore_that_says_nothing_takes_out_its_folder() {
        for content in ["", " \r\n\t\n", "\u{feff}\n", "{a,\n"] {
            let whole =
                Arc::new(Rules::default()).below(b"Shows/Old", None, Some(content.as_bytes())).unwrap_err();
            assert_eq!(whole, Why::Whole { file: b"Shows/Old/.ignore".to_vec() }, "{content:?}");
        }
    }

    #[test]
    fn the_nearest_ignore_alone_counts() {
        let rules =
            rules(&[("", None, Some("*.mkv")), ("Shows", None, Some("*.avi")), ("Shows/Old", None, None)]);
        for (path, expect) in [("Shows/Old/a.mkv", false), ("Shows/Old/a.avi", true)] {
            assert_eq!(is_ignored(&rules, path), expect, "{path}");
        }
    }

    #[test]
    fn it_is_told_which_line_of_which_file_did_it() {
        let rules = rules(&[("", None, Some("/Old/")), ("Shows", Some("*.avi"), None)]);
        let said = rules.verdict(b"Shows/a.avi", false).unwrap();
        assert_eq!(said.sentence(), "The line `*.avi` of `Shows/.plexignore` says that it is ignored.");
        let said = rules.verdict(b"Old", true).unwrap();
        assert_eq!(said.sentence(), "The line `/Old/` of `.ignore` says that it is ignored.");
    }

    #[test]
    fn names_that_are_no_utf_8_are_matched_too() {
        assert!(rules(&[("", Some("caf*.mkv"), Some("*.avi"))]).verdict(b"caf\xe9.mkv", false).is_some());
        assert!(rules(&[("", None, Some("caf*.mkv"))]).verdict(b"caf\xe9.mkv", false).is_some());
    }
}
