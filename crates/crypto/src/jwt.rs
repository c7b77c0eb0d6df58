//! Tokens of identity providers outside (K12): read strictly, and proven with the provider's public keys.
//!
//! A token is JSON Web Token (RFC 7519) in the compact form of a JSON Web Signature (RFC 7515). What is allowed is listed;
//! everything else is refused. Of its header only `alg`, `kid` and `typ` are looked at: no key, no address of keys and no
//! certificate that a token brings along (`jwk`, `jku`, `x5c`, `x5u`) is ever used. What the header says of the algorithm
//! only chooses among those the organization chose (RFC 8725, section 3.1), and a key fits one family of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::issuer::{IssuerUrl, Proven, SigningAlgorithm, Subject, TokenProblem, TokenRules};
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod unique;

use unique::Unique;

/// The most bytes of a token.
pub const MOST_BYTES: usize = 16 * 1_024;
/// The most keys of a provider that are kept.
pub const MOST_KEYS: usize = 100;
/// Keys that are tried for one token, where several have its id.
const MOST_TRIED: usize = 4;
/// The most audiences a token may name.
const MOST_AUDIENCES: usize = 10;
const LONGEST_KEY_ID: usize = 255;
/// Times are seconds; beyond this (the year 5138) there are none.
const LATEST_SECONDS: f64 = 100_000_000_000.0;

/// Whether a text has the form of a token: then it is one or a broken one, and no secret of a key.
#[must_use]
pub fn looks_like(text: &str) -> bool {
    text.starts_with("ey") && text.contains('.')
}

/// A token that was read. Nothing of it is proven.
pub struct Unproven<'t> {
    signed: &'t [u8],
    signature: Vec<u8>,
    algorithm: String,
    key_id: Option<String>,
    header_is_plain: bool,
    issuer: String,
    audiences: Vec<String>,
    expires: Option<f64>,
    not_before: Option<f64>,
    issued: Option<f64>,
    claims: serde_json::Map<String, Value>,
}

fn part(text: &str) -> Result<Vec<u8>, TokenProblem> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenProblem::Malformed)
}

fn object(text: &str) -> Result<serde_json::Map<String, Value>, TokenProblem> {
    let bytes = part(text)?;
    match serde_json::from_slice::<Unique>(&bytes) {
        Ok(Unique(Value::Object(map))) => Ok(map),
        _ => Err(TokenProblem::Malformed),
    }
}

fn text(map: &serde_json::Map<String, Value>, name: &str) -> Result<Option<String>, TokenProblem> {
    match map.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(TokenProblem::Malformed),
    }
}

fn seconds(map: &serde_json::Map<String, Value>, name: &str) -> Result<Option<f64>, TokenProblem> {
    match map.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => number
            .as_f64()
            .filter(|seconds| seconds.is_finite() && (0.0..=LATEST_SECONDS).contains(seconds))
            .map(Some)
            .ok_or(TokenProblem::Malformed),
        Some(_) => Err(TokenProblem::Malformed),
    }
}

fn audiences(map: &serde_json::Map<String, Value>) -> Result<Vec<String>, TokenProblem> {
    let list = match map.get("aud") {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many
            .iter()
            .map(|one| one.as_str().map(str::to_owned).ok_or(TokenProblem::Malformed))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(TokenProblem::Malformed),
    };
    if list.len() > MOST_AUDIENCES {
        return Err(TokenProblem::Malformed);
    }
    Ok(list)
}

/// The types of access and identity tokens (RFC 9068, section 2.1; RFC 7519, section 5.1). A logout token or a proof of
/// possession has another one.
fn is_known_type(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    matches!(
        kind.strip_prefix("application/").unwrap_or(&kind),
        "jwt" | "at+jwt"
    )
}

impl<'t> Unproven<'t> {
    /// Reads a token.
    ///
    /// # Errors
    /// [`TokenProblem::Malformed`].
    pub fn read(text_of_token: &'t str) -> Result<Self, TokenProblem> {
        if text_of_token.len() > MOST_BYTES {
            return Err(TokenProblem::Malformed);
        }
        let (signed, last) = text_of_token.rsplit_once('.').ok_or(TokenProblem::Malformed)?;
        let (head, body) = signed.split_once('.').ok_or(TokenProblem::Malformed)?;
        if body.contains('.') {
            return Err(TokenProblem::Malformed);
        }
        let (header, claims) = (object(head)?, object(body)?);
        let key_id = text(&header, "kid")?;
        if key_id.as_ref().is_some_and(|id| id.len() > LONGEST_KEY_ID) {
            return Err(TokenProblem::Malformed);
        }
        let kind = text(&header, "typ")?;
        Ok(Self {
            signed: signed.as_bytes(),
            signature: part(last)?,
            algorithm: text(&header, "alg")?.ok_or(TokenProblem::Malformed)?,
            key_id,
            header_is_plain: !header.contains_key("crit")
                && !header.contains_key("b64")
                && kind.as_deref().is_none_or(is_known_type),
            issuer: text(&claims, "iss")?.unwrap_or_default(),
            audiences: audiences(&claims)?,
            expires: seconds(&claims, "exp")?,
            not_before: seconds(&claims, "nbf")?,
            issued: seconds(&claims, "iat")?,
            claims,
        })
    }

    /// Whom it names as its issuer, where that can be one at all.
    #[must_use]
    pub fn issuer(&self) -> Option<IssuerUrl> {
        // Read strictly: what is trimmed or cut while it is read was another text.
        IssuerUrl::parse(&self.issuer)
            .ok()
            .filter(|issuer| issuer.as_str() == self.issuer)
    }

    /// For whom it says it is.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Which key it names.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// How it says it is signed.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// Whether these keys have one for it. Where not, newer ones may.
    #[must_use]
    pub fn finds_key(&self, rules: &TokenRules, keys: &KeySet) -> bool {
        self.chosen(rules)
            .is_ok_and(|algorithm| !self.candidates(algorithm, keys).is_empty())
    }

    fn chosen(&self, rules: &TokenRules) -> Result<SigningAlgorithm, TokenProblem> {
        SigningAlgorithm::from_name(&self.algorithm)
            .filter(|algorithm| rules.algorithms.contains(algorithm))
            .ok_or(TokenProblem::Algorithm)
    }

    fn candidates<'k>(&self, algorithm: SigningAlgorithm, keys: &'k KeySet) -> Vec<&'k Jwk> {
        let fits = |key: &&Jwk| key.fits(algorithm);
        match &self.key_id {
            Some(id) => keys
                .keys
                .iter()
                .filter(|key| key.kid.as_ref() == Some(id))
                .filter(fits)
                .take(MOST_TRIED)
                .collect(),
            // Without an id there is a key only where there is no choice.
            None => {
                let found: Vec<&Jwk> = keys.keys.iter().filter(fits).collect();
                if found.len() == 1 { found } else { Vec::new() }
            }
        }
    }

    /// Checks it against the rules of its issuer, with its issuer's keys, at a moment.
    ///
    /// # Errors
    /// [`TokenProblem`]: the first thing that is wrong, in the order of its variants.
    pub fn prove(&self, rules: &TokenRules, keys: &KeySet, now: Timestamp) -> Result<Proven, TokenProblem> {
        let for_us = self.audiences.iter().any(|one| one == rules.audience.as_str());
        if self.issuer != rules.issuer.as_str() || !for_us {
            return Err(TokenProblem::UnknownIssuer);
        }
        let algorithm = self.chosen(rules)?;
        if !self.header_is_plain {
            return Err(TokenProblem::Header);
        }
        if self.claims.contains_key("cnf") {
            return Err(TokenProblem::Bound);
        }
        let candidates = self.candidates(algorithm, keys);
        if candidates.is_empty() {
            return Err(TokenProblem::NoKey);
        }
        if !candidates
            .iter()
            .any(|key| key.verifies(algorithm, self.signed, &self.signature))
        {
            return Err(TokenProblem::Signature);
        }
        let expires_at = self.within_its_time(rules, now)?;
        let subject = match self.claims.get(rules.subject_claim.as_str()) {
            Some(Value::String(text)) => Subject::parse(text).map_err(|_| TokenProblem::Subject)?,
            _ => return Err(TokenProblem::Subject),
        };
        let is_verified = self.claims.get("email_verified") == Some(&Value::Bool(true));
        let email = self.claims.get("email").and_then(Value::as_str);
        Ok(Proven {
            subject,
            verified_email: email
                .filter(|_| is_verified)
                .and_then(|text| EmailAddress::parse(text).ok()),
            expires_at,
        })
    }

    fn within_its_time(&self, rules: &TokenRules, now: Timestamp) -> Result<Timestamp, TokenProblem> {
        let leeway = i64::from(rules.leeway_seconds);
        let expires_at = self.expires.map(moment).ok_or(TokenProblem::Expired)?;
        if now >= expires_at.plus_seconds(leeway) {
            return Err(TokenProblem::Expired);
        }
        let latest = now.plus_seconds(leeway);
        if [self.not_before, self.issued]
            .into_iter()
            .flatten()
            .any(|begin| moment(begin) > latest)
        {
            return Err(TokenProblem::NotYet);
        }
        Ok(expires_at)
    }
}

fn moment(seconds: f64) -> Timestamp {
    // Whole after rounding, and bounded by LATEST_SECONDS when it was read.
    Timestamp::from_micros((seconds * 1_000_000.0).round() as i64)
}

/// A public key of a provider (RFC 7517), as far as it is needed. Numbers are base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Jwk {
    /// `RSA`, `EC` or `OKP`.
    pub kty: String,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The one way of signing it is for, where it says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// `sig` where it says what it is for.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// What may be done with it, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
    /// The curve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// RSA: the modulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA: the exponent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// The first coordinate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The second coordinate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
}

impl Jwk {
    fn is_for_signatures(&self) -> bool {
        self.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && self
                .key_ops
                .as_ref()
                .is_none_or(|allowed| allowed.iter().any(|what| what == "verify"))
            && matches!(self.kty.as_str(), "RSA" | "EC" | "OKP")
    }

    /// Whether a signature made this way may be its. One key serves one family: an RSA key is never taken for anything
    /// else, and no key of any kind for a shared one.
    fn fits(&self, algorithm: SigningAlgorithm) -> bool {
        use SigningAlgorithm::{ES256, ES384, EdDsa, PS256, PS384, PS512, RS256, RS384, RS512};
        let family = match algorithm {
            RS256 | RS384 | RS512 | PS256 | PS384 | PS512 => self.kty == "RSA",
            ES256 => self.kty == "EC" && self.crv.as_deref() == Some("P-256"),
            ES384 => self.kty == "EC" && self.crv.as_deref() == Some("P-384"),
            EdDsa => self.kty == "OKP" && self.crv.as_deref() == Some("Ed25519"),
        };
        family
            && self.is_for_signatures()
            && self.alg.as_deref().is_none_or(|only| only == algorithm.as_str())
    }

    fn verifies(&self, algorithm: SigningAlgorithm, signed: &[u8], given: &[u8]) -> bool {
        use SigningAlgorithm::{ES256, ES384, EdDsa, PS256, PS384, PS512, RS256, RS384, RS512};
        match algorithm {
            RS256 => self.rsa(&signature::RSA_PKCS1_2048_8192_SHA256, signed, given),
            RS384 => self.rsa(&signature::RSA_PKCS1_2048_8192_SHA384, signed, given),
            RS512 => self.rsa(&signature::RSA_PKCS1_2048_8192_SHA512, signed, given),
            PS256 => self.rsa(&signature::RSA_PSS_2048_8192_SHA256, signed, given),
            PS384 => self.rsa(&signature::RSA_PSS_2048_8192_SHA384, signed, given),
            PS512 => self.rsa(&signature::RSA_PSS_2048_8192_SHA512, signed, given),
            ES256 => self.point(32).is_some_and(|point| {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
                    .verify(signed, given)
                    .is_ok()
            }),
            ES384 => self.point(48).is_some_and(|point| {
                UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point)
                    .verify(signed, given)
                    .is_ok()
            }),
            EdDsa => number(self.x.as_deref()).is_some_and(|x| {
                UnparsedPublicKey::new(&signature::ED25519, x)
                    .verify(signed, given)
                    .is_ok()
            }),
        }
    }

    fn rsa(&self, how: &'static RsaParameters, signed: &[u8], given: &[u8]) -> bool {
        let (Some(n), Some(e)) = (number(self.n.as_deref()), number(self.e.as_deref())) else {
            return false;
        };
        let (n, e) = (without_zeros(&n), without_zeros(&e));
        RsaPublicKeyComponents { n, e }.verify(how, signed, given).is_ok()
    }

    /// The point of a curve whose coordinates have so many bytes (SEC 1, section 2.3.3, not compressed).
    fn point(&self, length: usize) -> Option<Vec<u8>> {
        let (x, y) = (number(self.x.as_deref())?, number(self.y.as_deref())?);
        if x.len() != length || y.len() != length {
            return None;
        }
        Some([&[4], x.as_slice(), y.as_slice()].concat())
    }
}

fn number(text: Option<&str>) -> Option<Vec<u8>> {
    // 8192 bits are 1366 characters.
    text.filter(|text| text.len() <= 1_400)
        .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// The public keys of a provider (RFC 7517, section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeySet {
    /// The keys that can prove a signature.
    pub keys: Vec<Jwk>,
}

/// What a provider gave is no list of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKeySet {
    /// No JSON, or none of this form.
    #[error("what stands there is no list of keys (JWKS)")]
    Unreadable,
    /// More than anybody has.
    #[error("it lists more than {MOST_KEYS} keys")]
    TooMany,
    /// None that can be used.
    #[error("it lists no key that signatures could be checked with")]
    Empty,
}

impl KeySet {
    /// Reads what a provider gave. Keys of kinds that are not known here are left out, and whatever else stands in them.
    ///
    /// # Errors
    /// [`NoKeySet`].
    pub fn read(json: &[u8]) -> Result<Self, NoKeySet> {
        #[derive(Deserialize)]
        struct Given {
            keys: Vec<Value>,
        }
        let given: Given = serde_json::from_slice(json).map_err(|_| NoKeySet::Unreadable)?;
        if given.keys.len() > MOST_KEYS {
            return Err(NoKeySet::TooMany);
        }
        let keys: Vec<Jwk> = given
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
            .filter(|key| {
                SigningAlgorithm::ALL
                    .into_iter()
                    .any(|algorithm| key.fits(algorithm))
            })
            .collect();
        if keys.is_empty() {
            return Err(NoKeySet::Empty);
        }
        Ok(Self { keys })
    }
}

#[cfg(test)]
mod tests;
