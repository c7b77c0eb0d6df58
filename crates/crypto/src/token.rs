//! The secrets of keys: how they are made, recognised and hashed.
//!
//! `kst_<tag>_` + 30 base62 characters + 6 base62 characters of CRC-32 (ISO-HDLC, as in zlib) over everything before
//! them, left-padded with `0`. Tags: `team`, `proj`, `svc`, `pat`. The alphabet is `0-9A-Za-z`. The format is frozen
//! by the vectors in this file's tests.
//!
//! 30 base62 characters carry 178 bits, so one round of SHA-256 without salt is a sound way to store them: there is
//! nothing to guess, and the hash can be looked up.

use std::fmt;
use std::str::FromStr;

use domain::entropy::Entropy;
use domain::key::KeyKind;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::secret::Secret;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Random characters of a secret.
pub const BODY_LENGTH: usize = 30;
/// Checksum characters at its end.
pub const CHECKSUM_LENGTH: usize = 6;
/// What every secret of a key begins with.
pub const BRAND: &str = "kst_";
const SESSION_BRAND: &str = "kss_";
const SESSION_LENGTH: usize = 43;
/// What the code of every invitation begins with.
pub const INVITATION_BRAND: &str = "ksi_";

/// The SHA-256 of a whole secret: 32 bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$"))]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of this text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// From its 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a SHA-256 in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 is written as 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for SecretHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let mut bytes = [0u8; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAHash)?;
        Ok(Self(bytes))
    }
}

impl SecretHash {
    /// Reads a hash as other systems write it: 64 hexadecimal digits in either case, or 43 characters of base64url
    /// (RFC 4648, section 5), with or without the `=` behind them.
    ///
    /// # Errors
    /// [`ForeignHashProblem`] says what it is instead.
    pub fn read_foreign(text: &str) -> Result<Self, ForeignHashProblem> {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;

        let bare = text.strip_suffix('=').unwrap_or(text);
        let hash = match (text.len(), bare.len()) {
            (0, _) => return Err(ForeignHashProblem::Empty),
            (64, _) => text.parse().map_err(|NotAHash| ForeignHashProblem::Digits)?,
            (_, 43) => {
                let bytes = URL_SAFE_NO_PAD
                    .decode(bare)
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok());
                Self(bytes.ok_or(ForeignHashProblem::Base64)?)
            }
            (found, _) => return Err(ForeignHashProblem::Length { found }),
        };
        if hash == Self::of("") {
            return Err(ForeignHashProblem::OfNothing);
        }
        Ok(hash)
    }
}

/// Why a text is no SHA-256 of a secret. It never quotes the text, which could be the secret itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForeignHashProblem {
    /// Nothing was given.
    #[error("the hash is empty")]
    Empty,
    /// Neither of both lengths.
    #[error(
        "the hash has {found} characters; a SHA-256 has 64 hexadecimal digits or 43 characters of base64url. If this is \
         the secret itself, leave it out: only its hash may be in the file"
    )]
    Length {
        /// Its characters.
        found: usize,
    },
    /// The length of hexadecimal, and other characters.
    #[error("the hash has the length of hexadecimal, but characters that are no hexadecimal digits")]
    Digits,
    /// The length of base64url, and other characters.
    #[error("the hash has the length of base64url, but is none: it may have A–Z, a–z, 0–9, - and _")]
    Base64,
    /// The hash of the empty text.
    #[error("this is the hash of an empty text; whoever sends nothing would be let in")]
    OfNothing,
}

impl Serialize for SecretHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SecretHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// The secret of a key, whole and with a right checksum.
pub struct Token {
    kind: KeyKind,
    text: Secret,
}

impl Token {
    /// A new secret of this kind.
    #[must_use]
    pub fn mint(kind: KeyKind, entropy: &mut dyn Entropy) -> Self {
        let mut text = Zeroizing::new(format!("{BRAND}{}_", kind.tag()));
        text.reserve_exact(BODY_LENGTH + CHECKSUM_LENGTH);
        push_base62(&mut text, BODY_LENGTH, entropy);
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self {
            kind,
            text: Secret::new(std::mem::take(&mut *text)),
        }
    }

    /// Reads a whole secret.
    ///
    /// # Errors
    /// [`TokenProblem`] says at which point the text stops being one.
    pub fn parse(text: &str) -> Result<Self, TokenProblem> {
        let kind = check(text)?;
        Ok(Self {
            kind,
            text: Secret::new(text.to_owned()),
        })
    }

    /// The kind of key it belongs to.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The whole text.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// The secret itself, for a keychain.
    #[must_use]
    pub fn into_secret(self) -> Secret {
        self.text
    }

    /// What the server and the replica keep of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(self.expose())
    }

    /// `kst_team_` and the like: no secret.
    #[must_use]
    pub fn prefix(&self) -> String {
        prefix(self.kind)
    }

    /// The last four characters, to be told apart by; they are of the checksum, so they give nothing of the body away
    /// that the prefix and the checksum rule do not.
    #[must_use]
    pub fn last_four(&self) -> String {
        let text = self.expose();
        text[text.len() - 4..].to_owned()
    }

    /// The text in its three parts: prefix, body, checksum.
    #[must_use]
    pub fn parts(&self) -> (&str, &str, &str) {
        let text = self.expose();
        let (head, checksum) = text.split_at(text.len() - CHECKSUM_LENGTH);
        let (prefix, body) = head.split_at(head.len() - BODY_LENGTH);
        (prefix, body, checksum)
    }
}

/// `kst_team_` and the like.
#[must_use]
pub fn prefix(kind: KeyKind) -> String {
    format!("{BRAND}{}_", kind.tag())
}

/// Where a text stops being a secret of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// It does not begin with `kst_` and a known tag.
    #[error("it does not begin with kst_team_, kst_proj_, kst_svc_ or kst_pat_")]
    Prefix,
    /// It is too short or too long after the prefix.
    #[error("after the prefix {} characters follow instead of 36; part of it is missing or too much", counted(*found))]
    Length {
        /// Characters after the prefix; [`LONGEST_RUN`] stands for so many and more.
        found: usize,
    },
    /// A character outside `0-9A-Za-z`.
    #[error("it has a character that no secret has")]
    Alphabet,
    /// The checksum is wrong: mistyped, cut or made up.
    #[error("its checksum is wrong; it was mistyped, cut or made up")]
    Checksum,
}

/// Checks a whole text without keeping it.
///
/// # Errors
/// [`TokenProblem`] says at which point the text stops being a secret of a key.
pub fn check(text: &str) -> Result<KeyKind, TokenProblem> {
    let rest = text.strip_prefix(BRAND).ok_or(TokenProblem::Prefix)?;
    let (tag, rest) = rest.split_once('_').ok_or(TokenProblem::Prefix)?;
    let kind = KeyKind::from_tag(tag).ok_or(TokenProblem::Prefix)?;
    if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(TokenProblem::Alphabet);
    }
    if rest.len() != BODY_LENGTH + CHECKSUM_LENGTH {
        return Err(TokenProblem::Length { found: rest.len() });
    }
    let (head, given) = text.split_at(text.len() - CHECKSUM_LENGTH);
    if checksum(head) == given {
        Ok(kind)
    } else {
        Err(TokenProblem::Checksum)
    }
}

/// Something in a text that is, or looks like, a secret of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset behind its last character.
    pub end: usize,
    /// The kind its prefix names.
    pub kind: KeyKind,
    /// Whether it is whole and its checksum right.
    pub problem: Option<TokenProblem>,
}

/// The most characters that are looked at behind a prefix. So a search that sees a part at a time has to keep no more
/// than this, and [`LONGEST_CANDIDATE`] in all, of what it saw.
pub const LONGEST_RUN: usize = 1_000;
/// The most bytes of anything that is found.
pub const LONGEST_CANDIDATE: usize = BRAND.len() + LONGEST_TAG + 1 + LONGEST_RUN;
const LONGEST_TAG: usize = 4;

fn counted(found: usize) -> String {
    if found >= LONGEST_RUN {
        format!("{LONGEST_RUN} or more")
    } else {
        found.to_string()
    }
}

/// What stands at a place of some bytes where [`BRAND`] begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Nothing of ours.
    Nothing,
    /// That depends on bytes behind the end of these.
    More,
    /// Something that begins like a secret of a key.
    Found(Candidate),
}

impl Candidate {
    /// Where the next one may begin: behind a whole secret; else behind the prefix, for what is cut may run into the
    /// beginning of another.
    #[must_use]
    pub fn resume(&self) -> usize {
        match self.problem {
            None => self.end,
            Some(_) => self.start + BRAND.len() + self.kind.tag().len() + 1,
        }
    }
}

/// Says what stands in `bytes` at `start`, where [`BRAND`] begins. `last` says that nothing follows these bytes. The
/// answer is the same however a text was cut into parts.
#[must_use]
pub fn look_at(bytes: &[u8], start: usize, last: bool) -> Look {
    let behind_brand = start + BRAND.len();
    let rest = bytes.get(behind_brand..).unwrap_or_default();
    let tagged = KeyKind::ALL.into_iter().find(|kind| {
        rest.strip_prefix(kind.tag().as_bytes())
            .is_some_and(|rest| rest.first() == Some(&b'_'))
    });
    let Some(kind) = tagged else {
        return if last || rest.len() > LONGEST_TAG {
            Look::Nothing
        } else {
            Look::More
        };
    };
    let body = behind_brand + kind.tag().len() + 1;
    let run = bytes[body..]
        .iter()
        .take(LONGEST_RUN)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    let problem = |end: usize| match std::str::from_utf8(&bytes[start..end]) {
        Ok(text) => check(text).err(),
        Err(_) => Some(TokenProblem::Alphabet),
    };
    let whole = BODY_LENGTH + CHECKSUM_LENGTH;
    // Something glued behind a secret (an `s` of prose, a digit) must not hide it.
    let (end, problem) = if run >= whole && problem(body + whole).is_none() {
        (body + whole, None)
    } else if !last && run < LONGEST_RUN && body + run == bytes.len() {
        return Look::More;
    } else {
        (body + run, problem(body + run))
    };
    Look::Found(Candidate {
        start,
        end,
        kind,
        problem,
    })
}

/// Finds everything in `text` that begins like a secret of a key, in order. Linear in the length of the text.
#[must_use]
pub fn find(text: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(BRAND) {
        let start = from + at;
        from = match look_at(text.as_bytes(), start, true) {
            Look::Found(candidate) => {
                found.push(candidate);
                candidate.resume()
            }
            Look::Nothing | Look::More => start + BRAND.len(),
        };
    }
    found
}

/// An opaque session token: `kss_` and 43 base62 characters (256 bits).
#[must_use]
pub fn mint_session(entropy: &mut dyn Entropy) -> Secret {
    let mut text = Zeroizing::new(String::with_capacity(SESSION_BRAND.len() + SESSION_LENGTH));
    text.push_str(SESSION_BRAND);
    push_base62(&mut text, SESSION_LENGTH, entropy);
    Secret::new(std::mem::take(&mut *text))
}

/// An opaque code of an invitation: `ksi_` and 43 base62 characters (256 bits).
#[must_use]
pub fn mint_invitation(entropy: &mut dyn Entropy) -> Secret {
    let mut text = Zeroizing::new(String::with_capacity(INVITATION_BRAND.len() + SESSION_LENGTH));
    text.push_str(INVITATION_BRAND);
    push_base62(&mut text, SESSION_LENGTH, entropy);
    Secret::new(std::mem::take(&mut *text))
}

/// Whether a text has the form of an invitation's code.
#[must_use]
pub fn is_invitation(text: &str) -> bool {
    text.strip_prefix(INVITATION_BRAND).is_some_and(|rest| {
        rest.len() == SESSION_LENGTH && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// A random password for an account that no person types: 40 base62 characters.
#[must_use]
pub fn mint_password(entropy: &mut dyn Entropy) -> Secret {
    let mut text = Zeroizing::new(String::with_capacity(40));
    push_base62(&mut text, 40, entropy);
    Secret::new(std::mem::take(&mut *text))
}

/// Appends `count` characters, each of the 62 equally likely: bytes of 248 and more are thrown away.
fn push_base62(text: &mut String, count: usize, entropy: &mut dyn Entropy) {
    let mut bytes = Zeroizing::new([0u8; 64]);
    let mut missing = count;
    while missing > 0 {
        entropy.fill(bytes.as_mut());
        for byte in bytes.iter().filter(|byte| **byte < 248).take(missing) {
            text.push(char::from(ALPHABET[usize::from(*byte) % 62]));
            missing -= 1;
        }
    }
}

fn checksum(head: &str) -> String {
    let mut value = crc32fast::hash(head.as_bytes());
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_hashes_are_read_as_others_write_them() {
        let hash = SecretHash::of("sk_live_51H8xkz4e9");
        let hex = hash.to_string();
        let base64 = {
            use base64::Engine as _;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash.as_bytes())
        };
        for text in [
            hex.clone(),
            hex.to_uppercase(),
            base64.clone(),
            format!("{base64}="),
        ] {
            assert_eq!(SecretHash::read_foreign(&text), Ok(hash), "{text}");
        }
        let problem = |text: &str| SecretHash::read_foreign(text).unwrap_err();
        assert_eq!(problem(""), ForeignHashProblem::Empty);
        assert_eq!(
            problem("sk_live_51H8xkz4e9"),
            ForeignHashProblem::Length { found: 18 }
        );
        assert_eq!(problem(&"g".repeat(64)), ForeignHashProblem::Digits);
        assert_eq!(problem(&"ä".repeat(32)), ForeignHashProblem::Digits);
        assert_eq!(problem(&"+".repeat(43)), ForeignHashProblem::Base64);
        // 43 characters carry 258 bits: the last two have to be nothing.
        assert_eq!(
            problem(&format!("{}_", "A".repeat(42))),
            ForeignHashProblem::Base64
        );
        assert_eq!(
            problem(&SecretHash::of("").to_string()),
            ForeignHashProblem::OfNothing
        );
    }
    use proptest::prelude::*;

    struct Counting(u8);
    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0;
                self.0 = self.0.wrapping_add(7);
            }
        }
    }

    /// The frozen vectors: a change here breaks every secret ever handed out.
    #[test]
    fn k3_the_format_is_frozen() {
        let vectors = [
            (
                KeyKind::Team,
                "kst_team_07ELSZgnu18FMTahov29GNUbipw3AH2brrpx",
                "e6fb5d8c2e7a30fe0ec4bdf91798ae3b518a3bf42bf5ec085d4b1fde0c51e98b",
            ),
            (
                KeyKind::Project,
                "kst_proj_18FMTahov29GNUbipw3AHOVcjqx4BI35kE6z",
                "5bed1c37a30f3fba15ac41b28a3b2dc4ab0419a4aa3d4a5e695a6fc75fd32331",
            ),
            (
                KeyKind::Service,
                "kst_svc_29GNUbipw3AHOVcjqx4BIPWdkry5CJ1bP0ac",
                "d8cefc1c60334f304d2c47e7931f6177fad7fb2ddf4c59197c409a4b77aab9d5",
            ),
            (
                KeyKind::Personal,
                "kst_pat_3AHOVcjqx4BIPWdkry5CJQXelsz6DK0iWiPj",
                "f711241fac20b30d286d084a205accf0abee0001b1472f062bd8776b46a735f3",
            ),
        ];
        for (index, (kind, text, hash)) in vectors.into_iter().enumerate() {
            let token = Token::mint(kind, &mut Counting(index as u8));
            assert_eq!(token.expose(), text);
            assert_eq!(token.hash().to_string(), hash);
        }
    }

    #[test]
    fn a_secret_says_what_is_wrong_with_it() {
        let good = Token::mint(KeyKind::Team, &mut Counting(0));
        let text = good.expose();
        assert_eq!(check(text), Ok(KeyKind::Team));
        assert_eq!(check("hello"), Err(TokenProblem::Prefix));
        assert_eq!(check("kst_nope_abc"), Err(TokenProblem::Prefix));
        assert_eq!(check(&text[..40]), Err(TokenProblem::Length { found: 31 }));
        assert_eq!(check(&format!("{text} ")), Err(TokenProblem::Alphabet));
        let mut swapped: Vec<char> = text.chars().collect();
        swapped.swap(10, 11);
        assert_eq!(
            check(&swapped.into_iter().collect::<String>()),
            Err(TokenProblem::Checksum)
        );
        assert_eq!(good.last_four().len(), 4);
        let (prefix, body, sum) = good.parts();
        assert_eq!(format!("{prefix}{body}{sum}"), text);
        assert_eq!(prefix, good.prefix());
    }

    #[test]
    fn k13_secrets_are_found_in_any_text() {
        let one = Token::mint(KeyKind::Team, &mut Counting(0));
        let two = Token::mint(KeyKind::Personal, &mut Counting(9));
        let text = format!(
            "export KEY=\"{}\"; ключ={}x kst_team_short kst_other_abc",
            one.expose(),
            two.expose()
        );
        let found = find(&text);
        assert_eq!(found.len(), 3);
        assert_eq!(&text[found[0].start..found[0].end], one.expose());
        assert_eq!(&text[found[1].start..found[1].end], two.expose());
        assert_eq!(found[1].problem, None);
        assert_eq!(found[2].problem, Some(TokenProblem::Length { found: 5 }));
    }

    proptest! {
        #[test]
        fn looking_never_panics(text in ".{0,200}") {
            let _ = check(&text);
            let _ = find(&text);
        }

        #[test]
        fn what_is_minted_parses(seed in any::<u8>(), at in 0usize..4) {
            let kind = KeyKind::ALL[at];
            let token = Token::mint(kind, &mut Counting(seed));
            prop_assert_eq!(check(token.expose()), Ok(kind));
        }

        #[test]
        fn one_wrong_character_is_noticed(at in 9usize..45, replacement in "[0-9A-Za-z]") {
            let token = Token::mint(KeyKind::Team, &mut Counting(3));
            let mut text = token.expose().to_owned();
            if text[at..=at] != replacement {
                text.replace_range(at..=at, &replacement);
                prop_assert_eq!(check(&text), Err(TokenProblem::Checksum));
            }
        }
    }
}
