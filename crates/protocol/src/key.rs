//! Keys on the wire. A secret never is: only its hash, prefix and last four characters.

use std::collections::BTreeSet;

use crypto::token::SecretHash;
use domain::clock::Timestamp;
use domain::grant::{KeyGrant, in_order};
use domain::id::{AccountId, KeyId, MemberId, SecretId};
use domain::key::{KeyKind, Life};
use domain::limit::RequestLimit;
use domain::name::{Description, KeyName};
use domain::principal::Principal;
use domain::rotation::{self, Rotation, SecretLife};
use serde::{Deserialize, Deserializer, Serialize};

/// What a server learns of a secret that was made elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSecret {
    /// The key it belongs to, made by the caller.
    pub key_id: KeyId,
    /// The secret's id, made by the caller.
    pub id: SecretId,
    /// SHA-256 of the whole secret.
    pub hash: SecretHash,
    /// `kst_team_` and the like; has to fit the kind.
    #[cfg_attr(feature = "openapi", schema(example = "kst_team_"))]
    pub prefix: String,
    /// The last four characters: base62.
    #[cfg_attr(feature = "openapi", schema(min_length = 4, max_length = 4, example = "Qw9z"))]
    pub last_four: String,
}

/// Makes a key whose secret was born on the caller's computer (K3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateKeyRequest {
    /// The kind: `team`, `service` or `personal`.
    pub kind: KeyKind,
    /// The name.
    pub name: KeyName,
    /// What it is for; may be empty.
    pub description: Description,
    /// When it ends by itself; `null` for never.
    pub expires_at: Option<Timestamp>,
    /// How many requests it may make in a minute; none for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<RequestLimit>,
    /// The members it is assigned to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub people: BTreeSet<MemberId>,
    /// Whose it is, of a personal token; the caller's own if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Principal>,
    /// The services it may call, where it is a service key (K5).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<KeyGrant>,
    /// Its first secret, with the new key's id.
    pub secret: NewSecret,
}

/// Edits a key (K4). A field that is left out stays as it is; at least one has to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EditKeyRequest {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<KeyName>,
    /// What it is for; may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// How many requests it may make in a minute; `null` for no limit.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<RequestLimit>))]
    pub requests_per_minute: Option<Option<RequestLimit>>,
    /// The members it is assigned to: all of them, who is left out is assigned no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<BTreeSet<MemberId>>,
    /// Whether the members that are assigned, or no longer, are told by mail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notify_people: bool,
    /// The services it may call, all of them: what is left out of the list is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<KeyGrant>>,
}

/// A field that is there, be it `null`.
fn even_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl EditKeyRequest {
    /// What it makes of a key's fields.
    #[must_use]
    pub fn upon(self, before: &KeyFields) -> KeyFields {
        KeyFields {
            name: self.name.unwrap_or_else(|| before.name.clone()),
            description: self.description.unwrap_or_else(|| before.description.clone()),
            requests_per_minute: self.requests_per_minute.unwrap_or(before.requests_per_minute),
            people: self.people.unwrap_or_else(|| before.people.clone()),
            grants: self.grants.map_or_else(|| before.grants.clone(), in_order),
        }
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.description.is_none()
            && self.requests_per_minute.is_none()
            && self.people.is_none()
            && self.grants.is_none()
    }
}

/// Gives a key a new secret, which was born on the caller's computer (K7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RotateKeyRequest {
    /// The new secret, with the key's id.
    pub secret: NewSecret,
    /// How long the old secret goes on working beside it, in seconds: 0 ends it at once, 7,776,000 (90 days) is the most.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 7_776_000))]
    pub overlap_seconds: u32,
}

/// Makes a secret of a service key for the caller alone, which was born on their computer (K6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MakeKeyTokenRequest {
    /// The new secret, with the key's id.
    pub secret: NewSecret,
}

/// Ends a member's own secret of a key (K6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EndKeyTokenRequest {
    /// Which.
    pub secret_id: SecretId,
}

/// What of a key its admins write, and may edit (K4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFields {
    /// The name.
    pub name: KeyName,
    /// What it is for.
    pub description: Description,
    /// How many requests it may make in a minute; none for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<RequestLimit>,
    /// The members it is assigned to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub people: BTreeSet<MemberId>,
    /// The services it may call, in one order ([`in_order`]): equal where they are the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<KeyGrant>,
}

impl KeyFields {
    /// The edit that makes `before` into this; it tells nobody by mail.
    #[must_use]
    pub fn since(&self, before: &Self) -> EditKeyRequest {
        EditKeyRequest {
            name: (self.name != before.name).then(|| self.name.clone()),
            description: (self.description != before.description).then(|| self.description.clone()),
            requests_per_minute: (self.requests_per_minute != before.requests_per_minute)
                .then_some(self.requests_per_minute),
            people: (self.people != before.people).then(|| self.people.clone()),
            notify_people: false,
            grants: (self.grants != before.grants).then(|| self.grants.clone()),
        }
    }
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyView {
    /// The key.
    pub id: KeyId,
    /// The kind.
    pub kind: KeyKind,
    /// Whether it is the organization's one free service key (K2).
    pub free: bool,
    /// The name.
    pub name: KeyName,
    /// What it is for.
    pub description: Description,
    /// Moves with every edit, not with use.
    pub version: i64,
    /// When the server wrote it; of an imported key, when the other system made it.
    pub created_at: Timestamp,
    /// Who made it, or imported it.
    pub created_by: AccountId,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// How many requests it may make in a minute; none for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<RequestLimit>,
    /// The members it is assigned to (K4).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub people: BTreeSet<MemberId>,
    /// Whose it is, of a personal token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Principal>,
    /// The services it may call, where it is a service key (K5).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<KeyGrant>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it.
    pub revoked_by: Option<AccountId>,
    /// Since when it is paused (K8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// Who paused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_by: Option<AccountId>,
    /// Its secrets, oldest first, those of single members among them.
    pub secrets: Vec<SecretView>,
}

impl CreateKeyRequest {
    /// What its author wrote.
    #[must_use]
    pub fn fields(&self) -> KeyFields {
        KeyFields {
            name: self.name.clone(),
            description: self.description.clone(),
            requests_per_minute: self.requests_per_minute,
            people: self.people.clone(),
            grants: in_order(self.grants.clone()),
        }
    }
}

impl KeyView {
    /// What its admins wrote.
    #[must_use]
    pub fn fields(&self) -> KeyFields {
        KeyFields {
            name: self.name.clone(),
            description: self.description.clone(),
            requests_per_minute: self.requests_per_minute,
            people: self.people.clone(),
            grants: in_order(self.grants.clone()),
        }
    }

    /// The facts its state is computed from.
    #[must_use]
    pub fn life(&self) -> Life {
        let ends = |secret: &SecretView| secret.retires_at.filter(|_| secret.retired_at.is_none());
        Life {
            revoked_at: self.revoked_at,
            expires_at: self.expires_at,
            paused_at: self.paused_at,
            rotates_until: self.shared().filter_map(ends).max(),
        }
    }

    /// The secrets that all share who have the key, oldest first: the others are of one member each (K6).
    pub fn shared(&self) -> impl DoubleEndedIterator<Item = &SecretView> {
        self.secrets.iter().filter(|secret| secret.member.is_none())
    }

    /// The rotation under way (K7).
    #[must_use]
    pub fn rotation(&self, now: Timestamp) -> Option<Rotation> {
        rotation::rotation(self.shared().map(SecretView::life), now)
    }

    /// The secret that stays: the newest that works, or the newest at all.
    #[must_use]
    pub fn current_secret(&self, now: Timestamp) -> Option<&SecretView> {
        let id = rotation::current(self.shared().map(SecretView::life), now)?;
        self.secrets.iter().find(|secret| secret.id == id)
    }

    /// When any of its secrets was last used.
    #[must_use]
    pub fn last_used_at(&self) -> Option<Timestamp> {
        self.secrets.iter().filter_map(|secret| secret.last_used_at).max()
    }
}

/// A secret of a key, without the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretView {
    /// The secret.
    pub id: SecretId,
    /// SHA-256 of the whole secret, so a replica can recognise it offline.
    pub hash: SecretHash,
    /// `kst_team_` and the like; of an imported secret what was told of it, which may be nothing.
    pub prefix: String,
    /// The last four characters; of an imported secret empty where they are not known.
    pub last_four: String,
    /// When the server wrote it.
    pub created_at: Timestamp,
    /// When it was last verified with success; may trail the truth by some seconds.
    pub last_used_at: Option<Timestamp>,
    /// The address that use came from.
    pub last_used_from: Option<String>,
    /// How often it was verified with success.
    pub use_count: i64,
    /// When it ends by itself, because another takes its place (K7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
    /// Whose own it is (K6); none of what all share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
}

impl SecretView {
    /// The facts that say whether it works.
    #[must_use]
    pub const fn life(&self) -> SecretLife {
        SecretLife {
            id: self.id,
            created_at: self.created_at,
            retires_at: self.retires_at,
            retired_at: self.retired_at,
        }
    }
}

/// How often a key was used (K7, K14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyUsageView {
    /// From the beginning of this hour.
    pub from: Timestamp,
    /// Up to this moment.
    pub until: Timestamp,
    /// By secret and hour, oldest first; hours without a use are left out.
    pub hours: Vec<HourUses>,
    /// By secret and address, the most used first; at most 50 for each secret.
    pub addresses: Vec<AddressUses>,
    /// By service and model, the most used first, where requests named one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceUses>,
}

/// Uses of a key for one service and model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceUses {
    /// The service.
    pub service: String,
    /// The model; none where requests named none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How often.
    pub uses: i64,
    /// When last.
    pub last_at: Timestamp,
}

/// Uses of a secret in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HourUses {
    /// The secret.
    pub secret_id: SecretId,
    /// The beginning of the hour, UTC.
    pub hour: Timestamp,
    /// How often it was verified with success.
    pub uses: i64,
}

/// Uses of a secret from one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddressUses {
    /// The secret.
    pub secret_id: SecretId,
    /// The address; `other` where an hour saw more than 100.
    pub address: String,
    /// How often it was verified with success.
    pub uses: i64,
    /// When last.
    pub last_at: Timestamp,
}

/// A page of keys, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeysPage {
    /// The keys.
    pub keys: Vec<KeyView>,
    /// Ask for `?after=` this for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<KeyId>,
}
