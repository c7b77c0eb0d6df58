//! Sending an invitation again (P7): a new link and a new end; the old link is dead.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use crypto::token;
use domain::activity::Event;
use protocol::change::EntityRef;
use protocol::invitation::SentInvitation;
use protocol::path;
use store::{Changed, invitation};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::invitation::{Inviting, named};
use crate::operation::{Nothing, Written};
use crate::parameters::OneInvitation;
use crate::refusal::Refusal;
use crate::work::Work;

/// Send an invitation again
///
/// It gets a new link and 7 days from now; the old link opens nothing any more.
#[utoipa::path(post, path = path::INVITATION_RESEND, tag = "members", operation_id = "resend_invitation",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("invitation_id" = domain::id::InvitationId, Path, description = "The invitation."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The invitation.", body = SentInvitation)))]
pub(crate) async fn resend(
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

    let code = work.make(|_, entropy| token::mint_invitation(entropy));
    invitation::renew(&mut work.write, found.id, App::hash_token(code.expose())).await?;
    let inviting = Inviting::of(&mut work).await?;
    let linked = inviting
        .tell(&app, &mut work, (found.id, &found.email, found.role), code)
        .await?;

    let sent = SentInvitation {
        invitation: work.invitation(found.id).await?,
        mailed: linked.mailed,
        code: linked.code,
    };
    let event = Event::InvitationResent(named(&found));
    let changed = vec![Changed::Here(EntityRef::Invitation(found.id))];
    work.end_once(StatusCode::OK, (&sent, &sent.kept()), event, changed)
        .await
}
