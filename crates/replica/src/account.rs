//! The account: who signed in, where they belong, and their sessions.

use domain::id::OrganizationId;
use protocol::account::{MembershipView, ProfileView, SessionView};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{Replica, ReplicaError};

pub(crate) fn put_profile(connection: &Connection, view: &ProfileView) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO profile (id, view) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET view = excluded.view",
        params![view.id.to_string(), serde_json::to_string(view)?],
    )?;
    Ok(())
}

pub(crate) fn put_membership(connection: &Connection, view: &MembershipView) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO membership (id, organization_id, view) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET organization_id = excluded.organization_id, view = excluded.view",
        params![
            view.id.to_string(),
            view.organization_id.to_string(),
            serde_json::to_string(view)?
        ],
    )?;
    Ok(())
}

pub(crate) fn put_session(connection: &Connection, view: &SessionView) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO session (id, view) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET view = excluded.view",
        params![view.id.to_string(), serde_json::to_string(view)?],
    )?;
    Ok(())
}

impl Replica {
    /// Who signed in, once it was pulled.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn profile(&self) -> Result<Option<ProfileView>, ReplicaError> {
        let view: Option<String> = self
            .lock()
            .query_row("SELECT view FROM profile", [], |row| row.get(0))
            .optional()?;
        view.map(|view| Ok(serde_json::from_str(&view)?)).transpose()
    }

    /// The account's place in an organization, once it was pulled.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn membership(&self, organization: OrganizationId) -> Result<Option<MembershipView>, ReplicaError> {
        let view: Option<String> = self
            .lock()
            .query_row(
                "SELECT view FROM membership WHERE organization_id = ?1",
                [organization.to_string()],
                |row| row.get(0),
            )
            .optional()?;
        view.map(|view| Ok(serde_json::from_str(&view)?)).transpose()
    }

    /// Where the account belongs, the oldest first.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn memberships(&self) -> Result<Vec<MembershipView>, ReplicaError> {
        let connection = self.lock();
        let mut found = connection.prepare_cached("SELECT view FROM membership ORDER BY id")?;
        let views: Vec<String> = found.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        views.iter().map(|view| Ok(serde_json::from_str(view)?)).collect()
    }

    /// The account's sessions that have not been ended, oldest first.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn sessions(&self) -> Result<Vec<SessionView>, ReplicaError> {
        let connection = self.lock();
        let mut found = connection.prepare_cached("SELECT view FROM session ORDER BY id")?;
        let views: Vec<String> = found.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        views.iter().map(|view| Ok(serde_json::from_str(view)?)).collect()
    }
}
