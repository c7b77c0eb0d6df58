//! Whether a secret is good (K14): the one request that carries one.

use crypto::secret::{Secret, serialize_exposed};
use domain::clock::Timestamp;
use domain::id::{AccountId, KeyId, MemberId, OrganizationId, SecretId, ServiceAccountId};
use domain::key::KeyKind;
use domain::role::Role;
use serde::{Deserialize, Serialize};

/// Asks whether a secret is good.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The whole secret, as the caller of your service sent it.
    #[serde(serialize_with = "serialize_exposed")]
    pub secret: Secret,
}

/// The answer. It is 200 whether or not the secret is good: the question was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyView {
    /// Whether requests with this secret are to be let through.
    pub valid: bool,
    /// Why not. `unknown` covers everything the caller may learn nothing about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<VerifyRefusal>,
    /// Whose it is; only when `valid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<VerifiedKey>,
    /// How many more requests of a key with a limit may go on at once; also in the header `x-keystead-remaining`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u32>,
    /// Seconds until another request may go on; only when `rate_limited`, and also in the header `retry-after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
}

/// Why a secret is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VerifyRefusal {
    /// No secret of a key: wrong form or checksum, nor one that was imported. Never looked up.
    Malformed,
    /// No key has it.
    Unknown,
    /// Its key's time is over.
    Expired,
    /// Its key was revoked.
    Revoked,
    /// Its key is paused; it may be let in again later.
    Paused,
    /// It is a personal token that is suspended: by the token policy, because its service account is disabled, or because
    /// the role of its owner holds none. It may be let in again later.
    Suspended,
    /// Another secret of its key took its place.
    Retired,
    /// Its key made more requests than its limit lets it; the secret itself is good.
    RateLimited,
}

impl VerifyRefusal {
    /// The name used on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Paused => "paused",
            Self::Suspended => "suspended",
            Self::Retired => "retired",
            Self::RateLimited => "rate_limited",
        }
    }

    /// What it means, for whoever sent the secret.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Malformed => "this is no secret of a key: it is cut, or mistyped",
            Self::Unknown => "no key has this secret",
            Self::Expired => "the key of this secret has expired",
            Self::Revoked => "the key of this secret is revoked",
            Self::Paused => "the key of this secret is paused",
            Self::Suspended => "this personal token is suspended; it may come back",
            Self::Retired => "another secret of its key took the place of this one",
            Self::RateLimited => "the key of this secret made more requests than its limit lets it",
        }
    }
}

/// The key behind a good secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifiedKey {
    /// The key.
    pub id: KeyId,
    /// Which of its secrets.
    pub secret_id: SecretId,
    /// The kind.
    pub kind: KeyKind,
    /// The name.
    pub name: String,
    /// Whose.
    pub organization_id: OrganizationId,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Whose it is, where it is a personal token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<VerifiedOwner>,
}

/// Whose a personal token is, and as what it acts: what a request with it may do follows from the role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum VerifiedOwner {
    /// A member's.
    Member {
        /// The membership.
        id: MemberId,
        /// The account.
        account_id: AccountId,
        /// The role now.
        role: Role,
    },
    /// A service account's.
    ServiceAccount {
        /// The service account.
        id: ServiceAccountId,
        /// The role now.
        role: Role,
    },
}

impl VerifiedOwner {
    /// As what it acts.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Member { role, .. } | Self::ServiceAccount { role, .. } => *role,
        }
    }

    /// Its id as text.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Member { id, .. } => id.to_string(),
            Self::ServiceAccount { id, .. } => id.to_string(),
        }
    }
}
