//! A report as SARIF 2.1.0 (OASIS, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>), for code hosts and editors.

use desk::view::{ScanFinding, ScanReport, SkipReason, Verdict};
use serde_json::{Value, json};

/// What a finding is, as a rule: its id, its level, one line, and what to do.
struct Rule {
    id: &'static str,
    level: &'static str,
    name: &'static str,
    text: &'static str,
    remedy: &'static str,
}

const RULES: [Rule; 4] = [
    Rule {
        id: "keystead/working-secret",
        level: "error",
        name: "WorkingSecret",
        text: "A secret of a key that works.",
        remedy: "Revoke the key, make another, and keep its secret out of files.",
    },
    Rule {
        id: "keystead/ended-secret",
        level: "note",
        name: "EndedSecret",
        text: "A secret of a key that is revoked or has expired.",
        remedy: "It gives access to nothing any more. Remove it.",
    },
    Rule {
        id: "keystead/unknown-secret",
        level: "warning",
        name: "UnknownSecret",
        text: "A whole secret of no key that is known here.",
        remedy: "Find out whose it is, and have its key revoked.",
    },
    Rule {
        id: "keystead/malformed-secret",
        level: "note",
        name: "MalformedSecret",
        text: "It begins like a secret, and is none: cut, mistyped or made up.",
        remedy: "It gives access to nothing. Look for where the whole one may be.",
    },
];

const fn rule(finding: &ScanFinding) -> usize {
    match finding.verdict {
        Verdict::Known if finding.works => 0,
        Verdict::Known => 1,
        Verdict::Unknown => 2,
        Verdict::Malformed => 3,
    }
}

/// The log of one search.
pub(crate) fn log(report: &ScanReport) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "name": rule.name,
                "shortDescription": { "text": rule.text },
                "help": { "text": rule.remedy },
                "defaultConfiguration": { "level": rule.level },
            })
        })
        .collect();
    let results: Vec<Value> = report
        .files
        .iter()
        .flat_map(|file| file.findings.iter().map(|finding| result(&file.path, finding)))
        .collect();
    let notifications: Vec<Value> = report
        .skipped
        .iter()
        .filter(|skipped| matches!(skipped.reason, SkipReason::TooLarge | SkipReason::Unreadable))
        .map(|skipped| {
            json!({
                "level": "warning",
                "message": { "text": skipped.sentence },
                "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(&skipped.path) } } }],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "keystead",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "invocations": [{
                "executionSuccessful": !report.cancelled,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(path: &str, finding: &ScanFinding) -> Value {
    let at = rule(finding);
    let region = match (finding.line, finding.column) {
        (Some(line), Some(column)) => json!({ "startLine": line, "startColumn": column }),
        _ => json!({ "byteOffset": finding.offset }),
    };
    json!({
        "ruleId": RULES[at].id,
        "ruleIndex": at,
        "level": RULES[at].level,
        "message": { "text": format!("{}: {}", finding.masked, finding.sentence) },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": uri(path) }, "region": region },
        }],
        "partialFingerprints": { "keysteadSecret/v1": finding.fingerprint },
    })
}

/// A path as a URI reference (RFC 3986): relative ones stay relative.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let path = if cfg!(windows) {
        path.replace('\\', "/")
    } else {
        path.to_owned()
    };
    let mut uri = match path.as_bytes() {
        [b'/', ..] => "file://".to_owned(),
        // A drive.
        [_, b':', ..] if cfg!(windows) => "file:///".to_owned(),
        _ => String::new(),
    };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    #[test]
    fn k13_paths_are_uris() {
        assert_eq!(super::uri("./src/a b.py"), "src/a%20b.py");
        assert_eq!(
            super::uri("/tmp/ключ:1"),
            "file:///tmp/%D0%BA%D0%BB%D1%8E%D1%87%3A1"
        );
    }
}
