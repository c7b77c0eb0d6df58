//! Tokens of identity providers outside (K12): what an organization says of an issuer, and whom its tokens stand for.
//!
//! Nothing here reads a token; `crypto::jwt` does. What may be said of an issuer is bounded here, so that nobody can ask
//! for a check that is none: only signatures with a public key, and a clock that may be off by a minute at most.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::clock::Timestamp;
use crate::principal::Principal;
use crate::text::checked_text;

/// The most seconds an issuer's clock may be off.
pub const MOST_LEEWAY_SECONDS: u32 = 60;
/// The most subjects of one issuer that can be mapped.
pub const MOST_SUBJECTS: i64 = 1_000;
/// Where a provider describes itself, below the issuer's URL (OpenID Connect Discovery 1.0, section 4).
pub const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// How a token is signed (RFC 7518, section 3.1; RFC 8037). There is no `none` here and no shared key (HS256): who can
/// check such a token could also make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum SigningAlgorithm {
    /// RSA, PKCS #1 1.5, SHA-256.
    RS256,
    /// RSA, PKCS #1 1.5, SHA-384.
    RS384,
    /// RSA, PKCS #1 1.5, SHA-512.
    RS512,
    /// RSA-PSS, SHA-256.
    PS256,
    /// RSA-PSS, SHA-384.
    PS384,
    /// RSA-PSS, SHA-512.
    PS512,
    /// ECDSA on P-256, SHA-256.
    ES256,
    /// ECDSA on P-384, SHA-384.
    ES384,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SigningAlgorithm {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDsa,
    ];

    /// The name used in tokens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The one with this name; names are told apart by case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A change of whom an issuer's tokens stand for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Mapping {
    /// A subject stands for somebody, whoever it stood for before.
    Subject {
        /// As the issuer names them.
        subject: Subject,
        /// Who that is here.
        principal: Principal,
    },
    /// A subject stands for nobody any more.
    Forget {
        /// As the issuer names them.
        subject: Subject,
    },
    /// Whether members are known by the address the issuer verified, where their subject is not mapped.
    ByEmail {
        /// Whether.
        on: bool,
    },
}

/// What somebody wrote of an issuer can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerProblem {
    /// No URL, or none of this kind.
    #[error("“{0}” is not the URL of an issuer; write it like https://login.example.org/tenant")]
    NoUrl(String),
    /// Not encrypted.
    #[error("an issuer has to be reached by https; http is for one on the server's own computer alone")]
    NotEncrypted,
    /// It has parts an issuer has not (OpenID Connect Core 1.0, section 2).
    #[error("the URL of an issuer has no user, no query (?…) and no fragment (#…)")]
    Parts,
    /// Out of bounds.
    #[error("{what} has from 1 to {most} characters and none that can't be seen")]
    Text {
        /// The field in words.
        what: &'static str,
        /// The most characters.
        most: usize,
    },
    /// No algorithm is left.
    #[error("choose at least one way of signing")]
    NoAlgorithm,
    /// Too lenient.
    #[error("an issuer's clock may be off by {MOST_LEEWAY_SECONDS} seconds at most")]
    Leeway,
    /// Too many.
    #[error("an issuer has at most {MOST_SUBJECTS} subjects here; remove one, or map members by their email")]
    TooManySubjects,
}

/// The URL of an issuer, exactly as its tokens name it: issuers are compared letter by letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = Uri, max_length = 500))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "specta", specta(transparent))]
#[serde(transparent)]
pub struct IssuerUrl(String);

impl IssuerUrl {
    /// The most bytes.
    pub const MOST: usize = 500;

    /// Reads the URL of an issuer; the address of its description ([`WELL_KNOWN`]) is taken for it.
    ///
    /// # Errors
    /// [`IssuerProblem`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, IssuerProblem> {
        let text = text.trim();
        let text = text.strip_suffix(WELL_KNOWN).unwrap_or(text);
        let no_url = || IssuerProblem::NoUrl(text.chars().take(80).collect());
        if text.len() > Self::MOST || text.chars().any(|c| !c.is_ascii_graphic()) {
            return Err(no_url());
        }
        let url = url::Url::parse(text).map_err(|_| no_url())?;
        let host = url.host().ok_or_else(no_url)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err(IssuerProblem::NotEncrypted),
            _ => return Err(no_url()),
        }
        if !url.username().is_empty() || url.password().is_some() || text.contains(['?', '#', '@']) {
            return Err(IssuerProblem::Parts);
        }
        Ok(Self(text.to_owned()))
    }

    /// Where the provider describes itself.
    #[must_use]
    pub fn discovery(&self) -> String {
        format!("{}{WELL_KNOWN}", self.0.trim_end_matches('/'))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a host is this computer.
#[must_use]
pub fn is_loopback(host: &url::Host<&str>) -> bool {
    match host {
        url::Host::Domain(name) => *name == "localhost",
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for IssuerUrl {
    type Err = IssuerProblem;
    fn from_str(text: &str) -> Result<Self, IssuerProblem> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for IssuerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $most:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[cfg_attr(feature = "specta", specta(transparent))]
        #[serde(transparent)]
        pub struct $name(String);

        checked_text!($name, IssuerProblem, 1..=$most);

        impl $name {
            /// The most characters.
            pub const MOST: usize = $most;

            /// Reads it. Nothing is trimmed: tokens are compared letter by letter.
            ///
            /// # Errors
            /// [`IssuerProblem::Text`].
            pub fn parse(text: &str) -> Result<Self, IssuerProblem> {
                let length = text.chars().count();
                if length == 0 || length > Self::MOST || text.chars().any(char::is_control) {
                    return Err(IssuerProblem::Text { what: $what, most: Self::MOST });
                }
                Ok(Self(text.to_owned()))
            }
        }
    };
}

text!(
    /// For whom tokens are made: the `aud` that has to be in them.
    Audience, "the audience", 255
);
text!(
    /// Which claim says whom a token is about; `sub` unless said otherwise.
    SubjectClaim, "the name of the subject claim", 64
);
text!(
    /// Whom a token is about, as its issuer names them.
    Subject, "a subject", 255
);

impl Default for SubjectClaim {
    fn default() -> Self {
        Self("sub".to_owned())
    }
}

/// What a token of an issuer is checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRules {
    /// Whose tokens.
    pub issuer: IssuerUrl,
    /// For whom.
    pub audience: Audience,
    /// Which claim names the subject.
    pub subject_claim: SubjectClaim,
    /// How they may be signed.
    pub algorithms: Vec<SigningAlgorithm>,
    /// How far the issuer's clock may be off.
    pub leeway_seconds: u32,
}

impl TokenRules {
    /// Whether they can be kept as they are.
    ///
    /// # Errors
    /// [`IssuerProblem::NoAlgorithm`], [`IssuerProblem::Leeway`].
    pub fn check(&self) -> Result<(), IssuerProblem> {
        if self.algorithms.is_empty() {
            return Err(IssuerProblem::NoAlgorithm);
        }
        if self.leeway_seconds > MOST_LEEWAY_SECONDS {
            return Err(IssuerProblem::Leeway);
        }
        Ok(())
    }
}

/// Why a token is not good. In the order in which it is looked at: what is said of a token is said by its signer, so
/// nothing of it counts before its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum TokenProblem {
    /// No token: cut, too large, a member twice, no JSON.
    #[error("this is no signed token (JWT), or it is cut, larger than 16 KB or written ambiguously")]
    Malformed,
    /// Its issuer and audience are registered nowhere here.
    #[error("no issuer is registered that makes tokens like this one: its issuer or its audience is another")]
    UnknownIssuer,
    /// `alg` is not one that was chosen.
    #[error("it is signed in a way that is not among those chosen for its issuer")]
    Algorithm,
    /// A critical header nobody here understands, or a type that is no access or identity token.
    #[error("its header asks for something that is not understood here (crit, b64 or another typ)")]
    Header,
    /// It is bound to a key of its holder.
    #[error("it is good only together with a key of its holder (cnf), which can't be looked at here")]
    Bound,
    /// The issuer has no key like this.
    #[error("its issuer has no key with this id (kid) for this way of signing")]
    NoKey,
    /// Signed by somebody else, or changed.
    #[error("its signature is not its issuer's")]
    Signature,
    /// `exp` is missing or over.
    #[error("its time is over, or it does not say when it ends")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("its time has not begun: its issuer's clock may be ahead")]
    NotYet,
    /// The claim that names the subject is missing, or no text.
    #[error("the claim that says whom it is about is missing, or is no text")]
    Subject,
}

/// What is true of a token that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Whom it is about.
    pub subject: Subject,
    /// The address the issuer has verified, in lower case, where it says one.
    pub verified_email: Option<crate::email::EmailAddress>,
    /// When it ends, by its own word.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k12_the_url_of_an_issuer_is_kept_letter_by_letter() {
        let good = |text: &str| IssuerUrl::parse(text).unwrap().0;
        assert_eq!(good("https://login.example.org"), "https://login.example.org");
        assert_eq!(good("https://login.example.org/"), "https://login.example.org/");
        assert_eq!(
            good(" https://login.example.org/t/.well-known/openid-configuration\n"),
            "https://login.example.org/t"
        );
        assert_eq!(good("http://127.0.0.1:3000"), "http://127.0.0.1:3000");
        assert_eq!(good("http://localhost:3000/a"), "http://localhost:3000/a");
        assert_eq!(good("http://[::1]:3000"), "http://[::1]:3000");
        assert_eq!(
            IssuerUrl::parse("https://a.example/").unwrap().discovery(),
            "https://a.example/.well-known/openid-configuration"
        );
    }

    #[test]
    fn k12_what_is_no_issuer_is_refused() {
        for (text, why) in [
            ("http://login.example.org", IssuerProblem::NotEncrypted),
            ("http://localhost.example.org", IssuerProblem::NotEncrypted),
            ("http://10.0.0.1", IssuerProblem::NotEncrypted),
            ("https://ada@login.example.org", IssuerProblem::Parts),
            ("https://login.example.org?a", IssuerProblem::Parts),
            ("https://login.example.org/#", IssuerProblem::Parts),
        ] {
            assert_eq!(IssuerUrl::parse(text).unwrap_err(), why, "{text}");
        }
        for text in [
            "",
            "login.example.org",
            "ftp://a.example",
            "https://",
            "https://a b",
            "file:///etc/passwd",
        ] {
            assert!(
                matches!(IssuerUrl::parse(text), Err(IssuerProblem::NoUrl(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn k12_no_shared_key_and_no_missing_signature_can_be_chosen() {
        for name in ["none", "None", "HS256", "HS512", "rs256", "", "RS1", "ES256K"] {
            assert_eq!(SigningAlgorithm::from_name(name), None, "{name}");
            assert!(serde_json::from_value::<SigningAlgorithm>(name.into()).is_err());
        }
        for algorithm in SigningAlgorithm::ALL {
            assert_eq!(serde_json::to_value(algorithm).unwrap(), algorithm.as_str());
        }
    }
}
