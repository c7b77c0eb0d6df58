//! The dry run of a policy (K11).

use axum::Json;
use axum::extract::State;
use domain::role::{Action, require};
use protocol::path;
use protocol::policy::{TokenPolicyEffect, TokenPolicyRequest};

use crate::app::App;
use crate::body::Body;
use crate::caller::Caller;
use crate::handlers::policy::checked;
use crate::handlers::policy::effect::effect;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;

/// What another token policy would do
///
/// Exactly which tokens would stop and which would work again, with their last use, and who would lose or gain the making
/// of tokens. Nothing is written.
#[utoipa::path(post, path = path::TOKEN_POLICY_PREVIEW, tag = "token policy", operation_id = "preview_token_policy",
    params(("organization_id" = domain::id::OrganizationId, Path, description = "The organization.")),
    request_body = TokenPolicyRequest,
    responses((status = 200, description = "What it would do.", body = TokenPolicyEffect)))]
pub(crate) async fn preview(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Body(request): Body<TokenPolicyRequest>,
) -> Result<Json<TokenPolicyEffect>, Refusal> {
    let now = app.now();
    let mut read = app.store.read().await?;
    let standing = caller.standing(&mut read, organization).await?;
    require(standing.role, Action::ManagePolicy)?;
    let policy = checked(&mut read, organization, request.policy).await?;
    effect(&mut read, organization, policy, now).await.map(Json)
}
