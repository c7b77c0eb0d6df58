//! The groups of an organization.

use axum::Json;
use axum::extract::State;
use protocol::group::GroupsView;
use protocol::path;
use store::group;

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;

/// The groups of an organization, by their names
#[utoipa::path(get, path = path::GROUPS, tag = "groups", operation_id = "list_groups",
    params(("organization_id" = domain::id::OrganizationId, Path, description = "The organization.")),
    responses((status = 200, description = "The groups.", body = GroupsView)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
) -> Result<Json<GroupsView>, Refusal> {
    let mut read = app.store.read().await?;
    caller.standing(&mut read, organization).await?;
    let groups = group::list(&mut read, organization).await?;
    Ok(Json(GroupsView { groups }))
}
