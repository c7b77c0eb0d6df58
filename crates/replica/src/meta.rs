//! How far the copy goes.

use domain::clock::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{Replica, ReplicaError};

/// How far the copy goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The last sequence number that was applied; 0 before the first.
    pub sequence: i64,
    /// The visibility epoch it was read under.
    pub epoch: i64,
    /// When it was last known to be in step with the server.
    pub synced_at: Option<Timestamp>,
}

const SEQUENCE: &str = "sequence";
const EPOCH: &str = "epoch";
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

pub(crate) fn set_position(connection: &Connection, sequence: i64, epoch: i64) -> Result<(), ReplicaError> {
    write(connection, SEQUENCE, sequence)?;
    write(connection, EPOCH, epoch)
}

impl Replica {
    /// How far the copy goes.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn cursor(&self) -> Result<Cursor, ReplicaError> {
        let connection = self.lock();
        Ok(Cursor {
            sequence: read(&connection, SEQUENCE)?.unwrap_or(0),
            epoch: read(&connection, EPOCH)?.unwrap_or(0),
            synced_at: read(&connection, SYNCED_AT)?.map(Timestamp::from_micros),
        })
    }

    /// Notes that the copy is in step with the server as of `at`.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn set_synced(&self, at: Timestamp) -> Result<(), ReplicaError> {
        write(&self.lock(), SYNCED_AT, at.as_micros())
    }
}
