//! Giving a key a new secret (K7), which was born on the caller's computer; the server learns its hash.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::rotation::{RotateRefusal, may_rotate};
use domain::token::Touch;
use protocol::key::{KeyView, RotateKeyRequest};
use protocol::path;
use protocol::problem::ProblemCode;
use store::rotation;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::key::secret::check_secret;
use crate::operation::Written;
use crate::parameters::OneKey;
use crate::refusal::Refusal;
use crate::work::Work;

/// Rotate a key
///
/// The old secret ends at once, or goes on working beside the new one for a time. The key, its grants and its history stay.
#[utoipa::path(post, path = path::KEY_ROTATE, tag = "keys", operation_id = "rotate_key",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("key_id" = domain::id::KeyId, Path, description = "The key."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = RotateKeyRequest,
    responses((status = 200, description = "The key.", body = KeyView)))]
pub(crate) async fn rotate(
    State(app): State<App>,
    caller: Caller,
    one: OneKey,
    Written {
        operation,
        body: request,
    }: Written<RotateKeyRequest>,
) -> Result<Answer, Refusal> {
    let touch = Touch::Rotate;
    let (mut work, key) = match Work::begin_on_key(&app, &caller, one, operation, touch).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(begun) => begun,
    };
    let id = key.id;

    let now = work.at();
    if request.secret.key_id != id {
        return Err(Refusal::field(
            "secret.key_id",
            "the new secret has to be of the key that is rotated",
        ));
    }
    check_secret(&request.secret, key.kind, "secret")?;
    may_rotate(key.life(), key.rotation(now), request.overlap_seconds, now).map_err(
        |refusal| match refusal {
            RotateRefusal::TooLong => Refusal::field("overlap_seconds", refusal.to_string()),
            _ => Refusal::new(ProblemCode::Refused, refusal.to_string()),
        },
    )?;
    let old = key.current_secret(now).ok_or_else(Refusal::internal)?.id;

    let overlap = i64::from(request.overlap_seconds);
    let ends_at = (overlap > 0).then(|| now.plus_seconds(overlap));
    match ends_at {
        Some(_) => rotation::set_end(&mut work.write, id, old, ends_at).await?,
        None => rotation::end(&mut work.write, id, old).await?,
    }
    rotation::insert_secret(&mut work.write, work.organization, &request.secret, None).await?;

    let event = Event::KeyRotated {
        key: id,
        name: key.name.to_string(),
        old,
        new: request.secret.id,
        ends_at,
    };
    work.end_on_key(StatusCode::OK, id, event).await
}
