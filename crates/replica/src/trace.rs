//! What was done with secrets here (K17), until the server has been told.

use domain::id::{KeyId, OperationId};
use domain::trace::Trace;
use rusqlite::params;

use crate::{Replica, ReplicaError};

/// A trace that the server was not told yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntoldTrace {
    /// Its `Idempotency-Key`.
    pub operation_id: OperationId,
    /// The key of the secret.
    pub key_id: KeyId,
    /// What was done.
    pub trace: Trace,
}

impl Replica {
    /// Notes what is done with a secret, before it is done.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn leave_trace(&self, untold: &UntoldTrace) -> Result<(), ReplicaError> {
        self.lock().execute(
            "INSERT OR IGNORE INTO trace (operation_id, key_id, trace) VALUES (?1, ?2, ?3)",
            params![
                untold.operation_id.to_string(),
                untold.key_id.to_string(),
                serde_json::to_string(&untold.trace)?
            ],
        )?;
        Ok(())
    }

    /// What the server was not told yet, oldest first. Traces of a key that waits to be made or rotated are left out: the
    /// server does not know the secret.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn traces_to_tell(&self) -> Result<Vec<UntoldTrace>, ReplicaError> {
        self.traces(
            "WHERE key_id NOT IN (SELECT key_id FROM outbox WHERE kind IN ('create_key', 'rotate_key'))",
        )
    }

    /// All of them, for a copy that takes this one's place.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn untold_traces(&self) -> Result<Vec<UntoldTrace>, ReplicaError> {
        self.traces("")
    }

    fn traces(&self, which: &str) -> Result<Vec<UntoldTrace>, ReplicaError> {
        let connection = self.lock();
        let sql = format!("SELECT operation_id, key_id, trace FROM trace {which} ORDER BY position");
        let mut found = connection.prepare_cached(&sql)?;
        let rows: Vec<(String, String, String)> = found
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        rows.into_iter()
            .map(|(operation, key, trace)| {
                let wrong = <serde_json::Error as serde::de::Error>::custom;
                Ok(UntoldTrace {
                    operation_id: operation.parse().map_err(wrong)?,
                    key_id: key.parse().map_err(wrong)?,
                    trace: serde_json::from_str(&trace)?,
                })
            })
            .collect()
    }

    /// Forgets a trace: the server was told, or will not hear of it.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn forget_trace(&self, id: OperationId) -> Result<(), ReplicaError> {
        self.lock()
            .execute("DELETE FROM trace WHERE operation_id = ?1", [id.to_string()])?;
        Ok(())
    }
}
