//! The commands, one file each: its arguments, and what it does.

pub(crate) mod analyse;
pub(crate) mod backup;
pub(crate) mod completions;
pub(crate) mod failures;
pub(crate) mod items;
pub(crate) mod man;
pub(crate) mod music;
pub(crate) mod night;
pub(crate) mod page;
pub(crate) mod pause;
pub(crate) mod plan;
pub(crate) mod preview;
pub(crate) mod remake;
pub(crate) mod resume;
pub(crate) mod runs;
pub(crate) mod sections;
pub(crate) mod serve;
pub(crate) mod settings;
pub(crate) mod show;
pub(crate) mod start;
pub(crate) mod stop;
pub(crate) mod subtitles;
pub(crate) mod tags;
pub(crate) mod tasks;
pub(crate) mod watch;
pub(crate) mod window;

use butler_client::Client;

use crate::cli::{Cli, Command, Global};
use crate::connect::connect;
use crate::exit::Exit;
use crate::print::Out;
use crate::print::error::Trouble;

/// Does what was asked.
pub(crate) fn run(cli: Cli) -> Result<Exit, Trouble> {
    let Cli { global, command } = cli;
    let out = Out::new(global.json);
    // The server's log says it by itself, and what is made for other programs holds no times.
    if !matches!(command, Command::Serve(_) | Command::Completions(_) | Command::Man(_))
        && let Some(trouble) = butler_engine::zone_trouble()
    {
        out.remark(trouble);
    }
    match command {
        Command::Serve(arguments) => serve::run(arguments, &global),
        Command::Page => ask(&global, async |client| page::run(client, out).await),
        Command::Backup(action) => backup::run(action, &global, out),
        Command::Analyse(arguments) => analyse::run(arguments, out),
        Command::Subtitles(action) => subtitles::run(action, out),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments, out),
        Command::Sections(action) => ask(&global, async |client| sections::run(client, action, out).await),
        Command::Items(arguments) => ask(&global, async |client| items::run(client, arguments, out).await),
        Command::Show(arguments) => ask(&global, async |client| show::run(client, arguments, out).await),
        Command::Music(action) => ask(&global, async |client| music::run(client, action, out).await),
        Command::Tags(action) => ask(&global, async |client| tags::run(client, action, out).await),
        Command::Preview(arguments) => {
            ask(&global, async |client| preview::run(client, arguments, out).await)
        }
        Command::Tasks => ask(&global, async |client| tasks::run(client, out).await),
        Command::Runs(arguments) => match runs::of_a_record(&arguments, out) {
            Some(shown) => shown,
            None => ask(&global, async |client| runs::run(client, arguments, out).await),
        },
        Command::Failures(arguments) => {
            ask(&global, async |client| failures::run(client, arguments, out).await)
        }
        Command::Remake(arguments) => ask(&global, async |client| remake::run(client, arguments, out).await),
        Command::Settings(arguments) => {
            ask(&global, async |client| settings::run(client, arguments, out).await)
        }
        Command::Start(arguments) => ask(&global, async |client| start::run(client, arguments, out).await),
        Command::Plan(arguments) => ask(&global, async |client| plan::run(client, arguments, out).await),
        Command::Night => ask(&global, async |client| night::run(client, out).await),
        Command::Window => ask(&global, async |client| window::run(client, out).await),
        Command::Pause(arguments) => ask(&global, async |client| pause::run(client, arguments, out).await),
        Command::Resume(arguments) => ask(&global, async |client| resume::run(client, &arguments, out).await),
        Command::Stop(arguments) => ask(&global, async |client| stop::run(client, arguments, out).await),
        Command::Watch(arguments) => ask(&global, async |client| watch::run(client, arguments, out).await),
    }
}

/// Asks a server, on this thread alone: a command is over before threads would have paid.
fn ask(
    global: &Global,
    command: impl AsyncFnOnce(&Client) -> Result<Exit, Trouble>,
) -> Result<Exit, Trouble> {
    let client = connect(global)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(command(&client))
}
