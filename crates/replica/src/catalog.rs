//! The catalog of the server, kept whole: it is another one only when the server's operator changes it.

use domain::catalog::Catalog;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{Replica, ReplicaError};

const CATALOG: &str = "catalog";
/// By which the server says whether it is still the same.
const TAG: &str = "catalog_tag";

fn read(connection: &Connection, name: &str) -> Result<Option<String>, ReplicaError> {
    Ok(connection
        .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
        .optional()?)
}

impl Replica {
    /// The catalog, once it was fetched.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn catalog(&self) -> Result<Option<Catalog>, ReplicaError> {
        let text = read(&self.lock(), CATALOG)?;
        text.map(|text| Ok(serde_json::from_str(&text)?)).transpose()
    }

    /// The tag of the catalog that is kept.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn catalog_tag(&self) -> Result<Option<String>, ReplicaError> {
        read(&self.lock(), TAG)
    }

    /// Keeps a catalog in the place of the one before.
    ///
    /// # Errors
    /// [`ReplicaError`]; then the one before is kept.
    pub fn put_catalog(&self, tag: &str, catalog: &Catalog) -> Result<(), ReplicaError> {
        let text = serde_json::to_string(catalog)?;
        self.transaction(|change| {
            for (name, value) in [(CATALOG, text.as_str()), (TAG, tag)] {
                change.execute(
                    "INSERT INTO meta (name, value) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    params![name, value],
                )?;
            }
            Ok(())
        })
    }
}
