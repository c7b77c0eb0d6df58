//! Ids are types that print readable: `key_0198f3c2…`.
//!
//! An id is a UUID of version 7 (RFC 9562): it sorts by the time it was made, and any computer can make one
//! offline. The prefix says what it names, so one kind can't be passed, pasted or logged as another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::entropy::Entropy;

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is not an id of the form {prefix}_… with 32 hexadecimal digits")]
pub struct NotAnId {
    /// What was given.
    pub text: String,
    /// The prefix that was expected.
    pub prefix: &'static str,
}

fn version_7(now: Timestamp, entropy: &mut dyn Entropy) -> Uuid {
    let mut bytes = [0u8; 10];
    entropy.fill(&mut bytes);
    uuid::Builder::from_unix_timestamp_millis(now.as_unix_millis(), &bytes).into_uuid()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[cfg_attr(feature = "specta", specta(transparent))]
        pub struct $name(#[cfg_attr(feature = "specta", specta(type = String))] Uuid);

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                    .examples([concat!($prefix, "_0198f3c25d3c7a1e8b4f6d2a9c0e5b71")])
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl $name {
            /// What the printed form begins with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id for something made at `now`.
            #[must_use]
            pub fn make(now: Timestamp, entropy: &mut dyn Entropy) -> Self {
                Self(version_7(now, entropy))
            }

            /// From the UUID beneath.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID beneath.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|hex| hex.len() == 32)
                    .and_then(|hex| Uuid::try_parse(hex).ok())
                    .map(Self)
                    .ok_or_else(|| NotAnId { text: text.to_owned(), prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

id!(
    /// A person who signs in.
    AccountId, "acc"
);
id!(
    /// The tenant that owns everything below it.
    OrganizationId, "org"
);
id!(
    /// An account's place in an organization.
    MemberId, "mem"
);
id!(
    /// An invitation into an organization.
    InvitationId, "inv"
);
id!(
    /// A mail that waits to be sent.
    MailId, "mai"
);
id!(
    /// A stable identity of a key; outlives its secrets.
    KeyId, "key"
);
id!(
    /// One credential of a key.
    SecretId, "sec"
);
id!(
    /// One signed-in session of an account.
    SessionId, "ses"
);
id!(
    /// One intention to write: the value of `Idempotency-Key`.
    OperationId, "opn"
);
id!(
    /// A named set of members and service accounts.
    GroupId, "grp"
);
id!(
    /// A member that is no person.
    ServiceAccountId, "sva"
);
id!(
    /// Credits set aside inside an organization.
    WalletId, "wal"
);
id!(
    /// One line of a ledger.
    EntryId, "ent"
);
id!(
    /// An identity provider outside, whose tokens an organization takes.
    IssuerId, "iss"
);
id!(
    /// One line of the record.
    EventId, "evt"
);
id!(
    /// One server-and-account pair on this computer.
    ConnectionId, "con"
);

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn an_id_prints_with_its_prefix_and_reads_back() {
        let id = KeyId::make(Timestamp::from_micros(1_773_312_127_000_000), &mut Zeros);
        assert_eq!(id.to_string(), "key_019ce1a3b01870008000000000000000");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = KeyId::make(Timestamp::from_micros(0), &mut Zeros);
        assert!(id.to_string().parse::<SecretId>().is_err());
        assert!("key_zz".parse::<KeyId>().is_err());
        assert!(
            "key_019ce1a5-0a98-7000-8000-000000000000"
                .parse::<KeyId>()
                .is_err()
        );
    }
}
