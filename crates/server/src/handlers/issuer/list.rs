//! The issuers of an organization (K12).

use axum::Json;
use axum::extract::State;
use domain::role::{Action, grant};
use protocol::issuer::IssuersView;
use protocol::path;
use store::issuer;

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;

/// The issuers of an organization, the oldest first
///
/// Told to those who see all keys; others are told of none.
#[utoipa::path(get, path = path::ISSUERS, tag = "issuers", operation_id = "list_issuers",
    params(("organization_id" = domain::id::OrganizationId, Path, description = "The organization.")),
    responses((status = 200, description = "The issuers.", body = IssuersView)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
) -> Result<Json<IssuersView>, Refusal> {
    let mut read = app.store.read().await?;
    let standing = caller.standing(&mut read, organization).await?;
    let issuers = if grant(standing.role, Action::ReadKeys).is_full() {
        issuer::list(&mut read, organization).await?
    } else {
        Vec::new()
    };
    Ok(Json(IssuersView { issuers }))
}
