//! What is known of a text that was looked at.

use domain::clock::Timestamp;
use domain::id::SecretId;
use domain::key::KeyKind;
use serde::Serialize;

use crate::view::KeyDetail;

view! {
    /// What a text holds.
    pub struct InspectReport {
        /// What was found, in order.
        pub findings: Vec<Finding>,
        /// The file or folder of this computer that the text names, where it is a path and nothing else.
        pub place: Option<PlaceHere>,
        /// Whether only the beginning of the text was looked at.
        pub truncated: bool,
        /// How many characters were looked at.
        pub characters: u32,
        /// As of when the answers are.
        pub as_of: Option<Timestamp>,
        /// Since when the server is away.
        pub offline_since: Option<Timestamp>,
    }

    /// A file or folder of this computer.
    pub struct PlaceHere {
        /// Its path.
        pub path: String,
        /// Whether it is a folder.
        pub folder: bool,
    }

    /// Something that is, or looks like, a secret of a key.
    pub struct Finding {
        /// Its beginning and end; the middle is dots.
        pub masked: String,
        /// The kind its beginning names.
        pub kind: KeyKind,
        /// Whether it is whole.
        pub checksum_right: bool,
        /// Whether it has the form of another system, and was known by its hash alone: it has no checksum.
        pub foreign: bool,
        /// What is known of it.
        pub verdict: Verdict,
        /// One sentence: what it is, and what to do.
        pub sentence: String,
        /// The key it is of.
        pub key: Option<KeyDetail>,
        /// Which of the key's secrets.
        pub secret_id: Option<SecretId>,
        /// Where it begins, in characters.
        pub offset: u32,
    }
}

/// What is known of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A secret of a key that is known here.
    Known,
    /// A whole secret of no key that is known here.
    Unknown,
    /// No whole secret.
    Malformed,
}
