//! The exit codes, documented once: every `--help` prints this page's words, and every manual page.

use std::process::ExitCode;

/// What the long helps say of them.
pub(crate) const HELP: &str = "\
Exit codes:
    0    What was asked happened. With --wait: every run completed, without
         failures.
    1    It did not: a run failed, was stopped or has failures, or the server
         refused.
    2    The command line is wrong.
    3    Skipped: the task was not started, for it is switched off or it is not
         its day. With --all: nothing was started at all. Of `butler window`:
         it is closed.
    4    There is no such task, run, failure, section, setting, item or file,
         nothing was made of it yet, or what is to be stopped does not run.
    5    No server answers, or it does not accept the token.
    130  Ctrl-C while waiting; the runs go on.
Of several tasks the worst counts: 1, then 4, then 3.";

/// The codes of [`HELP`], each with its meaning on one line.
pub(crate) fn codes() -> Vec<(&'static str, String)> {
    let mut codes: Vec<(&str, String)> = Vec::new();
    for line in HELP.lines().filter(|line| line.starts_with(' ')) {
        let words = line.trim_start();
        match words.split_once(' ').filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_digit())) {
            Some((code, meaning)) => codes.push((code, meaning.trim_start().to_owned())),
            None => codes.iter_mut().last().into_iter().for_each(|(_, meaning)| {
                meaning.push(' ');
                meaning.push_str(words);
            }),
        }
    }
    codes
}

/// What the short ones say.
pub(crate) const SHORT_HELP: &str =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 skipped, 4 no such thing, 5 no server; --help says more.";

/// How a command ended, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was asked happened.
    Done,
    /// It did not.
    Failed,
    /// The command line asks for what can't be; clap ends with the same code.
    Usage,
    /// The task was not started, with a reason.
    Skipped,
    /// There is no such thing.
    NotThere,
    /// No server, or none that lets us in.
    NoServer,
    /// Ctrl-C while waiting.
    Interrupted,
}

impl Exit {
    /// The number for the shell.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Skipped => 3,
            Self::NotThere => 4,
            Self::NoServer => 5,
            Self::Interrupted => 130,
        }
    }

    /// The worse of two, where several tasks were asked for.
    pub(crate) fn worse(self, other: Self) -> Self {
        let weight = |exit: Self| match exit {
            Self::Done => 0,
            Self::Skipped => 1,
            Self::NotThere => 2,
            Self::Failed | Self::Usage => 3,
            Self::NoServer => 4,
            Self::Interrupted => 5,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_code() {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Skipped,
            Exit::NotThere,
            Exit::NoServer,
            Exit::Interrupted,
        ];
        let known = codes();
        assert_eq!(
            known.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
            all.map(|exit| exit.code().to_string())
        );
        assert_eq!(
            known[1].1,
            "It did not: a run failed, was stopped or has failures, or the server refused."
        );
    }

    #[test]
    fn a_failure_outweighs_a_skip() {
        assert_eq!(Exit::Skipped.worse(Exit::Failed), Exit::Failed);
        assert_eq!(Exit::Failed.worse(Exit::Skipped), Exit::Failed);
        assert_eq!(Exit::Done.worse(Exit::Skipped), Exit::Skipped);
    }
}
