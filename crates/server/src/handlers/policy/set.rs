//! Changing the policy (K11). From the answer on it decides on this node, and on others within a second: what verify
//! remembers of the organization's keys ends with the change.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::path;
use protocol::policy::{TokenPolicyRequest, TokenPolicyView};
use store::{Changed, organization, policy};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::policy::checked;
use crate::handlers::policy::effect::effect;
use crate::operation::{IfMatch, Written};
use crate::parameters::InOrganization;
use crate::refusal::Refusal;
use crate::work::Work;

/// Change the token policy
///
/// `nobody` suspends every personal token; they are not revoked, and work again when the policy is loosened, but for those
/// that expired, were paused or revoked meanwhile. `groups` suspends nothing. `If-Match` names the organization's version.
#[utoipa::path(put, path = path::TOKEN_POLICY, tag = "token policy", operation_id = "set_token_policy",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
        ("if-match" = String, Header, description = "The organization's version it was decided over, in quotes: `\"3\"`."),
    ),
    request_body = TokenPolicyRequest,
    responses(
        (status = 200, description = "The policy.", body = TokenPolicyView),
        (status = 412, description = "The organization was changed since that version.",
            body = protocol::problem::Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn set(
    State(app): State<App>,
    caller: Caller,
    InOrganization(id): InOrganization,
    IfMatch(version): IfMatch,
    Written {
        operation,
        body: request,
    }: Written<TokenPolicyRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, id, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManagePolicy)?;
    let before = organization::find(&mut work.write, id)
        .await?
        .ok_or_else(Refusal::internal)?;
    if before.version != version {
        return Err(Refusal::outdated("organization"));
    }
    let wanted = checked(&mut work.write, id, request.policy).await?;
    let view = |policy, version| TokenPolicyView { policy, version };
    // Nothing is to be done: there is nothing to record, and asking again does no harm.
    if wanted == before.token_policy {
        return Answer::new(StatusCode::OK, &view(wanted, version));
    }
    let now = work.at();
    let does = effect(&mut work.write, id, wanted.clone(), now).await?;

    policy::set(&mut work.write, id, &wanted).await?;

    let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
    let event = Event::TokenPolicyChanged {
        from: before.token_policy,
        to: wanted.clone(),
        stopped: count(does.stops.len()),
        returned: count(does.returns.len()),
    };
    let view = view(wanted, version + 1);
    let changed = vec![Changed::Here(EntityRef::Organization(id))];
    work.end(StatusCode::OK, &view, event, changed).await
}
