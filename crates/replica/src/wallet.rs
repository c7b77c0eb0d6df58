//! Wallets, and the credit that is in none.

use protocol::wallet::WalletView;
use rusqlite::{Connection, params};

use crate::{Replica, ReplicaError};

pub(crate) fn put(connection: &Connection, view: &WalletView) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO wallet (id, view) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET view = excluded.view",
        params![view.id.to_string(), serde_json::to_string(view)?],
    )?;
    Ok(())
}

impl Replica {
    /// All wallets, as far as this account sees them: first the credit that is in none, then the others, the oldest first.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn wallets(&self) -> Result<Vec<WalletView>, ReplicaError> {
        let views: Vec<String> = self
            .lock()
            .prepare_cached("SELECT view FROM wallet")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut wallets = views
            .iter()
            .map(|view| Ok(serde_json::from_str(view)?))
            .collect::<Result<Vec<WalletView>, ReplicaError>>()?;
        wallets.sort_by_key(|wallet| (!wallet.unassigned, wallet.created_at, wallet.id));
        Ok(wallets)
    }
}
