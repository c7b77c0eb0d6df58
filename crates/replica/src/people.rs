//! The organization, its members, and who is invited.

use domain::id::{AccountId, MemberId};
use protocol::invitation::InvitationView;
use protocol::organization::{MemberView, OrganizationView};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{Replica, ReplicaError};

pub(crate) fn put_organization(connection: &Connection, view: &OrganizationView) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO organization (id, view) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET view = excluded.view",
        params![view.id.to_string(), serde_json::to_string(view)?],
    )?;
    Ok(())
}

pub(crate) fn put_member(connection: &Connection, view: &MemberView) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO member (id, account_id, view) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET account_id = excluded.account_id, view = excluded.view",
        params![
            view.id.to_string(),
            view.account_id.to_string(),
            serde_json::to_string(view)?
        ],
    )?;
    Ok(())
}

pub(crate) fn put_invitation(connection: &Connection, view: &InvitationView) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO invitation (id, view) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET view = excluded.view",
        params![view.id.to_string(), serde_json::to_string(view)?],
    )?;
    Ok(())
}

/// How the person behind an account is shown, if they are known here.
pub(crate) fn display_name(
    connection: &Connection,
    account: AccountId,
) -> Result<Option<String>, ReplicaError> {
    let view: Option<String> = connection
        .query_row(
            "SELECT view FROM member WHERE account_id = ?1",
            [account.to_string()],
            |row| row.get(0),
        )
        .optional()?;
    view.map(|view| {
        Ok(serde_json::from_str::<MemberView>(&view)?
            .display_name
            .to_string())
    })
    .transpose()
}

impl Replica {
    /// The organization, once it was pulled.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn organization(&self) -> Result<Option<OrganizationView>, ReplicaError> {
        let view: Option<String> = self
            .lock()
            .query_row("SELECT view FROM organization", [], |row| row.get(0))
            .optional()?;
        view.map(|view| Ok(serde_json::from_str(&view)?)).transpose()
    }

    /// All members, in the order in which they came.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn members(&self) -> Result<Vec<MemberView>, ReplicaError> {
        let connection = self.lock();
        let mut found = connection.prepare_cached("SELECT view FROM member ORDER BY id")?;
        let views: Vec<String> = found.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        views.iter().map(|view| Ok(serde_json::from_str(view)?)).collect()
    }

    /// All invitations, as far as this account sees them, the newest first.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn invitations(&self) -> Result<Vec<InvitationView>, ReplicaError> {
        let connection = self.lock();
        let mut found = connection.prepare_cached("SELECT view FROM invitation ORDER BY id DESC")?;
        let views: Vec<String> = found.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        views.iter().map(|view| Ok(serde_json::from_str(view)?)).collect()
    }

    /// A member.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn member(&self, id: MemberId) -> Result<Option<MemberView>, ReplicaError> {
        let view: Option<String> = self
            .lock()
            .query_row("SELECT view FROM member WHERE id = ?1", [id.to_string()], |row| {
                row.get(0)
            })
            .optional()?;
        view.map(|view| Ok(serde_json::from_str(&view)?)).transpose()
    }

    /// The member behind an account.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn member_of(&self, account: AccountId) -> Result<Option<MemberView>, ReplicaError> {
        let view: Option<String> = self
            .lock()
            .query_row(
                "SELECT view FROM member WHERE account_id = ?1",
                [account.to_string()],
                |row| row.get(0),
            )
            .optional()?;
        view.map(|view| Ok(serde_json::from_str(&view)?)).transpose()
    }
}
