//! The account: who signed in, where they belong, and from where they are signed in.

use domain::clock::Timestamp;
use domain::id::SessionId;
use serde::Serialize;

use crate::view::MembershipRow;

view! {
    /// The account that is signed in.
    #[derive(Clone, Debug)]
    pub struct AccountOverview {
        /// How the person is shown.
        pub name: String,
        /// Permanent.
        pub username: String,
        /// The address.
        pub email: String,
        /// When it was made.
        pub since: Timestamp,
        /// Where it belongs, the oldest first.
        pub memberships: Vec<MembershipRow>,
        /// Its sessions, this one first, then the latest seen.
        pub sessions: Vec<SessionRow>,
        /// Whether the sessions are as of the last sync: the server was not asked.
        pub from_copy: bool,
    }

    /// A session of the account.
    #[derive(Clone, Debug)]
    pub struct SessionRow {
        /// The session.
        pub id: SessionId,
        /// The program that signed in, as it named itself.
        pub client: String,
        /// From which address.
        pub address: Option<String>,
        /// When it began.
        pub since: Timestamp,
        /// When it was last seen, exact to a minute.
        pub last_seen_at: Timestamp,
        /// Whether it is the one of this window; none where that is not known.
        pub is_this: Option<bool>,
    }
}
