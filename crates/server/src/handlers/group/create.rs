//! Making a group (P11).

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::id::GroupId;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::group::{CreateGroupRequest, GroupView};
use protocol::path;
use store::Changed;
use store::group::{self, NewGroup};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::group::{check_name, look_up, named};
use crate::operation::Written;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;
use crate::work::Work;

/// Make a group
///
/// Of members and service accounts. The token policy can name groups.
#[utoipa::path(post, path = path::GROUPS, tag = "groups", operation_id = "create_group",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = CreateGroupRequest,
    responses((status = 201, description = "The group.", body = GroupView)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Written {
        operation,
        body: request,
    }: Written<CreateGroupRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMembers)?;
    check_name(&mut work, &request.name, None).await?;
    let joined = look_up(&mut work, &request.members, &request.service_accounts).await?;

    let id = work.make(GroupId::make);
    let new = NewGroup {
        id,
        organization,
        name: &request.name,
        description: &request.description,
        by: work.account,
    };
    group::insert(&mut work.write, &new).await?;
    for one in &joined {
        group::join(&mut work.write, id, one.who).await?;
    }

    let view = work.group(id).await?;
    let event = Event::GroupCreated {
        group: named(&view),
        joined,
    };
    let changed = vec![Changed::Here(EntityRef::Group(id))];
    work.end(StatusCode::CREATED, &view, event, changed).await
}
