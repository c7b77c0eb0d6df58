//! The invitations of an organization.

use axum::Json;
use axum::extract::State;
use domain::role::{Action, require};
use protocol::invitation::InvitationsView;
use protocol::path;
use store::invitation;

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;

/// The invitations of an organization, the newest first
///
/// Those that were accepted, cancelled or have expired are among them.
#[utoipa::path(get, path = path::INVITATIONS, tag = "members", operation_id = "list_invitations",
    params(("organization_id" = domain::id::OrganizationId, Path, description = "The organization.")),
    responses((status = 200, description = "The invitations.", body = InvitationsView)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
) -> Result<Json<InvitationsView>, Refusal> {
    let mut read = app.store.read().await?;
    let standing = caller.standing(&mut read, organization).await?;
    require(standing.role, Action::ManageMembers)?;
    let invitations = invitation::list(&mut read, organization).await?;
    Ok(Json(InvitationsView { invitations }))
}
