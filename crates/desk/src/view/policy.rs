//! The token creation policy.

use domain::clock::Timestamp;
use domain::id::{GroupId, KeyId};
use domain::policy::TokenPolicy;
use domain::principal::Principal;
use serde::{Deserialize, Serialize};

use crate::view::ActRule;

view! {
    /// The policy, and what can be chosen.
    #[derive(Clone, Debug)]
    pub struct TokenPolicyScreen {
        /// Who may have personal tokens made.
        pub policy: TokenPolicy,
        /// What a change is made over.
        pub version: u32,
        /// The groups that can be chosen.
        pub groups: Vec<GroupWithCount>,
        /// How many personal tokens there are that are not revoked, as far as they are seen here.
        pub tokens: u32,
        /// Whether the policy may be changed.
        pub manage: ActRule,
        /// For whom tokens can be made by whoever is signed in: themselves first, then service accounts.
        pub owners: Vec<OwnerChoice>,
    }

    /// A group that can be chosen.
    #[derive(Clone, Debug)]
    pub struct GroupWithCount {
        /// The group.
        pub id: GroupId,
        /// Its name.
        pub name: String,
        /// How many members and service accounts are in it.
        pub count: u32,
    }

    /// Somebody a token may be made for, or why not.
    #[derive(Clone, Debug)]
    pub struct OwnerChoice {
        /// Who.
        pub owner: Principal,
        /// How they are shown.
        pub name: String,
        /// Whether it is whoever is signed in.
        pub is_you: bool,
        /// Whether.
        pub rule: ActRule,
    }

    /// What a policy would do, were it set now.
    #[derive(Clone, Debug)]
    pub struct TokenPolicyEffectView {
        /// The version this was worked out over: what the change is then made over.
        pub version: u32,
        /// The tokens that work now and would not, the one used last first.
        pub stops: Vec<AffectedTokenRow>,
        /// The tokens that do not work now and would.
        pub returns: Vec<AffectedTokenRow>,
        /// The names of those who could not have tokens made any more.
        pub lose_creation: Vec<String>,
        /// The names of those who could again.
        pub gain_creation: Vec<String>,
    }

    /// A token that a policy stops, or brings back.
    #[derive(Clone, Debug)]
    pub struct AffectedTokenRow {
        /// The token.
        pub key_id: KeyId,
        /// Its name.
        pub name: String,
        /// Whose it is.
        pub owner_name: String,
        /// When it was last used.
        pub last_used_at: Option<Timestamp>,
        /// From where.
        pub last_used_from: Option<String>,
    }
}

/// Who is to have personal tokens made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum TokenPolicyWish {
    /// All.
    All,
    /// Members of the groups.
    Groups,
    /// Nobody.
    Nobody,
}

request! {
    /// A policy that is to be, or might.
    pub struct TokenPolicyDraft {
        /// Who.
        pub who: TokenPolicyWish,
        /// The groups, where it is theirs.
        pub groups: Vec<GroupId>,
    }
}

impl From<TokenPolicyDraft> for TokenPolicy {
    fn from(draft: TokenPolicyDraft) -> Self {
        match draft.who {
            TokenPolicyWish::All => Self::All,
            TokenPolicyWish::Groups => Self::Groups { groups: draft.groups },
            TokenPolicyWish::Nobody => Self::Nobody,
        }
    }
}
