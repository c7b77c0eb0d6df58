//! Identity providers outside whose tokens the organization takes (K12).

use domain::clock::Timestamp;
use domain::id::IssuerId;
use domain::issuer::SigningAlgorithm;
use domain::principal::Principal;
use domain::role::Role;
use serde::{Deserialize, Serialize};

use crate::view::{ActRule, NamedOwner};

view! {
    /// The issuers of the organization.
    #[derive(Clone, Debug)]
    pub struct IssuersPage {
        /// The issuers, the oldest first.
        pub issuers: Vec<IssuerRow>,
        /// Whether they may be changed.
        pub manage: ActRule,
        /// Whom subjects can stand for.
        pub everybody: Vec<NamedOwner>,
    }

    /// An issuer.
    #[derive(Clone, Debug)]
    pub struct IssuerRow {
        /// The issuer.
        pub id: IssuerId,
        /// Its URL, as its tokens name it.
        pub url: String,
        /// For whom its tokens have to be.
        pub audience: String,
        /// Which claim says whom a token is about.
        pub subject_claim: String,
        /// Whether members are known by the address it verified.
        pub by_email: bool,
        /// How its tokens may be signed.
        pub algorithms: Vec<SigningAlgorithm>,
        /// How many seconds its clock may be off.
        pub leeway_seconds: u32,
        /// Whom its subjects stand for.
        pub subjects: Vec<SubjectRow>,
        /// Since when.
        pub since: Timestamp,
        /// Who registered it.
        pub added_by: String,
    }

    /// Whom a subject stands for.
    #[derive(Clone, Debug)]
    pub struct SubjectRow {
        /// As the issuer names them.
        pub subject: String,
        /// Who that is.
        pub principal: Principal,
        /// How they are shown.
        pub name: String,
    }

    /// What an issuer says of itself, before it is registered.
    #[derive(Clone, Debug)]
    pub struct IssuerLook {
        /// Its URL, as its tokens will name it.
        pub url: String,
        /// Where its keys stand.
        pub keys_url: String,
        /// How many of them can be used.
        pub keys: u32,
        /// How it signs, as far as that can be checked.
        pub algorithms: Vec<SigningAlgorithm>,
        /// How it signs as well, which is never accepted.
        pub refused_algorithms: Vec<String>,
    }

    /// What would be answered to a token, and why.
    #[derive(Clone, Debug)]
    pub struct TokenCheck {
        /// What was looked at, in order, to the first thing that is wrong.
        pub steps: Vec<TokenStep>,
        /// What would be answered; none when the token is not good.
        pub answer: Option<TokenAnswer>,
        /// As of when the issuer's keys are.
        pub keys_as_of: Option<Timestamp>,
    }

    /// One thing that was looked at.
    #[derive(Clone, Debug)]
    pub struct TokenStep {
        /// What.
        pub what: String,
        /// Whether it is as it has to be.
        pub passed: bool,
        /// What was found there.
        pub detail: String,
    }

    /// Whom a good token stands for.
    #[derive(Clone, Debug)]
    pub struct TokenAnswer {
        /// The issuer.
        pub issuer_id: IssuerId,
        /// Whom it is about, as the issuer names them.
        pub subject: String,
        /// Who that is.
        pub principal: Principal,
        /// How they are shown.
        pub name: String,
        /// Their role.
        pub role: Role,
        /// When it ends by itself.
        pub expires_at: Timestamp,
    }
}

request! {
    /// Registers an issuer.
    pub struct IssuerDraft {
        /// Its URL.
        pub url: String,
        /// For whom its tokens have to be.
        pub audience: String,
        /// Which claim says whom a token is about.
        pub subject_claim: String,
        /// How its tokens may be signed.
        pub algorithms: Vec<SigningAlgorithm>,
        /// How many seconds its clock may be off.
        pub leeway_seconds: u32,
        /// Whether members are known by the address it verified.
        pub by_email: bool,
    }
}
