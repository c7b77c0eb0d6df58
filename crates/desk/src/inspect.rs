//! What is this string? Answered from the replica alone, with the network unplugged (K13).

mod foreign;

use std::path::Path;
use std::sync::Arc;

use crypto::token::{BRAND, Candidate, SecretHash, find};
use domain::clock::Timestamp;
use domain::import::may_be_foreign;
use sync::status::Phase;

use crate::error::DeskError;
use crate::open::OpenConnection;
use crate::verdict::mask;
use crate::view::{Finding, InspectReport, PlaceHere};
use crate::{Desk, blocking};
use foreign::Word;

/// The most bytes of a pasted text that are looked at.
const MOST_BYTES: usize = 4 * 1_024 * 1_024;
/// The most findings that are answered.
const MOST_FINDINGS: usize = 200;
/// The most bytes of a text that may be the path of a file.
const MOST_PATH: usize = 4_096;

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

impl Desk {
    /// Says what the clipboard holds, without showing it. Nothing leaves this computer, and nothing of it is kept.
    ///
    /// # Errors
    /// [`DeskError::Unexpected`] when the clipboard can't be read.
    pub async fn inspect_clipboard(self: &Arc<Self>) -> Result<InspectReport, DeskError> {
        let open = self.current()?;
        let (now, host) = (self.now(), self.ports.host.clone());
        blocking(move || {
            let text = host.paste().map_err(DeskError::Unexpected)?;
            open.inspect(text.as_ref().map_or("", |text| text.expose()), now)
        })
        .await
    }
}

/// The file or folder that a text names, where it names one and nothing else.
fn place(text: &str) -> Option<PlaceHere> {
    let path = Path::new(text.trim());
    if text.len() > MOST_PATH || !path.is_absolute() {
        return None;
    }
    let found = std::fs::metadata(path).ok()?;
    (found.is_dir() || found.is_file()).then(|| PlaceHere {
        path: path.display().to_string(),
        folder: found.is_dir(),
    })
}

impl OpenConnection {
    fn inspect(&self, text: &str, now: Timestamp) -> Result<InspectReport, DeskError> {
        let mut end = text.len().min(MOST_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let looked_at = &text[..end];
        let candidates = find(looked_at);
        let words = foreign::words(looked_at);
        let truncated =
            end < text.len() || candidates.len() > MOST_FINDINGS || words.len() > foreign::MOST_WORDS;
        let status = self.engine.status();
        let away = matches!(status.phase, Phase::Offline | Phase::SignedOut | Phase::Failed);
        let mut findings = candidates
            .iter()
            .take(MOST_FINDINGS)
            .map(|candidate| self.finding(looked_at, candidate, now))
            .collect::<Result<Vec<_>, _>>()?;
        for word in words.iter().take(foreign::MOST_WORDS) {
            if findings.len() < MOST_FINDINGS
                && let Some(finding) = self.foreign_finding(looked_at, word, now)?
            {
                findings.push(finding);
            }
        }
        findings.sort_by_key(|finding| finding.offset);
        Ok(InspectReport {
            findings,
            place: place(text),
            truncated,
            characters: u32::try_from(looked_at.chars().count()).unwrap_or(u32::MAX),
            as_of: self.replica.synced_at()?,
            offline_since: away.then_some(status.since),
        })
    }

    fn finding(&self, text: &str, candidate: &Candidate, now: Timestamp) -> Result<Finding, DeskError> {
        let found = &text[candidate.start..candidate.end];
        let hash = SecretHash::of(found);
        let answer = self.answer(candidate.kind, candidate.problem, &hash, now)?;
        let (key, secret_id) = answer.key.unzip();
        Ok(Finding {
            masked: mask(found, candidate.kind),
            kind: candidate.kind,
            checksum_right: candidate.problem.is_none(),
            foreign: false,
            verdict: answer.verdict,
            sentence: answer.sentence,
            key,
            secret_id,
            offset: u32::try_from(text[..candidate.start].chars().count()).unwrap_or(u32::MAX),
        })
    }

    /// A secret of another system that was imported, known by its hash. What is none of them is not mentioned: it may be
    /// anything.
    fn foreign_finding(&self, text: &str, word: &Word, now: Timestamp) -> Result<Option<Finding>, DeskError> {
        for start in word.starts() {
            let found = &text[start..word.end];
            if found.starts_with(BRAND) || !may_be_foreign(found) {
                continue;
            }
            let hash = SecretHash::of(found);
            let Some((record, _)) = self.replica.key_by_hash(&hash)? else {
                continue;
            };
            let kind = record.view.kind;
            let answer = self.answer(kind, None, &hash, now)?;
            let (key, secret_id) = answer.key.unzip();
            let row = key.as_ref().and_then(|key| key.secret(secret_id?));
            let prefix = row.map(|row| row.prefix.as_str()).unwrap_or_default();
            return Ok(Some(Finding {
                masked: foreign::mask(found, prefix),
                kind,
                checksum_right: true,
                foreign: true,
                verdict: answer.verdict,
                sentence: answer.sentence,
                key,
                secret_id,
                offset: u32::try_from(text[..start].chars().count()).unwrap_or(u32::MAX),
            }));
        }
        Ok(None)
    }
}
