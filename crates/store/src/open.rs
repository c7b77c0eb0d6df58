//! Opening a database.
//!
//! SQLite: one connection writes and several read beside it (WAL). `synchronous = FULL` makes a confirmed write
//! survive a power cut; the default of WAL would only keep the file whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};
use tokio::sync::broadcast;

use crate::error::StoreError;
use crate::migrate;
use crate::notice::{Heard, Notices};

const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(10);
const WAIT_FOR_LOCK: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);
const READERS: u32 = 4;
const CONNECTIONS: u32 = 16;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One file.
    Sqlite,
    /// A server.
    Postgres,
}

#[derive(Debug, Clone)]
pub(crate) enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres(PgPool),
}

/// An open database. Cheap to clone; all clones are the same one.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pools: Pools,
    pub(crate) notices: Arc<Notices>,
}

/// What an address means.
#[derive(Debug)]
enum Address {
    File(PathBuf),
    Server(Box<PgConnectOptions>),
}

fn parse(url: &str) -> Result<Address, StoreError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        // The message of the parser could repeat the password.
        let options = url
            .parse()
            .map_err(|_| StoreError::Address("postgres://…".to_owned()))?;
        return Ok(Address::Server(Box::new(options)));
    }
    let path = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
        .unwrap_or(url);
    // A database in memory is one per connection, so reader and writer would not see each other.
    if path.is_empty() || path.contains(":memory:") || path.contains("://") || path.contains('?') {
        return Err(StoreError::Address(
            url.split('@').next_back().unwrap_or_default().to_owned(),
        ));
    }
    Ok(Address::File(PathBuf::from(path)))
}

fn file_error(path: &Path, reason: impl std::fmt::Display) -> StoreError {
    StoreError::File {
        path: path.display().to_string(),
        reason: reason.to_string(),
    }
}

/// Makes the file readable by its owner only; SQLite gives the files beside it the same rights.
fn make_file(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|error| file_error(path, error))
}

impl Store {
    /// Opens a database and brings its tables up to date; makes the file when there is none.
    ///
    /// `url` is a file path, `sqlite:///path` or `postgres://…`; `now` is noted beside each step taken.
    ///
    /// # Errors
    /// The address is none, the database is newer or another program's, can't be reached or can't be written.
    pub async fn connect(url: &str, now: Timestamp) -> Result<Self, StoreError> {
        Self::migrate(url, now).await?;
        Self::open(url).await
    }

    /// Brings the tables up to date and closes the database again. Answers the schema version it had.
    ///
    /// # Errors
    /// As for [`Store::connect`].
    pub async fn migrate(url: &str, now: Timestamp) -> Result<i64, StoreError> {
        Self::migrate_to(url, now, migrate::LATEST).await
    }

    pub(crate) async fn migrate_to(url: &str, now: Timestamp, to: i64) -> Result<i64, StoreError> {
        match parse(url)? {
            Address::File(path) => {
                make_file(&path)?;
                let pool = writer(&path).await?;
                let found = migrate::migrate_sqlite(&mut *pool.acquire().await?, now, to).await;
                pool.close().await;
                found
            }
            Address::Server(options) => {
                let pool = server(*options, 1).await?;
                let found = migrate::migrate_postgres(&mut *pool.acquire().await?, now, to).await;
                pool.close().await;
                found
            }
        }
    }

    /// Opens a database that is up to date, without changing it.
    ///
    /// # Errors
    /// As for [`Store::connect`], and [`StoreError::Older`] when there are steps to take.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self::open_any(url).await?;
        let found = match &store.pools {
            Pools::Sqlite { writer, .. } => migrate::found_sqlite(&mut *writer.acquire().await?).await?,
            Pools::Postgres(pool) => migrate::found_postgres(&mut *pool.acquire().await?).await?,
        };
        up_to_date(found)?;
        Ok(store)
    }

    /// Opens a database of any version.
    pub(crate) async fn open_any(url: &str) -> Result<Self, StoreError> {
        match parse(url)? {
            Address::File(path) => {
                if !path.is_file() {
                    return Err(file_error(&path, "there is no such file"));
                }
                let writer = writer(&path).await?;
                // A reader that tries to write is a mistake in this program; SQLite refuses it.
                let readers = pool(&path, READERS, options(&path).pragma("query_only", "ON")).await?;
                Ok(Self {
                    pools: Pools::Sqlite { writer, readers },
                    notices: Arc::new(Notices::alone()),
                })
            }
            Address::Server(options) => {
                let pool = server((*options).clone(), CONNECTIONS).await?;
                let notices = Arc::new(Notices::shared(&options).await?);
                Ok(Self {
                    pools: Pools::Postgres(pool),
                    notices,
                })
            }
        }
    }

    /// Which database it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.pools {
            Pools::Sqlite { .. } => Kind::Sqlite,
            Pools::Postgres(_) => Kind::Postgres,
        }
    }

    /// Hears from now on what is committed, here and by other nodes.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Heard> {
        self.notices.listen()
    }

    /// Waits for what is running and closes the database; on SQLite the WAL is folded into the file.
    pub async fn close(&self) {
        self.notices.close().await;
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

fn up_to_date(found: i64) -> Result<(), StoreError> {
    let known = migrate::LATEST;
    if found == known {
        Ok(())
    } else {
        Err(StoreError::Older { found, known })
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT_FOR_LOCK)
}

async fn writer(path: &Path) -> Result<SqlitePool, StoreError> {
    pool(path, 1, options(path)).await
}

/// Opens the file. While another program turns it to WAL or folds its WAL in, SQLite answers "locked" at once instead
/// of waiting as it does otherwise, so the waiting is done here.
async fn pool(
    path: &Path,
    connections: u32,
    options: SqliteConnectOptions,
) -> Result<SqlitePool, StoreError> {
    let opening = async {
        loop {
            let pool = SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(WAIT_FOR_CONNECTION)
                .connect_with(options.clone())
                .await;
            match pool.map_err(StoreError::from) {
                Err(error) if error.is_passing() => tokio::time::sleep(PAUSE).await,
                opened => return opened,
            }
        }
    };
    match tokio::time::timeout(WAIT_FOR_LOCK, opening).await {
        Ok(opened) => opened.map_err(|error| file_error(path, error)),
        Err(_) => Err(file_error(path, "another program holds it")),
    }
}

async fn server(options: PgConnectOptions, connections: u32) -> Result<PgPool, StoreError> {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT_FOR_CONNECTION)
        .connect_with(options.application_name("keystead-server"))
        .await
        .map_err(|error| StoreError::Unreachable(error.to_string()))
}
