//! Groups and service accounts.

use domain::clock::Timestamp;
use domain::id::{GroupId, MemberId, ServiceAccountId};
use domain::principal::Principal;
use domain::role::Role;
use serde::{Deserialize, Serialize};

use crate::view::{ActRule, KeyRow};

view! {
    /// The groups and service accounts of the organization.
    #[derive(Clone, Debug)]
    pub struct GroupsView {
        /// The groups, by their names.
        pub groups: Vec<GroupRow>,
        /// The service accounts, by their names.
        pub service_accounts: Vec<ServiceAccountRow>,
        /// Who can be in a group: members first, then service accounts.
        pub everybody: Vec<NamedOwner>,
        /// Whether groups and service accounts may be made and changed.
        pub manage: ActRule,
    }

    /// A group.
    #[derive(Clone, Debug)]
    pub struct GroupRow {
        /// The group.
        pub id: GroupId,
        /// Its name.
        pub name: String,
        /// What it is for.
        pub description: String,
        /// Who is in it: members first, then service accounts.
        pub who: Vec<NamedOwner>,
        /// Whether the token policy names it.
        pub in_policy: bool,
        /// What an edit is made over.
        pub version: u32,
        /// Since when.
        pub since: Timestamp,
        /// Whether it may be removed.
        pub remove: ActRule,
    }

    /// A member or a service account.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct NamedOwner {
        /// Who.
        pub owner: Principal,
        /// How they are shown.
        pub name: String,
        /// What tells them from others of this name: the address, or that it is a service account.
        pub detail: String,
    }

    /// A service account.
    #[derive(Clone, Debug)]
    pub struct ServiceAccountRow {
        /// The service account.
        pub id: ServiceAccountId,
        /// Its name.
        pub name: String,
        /// What it is for.
        pub description: String,
        /// As what its tokens act.
        pub role: Role,
        /// What an edit is made over.
        pub version: u32,
        /// Since when.
        pub since: Timestamp,
        /// Since when it is disabled.
        pub disabled_at: Option<Timestamp>,
        /// How many tokens it has that are not revoked; none for those who do not see them.
        pub tokens: u32,
        /// The names of its groups.
        pub groups: Vec<String>,
        /// Whether a token may be made for it.
        pub make_token: ActRule,
    }

    /// What the removal of a service account revokes.
    #[derive(Clone, Debug)]
    pub struct ServiceAccountRemoval {
        /// It.
        pub name: String,
        /// Its tokens that are not revoked, the one used last first.
        pub tokens: Vec<KeyRow>,
    }
}

request! {
    /// A group to be made, or changed.
    pub struct GroupDraft {
        /// Which is changed, and the version its author saw; none makes one.
        pub id: Option<GroupId>,
        /// The version its author saw.
        pub version: u32,
        /// Its name.
        pub name: String,
        /// What it is for.
        pub description: String,
        /// The members in it.
        pub members: Vec<MemberId>,
        /// The service accounts in it.
        pub service_accounts: Vec<ServiceAccountId>,
    }

    /// A service account to be made, or changed.
    pub struct ServiceAccountDraft {
        /// Which is changed; none makes one.
        pub id: Option<ServiceAccountId>,
        /// The version its author saw.
        pub version: u32,
        /// Its name.
        pub name: String,
        /// What it is for.
        pub description: String,
        /// As what its tokens act.
        pub role: Role,
    }
}
