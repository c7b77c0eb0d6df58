//! Pausing a key (K8): a stop that can be taken back, so that a revocation can be rehearsed.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::key::may_pause;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::key::KeyView;
use protocol::path;
use protocol::problem::ProblemCode;
use store::{Changed, key};

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
    OneKey {
        organization,
        key: id,
    }: OneKey,
    Written {
        operation,
        body: Nothing {},
    }: Written<Nothing>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageKeys)?;
    let view = key::find(&mut work.write, organization, id)
        .await?
        .ok_or_else(|| Refusal::not_found("key"))?;
    may_pause(view.life(), work.at())
        .map_err(|refusal| Refusal::new(ProblemCode::Refused, refusal.to_string()))?;

    let by = Some(work.account);
    key::pause(&mut work.write, organization, id, by).await?;

    let view = key::find(&mut work.write, organization, id)
        .await?
        .ok_or_else(Refusal::internal)?;
    let event = Event::KeyPaused {
        key: id,
        name: view.name.to_string(),
    };
    let changed = vec![Changed::Here(EntityRef::Key(id))];
    work.end(StatusCode::OK, &view, event, changed).await
}
