//! The token creation policy (K11): read from the copy; tried and changed at the server, whose list of tokens is the one that
//! counts.

use std::sync::Arc;

use domain::key::{KeyKind, KeyState};
use domain::policy::TokenPolicy;
use domain::principal::Principal;
use domain::role::{Action, grant, require};
use protocol::policy::{AffectedToken, TokenPolicyRequest};
use replica::KeyQuery;

use crate::error::DeskError;
use crate::open::OpenConnection;
use crate::people::rule;
use crate::there::at_server;
use crate::tokens::{owner_shown, small};
use crate::view::{
    AffectedTokenRow, GroupWithCount, NamedOwner, OwnerChoice, TokenPolicyDraft, TokenPolicyEffectView,
    TokenPolicyScreen,
};
use crate::{Desk, blocking};

impl Desk {
    /// The policy, what can be chosen, and for whom tokens can be made; from the copy.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn token_policy(self: &Arc<Self>) -> Result<TokenPolicyScreen, DeskError> {
        let open = self.current()?;
        let now = self.now();
        blocking(move || {
            let organization = open.replica.organization()?;
            let query = KeyQuery {
                kinds: vec![KeyKind::Personal],
                states: KeyState::ALL
                    .into_iter()
                    .filter(|state| *state != KeyState::Revoked)
                    .collect(),
                ..KeyQuery::by_name(1)
            };
            Ok(TokenPolicyScreen {
                policy: open.token_policy()?,
                version: organization.map_or(0, |organization| small(organization.version)),
                groups: open
                    .replica
                    .groups()?
                    .into_iter()
                    .map(|group| GroupWithCount {
                        id: group.id,
                        name: group.name.to_string(),
                        count: u32::try_from(group.members.len() + group.service_accounts.len())
                            .unwrap_or(u32::MAX),
                    })
                    .collect(),
                tokens: open.replica.keys(&query, now)?.1,
                manage: rule(require(open.record().role, Action::ManagePolicy)),
                owners: open.owner_choices()?,
            })
        })
        .await
    }

    /// What another policy would do: exactly which tokens would stop, with their last use. Asked of the server.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a role that may not; the server is away.
    pub async fn preview_token_policy(
        self: &Arc<Self>,
        draft: TokenPolicyDraft,
    ) -> Result<TokenPolicyEffectView, DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManagePolicy)?;
        let request = TokenPolicyRequest {
            policy: wanted(draft)?,
        };
        let effect = there
            .session
            .preview_token_policy(there.organization, &request)
            .await
            .map_err(at_server)?;
        let everybody = there.open.everybody()?;
        let names =
            |owners: Vec<Principal>| owners.into_iter().map(|owner| name(&everybody, owner)).collect();
        Ok(TokenPolicyEffectView {
            version: small(effect.version),
            stops: effect.stops.into_iter().map(affected).collect(),
            returns: effect.returns.into_iter().map(affected).collect(),
            lose_creation: names(effect.lose_creation),
            gain_creation: names(effect.gain_creation),
        })
    }

    /// Changes the policy, over the version a dry run or the screen showed.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a role that may not, or when the organization was changed since; the server is away.
    pub async fn set_token_policy(
        self: &Arc<Self>,
        draft: TokenPolicyDraft,
        version: u32,
    ) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManagePolicy)?;
        let request = TokenPolicyRequest {
            policy: wanted(draft)?,
        };
        there
            .session
            .set_token_policy(there.organization, there.operation, i64::from(version), &request)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }
}

fn wanted(draft: TokenPolicyDraft) -> Result<TokenPolicy, DeskError> {
    let policy = TokenPolicy::from(draft);
    if matches!(&policy, TokenPolicy::Groups { groups } if groups.is_empty()) {
        return Err(DeskError::input(
            "groups",
            "choose one group at least; to let nobody have personal tokens, choose nobody",
        ));
    }
    Ok(policy)
}

fn name(everybody: &[NamedOwner], owner: Principal) -> String {
    let known = everybody.iter().find(|known| known.owner == owner);
    owner_shown(owner, known.map(|known| known.name.as_str()))
}

fn affected(token: AffectedToken) -> AffectedTokenRow {
    AffectedTokenRow {
        key_id: token.key_id,
        name: token.name,
        owner_name: token.owner_name,
        last_used_at: token.last_used_at,
        last_used_from: token.last_used_from,
    }
}

impl OpenConnection {
    /// For whom tokens can be made by whoever is signed in: themselves, and by those who manage keys service accounts.
    fn owner_choices(&self) -> Result<Vec<OwnerChoice>, DeskError> {
        let record = self.record();
        let mut choices = Vec::new();
        if let Some(me) = self.me()? {
            choices.push(OwnerChoice {
                owner: Principal::Member(me),
                name: record.account_name.clone(),
                is_you: true,
                rule: rule(self.owner_of_new(None).map(drop)),
            });
        }
        if grant(record.role, Action::ManageKeys).is_full() {
            for account in self.replica.service_accounts()? {
                let owner = Principal::ServiceAccount(account.id);
                choices.push(OwnerChoice {
                    owner,
                    name: account.name.to_string(),
                    is_you: false,
                    rule: rule(self.owner_of_new(Some(owner)).map(drop)),
                });
            }
        }
        Ok(choices)
    }
}
