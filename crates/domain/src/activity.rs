//! The record of what happened: every event, typed.
//!
//! Every write makes exactly one event in each scope whose sequence it moves, in its own transaction. An event
//! names things by id and by the name they had, never by a secret.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{AccountId, EventId, KeyId, OrganizationId, SecretId, SessionId};
use crate::key::KeyKind;
use crate::role::Role;

/// Whose record an event belongs to: each scope has a sequence and a hash chain of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Scope {
    /// An organization's.
    Organization(OrganizationId),
    /// An account's own.
    Account(AccountId),
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Actor {
    /// A signed-in account.
    Account(AccountId),
    /// The server itself.
    Server,
}

/// A text before and after an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// A key that came from another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The key.
    pub key: KeyId,
    /// Its secret.
    pub secret: SecretId,
    /// Its name then.
    pub name: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A person signed up.
    AccountCreated {
        /// The address given.
        email: String,
        /// The permanent username.
        username: String,
    },
    /// A session began.
    SessionStarted {
        /// The session.
        session: SessionId,
        /// The program that signed in, as it names itself.
        client: String,
    },
    /// A session was ended by its owner.
    SessionEnded {
        /// The session.
        session: SessionId,
    },
    /// An organization was made, with its owner and its free service key.
    OrganizationCreated {
        /// Its name then.
        name: String,
        /// Who owns it.
        owner: AccountId,
        /// The owner's role.
        role: Role,
        /// The free service key (K2).
        free_key: KeyId,
    },
    /// A key was made.
    KeyCreated {
        /// The key.
        key: KeyId,
        /// Its first secret.
        secret: SecretId,
        /// Its kind.
        kind: KeyKind,
        /// Its name then.
        name: String,
        /// When it ends by itself.
        expires_at: Option<Timestamp>,
    },
    /// Keys were brought from another system by the hashes of their secrets; one event for all of a request, because
    /// they come or fail together.
    KeysImported {
        /// The keys, in the order they were told.
        keys: Vec<Imported>,
    },
    /// A key's name or description was edited (K4).
    KeyEdited {
        /// The key.
        key: KeyId,
        /// The name, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Edited>,
        /// The description, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Edited>,
    },
    /// A key was paused (K8).
    KeyPaused {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
    },
    /// A paused key was resumed (K8).
    KeyResumed {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
    },
    /// A key got a new secret (K7).
    KeyRotated {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
        /// The secret that gives way.
        old: SecretId,
        /// The secret that takes its place.
        new: SecretId,
        /// When the old one ends by itself; none when it ended at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends_at: Option<Timestamp>,
    },
    /// The old secret of a rotation ends at another time (K7).
    RotationExtended {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
        /// The secret that gives way.
        old: SecretId,
        /// When it would have ended.
        from: Timestamp,
        /// When it ends now.
        to: Timestamp,
    },
    /// The old secret of a rotation ended: by its time, or because somebody finished it (K7).
    RotationFinished {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
        /// The secret that ended.
        old: SecretId,
    },
    /// The new secret of a rotation ended, and the old one stays (K7).
    RotationRolledBack {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
        /// The secret that ended.
        new: SecretId,
    },
    /// A key was revoked.
    KeyRevoked {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
    },
}

/// One line of the record, as it is hashed and stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityEvent {
    /// The event's id.
    pub id: EventId,
    /// Whose record.
    pub scope: Scope,
    /// Its number in the scope's sequence.
    pub sequence: i64,
    /// When the server wrote it.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
}
