//! What an invitation is, for whoever holds its code.

use axum::Json;
use axum::extract::State;
use crypto::secret::Secret;
use protocol::invitation::{InvitationCard, InvitationCode};
use protocol::path;
use store::{account, organization};

use crate::address::ClientAddress;
use crate::app::App;
use crate::body::Body;
use crate::handlers::invitation::{attempt, by_code};
use crate::refusal::Refusal;

/// What an invitation is
///
/// For whoever holds its code, the end of its link. The address is shown as a stranger may see it.
#[utoipa::path(post, path = path::INVITATION_LOOK, tag = "members", operation_id = "look_at_invitation",
    request_body = InvitationCode,
    responses(
        (status = 200, description = "The invitation.", body = InvitationCard),
        (status = 404, description = "No invitation has this code.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn look(
    State(app): State<App>,
    from: ClientAddress,
    Body(request): Body<InvitationCode>,
) -> Result<Json<InvitationCard>, Refusal> {
    card(&app, from, &request.code).await.map(Json)
}

/// The card of a code.
pub(crate) async fn card(app: &App, from: ClientAddress, code: &Secret) -> Result<InvitationCard, Refusal> {
    attempt(app, from)?;
    let mut read = app.store.read().await?;
    let (organization, invitation) = by_code(&mut read, code).await?;
    app.attempts.invited(from.household());
    let organization = organization::find(&mut read, organization)
        .await?
        .ok_or_else(Refusal::internal)?;
    let by = account::view(&mut read, invitation.created_by)
        .await?
        .ok_or_else(Refusal::internal)?;
    Ok(InvitationCard {
        organization_name: organization.name,
        invited_by: by.display_name,
        email: invitation.email.masked(),
        role: invitation.role,
        state: invitation.life().state(app.now()),
        expires_at: invitation.expires_at,
    })
}
