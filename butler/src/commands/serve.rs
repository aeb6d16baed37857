//! `butler serve`: the server, until Ctrl-C or SIGTERM. Puts the parts together and decides nothing.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use butler_engine::{Catalogue, Clock, Engine, EngineSettings, Patience};
use butler_library::{GOOD_TOKEN_CHARS, Library, ROOT_TIMEOUT, RootThreads, Token};
use butler_server::{About, App};
use clap::Args;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::cli::{Global, taking};
use crate::data_dir::ADDRESS_FILE;
use crate::exit::Exit;
use crate::print::Out;
use crate::print::error::Trouble;
use crate::{fact_log, log, memory, settings_file, worker_program};

/// Who holds the data folder's token.
const ADMIN: &str = "admin";
/// The threads that can be lost for a test.
const VITAL_THREADS: [&str; 4] = ["engine", "library-writer", "library-checkpoints", "publisher"];
/// As long as the longest `http://[IPV6]:PORT`, and some.
const ADDRESS_CHARS: usize = 63;

/// Run the server. The data folder and the token come from the global options; BUTLER_TOKEN overrides the
/// token that is made at the first start. BUTLER_LOG says how much is logged: a level, as `debug`, or several,
/// as `butler_engine=debug`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:32500",
        value_parser = taking::<SocketAddr>("an IP address and a port, as in 127.0.0.1:32500 or [::1]:32500"))]
    pub(crate) listen: SocketAddr,
    /// A file of settings, which hold over what clients set [default: butler.toml in the data folder, if it
    /// is there]
    #[arg(long, value_name = "FILE", env = "BUTLER_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Write the log to the standard error only, and not to `logs/butler.log` in the data folder too
    #[arg(long, env = "BUTLER_NO_LOG_FILE", hide_env_values = true,
        value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_log_file: bool,
    /// Take a worker or a folder for hung that gives no sign for so many seconds, in place of 15 to 120: for
    /// tests
    #[arg(long, value_name = "SECONDS", hide = true, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) patience: Option<u64>,
    /// Begin at this moment, by a clock that `PUT /api/v1/clock` drives: for tests
    #[arg(long, value_name = "TIME", hide = true)]
    pub(crate) drive_clock: Option<Timestamp>,
    /// Have stand-ins for kinds of tasks of which there is none yet: for tests
    #[arg(long, hide = true)]
    pub(crate) stand_ins: bool,
    /// Have this thread, without which nothing works, panic at the first work that it gets once the server is
    /// ready: for tests
    #[arg(long, value_name = "THREAD", hide = true, value_parser = VITAL_THREADS)]
    pub(crate) lose_thread: Option<String>,
}

pub(crate) fn run(arguments: Arguments, global: &Global) -> Result<Exit, Trouble> {
    memory::give_back_what_is_free();
    let folder = crate::data_dir::choose(global.data_dir.as_deref())?;
    let log = log::begin();
    if let Some(trouble) = butler_engine::zone_trouble() {
        tracing::warn!("{trouble}");
    }
    let program = worker_program::find()?;
    let settings_place = settings_file::Place::choose(arguments.config.as_deref(), &folder);
    let settings_file = settings_place.read()?;
    let patience = arguments.patience.map(Duration::from_secs);
    let library =
        Library::open_with(&folder, RootThreads::new(patience.unwrap_or(ROOT_TIMEOUT))).map_err(|error| {
            Trouble::new(Exit::Failed, format!("The data folder `{}` can't be used.", folder.display()))
                .cause(&error)
        })?;
    if !arguments.no_log_file {
        log.place.begin_in(library.data_dir());
    }
    let_admin_in(&library, global.token.as_deref())?;
    let server_id = library.server_id().to_owned();
    let (lost, loss) = oneshot::channel();
    let threads = library.vital_threads().clone();
    // Who asks no more is at its end anyway.
    threads.on_loss(move |thread| _ = lost.send(thread));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // Before anything is begun that a signal must not cut off.
    let (ended, settings_asked) = {
        let _inside = runtime.enter();
        (ended()?, settings_file::asked()?)
    };
    let listener = runtime.block_on(TcpListener::bind(arguments.listen)).map_err(|error| {
        Trouble::new(Exit::Failed, format!("The server can't listen on {}.", arguments.listen))
            .cause(&error)
            .hint("Name another address with --listen; port 0 takes a free one.")
    })?;
    let address = listener.local_addr()?;
    let settings = EngineSettings {
        worker_program: program,
        cores: cores(),
        patience: patience
            .map_or_else(Patience::default, |patience| Patience { silence: patience, standstill: patience }),
        clock: arguments.drive_clock.map_or_else(Clock::wall, Clock::driven),
        settings_file,
        catalogue: if arguments.stand_ins { Catalogue::with_stand_ins() } else { Catalogue::default() },
    };
    let (engine, handle) = Engine::start(library, settings)
        .map_err(|error| Trouble::new(Exit::Failed, "The engine can't start.").cause(&error))?;
    let about = About {
        friendly_name: "Butler".to_owned(),
        machine_identifier: server_id,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform_version: of_kernel("osrelease"),
        host_name: of_kernel("hostname"),
    };
    runtime.spawn(fact_log::keep(handle.facts()));
    if let Some(asked) = settings_asked {
        runtime.spawn(settings_place.follow(handle.clone(), asked));
    }
    let clock = handle.clock().clone();
    let app = App::new(handle, about, clock);
    let _published = match Address::publish(&folder, address) {
        // The server is of use without it: what is stored already is shown, and health says what is wrong.
        Err(error) if is_no_room(&error) => {
            tracing::error!(
                %error,
                "the disk is full: commands don't find this server by its data folder, and need \
                 --url http://{}",
                reachable(address)
            );
            None
        }
        published => Some(published.map_err(|error| {
            let path = folder.join(ADDRESS_FILE);
            Trouble::new(Exit::Failed, format!("`{}` can't be written.", path.display())).cause(&error)
        })?),
    };
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "the server can be reached from other machines, without encryption");
    }
    // A line for a person and for scripts: a server whose standard output is gone works as well.
    let out = Out::new(false);
    let _ = out.line(format!("Butler is ready at http://{address}"));
    if let Ok(sign_in) = app.sign_in() {
        let _ = out.line(format!(
            "Its pages, once and for some minutes: http://{}{}",
            reachable(address),
            sign_in.path
        ));
    }
    tell_service_manager(sd_notify::NotifyState::Ready);
    arguments.lose_thread.iter().for_each(|thread| threads.arm(thread));
    let mut lost_thread = None;
    runtime.block_on(butler_server::serve(listener, app, async {
        tokio::select! {
            () = ended => {}
            Ok(thread) = loss => lost_thread = Some(thread),
        }
    }));
    tracing::info!("shutting down");
    tell_service_manager(sd_notify::NotifyState::Stopping);
    engine.shutdown();
    // A handler that hangs on a dead mount is left behind.
    runtime.shutdown_background();
    match lost_thread {
        None => Ok(Exit::Done),
        Some(thread) => Err(ended_without(thread)),
    }
}

/// What is said of a server that ended since a thread of it had.
fn ended_without(thread: &str) -> Trouble {
    Trouble::new(
        Exit::Failed,
        format!(
            "The server has ended: its thread `{thread}`, without which nothing works, met a defect of \
             Butler's own."
        ),
    )
    .hint("Start it again: what was in the middle goes on. Please report the line with `panicked` above.")
}

/// Tells systemd how the service stands; without one, nothing is told.
fn tell_service_manager(state: sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// Lets the admin in by the token of BUTLER_TOKEN, else by the data folder's, made at the first start.
fn let_admin_in(library: &Library, given: Option<&str>) -> Result<(), Trouble> {
    let refused = |cause: &dyn std::error::Error| {
        Trouble::new(Exit::Failed, "There is no token to let the admin in by.").cause(cause)
    };
    // An empty BUTLER_TOKEN, as a service's file may have it, is none.
    match given.filter(|given| !given.trim().is_empty()) {
        None => library.admin_token().map(|_| ()).map_err(|error| {
            refused(&error).hint(
                "The file `token` in the data folder must hold one token; remove it, and the next start makes a new one.",
            )
        }),
        Some(given) => {
            let token = Token::new(given).map_err(|error| refused(&error))?;
            if given.len() < GOOD_TOKEN_CHARS {
                tracing::warn!(
                    "BUTLER_TOKEN is short enough to be guessed; {GOOD_TOKEN_CHARS} random characters are not"
                );
            }
            library.let_in(ADMIN, &token).map_err(|error| refused(&error))
        }
    }
}

fn cores() -> u16 {
    std::thread::available_parallelism().map_or(1, |cores| u16::try_from(cores.get()).unwrap_or(u16::MAX))
}

/// Ready at the first Ctrl-C or SIGTERM. At the second the process ends at once, as after a crash: what was
/// published stays.
#[expect(clippy::disallowed_methods, reason = "who asks twice wants an end that waits for nothing")]
fn ended() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (first, heard) = oneshot::channel();
    tokio::spawn(async move {
        let mut first = Some(first);
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            match first.take() {
                // Nobody waits if the server could not even start.
                Some(first) => drop(first.send(())),
                None => std::process::exit(Exit::Interrupted.code().into()),
            }
        }
    });
    Ok(async move {
        let _ = heard.await;
    })
}

/// The file by which commands find the running server.
struct Address {
    path: PathBuf,
}

impl Address {
    fn publish(folder: &Path, address: SocketAddr) -> io::Result<Self> {
        let path = folder.join(ADDRESS_FILE);
        let draft = folder.join(format!(".{ADDRESS_FILE}"));
        let text = Self::padded(&format!("http://{}", reachable(address)));
        // Whole or not at all: a command may read it at any moment.
        let file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&draft);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
        match written.and_then(|()| std::fs::rename(&draft, &path)) {
            Err(error) if is_no_room(&error) => {
                let _of_no_use = std::fs::remove_file(&draft);
                Self::write_over(&path, &text)?;
            }
            written => written?,
        }
        Ok(Self { path })
    }

    /// Always of one length, so that one address fits where another was.
    fn padded(text: &str) -> String {
        format!("{text:<ADDRESS_CHARS$}\n")
    }

    /// Writes into the room that the file has already; nothing else is to be had on a full disk.
    fn write_over(path: &Path, text: &str) -> io::Result<()> {
        std::fs::File::options().write(true).open(path)?.write_all(text.as_bytes())
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        // Blank, and not gone: the next start may find the disk full, and this room is its own. A stale
        // address is noticed by who connects.
        let _ = Self::write_over(&self.path, &Self::padded(""));
    }
}

fn is_no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// An address to which this machine can connect: a server that listens on all of them is reached by loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        std::net::IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What the kernel says of this machine: `osrelease` as `uname -r` has it, `hostname`; empty where it does
/// not tell.
fn of_kernel(what: &str) -> String {
    std::fs::read_to_string(format!("/proc/sys/kernel/{what}"))
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}
