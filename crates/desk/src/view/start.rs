//! What a program starts with: where secrets are, what is connected, how it is to look.

use domain::id::ConnectionId;
use serde::{Deserialize, Serialize};

use crate::lock::LockStatus;
use crate::view::ConnectionView;

view! {
    /// What the first paint needs.
    pub struct Boot {
        /// Every connection of this computer.
        pub connections: Vec<ConnectionView>,
        /// The one to open at the start; none shows the first start.
        pub current: Option<ConnectionId>,
        /// Where secrets are kept.
        pub keychain: KeychainStatus,
        /// How the lock stands. While it is locked, no connection is named.
        pub lock: LockStatus,
        /// Preferences.
        pub preferences: Preferences,
        /// The version of Keystead.
        pub version: String,
    }
}

/// Preferences of the person at this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Preferences {
    /// Light or dark.
    pub theme: Theme,
    /// Whether keys that expire soon are told by notices of the system.
    pub expiry_notices: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            expiry_notices: true,
        }
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Where secrets are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KeychainStatus {
    /// In the operating system's keychain.
    Os {
        /// Its name.
        name: String,
    },
    /// In the passphrase vault.
    Vault {
        /// Whether it is open.
        unlocked: bool,
    },
    /// The operating system's keychain is there and locked.
    Locked {
        /// What to do.
        message: String,
    },
    /// There is none.
    Absent {
        /// What to do.
        message: String,
    },
}
