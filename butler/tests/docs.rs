//! The commands that the README and the pages of `docs/` show do what a reader may expect. Each line of their
//! code blocks that begins with `butler` is run in the pages' order against a real server and real films, a
//! block fenced as `bash` whole and by that shell; what stands there for something of the reader's machine is
//! in [`substitutions`], what can't be run in [`NOT_RUN`]. Commands within sentences are read by the command
//! line.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use butler_fixtures::{Codec, Container, Film, Picture, Piece, Server, Stage, Talk};

/// How a line begins that is not run, and why.
const NOT_RUN: &[(&str, &str)] = &[
    ("butler serve", "every other line is run against it"),
    ("butler watch", "it ends by Ctrl-C; `cli.rs` runs it so"),
    ("butler backup restore", "the server has to be stopped; `house` runs it so"),
    ("butler backup verify FILE", "which file it is the list says; `house` runs it so"),
    ("butler start GarbageCollectLibraryMedia --confirm", "it takes a plan that waits; `house` runs it so"),
    ("./run", "it builds"),
    ("./test", "it is what runs this"),
    ("cargo ", "it builds"),
    ("curl ", "the machine may have none; the API's tests ask the same"),
    ("export ", "it names the reader's own server"),
    ("apt-get ", "it changes the machine"),
    ("tar ", "the archive is made by a release"),
    ("install ", "it changes the machine"),
    ("systemctl ", "it changes the machine"),
    ("docker ", "the machine may have none"),
];

/// Commands whose exit code says something.
const MAY_END_WITH: &[(&str, i32)] = &[("butler window", 3)];

struct Reader {
    stage: Stage,
    server: Server,
}

impl Reader {
    fn new() -> Self {
        let stage = Stage::new(env!("CARGO_BIN_EXE_butler"), env!("CARGO_TARGET_TMPDIR")).unwrap();
        let film =
            |seed| Film::new(Codec::H264, Container::Mkv).picture(Picture::TestCard).seconds(24).seed(seed);
        let made = stage.add_movies(&[("Heat (1995)".to_owned(), film(1))]).unwrap().remove(0);
        let talk = Talk::film(&stage.spare_dir().join("film.mkv")).unwrap();
        fs::write(stage.spare_dir().join("film.en.srt"), talk.subtitles(2_000)).unwrap();
        for (piece, title) in [(Piece::Drums, "Moonshake"), (Piece::Strings, "Aumgn")] {
            let track = stage.folders.track("Can", "Best", 1, title, "flac").unwrap();
            piece.make(&track, 1, 5, &[("title", title), ("artist", "Can"), ("album", "Best")], &[]).unwrap();
            butler_fixtures::age(&track).unwrap();
        }
        fs::create_dir_all(stage.spare_dir().join("srv-films")).unwrap();
        let other = stage.spare_dir().join("srv-films/Heat (1995).mkv");
        fs::copy(&made, &other).unwrap();
        butler_fixtures::age(&other).unwrap();
        let server = stage.server().unwrap();
        Self { stage, server }
    }

    /// What stands in the pages for something of the reader's machine. Those of an id hold once there is such
    /// a thing.
    fn substitutions(&self) -> Vec<(&'static str, String)> {
        let other = self.stage.spare_dir().join("srv-films");
        vec![
            ("/media/films", self.stage.folders.movies().display().to_string()),
            ("/media/music", self.stage.folders.music().display().to_string()),
            ("/srv/films", other.display().to_string()),
            ("/var/lib/butler", self.server.data_dir().display().to_string()),
            (
                "--retry 3",
                format!(
                    "--retry {}",
                    self.server
                        .failures()
                        .unwrap()
                        .first()
                        .map_or(0, |failure| failure["id"].as_i64().unwrap())
                ),
            ),
        ]
    }

    fn butler(&self, arguments: &[&str]) -> Output {
        let mut command = butler_fixtures::command(env!("CARGO_BIN_EXE_butler"));
        command
            .env_remove("BUTLER_URL")
            .env_remove("BUTLER_TOKEN")
            .env("BUTLER_DATA_DIR", self.server.data_dir());
        command.current_dir(self.stage.spare_dir()).args(arguments).output().unwrap()
    }

    /// Runs a block whole, beside the media that it speaks of. What it prints.
    fn run_script(&self, script: &str) -> String {
        let spare = self.stage.spare_dir();
        let (music, films) = (self.stage.folders.music(), self.stage.folders.movies());
        for (name, media) in [("music", &music), ("films", &films), ("pictures", &self.pictures())] {
            let there = spare.join(name);
            if !there.exists() {
                std::os::unix::fs::symlink(media, there).unwrap();
            }
        }
        fs::copy(spare.join("film.mkv"), spare.join("episode.mkv")).unwrap();
        let own = Path::new(env!("CARGO_BIN_EXE_butler")).parent().unwrap();
        let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap());
        let mut command = butler_fixtures::command("bash");
        command.args(["-euo", "pipefail", "-c", script]).env("PATH", path).current_dir(spare);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A folder with a picture.
    fn pictures(&self) -> PathBuf {
        let folder = self.stage.spare_dir().join("some-pictures");
        fs::create_dir_all(&folder).unwrap();
        butler_fixtures::photo(&folder.join("poster.jpg"), Picture::TestCard, 96, 144, 1).unwrap();
        folder
    }

    /// A damaged film, so that there is a failure to speak of.
    fn damage(&self) -> PathBuf {
        let path = self.stage.folders.movie("Damaged (2001)", "mkv").unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, vec![7; 4_096]).unwrap();
        butler_fixtures::age(&path).unwrap();
        self.server.run_task("RefreshLibraries").unwrap();
        assert!(!self.server.failures().unwrap().is_empty());
        path
    }

    fn run(&self, line: &str) {
        let damaged = line.contains("--retry").then(|| self.damage());
        let line = self
            .substitutions()
            .into_iter()
            .fold(line.to_owned(), |line, (word, own)| line.replace(word, &own));
        let output = self.butler(&line.split_whitespace().skip(1).collect::<Vec<_>>());
        let code = output.status.code().unwrap();
        let may_end =
            code == 0 || MAY_END_WITH.iter().any(|(start, other)| line.starts_with(start) && code == *other);
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(may_end, "`{line}` ended with {code}: {stdout}{stderr}");
        damaged.into_iter().for_each(|path| fs::remove_file(path).unwrap());
    }
}

/// The README, then the pages by name.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut pages: Vec<PathBuf> =
        fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|end| end == "md"));
    pages.sort();
    pages.insert(0, root.join("README.md"));
    pages
}

/// The lines of a page's code blocks that are commands, without the remarks behind them: indented after an
/// empty line, or fenced without the name of another language.
fn commands(page: &str) -> Vec<String> {
    let (mut commands, mut is_block, mut fence) = (Vec::new(), false, None);
    let mut before = "";
    for line in page.lines() {
        if let Some(language) = line.strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(language.trim()) };
        } else {
            is_block = line.starts_with("    ") && (is_block || before.trim().is_empty());
            if is_block && fence.is_none()
                || fence.is_some_and(|language| matches!(language, "" | "sh" | "console"))
            {
                let command = line.split(" #").next().unwrap_or_default().trim();
                commands.extend((!command.is_empty()).then(|| command.to_owned()));
            }
        }
        before = line;
    }
    commands
}

/// A page's code blocks that are fenced as `bash`.
fn scripts(page: &str) -> Vec<String> {
    let blocks = page.split("\n```bash\n").skip(1);
    blocks.map(|rest| rest.split("\n```").next().unwrap_or_default().to_owned()).collect()
}

/// The commands of ours within a page's sentences.
fn spoken(page: &str) -> Vec<&str> {
    page.split('`')
        .skip(1)
        .step_by(2)
        .filter(|span| span.starts_with("butler ") && !span.contains('\n'))
        .collect()
}

#[test]
fn every_command_of_the_pages_does_what_it_says() {
    let reader = Reader::new();
    let mut ran = 0;
    for page in pages() {
        for line in commands(&fs::read_to_string(&page).unwrap()) {
            if line.starts_with("butler ") && !NOT_RUN.iter().any(|(start, _)| line.starts_with(start)) {
                reader.run(&line);
                ran += 1;
            } else {
                assert!(
                    NOT_RUN.iter().any(|(start, _)| line.starts_with(start)),
                    "`{line}` of {} is neither run nor named",
                    page.display()
                );
            }
        }
    }
    assert!(ran >= 15, "only {ran} commands were found");
}

#[test]
fn every_script_of_the_pages_runs_and_finds_something() {
    let reader = Reader::new();
    let pages: Vec<String> = pages().iter().map(|page| fs::read_to_string(page).unwrap()).collect();
    let scripts: Vec<String> = pages.iter().flat_map(|page| scripts(page)).collect();
    assert!(scripts.len() >= 2, "{scripts:#?}");
    for script in scripts {
        assert_ne!(reader.run_script(&script).trim(), "", "{script}");
    }
}

#[test]
fn every_command_within_a_sentence_is_one() {
    let stage = butler_fixtures::tempdir().unwrap();
    let mut read = 0;
    for page in pages() {
        for span in spoken(&fs::read_to_string(&page).unwrap()) {
            let mut words: Vec<&str> = span.split_whitespace().skip(1).collect();
            // What stands for a value is read as one.
            words.push("--help");
            let mut command = butler_fixtures::command(env!("CARGO_BIN_EXE_butler"));
            let output = command.env("HOME", stage.path()).args(&words).output().unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "`{span}` of {} is no command: {error}", page.display());
            read += 1;
        }
    }
    assert!(read > 3, "only {read} commands were found");
}

#[test]
fn commands_are_told_from_what_else_is_indented() {
    let page = "Text\n\n    butler tasks   # lists\n    ./run\n\n1. A list\n    goes on\n```toml\na = \
                1\n```\n```\nbutler runs\n```\n";
    assert_eq!(commands(page), ["butler tasks", "./run", "butler runs"]);
    assert_eq!(
        spoken("So `butler tasks` and `cargo` and `butler runs 1`."),
        ["butler tasks", "butler runs 1"]
    );
}
