//! Giving a member another role (P9).

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::member::may_change;
use domain::role::{Action, grant};
use protocol::change::EntityRef;
use protocol::invitation::ChangeRoleRequest;
use protocol::organization::MemberView;
use protocol::path;
use store::{Changed, member, rotation};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::member::{named, named_organization};
use crate::operation::Written;
use crate::parameters::OneMember;
use crate::refusal::Refusal;
use crate::work::{Theirs, Work};

/// Give a member another role
///
/// What the member sees follows: their copy is read afresh. Only the Owner makes and changes Admins; nobody changes their
/// own role.
#[utoipa::path(post, path = path::MEMBER_ROLE, tag = "members", operation_id = "change_role",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("member_id" = domain::id::MemberId, Path, description = "The member."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = ChangeRoleRequest,
    responses((status = 200, description = "The member.", body = MemberView)))]
pub(crate) async fn role(
    State(app): State<App>,
    caller: Caller,
    one: OneMember,
    Written {
        operation,
        body: request,
    }: Written<ChangeRoleRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, one.organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMembers)?;
    let member = work.member(one.member).await?;
    let oneself = member.account_id == work.account;
    may_change(work.role, member.role, oneself, request.role)?;

    member::set_role(&mut work.write, member.id, request.role).await?;

    let (from, to) = (member.role, request.role);
    let mut changed = vec![Changed::Here(EntityRef::Member(member.id))];
    if !grant(to, Action::OwnTokens).is_some() {
        // Their own tokens are suspended by the role itself; of the keys of all, they hold none any more.
        let keys = rotation::end_all_own(&mut work.write, member.id).await?;
        changed.extend(keys.into_iter().map(|key| Changed::Here(EntityRef::Key(key))));
    }
    let at = named_organization(&mut work.write, one.organization).await?;
    let theirs = Theirs {
        account: member.account_id,
        event: Event::OwnRoleChanged { at, from, to },
        changed: vec![Changed::Here(EntityRef::Membership(member.id))],
    };
    let who = named(&member);
    let view = work.member(member.id).await?;
    work.and_with(theirs)
        .end(
            StatusCode::OK,
            &view,
            Event::RoleChanged { who, from, to },
            changed,
        )
        .await
}
