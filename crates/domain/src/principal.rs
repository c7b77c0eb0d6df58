//! Who can stand behind a token: a member, or what is no person.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{MemberId, ServiceAccountId};

/// Who a personal token belongs to, whom the token of an issuer stands for, who is in a group (K1, K12, P11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Principal {
    /// A member.
    Member(MemberId),
    /// A service account.
    ServiceAccount(ServiceAccountId),
}

impl Principal {
    /// The one whose id is printed like this.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let member = text.parse().map(Self::Member);
        member.or_else(|_| text.parse().map(Self::ServiceAccount)).ok()
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(id) => id.fmt(f),
            Self::ServiceAccount(id) => id.fmt(f),
        }
    }
}
