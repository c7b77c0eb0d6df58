//! Removing a group (P11). Who was in it stays.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::group::GroupView;
use protocol::path;
use protocol::problem::ProblemCode;
use store::{Changed, group, policy};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::group::named;
use crate::operation::{Nothing, Written};
use crate::parameters::OneGroup;
use crate::refusal::Refusal;
use crate::work::Work;

/// Remove a group
///
/// Its members and service accounts stay. One that the token policy names can't be removed: change the policy first.
#[utoipa::path(post, path = path::GROUP_REMOVE, tag = "groups", operation_id = "remove_group",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("group_id" = domain::id::GroupId, Path, description = "The group."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The group as it was.", body = GroupView)))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    one: OneGroup,
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
    let view = work.group(one.group).await?;
    let policy = policy::find(&mut work.write, one.organization)
        .await?
        .ok_or_else(Refusal::internal)?;
    if policy.groups().contains(&view.id) {
        return Err(Refusal::new(
            ProblemCode::Refused,
            format!(
                "the token policy names {}; take it out of the policy first",
                view.name
            ),
        ));
    }

    let invitations = group::invitations(&mut work.write, view.id).await?;
    group::remove(&mut work.write, view.id).await?;

    let event = Event::GroupRemoved { group: named(&view) };
    let mut changed = vec![Changed::Gone(EntityRef::Group(view.id))];
    changed.extend(
        invitations
            .into_iter()
            .map(|invitation| Changed::Here(EntityRef::Invitation(invitation))),
    );
    work.end(StatusCode::OK, &view, event, changed).await
}
