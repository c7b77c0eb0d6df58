//! Identity providers outside whose tokens an organization takes (K12).

use crypto::jwt::KeySet;
use domain::clock::Timestamp;
use domain::id::{AccountId, IssuerId};
use domain::issuer::{Audience, IssuerUrl, Mapping, SigningAlgorithm, Subject, SubjectClaim, TokenRules};
use domain::principal::Principal;
use serde::{Deserialize, Serialize};

/// An issuer, as those see it who see all of the organization's keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuerView {
    /// The issuer.
    pub id: IssuerId,
    /// Its URL, exactly as its tokens name it.
    pub url: IssuerUrl,
    /// For whom its tokens have to be.
    pub audience: Audience,
    /// Which claim says whom a token is about.
    pub subject_claim: SubjectClaim,
    /// Whether a token stands, where its subject is not mapped, for the member whose address it says is verified.
    pub by_email: bool,
    /// How its tokens may be signed.
    pub algorithms: Vec<SigningAlgorithm>,
    /// How many seconds its clock may be off.
    pub leeway_seconds: u32,
    /// Whom its subjects stand for, by the subject.
    pub subjects: Vec<SubjectView>,
    /// Moves with every edit.
    pub version: i64,
    /// Since when.
    pub created_at: Timestamp,
    /// Who registered it.
    pub created_by: AccountId,
}

impl IssuerView {
    /// What its tokens are checked against.
    #[must_use]
    pub fn rules(&self) -> TokenRules {
        TokenRules {
            issuer: self.url.clone(),
            audience: self.audience.clone(),
            subject_claim: self.subject_claim.clone(),
            algorithms: self.algorithms.clone(),
            leeway_seconds: self.leeway_seconds,
        }
    }
}

/// Whom a subject stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubjectView {
    /// As the issuer names them.
    pub subject: Subject,
    /// Who that is here.
    pub principal: Principal,
}

/// The issuers of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuersView {
    /// The issuers, the oldest first.
    pub issuers: Vec<IssuerView>,
}

/// Asks what an issuer says of itself, before it is registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LookAtIssuerRequest {
    /// Its URL, or the address of its description.
    pub url: IssuerUrl,
}

/// What an issuer says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuerFound {
    /// Its URL, exactly as its tokens will name it.
    pub url: IssuerUrl,
    /// Where its keys stand.
    pub keys_url: String,
    /// How many of them can be used.
    pub keys: u32,
    /// How it signs, as far as that can be checked here.
    pub algorithms: Vec<SigningAlgorithm>,
    /// How it signs as well, which is never accepted: without a signature, or with a shared key.
    pub refused_algorithms: Vec<String>,
}

/// Registers an issuer. The server asks it for its description and its keys before it answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddIssuerRequest {
    /// Made by the caller.
    pub id: IssuerId,
    /// Its URL.
    pub url: IssuerUrl,
    /// For whom its tokens have to be.
    pub audience: Audience,
    /// Which claim says whom a token is about; `sub` if not said.
    #[serde(default)]
    pub subject_claim: SubjectClaim,
    /// How its tokens may be signed; at least one.
    pub algorithms: Vec<SigningAlgorithm>,
    /// How many seconds its clock may be off, at most 60; 30 if not said.
    #[serde(default = "usual_leeway")]
    pub leeway_seconds: u32,
    /// Whether a token stands, where its subject is not mapped, for the member whose address it says is verified.
    #[serde(default)]
    pub by_email: bool,
}

/// The seconds a clock may be off, where nothing is said.
#[must_use]
pub const fn usual_leeway() -> u32 {
    30
}

impl AddIssuerRequest {
    /// What its tokens would be checked against.
    #[must_use]
    pub fn rules(&self) -> TokenRules {
        TokenRules {
            issuer: self.url.clone(),
            audience: self.audience.clone(),
            subject_claim: self.subject_claim.clone(),
            algorithms: self.algorithms.clone(),
            leeway_seconds: self.leeway_seconds,
        }
    }
}

/// Says whom tokens of an issuer stand for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MapIssuerRequest {
    /// What is changed of it.
    pub mapping: Mapping,
}

/// The public keys of an issuer, as this server holds them: for trying a token without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuerKeysView {
    /// The issuer.
    pub issuer_id: IssuerId,
    /// When they were read there.
    pub read_at: Timestamp,
    /// The keys.
    pub set: KeySet,
}
