//! Leaving an organization.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::member::may_leave;
use protocol::change::EntityRef;
use protocol::invitation::LeftView;
use protocol::path;
use store::Changed;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::member::{let_go, named, named_organization};
use crate::operation::{Nothing, Written};
use crate::parameters::InOrganization;
use crate::refusal::Refusal;
use crate::work::{Theirs, Work};

/// Leave an organization
///
/// All but the Owner may. The personal tokens of whoever leaves are revoked.
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

    let (changed, revoked) = let_go(&mut work, &member).await?;

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
    work.and_with(theirs)
        .end(
            StatusCode::OK,
            &view,
            Event::MemberLeft { who, role, revoked },
            changed,
        )
        .await
}
