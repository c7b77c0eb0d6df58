//! The token creation policy (K11).

use domain::clock::Timestamp;
use domain::id::KeyId;
use domain::policy::TokenPolicy;
use domain::principal::Principal;
use serde::{Deserialize, Serialize};

/// The policy of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenPolicyView {
    /// Who may have personal tokens made.
    pub policy: TokenPolicy,
    /// The organization's version, for `If-Match`.
    pub version: i64,
}

/// A policy that is to be, or might.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenPolicyRequest {
    /// Who may have personal tokens made.
    pub policy: TokenPolicy,
}

/// What a policy would do, were it set now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenPolicyEffect {
    /// The policy that would be.
    pub policy: TokenPolicy,
    /// The organization's version this was worked out over.
    pub version: i64,
    /// The tokens that work now and would not, the one used last first.
    pub stops: Vec<AffectedToken>,
    /// The tokens that do not work now and would, likewise.
    pub returns: Vec<AffectedToken>,
    /// Who could have tokens made now, and could not.
    pub lose_creation: Vec<Principal>,
    /// Who could not, and could.
    pub gain_creation: Vec<Principal>,
}

/// A token that a policy stops, or brings back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AffectedToken {
    /// The token.
    pub key_id: KeyId,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner: Principal,
    /// How they are shown.
    pub owner_name: String,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_used_from: Option<String>,
    /// How often it was used.
    pub use_count: i64,
}
