//! What is this string? Answered from the replica alone, with the network unplugged (K13).

use std::sync::Arc;

use crypto::token::{Candidate, SecretHash, TokenProblem, find};
use domain::clock::Timestamp;
use domain::id::SecretId;
use domain::key::{KeyKind, KeyState};
use sync::status::Phase;

use crate::error::DeskError;
use crate::open::OpenConnection;
use crate::view::{Finding, InspectReport, KeyDetail, Verdict};
use crate::{Desk, blocking};

/// The most bytes of a pasted text that are looked at.
const MOST_BYTES: usize = 4 * 1_024 * 1_024;
/// The most findings that are answered.
const MOST_FINDINGS: usize = 200;

impl Desk {
    /// Says what a text holds. Nothing leaves this computer, and nothing of the text is kept.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn inspect(self: &Arc<Self>, text: String) -> Result<InspectReport, DeskError> {
        let open = self.current()?;
        let now = self.now();
        let text = crypto::secret::Secret::new(text);
        blocking(move || open.inspect(text.expose(), now)).await
    }
}

impl OpenConnection {
    fn inspect(&self, text: &str, now: Timestamp) -> Result<InspectReport, DeskError> {
        let mut end = text.len().min(MOST_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let looked_at = &text[..end];
        let candidates = find(looked_at);
        let truncated = end < text.len() || candidates.len() > MOST_FINDINGS;
        let status = self.engine.status();
        let away = matches!(status.phase, Phase::Offline | Phase::SignedOut | Phase::Failed);
        let findings = candidates
            .iter()
            .take(MOST_FINDINGS)
            .map(|candidate| self.finding(looked_at, candidate, now))
            .collect::<Result<_, _>>()?;
        Ok(InspectReport {
            findings,
            truncated,
            characters: u32::try_from(looked_at.chars().count()).unwrap_or(u32::MAX),
            as_of: self.replica.synced_at()?,
            offline_since: away.then_some(status.since),
        })
    }

    fn finding(&self, text: &str, candidate: &Candidate, now: Timestamp) -> Result<Finding, DeskError> {
        let found = &text[candidate.start..candidate.end];
        let known = match candidate.problem {
            None => self.replica.key_by_hash(&SecretHash::of(found))?,
            Some(_) => None,
        };
        let known = match known {
            Some((record, secret)) => Some((self.detail(&record, now)?, secret)),
            None => None,
        };
        let (verdict, sentence) = match (candidate.problem, &known) {
            (Some(problem), _) => (Verdict::Malformed, malformed(candidate.kind, problem)),
            (None, None) => (
                Verdict::Unknown,
                format!(
                    "A whole {} secret with a right checksum, but of no key of this organization that you can see. If it \
                     should be yours, switch to its workspace and look again.",
                    label(candidate.kind)
                ),
            ),
            (None, Some((key, secret))) => (Verdict::Known, known_sentence(key, *secret, &self.worked()?)),
        };
        let (key, secret_id) = known.unzip();
        Ok(Finding {
            masked: mask(found, candidate.kind),
            kind: candidate.kind,
            checksum_right: candidate.problem.is_none(),
            verdict,
            sentence,
            key,
            secret_id,
            offset: u32::try_from(text[..candidate.start].chars().count()).unwrap_or(u32::MAX),
        })
    }
}

impl OpenConnection {
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
    let row = key.secrets.iter().find(|row| row.id == secret);
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
fn mask(found: &str, kind: KeyKind) -> String {
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
