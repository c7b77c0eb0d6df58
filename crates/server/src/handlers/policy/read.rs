//! The policy as it is.

use axum::Json;
use axum::extract::State;
use protocol::path;
use protocol::policy::TokenPolicyView;
use store::organization;

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;

/// The token policy of an organization
#[utoipa::path(get, path = path::TOKEN_POLICY, tag = "token policy", operation_id = "read_token_policy",
    params(("organization_id" = domain::id::OrganizationId, Path, description = "The organization.")),
    responses((status = 200, description = "The policy.", body = TokenPolicyView)))]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
) -> Result<Json<TokenPolicyView>, Refusal> {
    let mut read = app.store.read().await?;
    caller.standing(&mut read, organization).await?;
    let found = organization::find(&mut read, organization)
        .await?
        .ok_or_else(|| Refusal::not_found("organization"))?;
    Ok(Json(TokenPolicyView {
        policy: found.token_policy,
        version: found.version,
    }))
}
