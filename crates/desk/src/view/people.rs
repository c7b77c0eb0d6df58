//! Members, invitations, and coming in by one.

use domain::clock::Timestamp;
use domain::id::{AccountId, ConnectionId, GroupId, InvitationId, MemberId, OrganizationId};
use domain::invitation::InvitationState;
use domain::role::Role;
use serde::{Deserialize, Serialize};

use crate::view::ActRule;

view! {
    /// The members of the organization, and who is invited.
    #[derive(Clone, Debug)]
    pub struct PeopleView {
        /// The members, the oldest first.
        pub members: Vec<MemberRow>,
        /// Invitations that can be accepted or sent again, the newest first; none for those who don't manage members.
        pub invitations: Vec<InvitationRow>,
        /// Whether people may be invited.
        pub invite: ActRule,
        /// As what, and why not.
        pub roles: Vec<RoleRule>,
        /// Into which groups people can be invited.
        pub groups: Vec<GroupChoice>,
        /// Whether the organization may be left.
        pub leave: ActRule,
    }

    /// A member.
    #[derive(Clone, Debug)]
    pub struct MemberRow {
        /// The membership.
        pub id: MemberId,
        /// Who.
        pub account_id: AccountId,
        /// How they are shown.
        pub name: String,
        /// The address.
        pub email: String,
        /// The role.
        pub role: Role,
        /// Since when.
        pub since: Timestamp,
        /// Whether it is whoever is signed in.
        pub is_you: bool,
        /// Whether the role may be changed.
        pub change: ActRule,
        /// Whether they may be removed.
        pub remove: ActRule,
    }

    /// An invitation.
    #[derive(Clone, Debug)]
    pub struct InvitationRow {
        /// The invitation.
        pub id: InvitationId,
        /// For whom.
        pub email: String,
        /// As what.
        pub role: Role,
        /// How it stands.
        pub state: InvitationState,
        /// Who invited.
        pub invited_by: String,
        /// When its link was made.
        pub sent_at: Timestamp,
        /// When its link stops working.
        pub expires_at: Timestamp,
        /// The names of the groups it leads into.
        pub groups: Vec<String>,
        /// Whether it may be sent again or cancelled.
        pub touch: ActRule,
    }

    /// A group that can be chosen.
    #[derive(Clone, Debug)]
    pub struct GroupChoice {
        /// The group.
        pub id: GroupId,
        /// Its name.
        pub name: String,
    }

    /// Whether a role may be given.
    #[derive(Clone, Debug)]
    pub struct RoleRule {
        /// The role.
        pub role: Role,
        /// Whether.
        pub rule: ActRule,
    }

    /// What became of each address.
    pub struct InviteReport {
        /// Those who were invited.
        pub invited: Vec<SentLink>,
        /// Those who were not.
        pub refused: Vec<NotInvited>,
    }

    /// An invitation whose link was just made.
    pub struct SentLink {
        /// The invitation.
        pub invitation_id: InvitationId,
        /// For whom.
        pub email: String,
        /// Whether the link goes there by mail.
        pub mailed: bool,
        /// Where it does not: the link, to be passed on. It is told this once.
        pub link: Option<String>,
        /// Whether the link leads to this computer itself, and so works nowhere else.
        pub local: bool,
        /// When it stops working.
        pub expires_at: Timestamp,
    }

    /// An address that was not invited.
    #[derive(Clone, Debug)]
    pub struct NotInvited {
        /// The address as it was given.
        pub email: String,
        /// Why.
        pub reason: String,
    }

    /// What an invitation is, for whoever holds its link.
    #[derive(Clone, Debug)]
    pub struct InvitationSeen {
        /// Into which organization.
        pub organization_name: String,
        /// Who invited.
        pub invited_by: String,
        /// For whom, as a stranger may see it.
        pub email: String,
        /// As what.
        pub role: Role,
        /// How it stands.
        pub state: InvitationState,
        /// When its link stops working.
        pub expires_at: Timestamp,
        /// The server's host.
        pub host: String,
        /// Whether others on the way can read what is sent there, the password above all.
        pub exposed: bool,
        /// Who is signed in there on this computer and could accept: their addresses.
        pub signed_in: Vec<String>,
    }

    /// An organization the account belongs to.
    #[derive(Clone, Debug)]
    pub struct MembershipRow {
        /// Which.
        pub organization_id: OrganizationId,
        /// Its name.
        pub organization_name: String,
        /// As what.
        pub role: Role,
        /// The connection to it on this computer.
        pub connection_id: Option<ConnectionId>,
        /// Whether it is the one that is open.
        pub is_open: bool,
    }
}

request! {
    /// Invites people.
    pub struct InviteDraft {
        /// The addresses.
        pub emails: Vec<String>,
        /// As what.
        pub role: Role,
        /// Into which groups.
        #[serde(default)]
        pub groups: Vec<GroupId>,
    }

    /// Comes in by an invitation with an account that is signed in here.
    pub struct AcceptInvitation {
        /// The link.
        pub link: String,
    }

    /// Comes in by an invitation with an account that is not signed in here.
    pub struct SignInWithInvitation {
        /// The link.
        pub link: String,
        /// The email address.
        pub email: String,
        /// The password.
        pub password: String,
    }

    /// Comes in by an invitation with a new account.
    pub struct JoinWithInvitation {
        /// The link.
        pub link: String,
        /// The person's name.
        pub your_name: String,
        /// Permanent.
        pub username: String,
        /// The address that was invited.
        pub email: String,
        /// At least ten characters.
        pub password: String,
    }
}
