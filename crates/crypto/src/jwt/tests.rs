//! Tokens that are good, and forged ones. The vectors were made with another implementation (Node's), whose private keys
//! are gone; the time is that of the vectors, 2026-03-12T10:42:07Z.

use domain::issuer::{Audience, SubjectClaim};
use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_773_312_127_000_000;

struct Vectors(Value);

impl Vectors {
    fn read() -> Self {
        Self(serde_json::from_str(include_str!("vectors.json")).unwrap())
    }

    fn keys(&self) -> KeySet {
        let json = serde_json::json!({ "keys": self.0["keys"] }).to_string();
        KeySet::read(json.as_bytes()).unwrap()
    }

    fn token(&self, group: &str, name: &str) -> String {
        self.0[group][name].as_str().unwrap().to_owned()
    }
}

fn rules() -> TokenRules {
    TokenRules {
        issuer: IssuerUrl::parse("https://login.example.org").unwrap(),
        audience: Audience::parse("keys").unwrap(),
        subject_claim: SubjectClaim::default(),
        algorithms: SigningAlgorithm::ALL.to_vec(),
        leeway_seconds: 60,
    }
}

fn proven(token: &str, rules: &TokenRules) -> Result<Proven, TokenProblem> {
    let now = Timestamp::from_micros(NOW);
    Unproven::read(token)?.prove(rules, &Vectors::read().keys(), now)
}

#[track_caller]
fn refused(token: &str) -> TokenProblem {
    proven(token, &rules()).map(|good| good.subject).unwrap_err()
}

#[test]
fn k12_every_way_of_signing_is_proven() {
    let vectors = Vectors::read();
    for algorithm in SigningAlgorithm::ALL {
        let token = vectors.token("good", algorithm.as_str());
        assert!(looks_like(&token));
        let good = proven(&token, &rules()).unwrap_or_else(|problem| panic!("{algorithm}: {problem}"));
        assert_eq!(good.subject.as_str(), "ada");
        assert_eq!(good.verified_email.unwrap().as_str(), "ada@example.org");
        assert_eq!(good.expires_at.to_string(), "2026-03-12T11:40:00Z");
    }
}

#[test]
fn k12_a_way_of_signing_that_was_not_chosen_is_refused() {
    let vectors = Vectors::read();
    for algorithm in SigningAlgorithm::ALL {
        let mut others = rules();
        others.algorithms.retain(|one| *one != algorithm);
        let token = vectors.token("good", algorithm.as_str());
        assert_eq!(
            proven(&token, &others).unwrap_err(),
            TokenProblem::Algorithm,
            "{algorithm}"
        );
    }
}

fn with_header(token: &str, header: &str) -> String {
    let rest = token.split_once('.').unwrap().1;
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

#[test]
fn k12_a_token_without_a_signature_is_refused() {
    let good = Vectors::read().token("good", "ES256");
    for name in [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "ES256 ", "RS257",
    ] {
        let token = with_header(&good, &format!("{{\"alg\":\"{name}\",\"kid\":\"ec\"}}"));
        assert_eq!(refused(&token), TokenProblem::Algorithm, "{name}");
        let bare = format!("{}.", token.rsplit_once('.').unwrap().0);
        assert_eq!(refused(&bare), TokenProblem::Algorithm, "{name}");
    }
    assert_eq!(
        refused(&format!("{}.", good.rsplit_once('.').unwrap().0)),
        TokenProblem::Signature
    );
    assert_eq!(refused(good.rsplit_once('.').unwrap().0), TokenProblem::Malformed);
    for header in ["{}", "{\"alg\":null}", "{\"alg\":256}", "{\"alg\":[\"ES256\"]}"] {
        assert_eq!(
            refused(&with_header(&good, header)),
            TokenProblem::Malformed,
            "{header}"
        );
    }
}

#[test]
fn k12_the_public_key_is_no_shared_key() {
    let vectors = Vectors::read();
    for name in ["hs_pem", "hs_der"] {
        assert_eq!(
            refused(vectors.0[name].as_str().unwrap()),
            TokenProblem::Algorithm
        );
    }
}

#[test]
fn k12_a_key_is_of_one_family() {
    let vectors = Vectors::read();
    // An RSA token under the id of the elliptic key, and the other way round.
    let rsa = vectors.token("good", "RS256");
    assert_eq!(
        refused(&with_header(&rsa, "{\"alg\":\"RS256\",\"kid\":\"ec\"}")),
        TokenProblem::NoKey
    );
    let ec = vectors.token("good", "ES256");
    assert_eq!(
        refused(&with_header(&ec, "{\"alg\":\"RS256\",\"kid\":\"rsa\"}")),
        TokenProblem::Signature
    );
    assert_eq!(
        refused(&with_header(&ec, "{\"alg\":\"ES384\",\"kid\":\"ec\"}")),
        TokenProblem::NoKey
    );
    // 1024 bits are too few, whoever signed.
    assert_eq!(
        refused(vectors.0["small"].as_str().unwrap()),
        TokenProblem::Signature
    );
}

#[test]
fn k12_a_key_that_a_token_brings_along_is_not_used() {
    let vectors = Vectors::read();
    assert_eq!(
        refused(vectors.0["brought"].as_str().unwrap()),
        TokenProblem::Signature
    );
}

#[test]
fn k12_signatures_of_elliptic_curves_have_one_form() {
    let vectors = Vectors::read();
    assert_eq!(
        refused(vectors.0["es_der"].as_str().unwrap()),
        TokenProblem::Signature
    );
    let good = vectors.token("good", "ES256");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let with = |bytes: &[u8]| format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes));
    // Zeros (CVE-2022-21449), a zero half, the order of the curve, all ones, longer and shorter ones.
    let mut zero_r = signature.clone();
    zero_r[..32].fill(0);
    let mut zero_s = signature.clone();
    zero_s[32..].fill(0);
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    for bytes in [
        vec![0; 64],
        zero_r,
        zero_s,
        [order.as_slice(), order.as_slice()].concat(),
        vec![255; 64],
        signature[..63].to_vec(),
        [signature.as_slice(), &[0]].concat(),
        Vec::new(),
    ] {
        assert_eq!(refused(&with(&bytes)), TokenProblem::Signature, "{bytes:?}");
    }
    // The other s of the same r is as good to everybody; it makes the same token good, and nothing else.
    let mut carry = 0i16;
    let mut other = signature.clone();
    for at in (0..32).rev() {
        let digit = i16::from(order[at]) - i16::from(signature[32 + at]) + carry;
        carry = if digit < 0 { -1 } else { 0 };
        other[32 + at] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }
    assert_ne!(other, signature);
    assert_eq!(proven(&with(&other), &rules()), proven(&good, &rules()));
}

#[test]
fn k12_the_rules_of_an_issuer_hold() {
    let vectors = Vectors::read();
    let table = [
        ("other_issuer", Some(TokenProblem::UnknownIssuer)),
        ("issuer_with_slash", Some(TokenProblem::UnknownIssuer)),
        ("no_issuer", Some(TokenProblem::UnknownIssuer)),
        ("issuer_is_list", Some(TokenProblem::Malformed)),
        ("other_audience", Some(TokenProblem::UnknownIssuer)),
        ("audience_prefix", Some(TokenProblem::UnknownIssuer)),
        ("audience_list", None),
        ("audience_object", Some(TokenProblem::Malformed)),
        ("no_audience", Some(TokenProblem::UnknownIssuer)),
        ("expired", Some(TokenProblem::Expired)),
        ("expires_now", None),
        ("exp_fraction", None),
        ("no_exp", Some(TokenProblem::Expired)),
        ("exp_text", Some(TokenProblem::Malformed)),
        ("exp_huge", Some(TokenProblem::Malformed)),
        ("exp_negative", Some(TokenProblem::Malformed)),
        ("not_yet", Some(TokenProblem::NotYet)),
        ("nbf_within_leeway", None),
        ("future_iat", Some(TokenProblem::NotYet)),
        ("sub_number", Some(TokenProblem::Subject)),
        ("sub_missing", Some(TokenProblem::Subject)),
        ("sub_empty", Some(TokenProblem::Subject)),
        ("sub_long", Some(TokenProblem::Subject)),
        ("sub_null", Some(TokenProblem::Subject)),
        ("sub_control", Some(TokenProblem::Subject)),
        ("sub_twice", Some(TokenProblem::Malformed)),
        ("nested_twice", Some(TokenProblem::Malformed)),
        ("alg_twice", Some(TokenProblem::Malformed)),
        ("behind", Some(TokenProblem::Malformed)),
        ("claims_no_object", Some(TokenProblem::Malformed)),
        ("bound", Some(TokenProblem::Bound)),
        ("crit", Some(TokenProblem::Header)),
        ("crit_empty", Some(TokenProblem::Header)),
        ("b64", Some(TokenProblem::Header)),
        ("typ_logout", Some(TokenProblem::Header)),
        ("typ_at", None),
        ("typ_application", None),
        ("no_kid", None),
        ("other_kid", Some(TokenProblem::NoKey)),
        ("kid_path", Some(TokenProblem::NoKey)),
        ("kid_sql", Some(TokenProblem::NoKey)),
        ("kid_number", Some(TokenProblem::Malformed)),
        ("kid_list", Some(TokenProblem::Malformed)),
        ("kid_long", Some(TokenProblem::Malformed)),
    ];
    for (name, expected) in table {
        let found = proven(&vectors.token("rules", name), &rules()).err();
        assert_eq!(found, expected, "{name}");
    }
    // Without any leeway the second itself is over.
    let strict = TokenRules {
        leeway_seconds: 0,
        ..rules()
    };
    assert_eq!(
        proven(&vectors.token("rules", "expires_now"), &strict).unwrap_err(),
        TokenProblem::Expired
    );
}

#[test]
fn k12_another_claim_can_name_the_subject() {
    let token = Vectors::read().token("rules", "client_id");
    let rules = TokenRules {
        subject_claim: SubjectClaim::parse("client_id").unwrap(),
        ..rules()
    };
    assert_eq!(proven(&token, &rules).unwrap().subject.as_str(), "robot");
}

#[test]
fn k12_only_an_address_the_issuer_verified_counts() {
    let vectors = Vectors::read();
    for name in ["email_unverified", "email_verified_text"] {
        let good = proven(&vectors.token("rules", name), &rules()).unwrap();
        assert_eq!(good.verified_email, None, "{name}");
    }
}

#[test]
fn k12_what_is_cut_or_too_large_is_no_token() {
    let good = Vectors::read().token("good", "RS256");
    for end in 0..good.len() {
        assert!(proven(&good[..end], &rules()).is_err(), "{end}");
    }
    let long = format!("{good}{}", "A".repeat(MOST_BYTES));
    assert_eq!(refused(&long), TokenProblem::Malformed);
    for token in [
        format!("{good}.x"),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}\n"),
        good.replace('.', ".."),
        good.replace('_', "/").replace('-', "+"),
        "ey.ey.ey".to_owned(),
        "..".to_owned(),
        String::new(),
    ] {
        assert_eq!(refused(&token), TokenProblem::Malformed, "{token}");
    }
    let deep = format!(
        "{{\"alg\":\"ES256\",\"a\":{}{}}}",
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    assert_eq!(refused(&with_header(&good, &deep)), TokenProblem::Malformed);
}

#[test]
fn k12_what_a_provider_lists_is_read_with_care() {
    let keys = |json: Value| KeySet::read(json.to_string().as_bytes());
    assert_eq!(KeySet::read(b"<html>").unwrap_err(), NoKeySet::Unreadable);
    assert_eq!(
        keys(serde_json::json!({ "keys": [] })).unwrap_err(),
        NoKeySet::Empty
    );
    // A shared key, a key for encryption, and one of a kind nobody knows.
    let others = serde_json::json!({ "keys": [
        { "kty": "oct", "k": "AAAA" }, { "kty": "RSA", "use": "enc", "n": "AQ", "e": "AQAB" }, { "kty": "X" }, 7,
    ] });
    assert_eq!(keys(others).unwrap_err(), NoKeySet::Empty);
    let many: Vec<Value> = (0..101).map(|_| serde_json::json!({ "kty": "RSA" })).collect();
    assert_eq!(
        keys(serde_json::json!({ "keys": many })).unwrap_err(),
        NoKeySet::TooMany
    );
    // What a provider lists by mistake, a private half, is not kept.
    let with_private =
        serde_json::json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "secret" }] });
    let kept = serde_json::to_string(&keys(with_private).unwrap()).unwrap();
    assert_eq!(kept, r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#);
}

proptest! {
    #[test]
    fn k12_no_text_makes_the_reader_panic(text in "\\PC{0,300}") {
        let _ = proven(&text, &rules());
    }

    /// One changed character anywhere makes a token bad, but for the bits no decoder looks at: there are none.
    #[test]
    fn k12_a_changed_token_is_never_good(at in 0usize..500, to in "[A-Za-z0-9_-]", which in 0usize..9) {
        let good = Vectors::read().token("good", SigningAlgorithm::ALL[which].as_str());
        let at = at % good.len();
        let changed = format!("{}{to}{}", &good[..at], &good[at + 1..]);
        prop_assume!(changed != good);
        prop_assert!(proven(&changed, &rules()).is_err());
    }
}
