//! The public keys of an issuer, as this server holds them (K12).

use axum::Json;
use axum::extract::State;
use domain::role::{Action, require};
use protocol::issuer::IssuerKeysView;
use protocol::path;
use protocol::problem::ProblemCode;
use store::issuer;

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::OneIssuer;
use crate::refusal::Refusal;

/// The public keys of an issuer
///
/// As the server holds them; it asks the issuer where they are old. A desktop keeps them to try tokens without asking
/// anybody.
#[utoipa::path(get, path = path::ISSUER_KEYS, tag = "issuers", operation_id = "read_issuer_keys",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("issuer_id" = domain::id::IssuerId, Path, description = "The issuer."),
    ),
    responses((status = 200, description = "The keys.", body = IssuerKeysView)))]
pub(crate) async fn keys(
    State(app): State<App>,
    caller: Caller,
    one: OneIssuer,
) -> Result<Json<IssuerKeysView>, Refusal> {
    let issuer = {
        let mut read = app.store.read().await?;
        let standing = caller.standing(&mut read, one.organization).await?;
        require(standing.role, Action::ManagePolicy)?;
        issuer::find(&mut read, one.organization, one.issuer)
            .await?
            .ok_or_else(|| Refusal::not_found("issuer"))?
    };
    let found = app
        .issuers
        .find(&issuer.url, app.now(), |_| true)
        .await
        .ok_or_else(|| {
            Refusal::new(
                ProblemCode::Unavailable,
                "the issuer's keys can't be read now; try again in a minute",
            )
        })?;
    Ok(Json(IssuerKeysView {
        issuer_id: issuer.id,
        read_at: found.held.read_at,
        set: found.held.set.clone(),
    }))
}
