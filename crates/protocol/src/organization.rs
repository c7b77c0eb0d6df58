//! An organization, as its members see it.

use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::{AccountId, MemberId, OrganizationId};
use domain::name::{DisplayName, OrganizationName};
use domain::policy::TokenPolicy;
use domain::role::Role;
use serde::{Deserialize, Serialize};

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrganizationView {
    /// The organization.
    pub id: OrganizationId,
    /// Its name.
    pub name: OrganizationName,
    /// Moves with every edit.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who may have personal tokens made (K11).
    #[serde(default)]
    pub token_policy: TokenPolicy,
}

/// A member of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberView {
    /// The membership.
    pub id: MemberId,
    /// Who.
    pub account_id: AccountId,
    /// How the person is shown.
    pub display_name: DisplayName,
    /// The address.
    pub email: EmailAddress,
    /// The role.
    pub role: Role,
    /// Moves with every edit.
    pub version: i64,
    /// Since when.
    pub created_at: Timestamp,
}
