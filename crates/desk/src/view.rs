//! What the desk answers: for screens and for `--json`. None but [`CreatedKey`] and [`MadeRecoveryCode`]
//! carries a secret.

use domain::clock::Timestamp;
use domain::id::{ConnectionId, KeyId, OperationId, OrganizationId, SecretId};
use domain::key::{KeyKind, KeyState};
use domain::role::{Action, Role};
use protocol::server::SignUp as SignUpPolicy;
use replica::{KeyCounts, OutboxState, Topic};
use serde::{Deserialize, Serialize};

use crate::error::{DeskError, ErrorCode};
pub use crate::lock::{LockStatus, LockWish};
pub use crate::recovery::{MadeRecoveryCode, RecoveryStatus};
pub use crate::scan::report::{
    FileFindings, ScanCounts, ScanFinding, ScanProgress, ScanReport, SkipCounts, SkipReason, Skipped,
};

macro_rules! view {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Serialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
    )*};
}

macro_rules! request {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
    )*};
}

view! {
    /// Which topics have new content.
    #[derive(Clone)]
    pub struct TopicsChanged {
        /// The topics.
        pub topics: Vec<Topic>,
    }

    /// Why a command was not carried out.
    #[derive(Clone, Debug)]
    pub struct AppError {
        /// What to act on.
        pub code: ErrorCode,
        /// The sentence for the person; it says what to do.
        pub message: String,
        /// The field it is about.
        pub field: Option<String>,
        /// What to give to whoever helps.
        pub details: Option<String>,
    }

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

    /// A connection.
    #[derive(Clone, Debug)]
    pub struct ConnectionView {
        /// The connection.
        pub id: ConnectionId,
        /// What it connects to.
        pub kind: ConnectionKind,
        /// Where, for people: "this computer", "keys.example.org", "sample data".
        pub place: String,
        /// The server's address.
        pub url: Option<String>,
        /// The organization's name.
        pub organization_name: String,
        /// The organization.
        pub organization_id: OrganizationId,
        /// Who is signed in.
        pub account_email: String,
        /// Who is signed in, as shown.
        pub account_name: String,
        /// The role there.
        pub role: Role,
    }

    /// A connection that was opened.
    pub struct Opened {
        /// It.
        pub connection: ConnectionView,
        /// What its role may do, and why not.
        pub permissions: Vec<ActionPermission>,
        /// The server's region.
        pub region: String,
    }

    /// Whether an action is allowed.
    pub struct ActionPermission {
        /// The action.
        pub action: Action,
        /// Whether it is allowed everywhere in the organization.
        pub allowed: bool,
        /// Who may, when it is not.
        pub reason: Option<String>,
    }

    /// Who answers at an address.
    pub struct ServerCard {
        /// The address as it will be used.
        pub url: String,
        /// Its host.
        pub host: String,
        /// The server's name.
        pub name: String,
        /// Its version.
        pub version: String,
        /// Its region.
        pub region: String,
        /// Who may sign up.
        pub sign_up: SignUpMode,
        /// Whether what is sent is encrypted.
        pub encrypted: bool,
    }

    /// What removing a connection takes away.
    pub struct RemovalPreview {
        /// It.
        pub connection: ConnectionView,
        /// Changes that would be lost.
        pub unsent_changes: Vec<PendingChange>,
        /// Secrets that would leave this computer's keychain.
        pub secrets_here: u32,
        /// Whether the server and its data go too.
        pub deletes_server: bool,
    }

    /// A replica that was set aside.
    pub struct SetAside {
        /// Where the old file lies now.
        pub moved_to: String,
        /// The connection, opened anew.
        pub opened: Opened,
    }

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
        /// When it was last used, as of the last sync.
        pub last_used_at: Option<Timestamp>,
        /// When it was made.
        pub created_at: Timestamp,
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
        /// Its secrets, newest first.
        pub secrets: Vec<SecretRow>,
        /// Since when it is paused.
        pub paused_at: Option<Timestamp>,
        /// Who paused it.
        pub paused_by: Option<String>,
        /// Its rotation under way.
        pub rotation: Option<RotationView>,
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

    /// What a text holds.
    pub struct InspectReport {
        /// What was found, in order.
        pub findings: Vec<Finding>,
        /// The file or folder of this computer that the text names, where it is a path and nothing else.
        pub place: Option<PlaceHere>,
        /// Whether only the beginning of the text was looked at.
        pub truncated: bool,
        /// How many characters were looked at.
        pub characters: u32,
        /// As of when the answers are.
        pub as_of: Option<Timestamp>,
        /// Since when the server is away.
        pub offline_since: Option<Timestamp>,
    }

    /// A file or folder of this computer.
    pub struct PlaceHere {
        /// Its path.
        pub path: String,
        /// Whether it is a folder.
        pub folder: bool,
    }

    /// Something that is, or looks like, a secret of a key.
    pub struct Finding {
        /// Its beginning and end; the middle is dots.
        pub masked: String,
        /// The kind its beginning names.
        pub kind: KeyKind,
        /// Whether it is whole.
        pub checksum_right: bool,
        /// What is known of it.
        pub verdict: Verdict,
        /// One sentence: what it is, and what to do.
        pub sentence: String,
        /// The key it is of.
        pub key: Option<KeyDetail>,
        /// Which of the key's secrets.
        pub secret_id: Option<SecretId>,
        /// Where it begins, in characters.
        pub offset: u32,
    }

    /// How far the copy is in step.
    #[derive(Clone, Debug)]
    pub struct SyncStatus {
        /// What is going on.
        pub state: SyncState,
        /// When it was last in step.
        pub last_synced_at: Option<Timestamp>,
        /// Since when it is in this state.
        pub since: Option<Timestamp>,
        /// How far a long pull has come.
        pub progress: Option<Progress>,
        /// How many changes wait.
        pub waiting: u32,
        /// How many changes need their author: they were refused, or somebody else changed the same.
        pub needs_you: u32,
        /// Why it is not in step.
        pub problem: Option<AppError>,
    }

    /// How far a long pull has come.
    #[derive(Clone, Copy, Debug)]
    pub struct Progress {
        /// Changes applied.
        pub done: u32,
        /// Changes in all.
        pub total: u32,
    }

    /// A change that waits, is under way, or was refused.
    #[derive(Clone, Debug)]
    pub struct PendingChange {
        /// The change.
        pub operation_id: OperationId,
        /// What.
        pub operation: PendingOperation,
        /// Of which key.
        pub key_id: KeyId,
        /// Its name.
        pub key_name: String,
        /// Since when.
        pub queued_at: Timestamp,
        /// How far it has come.
        pub state: OutboxState,
        /// Why it was refused, or why the last attempt failed.
        pub message: Option<String>,
        /// How often it was sent.
        pub attempts: u32,
        /// What an edit is about.
        pub edit: Option<PendingEdit>,
    }

    /// An edit that is not in force, beside what it was made of and what the key is now.
    #[derive(Clone, Debug)]
    pub struct PendingEdit {
        /// What its author saw.
        pub base: KeyText,
        /// What its author wrote.
        pub mine: KeyText,
        /// The key as it is now; none when it is gone.
        pub theirs: Option<KeyText>,
        /// The fields that both changed, differently.
        pub conflicts: Vec<EditField>,
    }
}

request! {
    /// Starts a workspace on this computer.
    pub struct StartHere {
        /// The workspace's name.
        pub organization_name: String,
        /// The person's name.
        pub your_name: String,
    }

    /// Signs up at a server.
    pub struct SignUp {
        /// The server's address.
        pub url: String,
        /// The organization's name.
        pub organization_name: String,
        /// The person's name.
        pub your_name: String,
        /// Permanent.
        pub username: String,
        /// To sign in with.
        pub email: String,
        /// At least ten characters.
        pub password: String,
    }

    /// Signs in at a server.
    pub struct SignIn {
        /// The server's address.
        pub url: String,
        /// The email address.
        pub email: String,
        /// The password.
        pub password: String,
    }

    /// An edit of a key.
    pub struct KeyEditDraft {
        /// What its author saw.
        pub seen: KeyText,
        /// What its author made of it.
        pub made: KeyText,
    }

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
    }
}

/// Preferences of the person at this computer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Preferences {
    /// Light or dark.
    pub theme: Theme,
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

/// What a connection connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionKind {
    /// The server inside the app.
    ThisComputer,
    /// A server elsewhere.
    Server,
    /// Made-up data of which nothing is kept.
    Sample,
}

/// Who may sign up at a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum SignUpMode {
    /// Anybody.
    Open,
    /// The first account only.
    First,
    /// Nobody.
    Closed,
}

impl From<SignUpPolicy> for SignUpMode {
    fn from(policy: SignUpPolicy) -> Self {
        match policy {
            SignUpPolicy::Open => Self::Open,
            SignUpPolicy::First => Self::First,
            SignUpPolicy::Closed => Self::Closed,
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

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum PendingOperation {
    /// To make a key.
    Create,
    /// To edit a key.
    Edit,
    /// To give a key a new secret.
    Rotate,
    /// To let the old secret of a rotation work longer or shorter.
    ExtendRotation,
    /// To end the old secret of a rotation.
    FinishRotation,
    /// To end the new secret of a rotation.
    RollBackRotation,
    /// To pause a key.
    Pause,
    /// To resume a key.
    Resume,
    /// To revoke a key.
    Revoke,
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

/// What of a key its admins write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(deny_unknown_fields)]
pub struct KeyText {
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// A field of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum EditField {
    /// The name.
    Name,
    /// The description.
    Description,
}

/// What is known of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A secret of a key that is known here.
    Known,
    /// A whole secret of no key that is known here.
    Unknown,
    /// No whole secret.
    Malformed,
}

/// What the sync is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// In step.
    Synced,
    /// Pushing or pulling.
    Syncing,
    /// The server is away.
    Offline,
    /// The session ended.
    SignedOut,
    /// The server or the replica failed.
    Failed,
}

impl From<&DeskError> for AppError {
    fn from(error: &DeskError) -> Self {
        Self {
            code: error.code(),
            message: sentence(&error.to_string()),
            field: error.field().map(str::to_owned),
            details: error.details().map(str::to_owned),
        }
    }
}

impl From<DeskError> for AppError {
    fn from(error: DeskError) -> Self {
        Self::from(&error)
    }
}

/// Errors are written to follow a colon; a person reads a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return String::new();
    };
    let mut sentence: String = first.to_uppercase().collect();
    sentence.push_str(characters.as_str());
    if !sentence.ends_with(['.', '?', '!', '…']) {
        sentence.push('.');
    }
    sentence
}
