//! Making a service account (P11).

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::id::ServiceAccountId;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::path;
use protocol::service_account::{CreateServiceAccountRequest, ServiceAccountView};
use store::Changed;
use store::service_account::{self, NewServiceAccount};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::service_account::{check_name, checked, named};
use crate::operation::Written;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;
use crate::work::Work;

/// Make a service account
///
/// It signs in nowhere; those who manage keys make personal tokens for it.
#[utoipa::path(post, path = path::SERVICE_ACCOUNTS, tag = "service accounts", operation_id = "create_service_account",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = CreateServiceAccountRequest,
    responses((status = 201, description = "The service account.", body = ServiceAccountView)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Written {
        operation,
        body: request,
    }: Written<CreateServiceAccountRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMembers)?;
    let role = checked(request.role)?;
    check_name(&mut work, &request.name, None).await?;

    let id = work.make(ServiceAccountId::make);
    let new = NewServiceAccount {
        id,
        organization,
        name: &request.name,
        description: &request.description,
        role,
        by: work.account,
    };
    service_account::insert(&mut work.write, &new).await?;

    let view = work.service_account(id).await?;
    let event = Event::ServiceAccountCreated {
        account: named(&view),
        role,
    };
    let changed = vec![Changed::Here(EntityRef::ServiceAccount(id))];
    work.end(StatusCode::CREATED, &view, event, changed).await
}
