//! What a search of files answers: for the screen, for `--json`, for `--sarif`. It carries no secret and no text of any
//! file but the masked finding.
//!
//! Counts of bytes are told to the screens as `u32` because that is a `number` there, which is exact up to 2⁵³.

use domain::clock::Timestamp;
use domain::id::{KeyId, SecretId};
use domain::key::KeyKind;
use serde::Serialize;

use crate::view::{KeyDetail, Verdict};

/// How far a search of files has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ScanProgress {
    /// Files that were searched.
    pub files: u32,
    /// Files in all, once they are counted.
    pub total_files: Option<u32>,
    /// Bytes that were searched.
    #[cfg_attr(feature = "specta", specta(type = u32))]
    pub bytes: u64,
    /// Findings so far.
    pub findings: u32,
    /// A file that is searched now.
    pub path: String,
}

/// What files and folders hold.
#[derive(Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ScanReport {
    /// The files in which something was found, in the order of the walk.
    pub files: Vec<FileFindings>,
    /// Every key of which a secret was found, once.
    pub keys: Vec<KeyDetail>,
    /// How many findings of each sort there are, those beyond the caps included.
    pub counts: ScanCounts,
    /// Whether findings beyond the caps were counted and not listed.
    pub capped: bool,
    /// Files that were searched.
    pub searched_files: u32,
    /// Bytes that were searched.
    #[cfg_attr(feature = "specta", specta(type = u32))]
    pub searched_bytes: u64,
    /// What was not searched, the first of each reason.
    pub skipped: Vec<Skipped>,
    /// How much was not searched, by reason.
    pub skip_counts: SkipCounts,
    /// Whether it was cancelled: what was not reached is not in here.
    pub cancelled: bool,
    /// Why the copy of the keys could not be asked whose a secret is, in a sentence.
    pub copy_problem: Option<String>,
    /// As of when the answers are.
    pub as_of: Option<Timestamp>,
    /// Since when the server is away.
    pub offline_since: Option<Timestamp>,
}

impl ScanReport {
    /// Whether something a person would expect to be searched was not: too large, or unreadable.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        self.skip_counts.too_large > 0 || self.skip_counts.unreadable > 0
    }
}

/// The findings in one file.
#[derive(Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct FileFindings {
    /// The file, as it was reached from what was given.
    pub path: String,
    /// What was found, in order.
    pub findings: Vec<ScanFinding>,
    /// How many more there are.
    pub more: u32,
}

/// Something in a file that is, or looks like, a secret of a key.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ScanFinding {
    /// Its line, from 1; none where the file is no text.
    pub line: Option<u32>,
    /// Its column in characters, from 1; none where the file is no text.
    pub column: Option<u32>,
    /// Bytes before it.
    #[cfg_attr(feature = "specta", specta(type = u32))]
    pub offset: u64,
    /// Its beginning and end; the middle is dots.
    pub masked: String,
    /// The kind its beginning names.
    pub kind: KeyKind,
    /// Whether it is whole.
    pub checksum_right: bool,
    /// What is known of it.
    pub verdict: Verdict,
    /// Whether it gives access, by what is known here.
    pub works: bool,
    /// One sentence: what it is, and what to do.
    pub sentence: String,
    /// The key it is of.
    pub key_id: Option<KeyId>,
    /// That key's name.
    pub key_name: Option<String>,
    /// Which of the key's secrets.
    pub secret_id: Option<SecretId>,
    /// Tells the same finding again, in another run or place: 64 hexadecimal digits, a hash of the hash the server has.
    /// Neither can be made from it.
    pub fingerprint: String,
}

/// How many findings of each sort there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ScanCounts {
    /// Secrets of keys that are known here and work.
    pub working: u32,
    /// Secrets of keys that are known here and give access to nothing any more.
    pub ended: u32,
    /// Whole secrets of no key that is known here.
    pub unknown: u32,
    /// What only begins like a secret.
    pub malformed: u32,
}

impl ScanCounts {
    /// All of them.
    #[must_use]
    pub const fn all(&self) -> u32 {
        self.working + self.ended + self.unknown + self.malformed
    }
}

/// Something that was not searched.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// What.
    pub path: String,
    /// Why, to act on.
    pub reason: SkipReason,
    /// Why, in a sentence.
    pub sentence: String,
}

/// Why something was not searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// It is larger than the limit, or grew beyond it while it was read.
    TooLarge,
    /// The system does not give it out.
    Unreadable,
    /// A device, a socket or a pipe; it was not opened.
    Special,
    /// A link; it was not followed.
    Link,
}

/// How much was not searched, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct SkipCounts {
    /// Larger than the limit.
    pub too_large: u32,
    /// Not given out by the system.
    pub unreadable: u32,
    /// Devices, sockets and pipes.
    pub special: u32,
    /// Links.
    pub links: u32,
}

impl SkipCounts {
    pub(crate) const fn of(&mut self, reason: SkipReason) -> &mut u32 {
        match reason {
            SkipReason::TooLarge => &mut self.too_large,
            SkipReason::Unreadable => &mut self.unreadable,
            SkipReason::Special => &mut self.special,
            SkipReason::Link => &mut self.links,
        }
    }
}
