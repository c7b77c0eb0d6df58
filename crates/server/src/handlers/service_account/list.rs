//! The service accounts of an organization.

use axum::Json;
use axum::extract::State;
use protocol::path;
use protocol::service_account::ServiceAccountsView;
use store::service_account;

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;

/// The service accounts of an organization, by their names
#[utoipa::path(get, path = path::SERVICE_ACCOUNTS, tag = "service accounts", operation_id = "list_service_accounts",
    params(("organization_id" = domain::id::OrganizationId, Path, description = "The organization.")),
    responses((status = 200, description = "The service accounts.", body = ServiceAccountsView)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
) -> Result<Json<ServiceAccountsView>, Refusal> {
    let mut read = app.store.read().await?;
    caller.standing(&mut read, organization).await?;
    let service_accounts = service_account::list(&mut read, organization).await?;
    Ok(Json(ServiceAccountsView { service_accounts }))
}
