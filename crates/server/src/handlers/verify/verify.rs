//! Whether a secret is good (K14): the one request that carries one.
//!
//! Parse, checksum, store, in this order: what is no secret never reaches the database. A secret that was imported has
//! another form; [`crate::imported`] says which may be one. The secret is dropped, and
//! wiped, as soon as its hash is known. Who holds a secret may learn what it is; who does not can't guess one (178
//! bits), so asking needs no session and is not limited.

use axum::Json;
use axum::extract::State;
use crypto::secret::Secret;
use crypto::token::{self, SecretHash};
use domain::key::KeyState;
use protocol::path;
use protocol::verify::{VerifiedKey, VerifyRefusal, VerifyRequest, VerifyView};
use store::secret;

use crate::address::ClientAddress;
use crate::app::App;
use crate::body::Body;
use crate::refusal::Refusal;

/// Whether a secret is good
///
/// For the services that accept keys. The answer is 200 whether or not the secret is good. A good one counts as used.
#[utoipa::path(post, path = path::VERIFY, tag = "verify", operation_id = "verify",
    request_body = VerifyRequest,
    responses((status = 200, description = "Whether it is good, and if so whose.", body = VerifyView)))]
pub(crate) async fn verify(
    State(app): State<App>,
    from: ClientAddress,
    Body(request): Body<VerifyRequest>,
) -> Result<Json<VerifyView>, Refusal> {
    Ok(Json(match judge(&app, request.secret, from).await? {
        Ok(key) => VerifyView {
            valid: true,
            reason: None,
            key: Some(key),
        },
        Err(reason) => VerifyView {
            valid: false,
            reason: Some(reason),
            key: None,
        },
    }))
}

/// Whose a secret is, or why it is not good. A good one counts as used.
pub(crate) async fn judge(
    app: &App,
    secret: Secret,
    from: ClientAddress,
) -> Result<Result<VerifiedKey, VerifyRefusal>, Refusal> {
    if token::check(secret.expose()).is_err()
        && !app.imported.may_have(&app.store, &secret, app.now()).await?
    {
        return Ok(Err(VerifyRefusal::Malformed));
    }
    let hash = SecretHash::of(secret.expose());
    drop(secret);

    let known = secret::by_hash(&mut app.store.direct().await?, &hash).await?;
    let Some(known) = known else {
        return Ok(Err(VerifyRefusal::Unknown));
    };
    let now = app.now();
    match known.life.state(now) {
        KeyState::Revoked => return Ok(Err(VerifyRefusal::Revoked)),
        KeyState::Expired => return Ok(Err(VerifyRefusal::Expired)),
        KeyState::Paused => return Ok(Err(VerifyRefusal::Paused)),
        KeyState::Active | KeyState::Rotating => {}
    }
    if !known.secret_life.is_live(now) {
        return Ok(Err(VerifyRefusal::Retired));
    }
    app.uses.note(known.secret, now, from.0);
    Ok(Ok(VerifiedKey {
        id: known.key,
        secret_id: known.secret,
        kind: known.kind,
        name: known.name,
        organization_id: known.organization,
        expires_at: known.life.expires_at,
    }))
}
