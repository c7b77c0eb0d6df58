//! `keystead-server`: the composition root around the library.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::clock::Clock;
use server::catalog::{self, CatalogError};
use server::config::{ConfigError, Flags, LogFormat};
use server::{Config, StartError, doctor, system};
use tracing_subscriber::EnvFilter;

const AFTER_HELP: &str = "\
Settings come from, each overriding the one before: the defaults, a TOML file (--config, or keystead-server.toml in
the current folder), variables KEYSTEAD_…, and flags. A file uses the names of the flags with underscores:

    listen = \"0.0.0.0:8787\"
    database = \"/var/lib/keystead/keystead.db\"
    name = \"Example GmbH\"
    region = \"eu\"
    sign_up = \"first\"
    trusted_proxies = [\"10.0.0.0/8\"]

Examples:

    keystead-server serve
    keystead-server serve --listen 127.0.0.1:9000 --database /srv/keystead.db --sign-up first
    keystead-server doctor --config /etc/keystead-server.toml
    keystead-server catalog check /etc/keystead/catalog";

/// The server of Keystead: an organization's API keys, and what is recorded of them.
///
/// Started without any setting it serves this computer only, at http://127.0.0.1:8787, and keeps everything in
/// keystead.db in the current folder. It speaks HTTP; put a reverse proxy that speaks HTTPS before it to serve others.
#[derive(Parser)]
#[command(name = "keystead-server", version, after_help = AFTER_HELP, max_term_width = 110)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGINT or SIGTERM; brings the database up to date first
    Serve(Settings),
    /// Bring the database up to date and leave
    Migrate(Settings),
    /// Check settings, database, record and clock; exits with 1 when something is wrong
    Doctor(Settings),
    /// Check or write a catalog of services and prices
    Catalog {
        #[command(subcommand)]
        command: CatalogCommand,
    },
    /// Print the OpenAPI document
    Openapi,
}

#[derive(Subcommand)]
enum CatalogCommand {
    /// Check a catalog; exits with 1 and says file and line when something is wrong
    Check {
        /// The folder, with catalog.toml and services/*.toml
        folder: PathBuf,
    },
    /// Write the catalog that is part of the program into a folder, to begin with; overwrites nothing
    Export {
        /// The folder
        folder: PathBuf,
    },
}

#[derive(clap::Args)]
struct Settings {
    /// The TOML file with settings [default: keystead-server.toml, if it exists] [env: KEYSTEAD_CONFIG]
    #[arg(long, value_name = "FILE", env = "KEYSTEAD_CONFIG", hide_env = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

impl Settings {
    fn read(&self) -> Result<Config, ConfigError> {
        Config::read(self.config.as_deref(), &self.flags)
    }
}

/// Why the program ends with 1.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error("the server ended: {0}")]
    Ended(std::io::Error),
    #[error("signals can't be heard: {0}")]
    Signals(std::io::Error),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error("{path} can't be written: {error}")]
    Export { path: String, error: std::io::Error },
    #[error("the OpenAPI document can't be written: {0}")]
    Document(#[from] serde_json::Error),
    #[error("the runtime can't be started: {0}")]
    Runtime(std::io::Error),
    #[error("something is wrong; see above")]
    Unwell,
}

#[expect(
    clippy::print_stderr,
    reason = "the one place where the program says why it ends"
)]
fn main() -> ExitCode {
    let line = Line::parse();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime)
        .and_then(|runtime| runtime.block_on(run(line.command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("keystead-server: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(settings) => serve(settings.read()?).await,
        Command::Migrate(settings) => migrate(&settings.read()?).await,
        Command::Doctor(settings) => examine(&settings.read()?).await,
        Command::Catalog { command } => match command {
            CatalogCommand::Check { folder } => {
                let found = catalog::load(Some(&folder))?;
                print(&format!("the catalog is right: {}", doctor::counted(&found)));
                Ok(())
            }
            CatalogCommand::Export { folder } => export(&folder),
        },
        Command::Openapi => {
            print(server::openapi()?.trim_end());
            Ok(())
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "what a command was asked for goes to standard output"
)]
fn print(text: &str) {
    println!("{text}");
}

/// Log lines go to standard error. `RUST_LOG` chooses what is logged.
fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    log(config.log);
    let mut interrupted = Signals::hear().map_err(Failure::Signals)?;
    let mut running = server::start(config, system::ports()).await?;
    tracing::info!(
        url = running.url(),
        version = env!("CARGO_PKG_VERSION"),
        "serving"
    );
    tokio::select! {
        ended = running.ended() => return ended.map_err(Failure::Ended),
        () = interrupted.next() => tracing::info!("stopping"),
    }
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}

fn export(folder: &Path) -> Result<(), Failure> {
    for (name, text) in catalog::BUILT_IN {
        let path = folder.join(name);
        let cannot = |error| Failure::Export {
            path: path.display().to_string(),
            error,
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(cannot)?;
        }
        let mut file = std::fs::File::create_new(&path).map_err(cannot)?;
        file.write_all(text.as_bytes()).map_err(cannot)?;
        print(&path.display().to_string());
    }
    Ok(())
}

async fn migrate(config: &Config) -> Result<(), Failure> {
    let found = store::Store::migrate(&config.database, system::SystemClock.now()).await?;
    let now = store::SCHEMA_VERSION;
    print(&if found == now {
        format!("the database has schema {now} already")
    } else {
        format!("the database went from schema {found} to {now}")
    });
    Ok(())
}

async fn examine(config: &Config) -> Result<(), Failure> {
    let mut well = true;
    for check in doctor::examine(config, &system::ports()).await {
        match check.found {
            Ok(found) => print(&format!("ok     {:<14} {found}", check.name)),
            Err(fault) => {
                well = false;
                print(&format!("WRONG  {:<14} {fault}", check.name));
            }
        }
    }
    if well { Ok(()) } else { Err(Failure::Unwell) }
}

/// The wish to stop.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn hear() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => (),
            _ = self.interrupt.recv() => (),
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    fn hear() -> std::io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
