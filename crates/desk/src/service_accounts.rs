//! Service accounts (P11): listed from the copy, changed at the server alone, as members are.

use std::sync::Arc;

use domain::id::ServiceAccountId;
use domain::key::KeyState;
use domain::name::{Description, ServiceAccountName};
use domain::principal::Principal;
use domain::role::{Action, require};
use domain::service_account::{check_role, may_able};
use protocol::group::GroupView;
use protocol::service_account::{CreateServiceAccountRequest, EditServiceAccountRequest, ServiceAccountView};
use replica::{KeyQuery, KeyRecord, Sort, SortBy};

use crate::error::{DeskError, named};
use crate::keys::row;
use crate::open::OpenConnection;
use crate::people::rule;
use crate::there::at_server;
use crate::tokens::small;
use crate::view::{ServiceAccountDraft, ServiceAccountRemoval, ServiceAccountRow};
use crate::{Desk, blocking};

/// The most tokens of an owner that are listed.
const MOST_TOKENS: u32 = 1_000;

impl Desk {
    /// Makes a service account, or changes one over the version its author saw.
    ///
    /// # Errors
    /// [`DeskError`]: at the field that is the reason, for a role that may not, or the server is away.
    pub async fn save_service_account(self: &Arc<Self>, draft: ServiceAccountDraft) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManageMembers)?;
        let name = named("name", ServiceAccountName::parse(&draft.name))?;
        let description = named("description", Description::parse(&draft.description))?;
        check_role(draft.role)?;
        match draft.id {
            None => {
                let request = CreateServiceAccountRequest {
                    name,
                    description,
                    role: draft.role,
                };
                there
                    .session
                    .create_service_account(there.organization, there.operation, &request)
                    .await
            }
            Some(id) => {
                let request = EditServiceAccountRequest {
                    name: Some(name),
                    description: Some(description),
                    role: Some(draft.role),
                };
                let over = (id, i64::from(draft.version));
                there
                    .session
                    .edit_service_account(there.organization, there.operation, over, &request)
                    .await
            }
        }
        .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }

    /// Disables a service account, which suspends its tokens, or enables it again.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a role that may not, or when it is so already.
    pub async fn able_service_account(
        self: &Arc<Self>,
        id: ServiceAccountId,
        enabled: bool,
    ) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManageMembers)?;
        let account = there.open.service_account(id)?;
        may_able(account.disabled_at.is_none(), enabled)?;
        there
            .session
            .able_service_account(there.organization, there.operation, id, enabled)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }

    /// What the removal of a service account would revoke, with the last use of each.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when it is not there any more.
    pub async fn service_account_removal(
        self: &Arc<Self>,
        id: ServiceAccountId,
    ) -> Result<ServiceAccountRemoval, DeskError> {
        let open = self.current()?;
        let now = self.now();
        blocking(move || {
            let account = open.service_account(id)?;
            let tokens = open.tokens_of(Principal::ServiceAccount(id), now)?;
            Ok(ServiceAccountRemoval {
                name: account.name.to_string(),
                tokens: tokens.iter().map(|record| row(record, now)).collect(),
            })
        })
        .await
    }

    /// Removes a service account; its tokens are revoked.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a role that may not.
    pub async fn remove_service_account(self: &Arc<Self>, id: ServiceAccountId) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManageMembers)?;
        there
            .session
            .remove_service_account(there.organization, there.operation, id)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }
}

impl OpenConnection {
    fn service_account(&self, id: ServiceAccountId) -> Result<ServiceAccountView, DeskError> {
        self.replica
            .service_account(id)?
            .ok_or_else(|| DeskError::NotFound("there is no such service account any more".to_owned()))
    }

    /// The tokens of an owner that are not revoked, the one used last first.
    pub(crate) fn tokens_of(
        &self,
        owner: Principal,
        now: domain::clock::Timestamp,
    ) -> Result<Vec<KeyRecord>, DeskError> {
        let query = KeyQuery {
            owner: Some(owner),
            states: KeyState::ALL
                .into_iter()
                .filter(|state| *state != KeyState::Revoked)
                .collect(),
            sort: Sort {
                by: SortBy::LastUsed,
                descending: true,
            },
            ..KeyQuery::by_name(MOST_TOKENS)
        };
        Ok(self.replica.keys(&query, now)?.0)
    }

    pub(crate) fn service_account_rows(
        &self,
        groups: &[GroupView],
    ) -> Result<Vec<ServiceAccountRow>, DeskError> {
        let mut rows = Vec::new();
        for account in self.replica.service_accounts()? {
            let owner = Principal::ServiceAccount(account.id);
            rows.push(ServiceAccountRow {
                id: account.id,
                name: account.name.to_string(),
                description: account.description.to_string(),
                role: account.role,
                version: small(account.version),
                since: account.created_at,
                disabled_at: account.disabled_at,
                tokens: self.replica.count_tokens(owner)?,
                groups: groups
                    .iter()
                    .filter(|group| group.has(owner))
                    .map(|group| group.name.to_string())
                    .collect(),
                make_token: rule(self.owner_of_new(Some(owner)).map(drop)),
            });
        }
        Ok(rows)
    }
}
