//! Removing an issuer (K12).

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::issuer::IssuerView;
use protocol::path;
use store::{Changed, issuer};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::issuer::{found, named};
use crate::operation::{Nothing, Written};
use crate::parameters::OneIssuer;
use crate::refusal::Refusal;
use crate::work::Work;

/// Remove an issuer
///
/// With whom its subjects stand for. Its tokens are good no more as soon as this is answered.
#[utoipa::path(post, path = path::ISSUER_REMOVE, tag = "issuers", operation_id = "remove_issuer",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("issuer_id" = domain::id::IssuerId, Path, description = "The issuer."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The issuer as it was.", body = IssuerView)))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    one: OneIssuer,
    Written {
        operation,
        body: Nothing {},
    }: Written<Nothing>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, one.organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManagePolicy)?;
    let view = found(&mut work, one).await?;

    issuer::remove(&mut work.write, view.id).await?;

    let event = Event::IssuerRemoved(named(&view));
    let changed = vec![Changed::Gone(EntityRef::Issuer(view.id))];
    work.end(StatusCode::OK, &view, event, changed).await
}
