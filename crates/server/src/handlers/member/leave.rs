//! Leaving an organization.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::member::may_leave;
use protocol::change::EntityRef;
use protocol::invitation::LeftView;
use protocol::path;
use store::{Changed, assigned, issuer, member};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::member::{gone, named, named_organization};
use crate::operation::{Nothing, Written};
use crate::parameters::InOrganization;
use crate::refusal::Refusal;
use crate::work::{Theirs, Work};

/// Leave an organization
///
/// All but the Owner may.
#[utoipa::path(post, path = path::LEAVE, tag = "members", operation_id = "leave_organization",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses(
        (status = 200, description = "It was left.", body = LeftView),
        (status = 403, description = "The Owner can't leave.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn leave(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Written {
        operation,
        body: Nothing {},
    }: Written<Nothing>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    may_leave(work.role)?;
    let member = work.member(work.standing).await?;

    let keys = assigned::take_all(&mut work.write, member.id).await?;
    let issuers = issuer::forget_member(&mut work.write, member.id).await?;
    member::remove(&mut work.write, member.id).await?;

    let at = named_organization(&mut work.write, organization).await?;
    let theirs = Theirs {
        account: member.account_id,
        event: Event::OrganizationLeft { at },
        changed: vec![Changed::Gone(EntityRef::Membership(member.id))],
    };
    let (who, role) = (named(&member), member.role);
    let view = LeftView {
        organization_id: organization,
    };
    let mut changed = gone(member.id, keys);
    changed.extend(issuers.into_iter().map(|id| Changed::Here(EntityRef::Issuer(id))));
    work.and_with(theirs)
        .end(StatusCode::OK, &view, Event::MemberLeft { who, role }, changed)
        .await
}
