//! What changed, in the order it changed: the feeds a replica is made from (O3).
//!
//! An organization has one, and so has every account: its profile, its memberships, its sessions.

use domain::activity::Scope;
use domain::id::{
    AccountId, GroupId, InvitationId, IssuerId, KeyId, MemberId, OrganizationId, ServiceAccountId, SessionId,
    WalletId,
};
use serde::{Deserialize, Serialize};

use crate::account::{MembershipView, ProfileView, SessionView};
use crate::group::GroupView;
use crate::invitation::InvitationView;
use crate::issuer::IssuerView;
use crate::key::KeyView;
use crate::organization::{MemberView, OrganizationView};
use crate::service_account::ServiceAccountView;
use crate::wallet::WalletView;

/// The most changes a page may be asked for.
pub const MOST_CHANGES: u32 = 1_000;

/// A page of changes since a sequence number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangesPage {
    /// The changes, by rising sequence. Each entity stands here once, at its latest number.
    pub changes: Vec<Change>,
    /// Ask for `?since=` this next. Never less than what was asked with.
    pub next: i64,
    /// The scope's sequence when the page was read: equal to `next` when there is nothing more.
    pub head: i64,
    /// How many changes remain behind this page, for a progress bar; may be off by what is written meanwhile.
    pub remaining: i64,
    /// Moves when what the caller may see changed: then everything is read anew from 0. Of an account always 1.
    pub epoch: i64,
}

/// One entity at its latest number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// Its number in the scope's sequence.
    pub sequence: i64,
    /// What it is now.
    pub entity: Entity,
}

/// An entity as it is now, or that it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Entity {
    /// The organization itself.
    Organization(OrganizationView),
    /// A member.
    Member(MemberView),
    /// An invitation; told to those who manage members.
    Invitation(InvitationView),
    /// An issuer with its mapping; told to those who see all keys.
    Issuer(IssuerView),
    /// A group.
    Group(GroupView),
    /// A service account.
    ServiceAccount(ServiceAccountView),
    /// A key with its secrets.
    Key(KeyView),
    /// A wallet, or the credit that is in none; told to those who manage money.
    Wallet(WalletView),
    /// The account itself.
    Profile(ProfileView),
    /// The account's place in an organization.
    Membership(MembershipView),
    /// A session of the account that has not been ended.
    Session(SessionView),
    /// Deleted, or no longer visible.
    Gone {
        /// What it was.
        what: EntityRef,
    },
}

impl Entity {
    /// Which entity it is; nothing when it is gone.
    #[must_use]
    pub const fn here(&self) -> Option<EntityRef> {
        match self {
            Self::Organization(view) => Some(EntityRef::Organization(view.id)),
            Self::Member(view) => Some(EntityRef::Member(view.id)),
            Self::Invitation(view) => Some(EntityRef::Invitation(view.id)),
            Self::Issuer(view) => Some(EntityRef::Issuer(view.id)),
            Self::Group(view) => Some(EntityRef::Group(view.id)),
            Self::ServiceAccount(view) => Some(EntityRef::ServiceAccount(view.id)),
            Self::Key(view) => Some(EntityRef::Key(view.id)),
            Self::Wallet(view) => Some(EntityRef::Wallet(view.id)),
            Self::Profile(view) => Some(EntityRef::Profile(view.id)),
            Self::Membership(view) => Some(EntityRef::Membership(view.id)),
            Self::Session(view) => Some(EntityRef::Session(view.id)),
            Self::Gone { .. } => None,
        }
    }
}

/// Names an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum EntityRef {
    /// The organization itself.
    Organization(OrganizationId),
    /// A member.
    Member(MemberId),
    /// An invitation.
    Invitation(InvitationId),
    /// An identity provider outside.
    Issuer(IssuerId),
    /// A group.
    Group(GroupId),
    /// A service account.
    ServiceAccount(ServiceAccountId),
    /// A key.
    Key(KeyId),
    /// A wallet.
    Wallet(WalletId),
    /// The account itself.
    Profile(AccountId),
    /// The account's place in an organization.
    Membership(MemberId),
    /// A session of the account.
    Session(SessionId),
}

/// The data of one `change` event of the notice stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    /// Whose feed moved.
    pub scope: Scope,
    /// Its sequence since then.
    pub head: i64,
}
