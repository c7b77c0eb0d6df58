//! Saying whom the tokens of an issuer stand for (K12).

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::issuer::{IssuerProblem, MOST_SUBJECTS, Mapping};
use domain::principal::Principal;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::issuer::{IssuerView, MapIssuerRequest};
use protocol::path;
use store::{Changed, issuer};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::issuer::{found, named};
use crate::operation::Written;
use crate::parameters::OneIssuer;
use crate::refusal::Refusal;
use crate::work::Work;

/// Say whom tokens of an issuer stand for
///
/// A subject stands for a member or a service account, or for nobody any more; or members are known by the address the issuer verified.
#[utoipa::path(post, path = path::ISSUER_MAP, tag = "issuers", operation_id = "map_issuer",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("issuer_id" = domain::id::IssuerId, Path, description = "The issuer."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = MapIssuerRequest,
    responses((status = 200, description = "The issuer.", body = IssuerView)))]
pub(crate) async fn map(
    State(app): State<App>,
    caller: Caller,
    one: OneIssuer,
    Written {
        operation,
        body: MapIssuerRequest { mapping },
    }: Written<MapIssuerRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, one.organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManagePolicy)?;
    let before = found(&mut work, one).await?;

    match &mapping {
        Mapping::Subject { subject, principal } => {
            let is_new = before.subjects.iter().all(|known| known.subject != *subject);
            if is_new && before.subjects.len() >= usize::try_from(MOST_SUBJECTS).unwrap_or(usize::MAX) {
                return Err(IssuerProblem::TooManySubjects.into());
            }
            match principal {
                Principal::Member(member) => drop(work.member(*member).await?),
                Principal::ServiceAccount(account) => drop(work.service_account(*account).await?),
            }
            issuer::map(&mut work.write, before.id, subject, *principal).await?;
        }
        Mapping::Forget { subject } => {
            if !issuer::forget(&mut work.write, before.id, subject).await? {
                return Err(Refusal::not_found("subject"));
            }
        }
        Mapping::ByEmail { on } => issuer::set_by_email(&mut work.write, before.id, *on).await?,
    }

    let view = found(&mut work, one).await?;
    let event = Event::IssuerMapped {
        at: named(&view),
        mapping,
    };
    let changed = vec![Changed::Here(EntityRef::Issuer(view.id))];
    work.end(StatusCode::OK, &view, event, changed).await
}
