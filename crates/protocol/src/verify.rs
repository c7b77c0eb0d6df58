//! Whether a secret is good (K14): the one request that carries one.

use std::collections::BTreeMap;

use crypto::secret::{Secret, serialize_exposed};
use domain::clock::Timestamp;
use domain::grant::KeyGrant;
use domain::id::{KeyId, OrganizationId, SecretId};
use domain::key::KeyKind;
use domain::money::Money;
use serde::{Deserialize, Serialize};

/// Asks whether a secret is good.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The whole secret, as the caller of your service sent it.
    #[serde(serialize_with = "serialize_exposed")]
    pub secret: Secret,
    /// The service the request calls: then only a service key is good that may call it, and what the request costs is
    /// charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The model of that service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What the request says, by the names of the model's parameters; what is left out has its default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, u32>,
    /// Your own id of the request, 1 to 100 visible characters of ASCII: asked again with it, the request is charged once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub charge_id: Option<String>,
}

impl VerifyRequest {
    /// Whether a secret is good, whatever the request calls.
    #[must_use]
    pub const fn of(secret: Secret) -> Self {
        Self {
            secret,
            service: None,
            model: None,
            parameters: BTreeMap::new(),
            charge_id: None,
        }
    }
}

/// The answer. It is 200 whether or not the secret is good: the question was answered. Where the wallet can't pay, the same
/// answer comes with 402.
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
    /// What the request costs; when it is paid for by a wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// The refusal in words, where the reason alone does not say what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
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
    /// Another secret of its key took its place.
    Retired,
    /// Its key made more requests than its limit lets it; the secret itself is good.
    RateLimited,
    /// The server offers no such service.
    UnknownService,
    /// The service has no such model, or none was named where one has to be.
    UnknownModel,
    /// The model takes no such parameters.
    InvalidParameters,
    /// The key may not call this service, or this model.
    NotGranted,
    /// The key pays for this service by a job plan, and the organization has none for it.
    NoSubscription,
    /// The wallet can't pay for the request.
    InsufficientCredit,
    /// The `charge_id` was used for another request of this key.
    ChargeIdReused,
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
            Self::Retired => "retired",
            Self::RateLimited => "rate_limited",
            Self::UnknownService => "unknown_service",
            Self::UnknownModel => "unknown_model",
            Self::InvalidParameters => "invalid_parameters",
            Self::NotGranted => "not_granted",
            Self::NoSubscription => "no_subscription",
            Self::InsufficientCredit => "insufficient_credit",
            Self::ChargeIdReused => "charge_id_reused",
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
            Self::Retired => "another secret of its key took the place of this one",
            Self::RateLimited => "the key of this secret made more requests than its limit lets it",
            Self::UnknownService => "this server offers no such service",
            Self::UnknownModel => "the service has no such model; name one of its models",
            Self::InvalidParameters => "the model takes no such parameters",
            Self::NotGranted => "the key of this secret may not call this service",
            Self::NoSubscription => "the organization has no job plan for this service",
            Self::InsufficientCredit => "the wallet that pays for this key has too little credit",
            Self::ChargeIdReused => "this charge id was used for another request of the key",
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
    /// The services it may call, where it is a paid service key. The free service key may call every free service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<KeyGrant>,
}
