//! Members, invitations, and coming in by one.

use desk::view::{
    AcceptInvitation, InvitationSeen, InviteDraft, InviteReport, JoinWithInvitation, MembershipRow, Opened,
    PeopleView, SentLink, SignInWithInvitation,
};
use domain::id::{InvitationId, MemberId, OrganizationId};
use domain::role::Role;

use super::{Answer, DeskState};

/// The members of the organization and who is invited, from the copy.
#[tauri::command]
#[specta::specta]
pub(crate) async fn people(desk: DeskState<'_>) -> Answer<PeopleView> {
    Ok(desk.people().await?)
}

/// Invites people; where the server sends no mail, the answer carries the links.
#[tauri::command]
#[specta::specta]
pub(crate) async fn invite_people(desk: DeskState<'_>, draft: InviteDraft) -> Answer<InviteReport> {
    Ok(desk.invite_people(draft).await?)
}

/// Sends an invitation again; where the server sends no mail, the answer carries the new link.
#[tauri::command]
#[specta::specta]
pub(crate) async fn resend_invitation(desk: DeskState<'_>, invitation_id: InvitationId) -> Answer<SentLink> {
    Ok(desk.resend_invitation(invitation_id).await?)
}

/// Takes an invitation back.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_invitation(desk: DeskState<'_>, invitation_id: InvitationId) -> Answer<()> {
    Ok(desk.cancel_invitation(invitation_id).await?)
}

/// Gives a member another role.
#[tauri::command]
#[specta::specta]
pub(crate) async fn change_role(desk: DeskState<'_>, member_id: MemberId, role: Role) -> Answer<()> {
    Ok(desk.change_role(member_id, role).await?)
}

/// Removes a member.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_member(desk: DeskState<'_>, member_id: MemberId) -> Answer<()> {
    Ok(desk.remove_member(member_id).await?)
}

/// Leaves the organization; its copy is emptied.
#[tauri::command]
#[specta::specta]
pub(crate) async fn leave_organization(desk: DeskState<'_>) -> Answer<()> {
    Ok(desk.leave_organization().await?)
}

/// What the invitation behind a link is.
#[tauri::command]
#[specta::specta]
pub(crate) async fn look_at_invitation(desk: DeskState<'_>, link: String) -> Answer<InvitationSeen> {
    Ok(desk.look_at_invitation(&link).await?)
}

/// Comes in by an invitation with an account that is signed in here.
#[tauri::command]
#[specta::specta]
pub(crate) async fn accept_invitation(desk: DeskState<'_>, request: AcceptInvitation) -> Answer<Opened> {
    Ok(desk.accept_invitation(request).await?)
}

/// Signs in and comes in by an invitation.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sign_in_with_invitation(
    desk: DeskState<'_>,
    request: SignInWithInvitation,
) -> Answer<Opened> {
    Ok(desk.sign_in_with_invitation(request).await?)
}

/// Comes in by an invitation with a new account.
#[tauri::command]
#[specta::specta]
pub(crate) async fn join_with_invitation(desk: DeskState<'_>, request: JoinWithInvitation) -> Answer<Opened> {
    Ok(desk.join_with_invitation(request).await?)
}

/// The organizations the account belongs to, from the copy.
#[tauri::command]
#[specta::specta]
pub(crate) async fn memberships(desk: DeskState<'_>) -> Answer<Vec<MembershipRow>> {
    Ok(desk.memberships().await?)
}

/// Opens another organization of the account.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_membership(desk: DeskState<'_>, organization_id: OrganizationId) -> Answer<Opened> {
    Ok(desk.open_membership(organization_id).await?)
}
