//! Taking an invitation back (P7).

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use protocol::change::EntityRef;
use protocol::invitation::InvitationView;
use protocol::path;
use store::{Changed, invitation, mail};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::invitation::named;
use crate::operation::{Nothing, Written};
use crate::parameters::OneInvitation;
use crate::refusal::Refusal;
use crate::work::Work;

/// Cancel an invitation
///
/// Its link opens nothing any more; a mail that was not sent yet is not sent.
#[utoipa::path(post, path = path::INVITATION_CANCEL, tag = "members", operation_id = "cancel_invitation",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("invitation_id" = domain::id::InvitationId, Path, description = "The invitation."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The invitation.", body = InvitationView)))]
pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    one: OneInvitation,
    Written {
        operation,
        body: Nothing {},
    }: Written<Nothing>,
) -> Result<Answer, Refusal> {
    let (mut work, found) = match Work::begin_on_invitation(&app, &caller, one, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(begun) => begun,
    };

    invitation::cancel(&mut work.write, found.id).await?;
    mail::take_back(&mut work.write, found.id.as_uuid()).await?;

    let view = work.invitation(found.id).await?;
    let event = Event::InvitationCancelled(named(&found));
    let changed = vec![Changed::Here(EntityRef::Invitation(found.id))];
    work.end(StatusCode::OK, &view, event, changed).await
}
