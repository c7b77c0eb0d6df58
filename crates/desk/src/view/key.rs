//! Keys, their secrets, and what may be done to them.

use domain::clock::Timestamp;
use domain::id::{KeyId, MemberId, SecretId};
use domain::key::{KeyKind, KeyState};
use domain::principal::Principal;
use replica::{KeyCounts, OutboxState};
use serde::{Deserialize, Serialize};

use crate::view::{GrantRow, GrantText, PendingOperation, RotationView};

view! {
    /// Some keys of a list.
    pub struct KeyPage {
        /// How many fit in all.
        pub total: u32,
        /// How many were passed over.
        pub offset: u32,
        /// The keys.
        pub rows: Vec<KeyRow>,
        /// Counts over all keys.
        pub counts: KeyCounts,
    }

    /// A key in a list.
    #[derive(Clone, Debug)]
    pub struct KeyRow {
        /// The key.
        pub id: KeyId,
        /// The name.
        pub name: String,
        /// What it is for.
        pub description: String,
        /// The kind.
        pub kind: KeyKind,
        /// Whether it is the one free service key (K2).
        pub free: bool,
        /// `kst_team_` and the like.
        pub prefix: String,
        /// The last four characters of its newest secret.
        pub last_four: String,
        /// The state now.
        pub state: KeyState,
        /// When it ends by itself.
        pub expires_at: Option<Timestamp>,
        /// How many requests it may make in a minute; none for no limit.
        pub requests_per_minute: Option<u32>,
        /// The members it is assigned to.
        pub people: Vec<MemberId>,
        /// The services it may call, where it is a paid service key; with what is not yet in force.
        pub grants: Vec<GrantText>,
        /// When it was last used, as of the last sync.
        pub last_used_at: Option<Timestamp>,
        /// When it was made.
        pub created_at: Timestamp,
        /// Whose it is, of a personal token.
        pub owner: Option<Principal>,
        /// How the owner is shown.
        pub owner_name: Option<String>,
        /// What suspends it, in a sentence.
        pub suspension: Option<String>,
        /// What of it is not yet in force.
        pub pending: Option<PendingMark>,
    }

    /// A change that is not yet in force.
    #[derive(Clone, Debug)]
    pub struct PendingMark {
        /// What.
        pub operation: PendingOperation,
        /// How far it has come.
        pub state: OutboxState,
        /// Why it was refused, or why the last attempt failed.
        pub message: Option<String>,
    }

    /// A key with everything known of it.
    #[derive(Clone, Debug)]
    pub struct KeyDetail {
        /// As in a list.
        pub row: KeyRow,
        /// Who made it.
        pub created_by: String,
        /// When it was revoked.
        pub revoked_at: Option<Timestamp>,
        /// Who revoked it.
        pub revoked_by: Option<String>,
        /// Since when its present state is in force at the server; none while that is not confirmed.
        pub in_force_since: Option<Timestamp>,
        /// How often its secrets were verified with success.
        pub use_count: u32,
        /// Where the last use came from.
        pub last_used_from: Option<String>,
        /// Its secrets that all share who have it, newest first.
        pub secrets: Vec<SecretRow>,
        /// Its secrets that are of one member each, newest first; those that ended, too.
        pub tokens: Vec<KeyTokenRow>,
        /// Whether whoever is signed in can make one for themselves.
        pub make_token: ActRule,
        /// Since when it is paused.
        pub paused_at: Option<Timestamp>,
        /// Who paused it.
        pub paused_by: Option<String>,
        /// The members it is assigned to, by name, as its author wants it.
        pub people: Vec<AssignedPerson>,
        /// Its rotation under way.
        pub rotation: Option<RotationView>,
        /// The services it may call; of the free service key every free service.
        pub services: Vec<GrantRow>,
        /// Whether its services can be edited.
        pub edit_services: ActRule,
        /// Whether it can be edited.
        pub edit: ActRule,
        /// Whether it can be paused.
        pub pause: ActRule,
        /// Whether it can be resumed.
        pub resume: ActRule,
        /// Whether it can be given a new secret.
        pub rotate: ActRule,
        /// Whether it can be revoked.
        pub revoke: RevokeRule,
    }

    /// A member a key is assigned to.
    #[derive(Clone, Debug)]
    pub struct AssignedPerson {
        /// The member.
        pub id: MemberId,
        /// Their name.
        pub name: String,
        /// Their address; none of a former member.
        pub email: Option<String>,
        /// Whether the server has confirmed it.
        pub in_force: bool,
    }

    /// Whether something can be done to a key now.
    #[derive(Clone, Debug)]
    pub struct ActRule {
        /// Whether.
        pub allowed: bool,
        /// Why not.
        pub reason: Option<String>,
    }

    /// A secret of a key, without the secret.
    #[derive(Clone, Debug)]
    pub struct SecretRow {
        /// The secret.
        pub id: SecretId,
        /// `kst_team_` and the like.
        pub prefix: String,
        /// The last four characters.
        pub last_four: String,
        /// When it was made.
        pub created_at: Timestamp,
        /// Whether this computer's keychain has it.
        pub on_this_computer: bool,
        /// When it was last used, as of the last sync.
        pub last_used_at: Option<Timestamp>,
        /// From where.
        pub last_used_from: Option<String>,
        /// How often it was used.
        pub use_count: u32,
        /// When it ends by itself, because another takes its place.
        pub retires_at: Option<Timestamp>,
        /// When it ended: by what the server has written, or by the time at which it ends.
        pub retired_at: Option<Timestamp>,
    }

    /// A personal token on a service key.
    #[derive(Clone, Debug)]
    pub struct KeyTokenRow {
        /// The secret.
        pub secret: SecretRow,
        /// Whose.
        pub member_id: MemberId,
        /// How they are shown.
        pub member_name: String,
        /// Whether that is whoever is signed in.
        pub is_you: bool,
        /// Whether it can be ended.
        pub end: ActRule,
    }

    /// Whether a key can be revoked now.
    #[derive(Clone, Debug)]
    pub struct RevokeRule {
        /// Whether.
        pub allowed: bool,
        /// Why not.
        pub reason: Option<String>,
        /// Whether the key's name is asked for, because it was used recently (K9).
        pub name_required: bool,
    }

    /// A key that was just made: the only answer with a secret.
    pub struct CreatedKey {
        /// The key.
        pub key_id: KeyId,
        /// Its secret.
        pub secret_id: SecretId,
        /// The name.
        pub name: String,
        /// The kind.
        pub kind: KeyKind,
        /// The beginning of the secret.
        pub prefix: String,
        /// Its middle.
        pub body: String,
        /// Its end.
        pub checksum: String,
        /// Where it is kept.
        pub stored_in: StoredIn,
    }

    /// A secret that was copied.
    pub struct Copied {
        /// When it leaves the clipboard, in seconds.
        pub clears_in_seconds: u32,
    }

    /// A secret that was written to a file.
    pub struct Saved {
        /// The file.
        pub path: String,
    }

    /// What became of an act on many keys.
    #[derive(Clone, Debug)]
    pub struct BulkReport {
        /// How many it is wanted of.
        pub done: u32,
        /// Those it can't be done to.
        pub refused: Vec<BulkRefusal>,
    }

    /// A key of many that something can't be done to.
    #[derive(Clone, Debug)]
    pub struct BulkRefusal {
        /// The key.
        pub key_id: KeyId,
        /// Its name.
        pub key_name: String,
        /// Why not.
        pub reason: String,
    }
}

request! {
    /// A key to be made.
    pub struct KeyDraft {
        /// The kind.
        pub kind: KeyKind,
        /// The name.
        pub name: String,
        /// What it is for.
        pub description: String,
        /// When it ends by itself.
        pub expires_at: Option<Timestamp>,
        /// How many requests it may make in a minute; none for no limit.
        pub requests_per_minute: Option<u32>,
        /// The members it is assigned to.
        pub people: Vec<MemberId>,
        /// Whose it is to be, of a personal token; one's own if not said.
        #[serde(default)]
        pub owner: Option<Principal>,
        /// The services it may call, where it is a service key.
        pub grants: Vec<GrantText>,
    }

    /// An edit of a key.
    pub struct KeyEditDraft {
        /// What its author saw.
        pub seen: KeyText,
        /// What its author made of it.
        pub made: KeyText,
        /// Whether the members whose assignment it changes are told by mail.
        pub notify_people: bool,
    }
}

/// What of a key its admins write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyText {
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How many requests it may make in a minute; none for no limit.
    pub requests_per_minute: Option<u32>,
    /// The members it is assigned to.
    pub people: Vec<MemberId>,
    /// The services it may call, where it is a service key.
    pub grants: Vec<GrantText>,
}

impl KeyEditDraft {
    /// What was made of what was seen; nobody is told by mail.
    #[must_use]
    pub const fn of(seen: KeyText, made: KeyText) -> Self {
        Self {
            seen,
            made,
            notify_people: false,
        }
    }
}

/// Where a new secret is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum StoredIn {
    /// The operating system's keychain.
    Os,
    /// The passphrase vault.
    Vault,
    /// Memory only.
    Memory,
}

/// How keys are stopped, or let go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// For a while.
    Pause,
    /// Not any more.
    Resume,
    /// For good.
    Revoke,
}

impl KeyDetail {
    /// One of its secrets, whoever has it.
    #[must_use]
    pub fn secret(&self, id: SecretId) -> Option<&SecretRow> {
        let own = self.tokens.iter().map(|token| &token.secret);
        self.secrets.iter().chain(own).find(|secret| secret.id == id)
    }
}
