//! The record of what happened: every event, typed.
//!
//! Every write makes exactly one event in each scope whose sequence it moves, in its own transaction. An event
//! names things by id and by the name they had, never by a secret.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::grant::KeyGrant;
use crate::id::{
    AccountId, EventId, GroupId, InvitationId, IssuerId, KeyId, MemberId, OrganizationId, SecretId,
    ServiceAccountId, SessionId, WalletId,
};
use crate::issuer::{Audience, IssuerUrl, Mapping};
use crate::key::KeyKind;
use crate::limit::RequestLimit;
use crate::money::Money;
use crate::policy::TokenPolicy;
use crate::principal::Principal;
use crate::role::Role;
use crate::trace::Handling;
use crate::wallet::EntryKind;

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

/// A limit before and after an edit; none is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitEdited {
    /// As it was.
    pub from: Option<RequestLimit>,
    /// As it is.
    pub to: Option<RequestLimit>,
}

/// The services of a key before and after an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantsEdited {
    /// As they were.
    pub from: Vec<KeyGrant>,
    /// As they are.
    pub to: Vec<KeyGrant>,
}

/// A wallet, as the record names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedWallet {
    /// The wallet.
    pub wallet: WalletId,
    /// Its name then.
    pub name: String,
}

/// An invitation, as the record names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The invitation.
    pub invitation: InvitationId,
    /// The address.
    pub email: String,
    /// As what.
    pub role: Role,
}

/// A member, as the record names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedMember {
    /// The membership.
    pub member: MemberId,
    /// The account.
    pub account: AccountId,
    /// How they were shown then.
    pub name: String,
}

/// An organization, as the record of an account names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedOrganization {
    /// The organization.
    pub organization: OrganizationId,
    /// Its name then.
    pub name: String,
}

/// An issuer, as the record names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedIssuer {
    /// The issuer.
    pub issuer: IssuerId,
    /// Its URL.
    pub url: IssuerUrl,
    /// For whom its tokens are.
    pub audience: Audience,
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

/// A key, as the record names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedKey {
    /// The key.
    pub key: KeyId,
    /// Its name then.
    pub name: String,
}

/// A group, as the record names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedGroup {
    /// The group.
    pub group: GroupId,
    /// Its name then.
    pub name: String,
}

/// A service account, as the record names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedServiceAccount {
    /// The service account.
    pub service_account: ServiceAccountId,
    /// Its name then.
    pub name: String,
}

/// A member or a service account, as the record names those who come into a group or go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InGroup {
    /// Who.
    pub who: Principal,
    /// How they were shown then.
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
    /// People were invited (P7).
    PeopleInvited {
        /// Who, as what.
        people: Vec<Invited>,
    },
    /// An invitation got a new link and a new end (P7).
    InvitationResent(Invited),
    /// An invitation was taken back (P7).
    InvitationCancelled(Invited),
    /// Somebody came in by an invitation (P7).
    InvitationAccepted {
        /// The invitation.
        invited: Invited,
        /// Who came.
        who: NamedMember,
    },
    /// A member got another role (P9).
    RoleChanged {
        /// Whose.
        who: NamedMember,
        /// The role before.
        from: Role,
        /// The role since.
        to: Role,
    },
    /// A member was removed (P10).
    MemberRemoved {
        /// Who.
        who: NamedMember,
        /// As what they were there.
        role: Role,
        /// Their personal tokens, which were revoked with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        revoked: Vec<NamedKey>,
    },
    /// A member left.
    MemberLeft {
        /// Who.
        who: NamedMember,
        /// As what they were there.
        role: Role,
        /// Their personal tokens, which were revoked with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        revoked: Vec<NamedKey>,
    },
    /// The account came into an organization.
    OrganizationJoined {
        /// Which.
        at: NamedOrganization,
        /// As what.
        role: Role,
    },
    /// The account got another role in an organization.
    OwnRoleChanged {
        /// Where.
        at: NamedOrganization,
        /// The role before.
        from: Role,
        /// The role since.
        to: Role,
    },
    /// The account was removed from an organization.
    RemovedFromOrganization {
        /// Which.
        at: NamedOrganization,
    },
    /// The account left an organization.
    OrganizationLeft {
        /// Which.
        at: NamedOrganization,
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
        /// How many requests it may make in a minute, where that is limited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requests_per_minute: Option<RequestLimit>,
        /// The members it is assigned to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        people: Vec<NamedMember>,
        /// Whose it is, where it is a personal token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Principal>,
        /// The services it may call, where it is a service key (K5).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        grants: Vec<KeyGrant>,
    },
    /// Keys were brought from another system by the hashes of their secrets; one event for all of a request, because
    /// they come or fail together.
    KeysImported {
        /// The keys, in the order they were told.
        keys: Vec<Imported>,
    },
    /// What people write of a key was edited (K4).
    KeyEdited {
        /// The key.
        key: KeyId,
        /// The name, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Edited>,
        /// The description, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Edited>,
        /// The limit, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requests_per_minute: Option<LimitEdited>,
        /// The members it was assigned to since.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        assigned: Vec<NamedMember>,
        /// The members it was taken from.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unassigned: Vec<NamedMember>,
        /// The services, where they were edited (K5).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grants: Option<GrantsEdited>,
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
    /// A member made a secret of a service key for themselves (K6).
    KeyTokenMade {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
        /// The secret.
        secret: SecretId,
        /// Whose.
        member: MemberId,
    },
    /// A member's own secret of a service key ended (K6).
    KeyTokenEnded {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
        /// The secret.
        secret: SecretId,
        /// Whose.
        member: MemberId,
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
    /// A secret was shown, copied, saved or given to a command on somebody's computer (K17).
    SecretHandled {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
        /// Which of its secrets.
        secret: SecretId,
        /// What was done.
        handling: Handling,
        /// When, by that computer's clock; the server may have been told much later.
        done_at: Timestamp,
    },
    /// Those who manage keys were told by mail that one expires soon (K16).
    ExpiryTold {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
        /// When it ends.
        expires_at: Timestamp,
        /// Within how many days.
        days: u32,
        /// Who was told.
        people: Vec<MemberId>,
    },
    /// An identity provider outside was registered (K12).
    IssuerAdded(NamedIssuer),
    /// Whom the tokens of an issuer stand for was changed (K12).
    IssuerMapped {
        /// The issuer.
        at: NamedIssuer,
        /// What was changed.
        mapping: Mapping,
    },
    /// An issuer was removed: its tokens are good no more (K12).
    IssuerRemoved(NamedIssuer),
    /// A key was revoked.
    KeyRevoked {
        /// The key.
        key: KeyId,
        /// Its name then.
        name: String,
    },
    /// A group was made (P11).
    GroupCreated {
        /// Which.
        group: NamedGroup,
        /// Who is in it.
        joined: Vec<InGroup>,
    },
    /// A group was edited (P11).
    GroupEdited {
        /// Which, by the name it has since.
        group: NamedGroup,
        /// The name, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Edited>,
        /// The description, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Edited>,
        /// Who came in.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        joined: Vec<InGroup>,
        /// Who went.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<InGroup>,
    },
    /// A group was removed (P11); who was in it stays.
    GroupRemoved {
        /// Which.
        group: NamedGroup,
    },
    /// A service account was made (P11).
    ServiceAccountCreated {
        /// Which.
        account: NamedServiceAccount,
        /// As what.
        role: Role,
    },
    /// A service account was edited (P11).
    ServiceAccountEdited {
        /// Which, by the name it has since.
        account: NamedServiceAccount,
        /// The name, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Edited>,
        /// The description, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Edited>,
        /// The role before, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Role>,
        /// The role since, where it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Role>,
    },
    /// A service account was disabled: its tokens are suspended (P11).
    ServiceAccountDisabled {
        /// Which.
        account: NamedServiceAccount,
    },
    /// A service account was enabled again (P11).
    ServiceAccountEnabled {
        /// Which.
        account: NamedServiceAccount,
    },
    /// A service account was removed (P11).
    ServiceAccountRemoved {
        /// Which.
        account: NamedServiceAccount,
        /// Its tokens, which were revoked with it.
        revoked: Vec<NamedKey>,
    },
    /// The token creation policy was changed (K11).
    TokenPolicyChanged {
        /// As it was.
        from: TokenPolicy,
        /// As it is.
        to: TokenPolicy,
        /// How many tokens stopped by it.
        stopped: u32,
        /// How many came back.
        returned: u32,
    },
    /// An organization that was made before there were credits got what it begins with (B5).
    CreditStarted {
        /// How much.
        amount: Money,
    },
    /// A wallet was made (B6).
    WalletCreated {
        /// The wallet.
        wallet: NamedWallet,
        /// What it was given of the credit that is in no wallet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assigned: Option<Money>,
    },
    /// A wallet was renamed (B6).
    WalletRenamed {
        /// The wallet.
        wallet: WalletId,
        /// Its name.
        name: Edited,
    },
    /// A wallet was archived (B6).
    WalletArchived {
        /// The wallet.
        wallet: NamedWallet,
    },
    /// Credit was moved between wallets, one of which may be the credit that is in none (B6).
    CreditMoved {
        /// What it is called there: assigned, given back or transferred.
        kind: EntryKind,
        /// Where it was.
        from: NamedWallet,
        /// Where it is.
        to: NamedWallet,
        /// How much.
        amount: Money,
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
