//! Editing a group, and who is in it (P11). No edit is applied over a version its author had not seen.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::{Event, InGroup};
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::group::{EditGroupRequest, GroupView};
use protocol::path;
use store::{Changed, group};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::group::{check_name, look_up, named};
use crate::handlers::key::edit::edited;
use crate::operation::{IfMatch, Written};
use crate::parameters::OneGroup;
use crate::refusal::Refusal;
use crate::work::Work;

/// Edit a group
///
/// Fields that are left out stay as they are; members and service accounts are told whole. When the group has another
/// version than `If-Match` names, it was changed meanwhile, and nothing is done.
#[utoipa::path(patch, path = path::GROUP, tag = "groups", operation_id = "edit_group",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("group_id" = domain::id::GroupId, Path, description = "The group."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
        ("if-match" = String, Header, description = "The version the edit was made over, in quotes: `\"3\"`."),
    ),
    request_body = EditGroupRequest,
    responses(
        (status = 200, description = "The group, edited.", body = GroupView),
        (status = 412, description = "The group was changed since that version.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn edit(
    State(app): State<App>,
    caller: Caller,
    one: OneGroup,
    IfMatch(version): IfMatch,
    Written {
        operation,
        body: request,
    }: Written<EditGroupRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, one.organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMembers)?;
    if request.is_empty() {
        return Err(Refusal::field(
            "name",
            "there is nothing to edit: give a name, a description, members or service accounts",
        ));
    }
    let before = work.group(one.group).await?;
    if before.version != version {
        return Err(Refusal::outdated("group"));
    }
    let name = request.name.unwrap_or_else(|| before.name.clone());
    let description = request.description.unwrap_or_else(|| before.description.clone());
    check_name(&mut work, &name, Some(one.group)).await?;
    let members = request.members.unwrap_or_else(|| before.members.clone());
    let accounts = request
        .service_accounts
        .unwrap_or_else(|| before.service_accounts.clone());
    let were = look_up(&mut work, &before.members, &before.service_accounts).await?;
    let are = look_up(&mut work, &members, &accounts).await?;
    let but = |all: &[InGroup], others: &[InGroup]| -> Vec<InGroup> {
        all.iter().filter(|one| !others.contains(one)).cloned().collect()
    };
    let (joined, left) = (but(&are, &were), but(&were, &are));

    group::edit(&mut work.write, one.group, &name, &description).await?;
    for who in &left {
        group::leave(&mut work.write, one.group, who.who).await?;
    }
    for who in &joined {
        group::join(&mut work.write, one.group, who.who).await?;
    }

    let view = work.group(one.group).await?;
    let event = Event::GroupEdited {
        group: named(&view),
        name: edited(before.name.as_str(), name.as_str()),
        description: edited(before.description.as_str(), description.as_str()),
        joined,
        left,
    };
    let changed = vec![Changed::Here(EntityRef::Group(one.group))];
    work.end(StatusCode::OK, &view, event, changed).await
}
