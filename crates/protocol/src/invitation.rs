//! Invitations into an organization (P7), and what is done to members (P9, P10).

use crypto::secret::{Secret, serialize_exposed};
use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::{AccountId, GroupId, InvitationId, OrganizationId};
use domain::invitation::{InvitationLife, InvitationState};
use domain::name::{DisplayName, OrganizationName, Username};
use domain::role::Role;
use serde::{Deserialize, Serialize, Serializer};

use crate::account::MembershipView;
use crate::organization::MemberView;

/// An invitation, as those see it who manage members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationView {
    /// The invitation.
    pub id: InvitationId,
    /// For whom.
    pub email: EmailAddress,
    /// As what.
    pub role: Role,
    /// Moves with every edit.
    pub version: i64,
    /// Since when.
    pub created_at: Timestamp,
    /// Who invited.
    pub created_by: AccountId,
    /// When its link was made.
    pub sent_at: Timestamp,
    /// When its link stops working.
    pub expires_at: Timestamp,
    /// When somebody came in by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Timestamp>,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// The groups it leads into (P11).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
}

impl InvitationView {
    /// What its state is computed from.
    #[must_use]
    pub const fn life(&self) -> InvitationLife {
        InvitationLife {
            expires_at: self.expires_at,
            accepted_at: self.accepted_at,
            cancelled_at: self.cancelled_at,
        }
    }
}

/// All members of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MembersView {
    /// The members, the oldest first.
    pub members: Vec<MemberView>,
}

/// All invitations of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationsView {
    /// The invitations, the newest first.
    pub invitations: Vec<InvitationView>,
}

/// Invites people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// The addresses, 100 at the most; each is answered for itself.
    pub emails: Vec<String>,
    /// As what.
    pub role: Role,
    /// Into which groups they come (P11).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
}

/// What became of each address.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitedView {
    /// Those who were invited.
    pub invited: Vec<SentInvitation>,
    /// Those who were not, and why.
    pub refused: Vec<RefusedAddress>,
}

/// An invitation whose link was just made.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SentInvitation {
    /// The invitation.
    pub invitation: InvitationView,
    /// Whether its link goes to the address by mail.
    pub mailed: bool,
    /// Where no mail is sent: the code of its link, told this once. A repeated question is answered without it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "serialize_code"
    )]
    pub code: Option<Secret>,
}

fn serialize_code<S: Serializer>(code: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    match code {
        Some(code) => serialize_exposed(code, serializer),
        None => serializer.serialize_none(),
    }
}

impl SentInvitation {
    /// As it is kept, to be answered again: without the code.
    #[must_use]
    pub fn kept(&self) -> Self {
        Self {
            invitation: self.invitation.clone(),
            mailed: self.mailed,
            code: None,
        }
    }
}

/// An address that was not invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusedAddress {
    /// The address as it was given.
    pub email: String,
    /// Why, in a sentence.
    pub reason: String,
}

/// Gives a member another role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeRoleRequest {
    /// The role it is to be.
    pub role: Role,
}

/// Names an invitation by the code of its link.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InvitationCode {
    /// `ksi_…`, the end of the link.
    #[serde(serialize_with = "serialize_exposed")]
    pub code: Secret,
}

/// Comes in by an invitation with a new account, where sign-up may be closed: the invitation vouches.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JoinRequest {
    /// `ksi_…`, the end of the link.
    #[serde(serialize_with = "serialize_exposed")]
    pub code: Secret,
    /// The address that was invited.
    pub email: EmailAddress,
    /// Permanent.
    pub username: Username,
    /// How the person is shown.
    pub display_name: DisplayName,
    /// At least 10 characters.
    #[serde(serialize_with = "serialize_exposed")]
    pub password: Secret,
}

/// What an invitation is, for whoever holds its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationCard {
    /// Into which organization.
    pub organization_name: OrganizationName,
    /// Who invited, as they are shown.
    pub invited_by: DisplayName,
    /// For whom, as a stranger may see it: `b…@northwind.example`.
    pub email: String,
    /// As what.
    pub role: Role,
    /// How it stands.
    pub state: InvitationState,
    /// When its link stops working.
    pub expires_at: Timestamp,
}

/// An organization that was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeftView {
    /// Which.
    pub organization_id: OrganizationId,
}

/// The account's new place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JoinedView {
    /// Where, and as what.
    pub membership: MembershipView,
}
