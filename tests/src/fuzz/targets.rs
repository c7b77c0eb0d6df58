//! What is tried, and what has to be true of it.

use crypto::jwt::{KeySet, Unproven};
use crypto::token::{self, Token};
use domain::clock::Timestamp;
use domain::issuer::{Audience, IssuerUrl, SigningAlgorithm, SubjectClaim, TokenRules};

/// Something that reads what strangers wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Secrets of keys.
    Secret,
    /// The catalog's files.
    Catalog,
    /// Tokens of issuers, and their lists of keys.
    Jwt,
    /// Files that are searched for secrets, in parts.
    Scan,
}

/// 2026-03-12T10:42:07Z: the time of the vectors.
const NOW: i64 = 1_773_312_127_000_000;
const VECTORS: &str = include_str!("../../../crates/crypto/src/jwt/vectors.json");
/// Two made-up secrets whose checksums are right, and one whose is not.
const SECRETS: [&str; 3] = [
    "kst_team_07ELSZgnu18FMTahov29GNUbipw3AH2brrpx",
    "kst_svc_29GNUbipw3AHOVcjqx4BIPWdkry5CJ1bP0ac",
    "kst_pat_3AHOVcjqx4BIPWdkry5CJQXelsz6DK000000",
];

impl Target {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Secret, Self::Catalog, Self::Jwt, Self::Scan];

    /// Its name on the command line, and of its folders.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Catalog => "catalog",
            Self::Jwt => "jwt",
            Self::Scan => "scan",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// Inputs that mean something.
    pub(super) fn seeds(self) -> Vec<Vec<u8>> {
        match self {
            Self::Secret | Self::Scan => {
                let mut seeds: Vec<Vec<u8>> = SECRETS.iter().map(|text| text.as_bytes().to_vec()).collect();
                seeds.push(SECRETS.join("\n").into_bytes());
                seeds.push(format!("\u{7}KEY={}\r\nключ", SECRETS[0]).into_bytes());
                seeds
            }
            Self::Catalog => server::catalog::BUILT_IN
                .iter()
                .map(|(_, text)| text.as_bytes().to_vec())
                .collect(),
            Self::Jwt => {
                let vectors = vectors();
                let of = |group: &str| -> Vec<Vec<u8>> {
                    let all = vectors[group].as_object().into_iter().flatten();
                    all.filter_map(|(_, token)| Some(token.as_str()?.as_bytes().to_vec()))
                        .collect()
                };
                let mut seeds = [of("good"), of("rules")].concat();
                seeds.push(vectors.to_string().into_bytes());
                seeds
            }
        }
    }

    /// Pieces that lead somewhere.
    pub(super) const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Secret | Self::Scan => &[
                "kst_",
                "kst_team_",
                "kst_svc_",
                "kst_pat_",
                "kst_proj_",
                "_",
                "\n",
                "z",
                "0",
            ],
            Self::Catalog => &[
                "[[model]]",
                "[parameters]",
                "price",
                "=",
                "\"",
                "'''",
                "{",
                "}",
                "[",
                "]",
                "1e999",
                "-1",
                "#",
                "\n",
                "9223372036854775808",
                "inf",
                "nan",
                "µ",
                "..",
                "name",
                "(",
                ")",
                "*",
                "/ 0",
            ],
            Self::Jwt => &[
                ".",
                "eyJhbGciOiJub25lIn0",
                "eyJhbGciOiJIUzI1NiJ9",
                "e30",
                "W10",
                "=",
                "-",
                "_",
                "bnVsbA",
                "\"keys\"",
                "{\"kty\":\"RSA\"}",
                "null",
                "[",
                "]",
            ],
        }
    }

    /// Tries one input. Panics when something is not as it has to be.
    pub fn try_one(self, input: &[u8]) {
        match self {
            Self::Secret => secret(input),
            Self::Catalog => catalog(input),
            Self::Jwt => jwt(input),
            Self::Scan => scan(input),
        }
    }
}

fn vectors() -> serde_json::Value {
    serde_json::from_str(VECTORS).unwrap_or_default()
}

fn secret(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let checked = token::check(text);
    let parsed = Token::parse(text);
    assert_eq!(checked.is_ok(), parsed.is_ok(), "the two readers agree");
    if let Ok(token) = parsed {
        let (prefix, body, checksum) = token.parts();
        assert_eq!([prefix, body, checksum].concat(), text, "nothing is lost");
        assert_eq!(prefix, token.prefix());
        assert!(text.ends_with(&token.last_four()));
        let changed = format!("{}!", &text[..text.len() - 1]);
        assert!(token::check(&changed).is_err());
    }
    // What is found in a text lies in it.
    let whole = token::find(text).len();
    assert!(whole <= text.matches("kst_").count());
}

fn catalog(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // As the whole, and as one service beside the whole that ships.
    for read in [
        server::catalog::read_texts(&text, &[]),
        server::catalog::read_texts(shipped(), &[("services/fuzz.toml", &text)]),
    ] {
        match read {
            Ok(catalog) => {
                assert!(
                    serde_json::to_string(&catalog).is_ok(),
                    "a good catalog is handed out"
                );
            }
            Err(error) => {
                assert!(!error.problems.is_empty(), "what is wrong is said");
                for problem in &error.problems {
                    assert!(!problem.to_string().is_empty());
                }
            }
        }
    }
}

fn shipped() -> &'static str {
    server::catalog::BUILT_IN
        .iter()
        .find(|(name, _)| *name == "catalog.toml")
        .map_or("", |(_, text)| text)
}

fn jwt(input: &[u8]) {
    // Whatever a provider lists is read without harm.
    if let Ok(keys) = KeySet::read(input) {
        assert!(!keys.keys.is_empty());
        let again = serde_json::to_vec(&keys).unwrap_or_default();
        assert_eq!(KeySet::read(&again), Ok(keys), "what is kept is read again");
    }
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let Ok(read) = Unproven::read(text) else { return };
    let vectors = vectors();
    let list = serde_json::json!({ "keys": vectors["keys"] }).to_string();
    let (Ok(keys), Ok(issuer), Ok(audience)) = (
        KeySet::read(list.as_bytes()),
        IssuerUrl::parse("https://login.example.org"),
        Audience::parse("keys"),
    ) else {
        unreachable!("the vectors are as they were")
    };
    let rules = TokenRules {
        issuer,
        audience,
        subject_claim: SubjectClaim::default(),
        algorithms: SigningAlgorithm::ALL.to_vec(),
        leeway_seconds: 60,
    };
    let proven = read.prove(&rules, &keys, Timestamp::from_micros(NOW));
    // The keys that could sign another are gone: what is good was signed then.
    if proven.is_ok() {
        let signed = |text: &str| text.rsplit_once('.').map(|(signed, _)| signed.to_owned());
        let known = ["good", "rules"].iter().any(|group| {
            let mut all = vectors[*group].as_object().into_iter().flatten();
            all.any(|(_, token)| token.as_str().and_then(signed) == signed(text))
        });
        assert!(known, "a forged token is good: {text}");
    }
    assert!(
        read.prove(&rules, &KeySet::default(), Timestamp::from_micros(NOW))
            .is_err()
    );
}

fn scan(input: &[u8]) {
    // The first bytes say how the rest is cut.
    let (cuts, bytes) = input.split_at(input.len().min(8));
    let parts: Vec<usize> = cuts.iter().map(|cut| usize::from(*cut) + 1).collect();
    let whole = desk::scan::places_in_parts(bytes, &[]);
    assert_eq!(
        desk::scan::places_in_parts(bytes, &parts),
        whole,
        "however it is cut"
    );
    assert_eq!(desk::scan::places_in_parts(bytes, &[1]), whole, "byte by byte");
}
