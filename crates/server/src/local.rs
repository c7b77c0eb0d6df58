//! The server of this computer: started inside a program, over a folder of the person's own.
//!
//! One program at a time runs it, whoever comes first (the desktop or the command line); the others join it at the
//! address it wrote beside its database. A lock on a file, which ends with its program however that ends, says who.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::server::SignUp;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::start::{Running, StartError, start};
use crate::system;

/// How often, and how long apart, a server that is just starting or ending is asked for.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Why there is no server of this computer.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// It did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A file of it could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// Another program holds it and says no address.
    #[error(
        "another program of yours runs the workspace of this computer ({path} is locked) and does not answer; end it and \
         try again"
    )]
    Silent {
        /// The lock.
        path: String,
    },
}

/// The server of this computer, started here or joined.
pub struct Local {
    url: String,
    running: Option<LocalRunning>,
}

impl Local {
    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The handle to stop it with, when it was started here.
    #[must_use]
    pub fn into_running(self) -> Option<LocalRunning> {
        self.running
    }
}

/// A server of this computer that was started here.
pub struct LocalRunning {
    running: Running,
    note: PathBuf,
    _lock: File,
}

impl LocalRunning {
    /// Stops it; others may start it afterwards.
    pub async fn stop(self) {
        self.running.stop().await;
        if let Err(error) = fs::remove_file(&self.note) {
            tracing::warn!(%error, "the note of the server of this computer was left behind");
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Note {
    url: String,
}

/// Starts the server over `folder`, or joins the one that runs there. `name` is what it calls itself.
///
/// # Errors
/// [`LocalError`].
pub async fn start_or_join(folder: &Path, name: &str) -> Result<Local, LocalError> {
    let file = |path: &Path| {
        let path = path.display().to_string();
        move |error| LocalError::File { path, error }
    };
    make_private(folder).map_err(file(folder))?;
    let (lock_path, note) = (folder.join("server.lock"), folder.join("server.json"));
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(file(&lock_path))?;
    for _ in 0..TRIES {
        match lock.try_lock() {
            Ok(()) => {
                let config = Config {
                    listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
                    database: folder.join("keystead.db").display().to_string(),
                    name: name.to_owned(),
                    sign_up: SignUp::First,
                    // Whoever uses it is at this computer, and reaches what it reaches.
                    issuers_inside: true,
                    ..Config::default()
                };
                let running = start(config, system::ports()).await?;
                let url = running.url();
                write_note(&note, &url).map_err(file(&note))?;
                return Ok(Local {
                    url,
                    running: Some(LocalRunning {
                        running,
                        note,
                        _lock: lock,
                    }),
                });
            }
            Err(TryLockError::WouldBlock) => {
                if let Some(url) = answering(&note).await {
                    return Ok(Local { url, running: None });
                }
                tokio::time::sleep(PAUSE).await;
            }
            Err(TryLockError::Error(error)) => return Err(file(&lock_path)(error)),
        }
    }
    Err(LocalError::Silent {
        path: lock_path.display().to_string(),
    })
}

/// The address in the note, if somebody answers there.
async fn answering(note: &Path) -> Option<String> {
    let note: Note = serde_json::from_slice(&fs::read(note).ok()?).ok()?;
    let address = note.url.strip_prefix("http://")?;
    tokio::net::TcpStream::connect(address).await.ok()?;
    Some(note.url)
}

fn write_note(path: &Path, url: &str) -> std::io::Result<()> {
    let text = serde_json::to_vec(&Note { url: url.to_owned() })?;
    let beside = path.with_extension("json.new");
    let mut file = File::create(&beside)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}
