//! Editing a service account (P11). No edit is applied over a version its author had not seen.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::path;
use protocol::service_account::{EditServiceAccountRequest, ServiceAccountView};
use store::{Changed, service_account};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::key::edit::edited;
use crate::handlers::service_account::{check_name, checked, named};
use crate::operation::{IfMatch, Written};
use crate::parameters::OneServiceAccount;
use crate::refusal::Refusal;
use crate::work::Work;

/// Edit a service account
///
/// Fields that are left out stay as they are. Its tokens act by its role at once.
#[utoipa::path(patch, path = path::SERVICE_ACCOUNT, tag = "service accounts", operation_id = "edit_service_account",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("service_account_id" = domain::id::ServiceAccountId, Path, description = "The service account."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
        ("if-match" = String, Header, description = "The version the edit was made over, in quotes: `\"3\"`."),
    ),
    request_body = EditServiceAccountRequest,
    responses(
        (status = 200, description = "The service account, edited.", body = ServiceAccountView),
        (status = 412, description = "It was changed since that version.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn edit(
    State(app): State<App>,
    caller: Caller,
    one: OneServiceAccount,
    IfMatch(version): IfMatch,
    Written {
        operation,
        body: request,
    }: Written<EditServiceAccountRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, one.organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMembers)?;
    if request.is_empty() {
        return Err(Refusal::field(
            "name",
            "there is nothing to edit: give a name, a description or a role",
        ));
    }
    let id = one.service_account;
    let before = work.service_account(id).await?;
    if before.version != version {
        return Err(Refusal::outdated("service account"));
    }
    let name = request.name.unwrap_or_else(|| before.name.clone());
    let description = request.description.unwrap_or_else(|| before.description.clone());
    let role = checked(request.role.unwrap_or(before.role))?;
    check_name(&mut work, &name, Some(id)).await?;

    service_account::edit(&mut work.write, id, &name, &description, role).await?;

    let view = work.service_account(id).await?;
    let moved = before.role != role;
    let event = Event::ServiceAccountEdited {
        account: named(&view),
        name: edited(before.name.as_str(), name.as_str()),
        description: edited(before.description.as_str(), description.as_str()),
        from: moved.then_some(before.role),
        to: moved.then_some(role),
    };
    let changed = vec![Changed::Here(EntityRef::ServiceAccount(id))];
    work.end(StatusCode::OK, &view, event, changed).await
}
