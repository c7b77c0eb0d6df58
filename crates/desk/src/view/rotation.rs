//! Rotations under way, and the traffic of each secret.

use domain::clock::Timestamp;
use domain::id::SecretId;
use serde::Serialize;

use crate::view::ActRule;

view! {
    /// A rotation under way (K7): two secrets of a key work.
    #[derive(Clone, Debug)]
    pub struct RotationView {
        /// The secret that gives way.
        pub old: SecretId,
        /// The secret that takes its place.
        pub new: SecretId,
        /// When the new one was made.
        pub began_at: Timestamp,
        /// When the old one ends by itself.
        pub ends_at: Timestamp,
        /// Whether nobody seems to use the old one any more.
        pub drained: bool,
        /// Whether it can be extended, finished or rolled back.
        pub step: ActRule,
    }

    /// How often a key was used.
    #[derive(Clone, Debug)]
    pub struct UsageView {
        /// From the beginning of this hour.
        pub from: Timestamp,
        /// Up to this moment.
        pub until: Timestamp,
        /// By secret and hour, oldest first; hours without a use are left out.
        pub hours: Vec<UsageHour>,
        /// By secret and address, the most used first.
        pub addresses: Vec<UsageAddress>,
    }

    /// Uses of a secret in one hour.
    #[derive(Clone, Debug)]
    pub struct UsageHour {
        /// The secret.
        pub secret_id: SecretId,
        /// The beginning of the hour.
        pub hour: Timestamp,
        /// How often.
        pub uses: u32,
    }

    /// Uses of a secret from one address.
    #[derive(Clone, Debug)]
    pub struct UsageAddress {
        /// The secret.
        pub secret_id: SecretId,
        /// The address.
        pub address: String,
        /// How often.
        pub uses: u32,
        /// When last.
        pub last_at: Timestamp,
    }
}
