//! Issuers of the organization (K12), and their public keys as the server had them last.

use domain::id::IssuerId;
use protocol::issuer::{IssuerKeysView, IssuerView};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{Replica, ReplicaError};

pub(crate) fn put(connection: &Connection, view: &IssuerView) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO issuer (id, view) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET view = excluded.view",
        params![view.id.to_string(), serde_json::to_string(view)?],
    )?;
    Ok(())
}

/// Removes an issuer that is gone. Its keys go when others are kept: they are public.
pub(crate) const DELETE: &str = "DELETE FROM issuer WHERE id = ?1";

impl Replica {
    /// All issuers, as far as this account sees them, the oldest first.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn issuers(&self) -> Result<Vec<IssuerView>, ReplicaError> {
        let connection = self.lock();
        let mut found = connection.prepare_cached("SELECT view FROM issuer ORDER BY id")?;
        let views: Vec<String> = found.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        views.iter().map(|view| Ok(serde_json::from_str(view)?)).collect()
    }

    /// The public keys of an issuer, if this computer was told of them.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn issuer_keys(&self, issuer: IssuerId) -> Result<Option<IssuerKeysView>, ReplicaError> {
        let view: Option<String> = self
            .lock()
            .query_row(
                "SELECT view FROM issuer_keys WHERE issuer_id = ?1",
                [issuer.to_string()],
                |row| row.get(0),
            )
            .optional()?;
        view.map(|view| Ok(serde_json::from_str(&view)?)).transpose()
    }

    /// Keeps the public keys of an issuer; those of issuers that are gone are let go.
    ///
    /// # Errors
    /// [`ReplicaError`]; then nothing was kept.
    pub fn keep_issuer_keys(&self, keys: &IssuerKeysView) -> Result<(), ReplicaError> {
        let json = serde_json::to_string(keys)?;
        self.transaction(|change| {
            change.execute(
                "INSERT INTO issuer_keys (issuer_id, view) VALUES (?1, ?2)
                 ON CONFLICT (issuer_id) DO UPDATE SET view = excluded.view",
                params![keys.issuer_id.to_string(), json],
            )?;
            change.execute(
                "DELETE FROM issuer_keys WHERE issuer_id NOT IN (SELECT id FROM issuer)",
                [],
            )?;
            Ok(())
        })
    }
}
