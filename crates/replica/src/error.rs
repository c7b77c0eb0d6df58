//! Why a replica did not do as asked. Its file is never deleted for it.

use std::path::Path;

/// Why a replica did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// A file lies there already.
    #[error("the offline copy {path} exists already and was left as it is")]
    Exists {
        /// Where.
        path: String,
    },
    /// The bytes are not a database that this key opens.
    #[error(
        "the offline copy {path} can't be read: it is damaged, or another key belongs to it; it was left as it is"
    )]
    Damaged {
        /// Where.
        path: String,
    },
    /// Written by a newer version.
    #[error(
        "the offline copy {path} was written by a newer Keystead; update Keystead to read it; it was left as it is"
    )]
    Newer {
        /// Where.
        path: String,
    },
    /// It could not be brought up to date.
    #[error("the offline copy {path} could not be brought up to date: {reason}")]
    Migration {
        /// Where.
        path: String,
        /// What SQLite said.
        reason: String,
    },
    /// No room left.
    #[error("the disk is full; nothing was lost, make room and try again")]
    Full,
    /// The file could not be read or written.
    #[error("{path}: {reason}")]
    Io {
        /// Where.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// SQLite failed.
    #[error("the offline copy could not be used: {0}")]
    Sqlite(rusqlite::Error),
    /// A stored row can't be read.
    #[error("a row of the offline copy can't be read: {0}")]
    Row(#[from] serde_json::Error),
}

impl ReplicaError {
    pub(crate) fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io {
            path: path.display().to_string(),
            reason: error.to_string(),
        }
    }

    /// SQLite tells a full disk from a broken one only in some places: elsewhere it is tried.
    pub(crate) fn with_room_checked(self, path: &Path) -> Self {
        let failed = matches!(&self, Self::Sqlite(error)
            if error.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure));
        if failed && is_full(path) { Self::Full } else { self }
    }

    pub(crate) fn at(path: &Path, error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path: path.display().to_string(),
            },
            Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly) => Self::Io {
                path: path.display().to_string(),
                reason: error.to_string(),
            },
            _ => error.into(),
        }
    }
}

impl From<rusqlite::Error> for ReplicaError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

/// Whether no more can be written beside this file.
fn is_full(path: &Path) -> bool {
    let beside = path.with_extension("room");
    let tried = std::fs::write(&beside, [0u8; 64 * 1_024]);
    // What was made of it is in the way; where it can't be removed, it is overwritten the next time.
    let _removed = std::fs::remove_file(&beside);
    tried.is_err_and(|error| {
        matches!(
            error.kind(),
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
        )
    })
}
