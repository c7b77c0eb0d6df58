//! Whether a secret is good (K14): the one request that carries one.

use std::collections::BTreeMap;

use crypto::secret::{Secret, serialize_exposed};
use domain::clock::Timestamp;
use domain::grant::KeyGrant;
use domain::id::{AccountId, IssuerId, KeyId, MemberId, OrganizationId, SecretId, ServiceAccountId};
use domain::issuer::{IssuerUrl, Subject, TokenProblem};
use domain::key::KeyKind;
use domain::money::Money;
use domain::principal::Principal;
use domain::role::Role;
use serde::{Deserialize, Serialize};

/// Asks whether a secret is good.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The whole secret, or the whole token (JWT) of an issuer, as the caller of your service sent it.
    #[serde(serialize_with = "serialize_exposed")]
    pub secret: Secret,
    /// Whose it has to be; a good one of another organization is then `unknown`. Needed for tokens of an issuer that
    /// several organizations have registered for the same audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
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
            organization_id: None,
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
    /// Whose it is; only when `valid`, and a secret of a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<VerifiedKey>,
    /// Whom it stands for; only when `valid`, and a token of an issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<VerifiedToken>,
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
    /// No secret of a key: wrong form or checksum, nor one that was imported; and no token (JWT) that can be read. Never
    /// looked up.
    Malformed,
    /// No key has it.
    Unknown,
    /// Its key's time is over, or the token's own.
    Expired,
    /// Its key was revoked.
    Revoked,
    /// Its key is paused; it may be let in again later.
    Paused,
    /// It is a personal token that is suspended: by the token policy, because its service account is disabled, or because
    /// the role of its owner holds none. Or a token of an issuer that stands for a service account which is disabled. It may
    /// be let in again later.
    Suspended,
    /// Another secret of its key took its place.
    Retired,
    /// Its key made more requests than its limit lets it; the secret itself is good.
    RateLimited,
    /// A token whose issuer and audience are registered nowhere here.
    UnknownIssuer,
    /// A token that is not its issuer's, or that asks for what is not understood here: signature, algorithm, key, header.
    Untrusted,
    /// A token whose time has not begun.
    NotYet,
    /// A good token of an issuer, about somebody who stands for nobody here.
    Unmapped,
    /// A token of an issuer that several organizations have registered for this audience: name one of them.
    Ambiguous,
    /// A token that can't be looked at now: its issuer's keys can't be read. Try again.
    IssuerAway,
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

impl From<TokenProblem> for VerifyRefusal {
    fn from(problem: TokenProblem) -> Self {
        match problem {
            TokenProblem::Malformed => Self::Malformed,
            TokenProblem::UnknownIssuer => Self::UnknownIssuer,
            TokenProblem::Expired => Self::Expired,
            TokenProblem::NotYet => Self::NotYet,
            TokenProblem::Algorithm
            | TokenProblem::Header
            | TokenProblem::Bound
            | TokenProblem::NoKey
            | TokenProblem::Signature
            | TokenProblem::Subject => Self::Untrusted,
        }
    }
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
            Self::UnknownIssuer => "unknown_issuer",
            Self::Untrusted => "untrusted",
            Self::NotYet => "not_yet",
            Self::Unmapped => "unmapped",
            Self::Ambiguous => "ambiguous",
            Self::IssuerAway => "issuer_away",
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
            Self::Malformed => "this is no secret of a key and no signed token: it is cut, or mistyped",
            Self::Unknown => "no key has this secret",
            Self::Expired => "the key of this secret has expired, or the time of this token is over",
            Self::Revoked => "the key of this secret is revoked",
            Self::Paused => "the key of this secret is paused",
            Self::Suspended => "this token is suspended; it may come back",
            Self::Retired => "another secret of its key took the place of this one",
            Self::RateLimited => "the key of this secret made more requests than its limit lets it",
            Self::UnknownIssuer => {
                "no issuer is registered that makes tokens like this one for this audience"
            }
            Self::Untrusted => {
                "this token is not its issuer's, or is signed or written in a way that is not accepted"
            }
            Self::NotYet => "the time of this token has not begun",
            Self::Unmapped => "this token is good, but whom it is about stands for nobody here",
            Self::Ambiguous => {
                "several organizations have registered the issuer of this token: name the one that is meant"
            }
            Self::IssuerAway => "the keys of the issuer of this token can't be read now; try again",
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

/// What a good token of an issuer stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifiedToken {
    /// The issuer, as it is registered.
    pub issuer_id: IssuerId,
    /// Its URL.
    pub issuer: IssuerUrl,
    /// Whom the token is about, as the issuer names them.
    pub subject: Subject,
    /// Who registered the issuer.
    pub organization_id: OrganizationId,
    /// Who that is there.
    pub principal: Principal,
    /// The account behind a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// How they are shown.
    pub name: String,
    /// As what.
    pub role: Role,
    /// When the token ends by itself.
    pub expires_at: Timestamp,
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
    /// Whose own the secret is, where a member made it for themselves (K6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
    /// The services it may call, where it is a paid service key. The free service key may call every free service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<KeyGrant>,
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
