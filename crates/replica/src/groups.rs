//! Groups and service accounts (P11).

use domain::id::ServiceAccountId;
use domain::principal::Principal;
use protocol::group::GroupView;
use protocol::organization::MemberView;
use protocol::service_account::ServiceAccountView;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;

use crate::{Change, Replica, ReplicaError, key};

pub(crate) fn put_group(connection: &Connection, view: &GroupView) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO member_group (id, view) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET view = excluded.view",
        params![view.id.to_string(), serde_json::to_string(view)?],
    )?;
    Ok(())
}

/// Writes a service account; its tokens are found by the name it has since.
pub(crate) fn put_service_account(
    change: &Change<'_>,
    view: &ServiceAccountView,
) -> Result<(), ReplicaError> {
    change.execute(
        "INSERT INTO service_account (id, view) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET view = excluded.view",
        params![view.id.to_string(), serde_json::to_string(view)?],
    )?;
    let owner = Principal::ServiceAccount(view.id).to_string();
    let tokens: Vec<String> = change
        .prepare_cached("SELECT id FROM key WHERE owner = ?1")?
        .query_map([owner], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in tokens.iter().filter_map(|id| id.parse().ok()) {
        key::show_anew(change, id)?;
    }
    Ok(())
}

/// The view in the row with this id.
pub(crate) fn one<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    id: &str,
) -> Result<Option<T>, ReplicaError> {
    let view: Option<String> = connection
        .prepare_cached(sql)?
        .query_row([id], |row| row.get(0))
        .optional()?;
    view.map(|view| Ok(serde_json::from_str(&view)?)).transpose()
}

/// The views in all rows.
pub(crate) fn all<T: DeserializeOwned>(connection: &Connection, sql: &str) -> Result<Vec<T>, ReplicaError> {
    let mut found = connection.prepare_cached(sql)?;
    let views: Vec<String> = found.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    views.iter().map(|view| Ok(serde_json::from_str(view)?)).collect()
}

pub(crate) const MEMBER: &str = "SELECT view FROM member WHERE id = ?1";
pub(crate) const SERVICE_ACCOUNT: &str = "SELECT view FROM service_account WHERE id = ?1";

/// How the owner of a token is shown; `None` when they are not known here any more.
pub(crate) fn owner_name(connection: &Connection, owner: Principal) -> Result<Option<String>, ReplicaError> {
    let id = owner.to_string();
    Ok(match owner {
        Principal::Member(_) => {
            one::<MemberView>(connection, MEMBER, &id)?.map(|member| member.display_name.to_string())
        }
        Principal::ServiceAccount(_) => one::<ServiceAccountView>(connection, SERVICE_ACCOUNT, &id)?
            .map(|account| account.name.to_string()),
    })
}

impl Replica {
    /// All groups, by their names.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn groups(&self) -> Result<Vec<GroupView>, ReplicaError> {
        let mut groups: Vec<GroupView> = all(&self.lock(), "SELECT view FROM member_group")?;
        groups.sort_by_cached_key(|group| (group.name.as_str().to_lowercase(), group.id));
        Ok(groups)
    }

    /// All service accounts, by their names.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn service_accounts(&self) -> Result<Vec<ServiceAccountView>, ReplicaError> {
        let mut accounts: Vec<ServiceAccountView> = all(&self.lock(), "SELECT view FROM service_account")?;
        accounts.sort_by_cached_key(|account| (account.name.as_str().to_lowercase(), account.id));
        Ok(accounts)
    }

    /// One service account.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn service_account(&self, id: ServiceAccountId) -> Result<Option<ServiceAccountView>, ReplicaError> {
        one(&self.lock(), SERVICE_ACCOUNT, &id.to_string())
    }

    /// How many tokens of an owner are here that are not revoked.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn count_tokens(&self, owner: Principal) -> Result<u32, ReplicaError> {
        Ok(self.lock().query_row(
            "SELECT count(*) FROM key WHERE owner = ?1 AND revoked_at IS NULL",
            [owner.to_string()],
            |row| row.get(0),
        )?)
    }
}
