//! Registering an issuer (K12).

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::issuer::{AddIssuerRequest, IssuerView};
use protocol::path;
use protocol::problem::ProblemCode;
use store::issuer::{self, NewIssuer};
use store::{Changed, StoreError};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::issuer::named;
use crate::operation::Written;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;
use crate::work::Work;

/// Register an issuer
///
/// The server asks it for its description, which has to be of this very URL, and for its keys. From then on tokens of it
/// for this audience are good where they are about somebody who is mapped.
#[utoipa::path(post, path = path::ISSUERS, tag = "issuers", operation_id = "add_issuer",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = AddIssuerRequest,
    responses((status = 201, description = "The issuer.", body = IssuerView)))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Written {
        operation,
        body: request,
    }: Written<AddIssuerRequest>,
) -> Result<Answer, Refusal> {
    // Nobody waits for a write while a stranger is asked: who may, and whether it was answered before, is looked at first,
    // and again when it is written.
    let work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };
    work.may(Action::ManagePolicy)?;
    let mut rules = request.rules();
    rules.algorithms.sort_unstable();
    rules.algorithms.dedup();
    rules.check()?;
    drop(work);
    app.attempts
        .issuer(caller.account, app.now())
        .map_err(|seconds| Refusal::too_many("this account had too many issuers asked", seconds))?;
    app.issuers.look_and_keep(&request.url, app.now()).await?;

    let mut work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };
    work.may(Action::ManagePolicy)?;
    let new = NewIssuer {
        id: request.id,
        organization,
        rules: &rules,
        by_email: request.by_email,
        by: work.account,
    };
    match issuer::insert(&mut work.write, &new).await {
        Err(StoreError::Taken) => {
            return Err(Refusal::new(
                ProblemCode::Conflict,
                "this issuer is registered for this audience already; map its subjects there, or remove it first",
            )
            .at("audience"));
        }
        done => done?,
    }
    let view = issuer::find(&mut work.write, organization, request.id)
        .await?
        .ok_or_else(Refusal::internal)?;
    let event = Event::IssuerAdded(named(&view));
    let changed = vec![Changed::Here(EntityRef::Issuer(view.id))];
    work.end(StatusCode::CREATED, &view, event, changed).await
}
