//! Who answers.

use domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// What [`ServerView::product`] says: anything else is not a Keystead server.
pub const PRODUCT: &str = "keystead-server";

/// Who may sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignUp {
    /// Anybody who reaches the server.
    Open,
    /// Only the first account: a workspace for one.
    First,
    /// Nobody.
    Closed,
}

/// What the server says of itself, to anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerView {
    /// Always [`PRODUCT`].
    pub product: String,
    /// The name its operator gave it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its region: `us`, `eu`, `ap`, or `local`.
    pub region: String,
    /// Who may sign up now (`closed` once the first account of a `first` server exists).
    pub sign_up: SignUp,
    /// Its clock.
    pub time: Timestamp,
}
