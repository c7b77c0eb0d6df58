//! Groups (P11): named sets of members and service accounts.

use domain::clock::Timestamp;
use domain::id::{AccountId, GroupId, MemberId, ServiceAccountId};
use domain::name::{Description, GroupName};
use domain::principal::Principal;
use serde::{Deserialize, Serialize};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupView {
    /// The group.
    pub id: GroupId,
    /// Its name; no other group of the organization has it.
    pub name: GroupName,
    /// What it is for.
    pub description: Description,
    /// The members in it.
    pub members: Vec<MemberId>,
    /// The service accounts in it.
    pub service_accounts: Vec<ServiceAccountId>,
    /// Moves with every edit.
    pub version: i64,
    /// Since when.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: AccountId,
}

impl GroupView {
    /// Whether a member or a service account is in it.
    #[must_use]
    pub fn has(&self, who: Principal) -> bool {
        match who {
            Principal::Member(id) => self.members.contains(&id),
            Principal::ServiceAccount(id) => self.service_accounts.contains(&id),
        }
    }
}

/// All groups of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupsView {
    /// The groups, by their names.
    pub groups: Vec<GroupView>,
}

/// Makes a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateGroupRequest {
    /// The name; no other group has it.
    pub name: GroupName,
    /// What it is for; may be empty.
    pub description: Description,
    /// Who is in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberId>,
    /// Which service accounts are in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_accounts: Vec<ServiceAccountId>,
}

/// Edits a group. A field that is left out stays as it is; at least one has to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EditGroupRequest {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<GroupName>,
    /// What it is for; may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Who is in it, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<MemberId>>,
    /// Which service accounts are in it, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_accounts: Option<Vec<ServiceAccountId>>,
}

impl EditGroupRequest {
    /// Whether nothing is asked for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.description.is_none()
            && self.members.is_none()
            && self.service_accounts.is_none()
    }
}
