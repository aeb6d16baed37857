//! `butler completions`: the script by which a shell completes `butler`'s commands, options, tasks, settings
//! and sections. The script asks `butler` itself, by the variable [`ASKED`].

use clap::{Args, builder::PossibleValuesParser};
use clap_complete::env::Shells;

use crate::exit::Exit;
use crate::print;
use crate::print::error::Trouble;

/// Set by the script while the shell completes a line.
pub(crate) const ASKED: &str = "BUTLER_COMPLETE";

#[derive(Args)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL", value_parser = PossibleValuesParser::new(Shells::builtins().names()))]
    shell: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Trouble> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(&arguments.shell) else {
        return Err(Trouble::new(Exit::Usage, "There is no such shell."));
    };
    shell.write_registration(ASKED, "butler", "butler", "butler", &mut script)?;
    print::script(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
