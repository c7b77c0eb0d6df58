//! Keys that expire soon (K16).

use serde::Serialize;

use crate::view::{ActRule, KeyRow};

view! {
    /// Keys that expire within 30 days.
    #[derive(Clone, Debug)]
    pub struct ExpiryRadar {
        /// The first to expire first; at most 100.
        pub keys: Vec<ExpiringKey>,
        /// How many there are.
        pub total: u32,
    }

    /// A key that expires soon.
    #[derive(Clone, Debug)]
    pub struct ExpiringKey {
        /// The key.
        pub row: KeyRow,
        /// The threshold its end has come within, in days: 30, 14, 7 or 1.
        pub within_days: u32,
        /// Whether it can be given a new secret.
        pub rotate: ActRule,
    }
}
