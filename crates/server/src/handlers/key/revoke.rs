//! Revoking a key (K9): terminal and immediate. From the answer on nothing lets it in on this node, and on others within a
//! second: what verify remembers of a key ends with its change.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::key::may_revoke;
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

/// Revoke a key
///
/// At once and for good. The free service key can't be revoked.
#[utoipa::path(post, path = path::KEY_REVOKE, tag = "keys", operation_id = "revoke_key",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("key_id" = domain::id::KeyId, Path, description = "The key."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The key, revoked.", body = KeyView)))]
pub(crate) async fn revoke(
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

    may_revoke(key.free, key.life())
        .map_err(|refusal| Refusal::new(ProblemCode::Refused, refusal.to_string()))?;

    key::revoke(&mut work.write, work.organization, id, work.account).await?;

    let event = Event::KeyRevoked {
        key: id,
        name: key.name.to_string(),
    };
    work.end_on_key(StatusCode::OK, id, event).await
}
