//! Personal tokens: whose they are, and who may make or touch them (K1, K11). The same rules as the server's, asked of the
//! copy, so that they answer offline too.

use domain::id::{GroupId, MemberId};
use domain::policy::{Holder, TokenPolicy, may_create};
use domain::principal::Principal;
use domain::role::require_on;
use domain::token::{Touch, Whose, may_touch};
use protocol::key::KeyView;

use crate::error::DeskError;
use crate::open::OpenConnection;

/// A version, as screens take it: they know no larger numbers.
pub(crate) fn small(version: i64) -> u32 {
    u32::try_from(version).unwrap_or(u32::MAX)
}

/// How an owner is shown; those who are gone have no name here any more.
pub(crate) fn owner_shown(owner: Principal, name: Option<&str>) -> String {
    match (name, owner) {
        (Some(name), _) => name.to_owned(),
        (None, Principal::Member(_)) => "a former member".to_owned(),
        (None, Principal::ServiceAccount(_)) => "a removed service account".to_owned(),
    }
}

impl OpenConnection {
    /// Whoever is signed in, as a member.
    pub(crate) fn me(&self) -> Result<Option<MemberId>, DeskError> {
        let member = self.replica.member_of(self.record().account_id)?;
        Ok(member.map(|member| member.id))
    }

    /// Whether something may be done to a key.
    pub(crate) fn may_touch(&self, view: &KeyView, touch: Touch) -> Result<(), DeskError> {
        let role = self.record().role;
        let Some(owner) = view.owner else {
            let assigned = self.me()?.is_some_and(|me| view.people.contains(&me));
            return Ok(require_on(role, touch.of_shared(), assigned)?);
        };
        let whose = match (self.me()?, owner) {
            (Some(me), owner) => owner.seen_by(me),
            (None, Principal::Member(_)) => Whose::Anothers,
            (None, Principal::ServiceAccount(_)) => Whose::ServiceAccounts,
        };
        Ok(may_touch(role, whose, touch)?)
    }

    /// The organization's policy, as far as the copy goes.
    pub(crate) fn token_policy(&self) -> Result<TokenPolicy, DeskError> {
        let organization = self.replica.organization()?;
        Ok(organization.map_or(TokenPolicy::All, |organization| organization.token_policy))
    }

    /// The groups somebody is in.
    pub(crate) fn groups_of(&self, owner: Principal) -> Result<Vec<GroupId>, DeskError> {
        let groups = self.replica.groups()?;
        Ok(groups
            .into_iter()
            .filter(|group| group.has(owner))
            .map(|group| group.id)
            .collect())
    }

    /// Whether a token may be made for somebody; for oneself if nobody is named. Answers whose it is to be.
    pub(crate) fn owner_of_new(&self, asked: Option<Principal>) -> Result<Principal, DeskError> {
        let role = self.record().role;
        let me = self
            .me()?
            .map(Principal::Member)
            .ok_or_else(|| DeskError::Refused("you are not a member here any more".to_owned()))?;
        let owner = asked.unwrap_or(me);
        let holder = match owner {
            owner if owner == me => Holder::Member { role },
            Principal::Member(_) => {
                return Err(DeskError::input(
                    "owner",
                    "members make their own personal tokens; choose yourself or a service account",
                ));
            }
            Principal::ServiceAccount(id) => {
                let account = self.replica.service_account(id)?.ok_or_else(|| {
                    DeskError::input(
                        "owner",
                        "there is no such service account any more; choose another",
                    )
                })?;
                Holder::ServiceAccount {
                    enabled: account.disabled_at.is_none(),
                }
            }
        };
        may_create(role, &self.token_policy()?, holder, &self.groups_of(owner)?)?;
        Ok(owner)
    }

    /// The names of groups.
    pub(crate) fn group_names(&self, ids: &[GroupId]) -> Result<Vec<String>, DeskError> {
        let groups = self.replica.groups()?;
        Ok(groups
            .into_iter()
            .filter(|group| ids.contains(&group.id))
            .map(|group| group.name.to_string())
            .collect())
    }
}
