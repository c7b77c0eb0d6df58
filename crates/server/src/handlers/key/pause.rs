//! Pausing a key (K8): a stop that can be taken back, so that a revocation can be rehearsed.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::key::may_pause;
use domain::token::Touch;
use protocol::key::KeyView;
use protocol::path;
use protocol::problem::ProblemCode;
use store::key;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::operation::{Nothing, Written};
use crate::parameters::OneKey;
use crate::refusal::Refusal;
use crate::work::Work;

/// Pause a key
///
/// Requests with its secrets are refused until it is resumed. Its expiry and a rotation go on.
#[utoipa::path(post, path = path::KEY_PAUSE, tag = "keys", operation_id = "pause_key",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("key_id" = domain::id::KeyId, Path, description = "The key."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The key.", body = KeyView)))]
pub(crate) async fn pause(
    State(app): State<App>,
    caller: Caller,
    one: OneKey,
    Written {
        operation,
        body: Nothing {},
    }: Written<Nothing>,
) -> Result<Answer, Refusal> {
    let touch = Touch::Stop;
    let (mut work, key) = match Work::begin_on_key(&app, &caller, one, operation, touch).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(begun) => begun,
    };
    let id = key.id;

    may_pause(key.life(), work.at())
        .map_err(|refusal| Refusal::new(ProblemCode::Refused, refusal.to_string()))?;

    let by = Some(work.account);
    key::pause(&mut work.write, work.organization, id, by).await?;

    let event = Event::KeyPaused {
        key: id,
        name: key.name.to_string(),
    };
    work.end_on_key(StatusCode::OK, id, event).await
}
