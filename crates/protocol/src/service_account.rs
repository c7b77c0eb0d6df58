//! Service accounts (P11): members that are no person.

use domain::clock::Timestamp;
use domain::id::{AccountId, ServiceAccountId};
use domain::name::{Description, ServiceAccountName};
use domain::role::Role;
use serde::{Deserialize, Serialize};

use crate::key::KeyView;

/// A service account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceAccountView {
    /// The service account.
    pub id: ServiceAccountId,
    /// Its name; no other service account of the organization has it.
    pub name: ServiceAccountName,
    /// What it is for.
    pub description: Description,
    /// As what its tokens act.
    pub role: Role,
    /// Moves with every edit.
    pub version: i64,
    /// Since when.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: AccountId,
    /// Since when it is disabled: its tokens are suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
}

/// All service accounts of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceAccountsView {
    /// The service accounts, by their names.
    pub service_accounts: Vec<ServiceAccountView>,
}

/// Makes a service account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateServiceAccountRequest {
    /// The name; no other service account has it.
    pub name: ServiceAccountName,
    /// What it is for; may be empty.
    pub description: Description,
    /// As what its tokens act: `editor` or `viewer`.
    pub role: Role,
}

/// Edits a service account. A field that is left out stays as it is; at least one has to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EditServiceAccountRequest {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ServiceAccountName>,
    /// What it is for; may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// As what its tokens act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

impl EditServiceAccountRequest {
    /// Whether nothing is asked for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_none() && self.description.is_none() && self.role.is_none()
    }
}

/// A service account that was removed, and the tokens that were revoked with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemovedServiceAccount {
    /// As it was.
    pub service_account: ServiceAccountView,
    /// Its tokens, revoked.
    pub revoked: Vec<KeyView>,
}
