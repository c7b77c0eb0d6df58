//! What a transaction touched: those who show it read it anew.

/// Something shown on screens that may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Keys and their secrets.
    Keys,
    /// Changes that wait.
    Outbox,
    /// How far the replica is in step.
    Sync,
    /// The list of connections.
    Connections,
    /// Where secrets are kept, and whether it is unlocked.
    Keychain,
    /// Preferences.
    Preferences,
    /// The organization and its members.
    Organization,
    /// Services, models and prices.
    Catalog,
    /// Wallets and what is in them.
    Money,
    /// Who is signed in, where they belong, and their sessions.
    Account,
}
