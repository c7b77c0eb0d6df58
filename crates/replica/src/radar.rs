//! What was told of keys that expire soon (K16).

use domain::clock::Timestamp;
use domain::id::KeyId;
use rusqlite::{OptionalExtension as _, params};

use crate::{Replica, ReplicaError};

impl Replica {
    /// The threshold, in days, that was told last of this end of a key.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn expiry_told(&self, key: KeyId, expires_at: Timestamp) -> Result<Option<u32>, ReplicaError> {
        let sql = "SELECT days FROM expiry_told WHERE key_id = ?1 AND expires_at = ?2";
        Ok(self
            .lock()
            .prepare_cached(sql)?
            .query_row(params![key.to_string(), expires_at.as_micros()], |row| row.get(0))
            .optional()?)
    }

    /// Remembers that these were told: key, its end, and the threshold in days.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn tell_expiry(&self, told: &[(KeyId, Timestamp, u32)]) -> Result<(), ReplicaError> {
        let connection = self.lock();
        let change = connection.unchecked_transaction()?;
        for (key, expires_at, days) in told {
            change
                .prepare_cached(
                    "INSERT INTO expiry_told (key_id, expires_at, days) VALUES (?1, ?2, ?3)
                     ON CONFLICT (key_id) DO UPDATE SET expires_at = excluded.expires_at, days = excluded.days",
                )?
                .execute(params![key.to_string(), expires_at.as_micros(), days])?;
        }
        Ok(change.commit()?)
    }
}
