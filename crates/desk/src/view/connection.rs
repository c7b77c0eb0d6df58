//! Connections to servers, and what begins one.

use domain::id::{ConnectionId, OrganizationId};
use domain::role::{Action, Role};
use protocol::server::SignUp as SignUpPolicy;
use serde::{Deserialize, Serialize};

use crate::view::PendingChange;

view! {
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
        /// Whether others on the way can read what is sent, the password above all.
        pub exposed: bool,
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
