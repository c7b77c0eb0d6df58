//! The collection: findings become answers, are counted, and are kept up to the caps. Nothing that is kept grows with
//! what is searched.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::Arc;

use crypto::token::{SecretHash, TokenProblem};
use domain::clock::Timestamp;
use domain::id::{KeyId, SecretId};
use sync::status::Phase;

use super::report::{FileFindings, ScanCounts, ScanFinding, ScanReport, SkipCounts, SkipReason, Skipped};
use super::search::Spot;
use super::walk::Passed;
use super::{MOST_FINDINGS, MOST_IN_A_FILE, MOST_SKIPPED, Only};
use crate::error::DeskError;
use crate::open::OpenConnection;
use crate::verdict::Answer;
use crate::view::{KeyDetail, Verdict, sentence};

/// Who says whose a secret is.
pub(crate) enum Copy {
    /// The copy of the open connection.
    Open(Arc<OpenConnection>),
    /// Nobody, and why not.
    Away(String),
}

/// What was said of a whole secret, to be said again without asking.
struct Told {
    verdict: Verdict,
    sentence: String,
    works: bool,
    key: Option<(KeyId, String, SecretId)>,
}

/// Everything that was found so far.
pub(crate) struct Collection {
    copy: Copy,
    only: Only,
    now: Timestamp,
    told: HashMap<SecretHash, Arc<Told>>,
    keys: HashMap<KeyId, KeyDetail>,
    /// With the place of each file in the walk.
    files: Vec<(usize, FileFindings)>,
    /// Where the files of these places are in `files`.
    places: HashMap<usize, usize>,
    listed: usize,
    capped: bool,
    counts: ScanCounts,
    skipped: Vec<Skipped>,
    skip_counts: SkipCounts,
    searched_files: u32,
    searched_bytes: u64,
    /// Why the copy stopped to answer.
    trouble: Option<String>,
}

impl Collection {
    pub(crate) fn new(copy: Copy, only: Only, now: Timestamp) -> Self {
        Self {
            copy,
            only,
            now,
            told: HashMap::new(),
            keys: HashMap::new(),
            files: Vec::new(),
            places: HashMap::new(),
            listed: 0,
            capped: false,
            counts: ScanCounts::default(),
            skipped: Vec::new(),
            skip_counts: SkipCounts::default(),
            searched_files: 0,
            searched_bytes: 0,
            trouble: None,
        }
    }

    /// Takes a finding in; answers whether it is wanted.
    pub(crate) fn add(&mut self, place: usize, path: &Path, spot: Spot) -> bool {
        let told = self.told(&spot);
        let wanted = match self.only {
            Only::Any => true,
            Only::Whole => told.verdict != Verdict::Malformed,
            Only::Known => told.verdict == Verdict::Known,
        };
        if !wanted {
            return false;
        }
        *match told.verdict {
            Verdict::Known if told.works => &mut self.counts.working,
            Verdict::Known => &mut self.counts.ended,
            Verdict::Unknown => &mut self.counts.unknown,
            Verdict::Malformed => &mut self.counts.malformed,
        } += 1;
        let at = match self.places.get(&place) {
            Some(at) => *at,
            None if self.files.len() == MOST_FINDINGS => {
                self.capped = true;
                return true;
            }
            None => {
                let file = FileFindings {
                    path: path.display().to_string(),
                    findings: Vec::new(),
                    more: 0,
                };
                self.places.insert(place, self.files.len());
                self.files.push((place, file));
                self.files.len() - 1
            }
        };
        let file = &mut self.files[at].1;
        if file.findings.len() == MOST_IN_A_FILE || self.listed == MOST_FINDINGS {
            file.more += 1;
            self.capped = true;
            return true;
        }
        self.listed += 1;
        let counted = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let (key_id, key_name, secret_id) = match &told.key {
            Some((key, name, secret)) => (Some(*key), Some(name.clone()), Some(*secret)),
            None => (None, None, None),
        };
        file.findings.push(ScanFinding {
            line: spot.place.map(|place| counted(place.line)),
            column: spot.place.map(|place| counted(place.column)),
            offset: spot.offset,
            masked: spot.masked,
            kind: spot.kind,
            checksum_right: spot.problem.is_none(),
            verdict: told.verdict,
            works: told.works,
            sentence: told.sentence.clone(),
            key_id,
            key_name,
            secret_id,
            fingerprint: SecretHash::of(&spot.hash.to_string()).to_string(),
        });
        true
    }

    fn told(&mut self, spot: &Spot) -> Arc<Told> {
        if let Some(problem) = spot.problem {
            return Arc::new(Told::from(&Answer::without_copy(spot.kind, Some(problem), "")));
        }
        if let Entry::Occupied(told) = self.told.entry(spot.hash) {
            return told.get().clone();
        }
        let answer = match self.ask(spot) {
            Ok(answer) => answer,
            Err(why) => Answer::without_copy(spot.kind, spot.problem, &why),
        };
        let told = Arc::new(Told::from(&answer));
        if let Some((key, _)) = answer.key {
            self.keys.insert(key.row.id, key);
        }
        // As many as can be listed: a file of made-up secrets takes no more memory than that.
        if self.told.len() < MOST_FINDINGS {
            self.told.insert(spot.hash, told.clone());
        }
        told
    }

    fn ask(&mut self, spot: &Spot) -> Result<Answer, String> {
        let no_problem: Option<TokenProblem> = None;
        match &self.copy {
            Copy::Away(why) => Err(sentence(why)),
            Copy::Open(open) => open
                .answer(spot.kind, no_problem, &spot.hash, self.now)
                .map_err(|error| {
                    let why = sentence(&error.to_string());
                    self.trouble.get_or_insert(why).clone()
                }),
        }
    }

    /// Notes a file that was searched, to its end or not.
    pub(crate) const fn searched(&mut self, bytes: u64) {
        self.searched_files = self.searched_files.saturating_add(1);
        self.searched_bytes = self.searched_bytes.saturating_add(bytes);
    }

    /// Notes what was not searched.
    pub(crate) fn pass(&mut self, passed: &Passed) {
        let count = self.skip_counts.of(passed.reason);
        *count = count.saturating_add(1);
        if *count <= MOST_SKIPPED {
            self.skipped.push(Skipped {
                path: passed.path.display().to_string(),
                reason: passed.reason,
                sentence: match passed.reason {
                    SkipReason::TooLarge => sentence(&passed.because),
                    _ => format!("Not searched: {}.", passed.because.trim_end_matches('.')),
                },
            });
        }
    }

    /// Everything, as of now; what comes later is in no report.
    pub(crate) fn report(&mut self, cancelled: bool) -> Result<ScanReport, DeskError> {
        self.places.clear();
        let mut files = std::mem::take(&mut self.files);
        files.sort_by_key(|(place, _)| *place);
        let mut keys: Vec<KeyDetail> = std::mem::take(&mut self.keys).into_values().collect();
        keys.sort_by(|one, other| (&one.row.name, one.row.id).cmp(&(&other.row.name, other.row.id)));
        let (as_of, offline_since, copy_problem) = match &self.copy {
            Copy::Away(why) => (None, None, Some(sentence(why))),
            Copy::Open(open) => {
                let status = open.engine.status();
                let away = matches!(status.phase, Phase::Offline | Phase::SignedOut | Phase::Failed);
                (
                    open.replica.synced_at()?,
                    away.then_some(status.since),
                    self.trouble.take(),
                )
            }
        };
        Ok(ScanReport {
            files: files.into_iter().map(|(_, file)| file).collect(),
            keys,
            counts: self.counts,
            capped: self.capped,
            searched_files: self.searched_files,
            searched_bytes: self.searched_bytes,
            skipped: std::mem::take(&mut self.skipped),
            skip_counts: self.skip_counts,
            cancelled,
            copy_problem,
            as_of,
            offline_since,
        })
    }
}

/// Whether a secret gives access now, as far as is known here.
fn works(key: &KeyDetail, secret: SecretId) -> bool {
    key.row.state.lets_in() && key.secret(secret).is_some_and(|row| row.retired_at.is_none())
}

impl From<&Answer> for Told {
    fn from(answer: &Answer) -> Self {
        Self {
            verdict: answer.verdict,
            sentence: answer.sentence.clone(),
            works: answer
                .key
                .as_ref()
                .is_some_and(|(key, secret)| works(key, *secret)),
            key: answer
                .key
                .as_ref()
                .map(|(key, secret)| (key.row.id, key.row.name.clone(), *secret)),
        }
    }
}
