//! The members of an organization.

use axum::Json;
use axum::extract::State;
use protocol::invitation::MembersView;
use protocol::path;
use store::member;

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;

/// The members of an organization, the oldest first
#[utoipa::path(get, path = path::MEMBERS, tag = "members", operation_id = "list_members",
    params(("organization_id" = domain::id::OrganizationId, Path, description = "The organization.")),
    responses((status = 200, description = "The members.", body = MembersView)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
) -> Result<Json<MembersView>, Refusal> {
    let mut read = app.store.read().await?;
    caller.standing(&mut read, organization).await?;
    let members = member::list(&mut read, organization).await?;
    Ok(Json(MembersView { members }))
}
