//! What was done with a secret of a key on somebody's computer (K17): it was shown, copied, saved or given to a command.
//!
//! It is told after it was done, perhaps days later, and by whoever did it; so it is taken of keys in any state, and only
//! whether the caller may see the key is asked.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::trace::Trace;
use protocol::key::KeyView;
use protocol::path;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::operation::Written;
use crate::parameters::OneKey;
use crate::refusal::Refusal;
use crate::work::Work;

/// Tell what was done with a secret
///
/// It is written to the record with the moment at which it was done; one that lies in the future is taken for now.
#[utoipa::path(post, path = path::KEY_TRACE, tag = "keys", operation_id = "tell_trace",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("key_id" = domain::id::KeyId, Path, description = "The key."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Trace,
    responses((status = 200, description = "The key.", body = KeyView)))]
pub(crate) async fn trace(
    State(app): State<App>,
    caller: Caller,
    one: OneKey,
    Written {
        operation,
        body: trace,
    }: Written<Trace>,
) -> Result<Answer, Refusal> {
    let (work, key) = match Work::begin_at_key(&app, &caller, one, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(begun) => begun,
    };

    if key.secrets.iter().all(|secret| secret.id != trace.secret_id) {
        return Err(Refusal::not_found("secret"));
    }

    let event = Event::SecretHandled {
        key: key.id,
        name: key.name.to_string(),
        secret: trace.secret_id,
        handling: trace.handling,
        done_at: trace.at.min(work.at()),
    };
    work.end_on_key(StatusCode::OK, key.id, event).await
}
