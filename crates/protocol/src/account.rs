//! Signing up, signing in, and who one is.

use crypto::secret::{Secret, serialize_exposed};
use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::{AccountId, MemberId, OrganizationId, SessionId};
use domain::name::{DisplayName, OrganizationName, Username};
use domain::role::Role;
use serde::{Deserialize, Serialize};

use crate::key::NewSecret;

/// Makes an account, its organization, and the organization's free service key (K2).
///
/// Ids are made by the caller, so the request can be repeated until an answer arrives.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignUpRequest {
    /// The address to sign in with.
    pub email: EmailAddress,
    /// Permanent.
    pub username: Username,
    /// How the person is shown.
    pub display_name: DisplayName,
    /// At least 10 characters.
    #[serde(serialize_with = "serialize_exposed")]
    pub password: Secret,
    /// The organization's name.
    pub organization_name: OrganizationName,
    /// The first secret of the free service key; kind `service`.
    pub free_key_secret: NewSecret,
}

/// Begins a session.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The address.
    pub email: EmailAddress,
    /// The password.
    #[serde(serialize_with = "serialize_exposed")]
    pub password: Secret,
}

/// A session that just began. The token is told this once; the server keeps its hash.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionStarted {
    /// The session.
    pub session_id: SessionId,
    /// `kss_…`, for the header `Authorization: Bearer kss_…`.
    #[serde(serialize_with = "serialize_exposed")]
    pub token: Secret,
    /// When it ends if it is not used before; each use moves it.
    pub expires_at: Timestamp,
    /// Who signed in, and where they belong.
    pub account: AccountView,
}

/// The signed-in account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountView {
    /// The account.
    pub id: AccountId,
    /// The address.
    pub email: EmailAddress,
    /// Permanent.
    pub username: Username,
    /// How the person is shown.
    pub display_name: DisplayName,
    /// Where the account belongs, oldest first.
    pub memberships: Vec<MembershipView>,
}

/// The account itself, as its own feed tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileView {
    /// The account.
    pub id: AccountId,
    /// The address.
    pub email: EmailAddress,
    /// Permanent.
    pub username: Username,
    /// How the person is shown.
    pub display_name: DisplayName,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An account's place in an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MembershipView {
    /// The membership.
    pub id: MemberId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// Its name.
    pub organization_name: OrganizationName,
    /// The role there.
    pub role: Role,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// Whose.
    pub account_id: AccountId,
    /// The program that signed in, as it named itself.
    pub client: String,
    /// From which address it was begun; none where that was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last seen, exact to a minute; in a feed, when it was last told of.
    pub last_seen_at: Timestamp,
    /// When it ends if it is not used before; each use moves it.
    pub expires_at: Timestamp,
}

/// An account's sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionsView {
    /// Those that have not ended, oldest first.
    pub sessions: Vec<SessionView>,
    /// The one that asks.
    pub current: SessionId,
}

/// Ends sessions of the caller's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EndSessionsRequest {
    /// Which one; without it, all but the one that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
}
