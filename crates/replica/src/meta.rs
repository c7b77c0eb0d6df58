//! How far the copy goes.

use domain::clock::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{Replica, ReplicaError};

/// Which of the two feeds a copy is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feed {
    /// The organization's.
    Organization,
    /// The account's own.
    Account,
}

impl Feed {
    const fn sequence(self) -> &'static str {
        match self {
            Self::Organization => "sequence",
            Self::Account => "account_sequence",
        }
    }

    const fn epoch(self) -> &'static str {
        match self {
            Self::Organization => "epoch",
            Self::Account => "account_epoch",
        }
    }
}

/// How far the copy of a feed goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The last sequence number that was applied; 0 before the first.
    pub sequence: i64,
    /// The visibility epoch it was read under.
    pub epoch: i64,
}

const SYNCED_AT: &str = "synced_at";

fn read(connection: &Connection, name: &str) -> Result<Option<i64>, ReplicaError> {
    let value: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
        .optional()?;
    Ok(value.and_then(|value| value.parse().ok()))
}

fn write(connection: &Connection, name: &str, value: i64) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value.to_string()],
    )?;
    Ok(())
}

pub(crate) fn set_position(
    connection: &Connection,
    feed: Feed,
    sequence: i64,
    epoch: i64,
) -> Result<(), ReplicaError> {
    write(connection, feed.sequence(), sequence)?;
    write(connection, feed.epoch(), epoch)
}

impl Replica {
    /// How far the copy of a feed goes.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn cursor(&self, feed: Feed) -> Result<Cursor, ReplicaError> {
        let connection = self.lock();
        Ok(Cursor {
            sequence: read(&connection, feed.sequence())?.unwrap_or(0),
            epoch: read(&connection, feed.epoch())?.unwrap_or(0),
        })
    }

    /// When the copy was last known to be in step with the server.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn synced_at(&self) -> Result<Option<Timestamp>, ReplicaError> {
        Ok(read(&self.lock(), SYNCED_AT)?.map(Timestamp::from_micros))
    }

    /// Notes that the copy is in step with the server as of `at`.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn set_synced(&self, at: Timestamp) -> Result<(), ReplicaError> {
        write(&self.lock(), SYNCED_AT, at.as_micros())
    }
}
