//! What can go wrong below a handler.

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something with this id, hash or name exists already.
    #[error("something with this id or name exists already")]
    Taken,
    /// A wallet would have gone below zero, or is archived by now.
    #[error("there is less in the wallet than that, or it is archived")]
    Overdrawn,
    /// The address names no database this program knows.
    #[error(
        "“{0}” is no database address; write a file path, sqlite:///path/keystead.db or postgres://user@host/name"
    )]
    Address(String),
    /// The database was written by a newer program.
    #[error(
        "the database has schema version {found}, this program knows up to {known}; it was used with a newer \
         keystead-server. Start that version or a newer one; this one would damage it"
    )]
    Newer {
        /// The version found.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The database was never set up, or by an older program.
    #[error(
        "the database has schema version {found}, this program needs {known}; run keystead-server migrate"
    )]
    Older {
        /// The version found; 0 for an empty database.
        found: i64,
        /// The version this program needs.
        known: i64,
    },
    /// Some other program's database.
    #[error(
        "the database has tables, but none of them is Keystead's; choose an empty database or another file"
    )]
    NotOurs,
    /// A row that no version of this program writes.
    #[error("the database holds {0} that this program can't have written; restore it from a backup")]
    Damaged(String),
    /// A write that tried to end without telling all of what it did: a mistake in this program.
    #[error("a write ended without recording what it did; nothing was written")]
    Unrecorded,
    /// The file can't be opened or made.
    #[error(
        "the database file {path} can't be opened: {reason}. Does its folder exist, and may this user write there?"
    )]
    File {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// The database server does not answer.
    #[error("the database does not answer: {0}. Is it running, and are address, user and password right?")]
    Unreachable(String),
    /// Everything else.
    #[error("the database reports: {0}")]
    Database(sqlx::Error),
}

impl StoreError {
    /// Whether another attempt may succeed without anybody changing anything.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            // PostgreSQL: deadlock, serialization, shutting down. SQLite: busy, locked.
            Self::Database(sqlx::Error::Database(error)) => error.code().is_some_and(|code| {
                matches!(
                    code.as_ref(),
                    "40P01" | "40001" | "57P01" | "57P03" | "53300" | "5" | "6" | "261" | "517"
                )
            }),
            _ => false,
        }
    }

    pub(crate) fn damaged(what: &str) -> Self {
        Self::Damaged(what.to_owned())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) if error.is_unique_violation() => Self::Taken,
            sqlx::Error::Io(error) => Self::Unreachable(error.to_string()),
            sqlx::Error::PoolTimedOut => Self::Unreachable("no connection came free in time".to_owned()),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Unreachable(error.to_string()),
            error => Self::Database(error),
        }
    }
}
