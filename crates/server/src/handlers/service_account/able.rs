//! Disabling a service account, which suspends its tokens, and enabling it again (P11).

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::role::Action;
use domain::service_account::may_able;
use protocol::change::EntityRef;
use protocol::path;
use protocol::service_account::ServiceAccountView;
use store::{Changed, service_account};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::service_account::named;
use crate::operation::{Nothing, Operation, Written};
use crate::parameters::OneServiceAccount;
use crate::refusal::Refusal;
use crate::work::Work;

/// Disable a service account
///
/// Its tokens are suspended: they are not revoked, and work again when it is enabled.
#[utoipa::path(post, path = path::SERVICE_ACCOUNT_DISABLE, tag = "service accounts", operation_id = "disable_service_account",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("service_account_id" = domain::id::ServiceAccountId, Path, description = "The service account."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The service account.", body = ServiceAccountView)))]
pub(crate) async fn disable(
    State(app): State<App>,
    caller: Caller,
    one: OneServiceAccount,
    Written {
        operation,
        body: Nothing {},
    }: Written<Nothing>,
) -> Result<Answer, Refusal> {
    able(&app, &caller, one, operation, false).await
}

/// Enable a service account
///
/// Its tokens work again, but for those that expired, were paused or revoked meanwhile.
#[utoipa::path(post, path = path::SERVICE_ACCOUNT_ENABLE, tag = "service accounts", operation_id = "enable_service_account",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("service_account_id" = domain::id::ServiceAccountId, Path, description = "The service account."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The service account.", body = ServiceAccountView)))]
pub(crate) async fn enable(
    State(app): State<App>,
    caller: Caller,
    one: OneServiceAccount,
    Written {
        operation,
        body: Nothing {},
    }: Written<Nothing>,
) -> Result<Answer, Refusal> {
    able(&app, &caller, one, operation, true).await
}

async fn able(
    app: &App,
    caller: &Caller,
    one: OneServiceAccount,
    operation: Operation,
    to_be: bool,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(app, caller, one.organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };
    let id = one.service_account;

    work.may(Action::ManageMembers)?;
    let before = work.service_account(id).await?;
    may_able(before.disabled_at.is_none(), to_be)?;

    service_account::able(&mut work.write, id, to_be).await?;

    let view = work.service_account(id).await?;
    let account = named(&view);
    let event = if to_be {
        Event::ServiceAccountEnabled { account }
    } else {
        Event::ServiceAccountDisabled { account }
    };
    let changed = vec![Changed::Here(EntityRef::ServiceAccount(id))];
    work.end(StatusCode::OK, &view, event, changed).await
}
