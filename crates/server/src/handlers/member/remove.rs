//! Removing a member (P10). Their sessions go on; the organization is gone for them.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::member::may_remove;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::organization::MemberView;
use protocol::path;
use store::Changed;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::member::{let_go, named, named_organization};
use crate::operation::{Nothing, Written};
use crate::parameters::OneMember;
use crate::refusal::Refusal;
use crate::work::{Theirs, Work};

/// Remove a member
///
/// Their sessions go on, but the organization is not there for them any more; their copy of it is emptied when they sync
/// next. Keys they made stay; their personal tokens are revoked, and they leave their groups.
#[utoipa::path(post, path = path::MEMBER_REMOVE, tag = "members", operation_id = "remove_member",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("member_id" = domain::id::MemberId, Path, description = "The member."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The member as they were.", body = MemberView)))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    one: OneMember,
    Written {
        operation,
        body: Nothing {},
    }: Written<Nothing>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, one.organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMembers)?;
    let member = work.member(one.member).await?;
    may_remove(work.role, member.role, member.account_id == work.account)?;

    let (changed, revoked) = let_go(&mut work, &member).await?;

    let at = named_organization(&mut work.write, one.organization).await?;
    let theirs = Theirs {
        account: member.account_id,
        event: Event::RemovedFromOrganization { at },
        changed: vec![Changed::Gone(EntityRef::Membership(member.id))],
    };
    let (who, role) = (named(&member), member.role);
    work.and_with(theirs)
        .end(
            StatusCode::OK,
            &member,
            Event::MemberRemoved { who, role, revoked },
            changed,
        )
        .await
}
