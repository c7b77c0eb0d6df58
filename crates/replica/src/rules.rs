//! What suspends personal tokens, as far as the copy goes (K11): computed from the organization, its members and its service
//! accounts each time they change, and kept with no key.

use std::collections::HashSet;

use domain::key::KeyKind;
use domain::policy::{Holder, Suspension, suspension};
use domain::principal::Principal;
use domain::role::{Action, grant};
use protocol::key::KeyView;
use protocol::organization::{MemberView, OrganizationView};
use protocol::service_account::ServiceAccountView;
use rusqlite::Connection;

use crate::ReplicaError;
use crate::groups::{MEMBER, SERVICE_ACCOUNT, all, one};

/// Whose tokens are suspended.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    everybodys: bool,
    of: HashSet<Principal>,
}

fn policy_suspends(connection: &Connection) -> Result<bool, ReplicaError> {
    let found: Vec<OrganizationView> = all(connection, "SELECT view FROM organization")?;
    Ok(found
        .first()
        .is_some_and(|organization| organization.token_policy.suspends()))
}

impl Rules {
    pub(crate) fn read(connection: &Connection) -> Result<Self, ReplicaError> {
        let mut of = HashSet::new();
        for member in all::<MemberView>(connection, "SELECT view FROM member")? {
            if !grant(member.role, Action::OwnTokens).is_some() {
                of.insert(Principal::Member(member.id));
            }
        }
        for account in all::<ServiceAccountView>(connection, "SELECT view FROM service_account")? {
            if account.disabled_at.is_some() {
                of.insert(Principal::ServiceAccount(account.id));
            }
        }
        Ok(Self {
            everybodys: policy_suspends(connection)?,
            of,
        })
    }

    /// Whether a key of this kind and owner is suspended.
    pub(crate) fn suspend(&self, kind: KeyKind, owner: Option<Principal>) -> bool {
        kind == KeyKind::Personal && (self.everybodys || owner.is_some_and(|owner| self.of.contains(&owner)))
    }
}

/// What suspends one key.
pub(crate) fn suspension_of(
    connection: &Connection,
    view: &KeyView,
) -> Result<Option<Suspension>, ReplicaError> {
    if view.kind != KeyKind::Personal {
        return Ok(None);
    }
    let holder = match view.owner {
        Some(owner @ Principal::Member(_)) => one::<MemberView>(connection, MEMBER, &owner.to_string())?
            .map(|member| Holder::Member { role: member.role }),
        Some(owner @ Principal::ServiceAccount(_)) => {
            one::<ServiceAccountView>(connection, SERVICE_ACCOUNT, &owner.to_string())?.map(|account| {
                Holder::ServiceAccount {
                    enabled: account.disabled_at.is_none(),
                }
            })
        }
        None => None,
    };
    Ok(suspension(view.kind, policy_suspends(connection)?, holder))
}
