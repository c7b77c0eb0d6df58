//! What is said of something that begins like a secret of a key. The same for a pasted text and for a file.

use crypto::token::{SecretHash, TokenProblem};
use domain::clock::Timestamp;
use domain::id::SecretId;
use domain::key::{KeyKind, KeyState};
use sync::status::Phase;

use crate::error::DeskError;
use crate::open::OpenConnection;
use crate::view::{KeyDetail, Verdict};

/// What is known of a finding, and the sentence that says it.
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    pub(crate) sentence: String,
    /// Its key, and which of its secrets.
    pub(crate) key: Option<(KeyDetail, SecretId)>,
}

impl Answer {
    /// What can be said without a copy of the keys: `why` it can't be asked follows a colon.
    pub(crate) fn without_copy(kind: KeyKind, problem: Option<TokenProblem>, why: &str) -> Self {
        let (verdict, sentence) = match problem {
            Some(problem) => (Verdict::Malformed, malformed(kind, problem)),
            None => (
                Verdict::Unknown,
                format!(
                    "A whole {} secret with a right checksum. Whose it is could not be looked up: {why}",
                    label(kind)
                ),
            ),
        };
        Self {
            verdict,
            sentence,
            key: None,
        }
    }
}

impl OpenConnection {
    /// Says what a candidate is, from the replica alone.
    pub(crate) fn answer(
        &self,
        kind: KeyKind,
        problem: Option<TokenProblem>,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Answer, DeskError> {
        let known = match problem {
            None => self.replica.key_by_hash(hash)?,
            Some(_) => None,
        };
        let key = match known {
            Some((record, secret)) => Some((self.detail(&record, now)?, secret)),
            None => None,
        };
        let (verdict, sentence) = match (problem, &key) {
            (Some(problem), _) => (Verdict::Malformed, malformed(kind, problem)),
            (None, None) => (
                Verdict::Unknown,
                format!(
                    "A whole {} secret with a right checksum, but of no key of this organization that you can see. If it \
                     should be yours, switch to its workspace and look again.",
                    label(kind)
                ),
            ),
            (None, Some((key, secret))) => (Verdict::Known, known_sentence(key, *secret, &self.worked()?)),
        };
        Ok(Answer {
            verdict,
            sentence,
            key,
        })
    }

    /// What can be said of a key that is in force here: that it works, or when it was last known to.
    fn worked(&self) -> Result<String, DeskError> {
        Ok(match self.replica.synced_at()? {
            _ if self.engine.status().phase == Phase::Synced => "it works".to_owned(),
            Some(at) => format!("it worked at the last sync, {at}"),
            None => "whether it works is not known: there was no sync yet".to_owned(),
        })
    }
}

const fn label(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Team => "team key",
        KeyKind::Project => "project key",
        KeyKind::Service => "service key",
        KeyKind::Personal => "personal token",
    }
}

fn malformed(kind: KeyKind, problem: TokenProblem) -> String {
    format!(
        "It begins like a {} secret, but {problem}. It gives access to nothing.",
        label(kind)
    )
}

fn known_sentence(key: &KeyDetail, secret: SecretId, worked: &str) -> String {
    let name = &key.row.name;
    let waits = key.row.pending.is_some();
    let row = key.secret(secret);
    if row.is_none() {
        return format!(
            "The new secret of {name}. Its rotation is not yet in force: the server has not confirmed it."
        );
    }
    if row.is_some_and(|row| row.retired_at.is_some()) {
        return format!(
            "An old secret of {name}: another took its place. It gives access to nothing any more."
        );
    }
    match key.row.state {
        KeyState::Revoked => {
            format!("A secret of {name}, which is revoked. It gives access to nothing any more.")
        }
        KeyState::Expired => {
            format!("A secret of {name}, which has expired. It gives access to nothing any more.")
        }
        KeyState::Paused => format!(
            "A secret of {name}, which is paused: it gives access to nothing until somebody resumes the key. If you found \
             it where it does not belong, revoke the key."
        ),
        KeyState::Suspended => format!(
            "A secret of {name}, which is suspended: it gives access to nothing now, and may come back. If you found it \
             where it does not belong, revoke the key."
        ),
        KeyState::Active | KeyState::Rotating if waits && key.in_force_since.is_none() => {
            format!(
                "A secret of {name}. A change of this key is not yet in force: the server has not confirmed it."
            )
        }
        KeyState::Active | KeyState::Rotating => {
            format!(
                "A secret of {name}, and {worked}. If you found it where it does not belong, revoke the key."
            )
        }
    }
}

/// The prefix, two characters, dots, the last four: enough to tell apart, not enough to use.
pub(crate) fn mask(found: &str, kind: KeyKind) -> String {
    let prefix = crypto::token::prefix(kind);
    let rest: Vec<char> = found[prefix.len()..].chars().collect();
    if rest.len() < 12 {
        return format!("{prefix}…");
    }
    let head: String = rest[..2].iter().collect();
    let tail: String = rest[rest.len() - 4..].iter().collect();
    format!("{prefix}{head}••••••••{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k13_a_finding_is_masked() {
        assert_eq!(
            mask("kst_team_07ELSZgnu18FMTahov29GNUbipw3AH2brrpx", KeyKind::Team),
            "kst_team_07••••••••rrpx"
        );
        assert_eq!(mask("kst_svc_abc", KeyKind::Service), "kst_svc_…");
    }
}
