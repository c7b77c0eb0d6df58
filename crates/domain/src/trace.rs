//! What is done with a secret that lies in a keychain (K17): it leaves a trace in the record of its organization.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::SecretId;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// It was shown.
    Revealed,
    /// It was put on a clipboard.
    Copied,
    /// It was written to a file.
    Saved,
    /// It was given to a command that was run.
    GivenToCommand,
}

/// Something that was done with a secret, on some computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// Which secret.
    pub secret_id: SecretId,
    /// What.
    pub handling: Handling,
    /// When, by that computer's clock.
    pub at: Timestamp,
}
