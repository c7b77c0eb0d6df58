//! What an issuer says of itself, before it is registered (K12).

use axum::Json;
use axum::extract::State;
use domain::role::{Action, require};
use protocol::issuer::{IssuerFound, LookAtIssuerRequest};
use protocol::path;

use crate::app::App;
use crate::body::Body;
use crate::caller::Caller;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;

/// What an issuer says of itself
///
/// The server asks the issuer for its description and its keys. Nothing is written.
#[utoipa::path(post, path = path::ISSUERS_LOOK, tag = "issuers", operation_id = "look_at_issuer",
    params(("organization_id" = domain::id::OrganizationId, Path, description = "The organization.")),
    request_body = LookAtIssuerRequest,
    responses((status = 200, description = "What it says.", body = IssuerFound)))]
pub(crate) async fn look(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Body(request): Body<LookAtIssuerRequest>,
) -> Result<Json<IssuerFound>, Refusal> {
    let standing = caller
        .standing(&mut app.store.read().await?, organization)
        .await?;
    require(standing.role, Action::ManagePolicy)?;
    app.attempts
        .issuer(caller.account, app.now())
        .map_err(|seconds| Refusal::too_many("this account had too many issuers asked", seconds))?;
    let said = app.issuers.look(&request.url).await?;
    Ok(Json(IssuerFound {
        url: request.url,
        keys_url: said.keys_url,
        keys: u32::try_from(said.keys.keys.len()).unwrap_or(u32::MAX),
        algorithms: said.algorithms,
        refused_algorithms: said.others,
    }))
}
