//! Personal tokens on service keys (K6): secrets of a key that are one member's own. They call what the key may call and are
//! paid for as it is, end with the assignment, and leave what the others share alone.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::token::{OwnSecretRefusal, may_end_own, may_have_own};
use protocol::key::{EndKeyTokenRequest, KeyView, MakeKeyTokenRequest};
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

/// Make a personal token on a service key
///
/// For oneself, on a key that is assigned to the caller. What they had of their own of it before ends at once.
#[utoipa::path(post, path = path::KEY_TOKENS, tag = "keys", operation_id = "make_key_token",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("key_id" = domain::id::KeyId, Path, description = "The key."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = MakeKeyTokenRequest,
    responses(
        (status = 201, description = "The key.", body = KeyView),
        (status = 403, description = "The key is not assigned to the caller, is no service key or is revoked; or their role holds \
            no personal tokens.", body = protocol::problem::Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn make(
    State(app): State<App>,
    caller: Caller,
    one: OneKey,
    Written {
        operation,
        body: request,
    }: Written<MakeKeyTokenRequest>,
) -> Result<Answer, Refusal> {
    let (mut work, key) = match Work::begin_at_key(&app, &caller, one, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(begun) => begun,
    };
    let member = work.standing;

    may_have_own(work.role, key.kind, key.people.contains(&member), key.life()).map_err(|refusal| {
        match refusal {
            OwnSecretRefusal::Role(refusal) => refusal.into(),
            refusal => Refusal::new(ProblemCode::Refused, refusal.to_string()),
        }
    })?;
    if request.secret.key_id != key.id {
        return Err(Refusal::field(
            "secret.key_id",
            "the new secret has to be of the key it is made for",
        ));
    }
    check_secret(&request.secret, key.kind, "secret")?;

    rotation::end_own(&mut work.write, key.id, member).await?;
    rotation::insert_secret(&mut work.write, work.organization, &request.secret, Some(member)).await?;

    let event = Event::KeyTokenMade {
        key: key.id,
        name: key.name.to_string(),
        secret: request.secret.id,
        member,
    };
    work.end_on_key(StatusCode::CREATED, key.id, event).await
}

/// End a personal token on a service key
///
/// One's own, or as Owner or Admin anybody's. It gives access to nothing from then on.
#[utoipa::path(post, path = path::KEY_TOKEN_END, tag = "keys", operation_id = "end_key_token",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("key_id" = domain::id::KeyId, Path, description = "The key."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = EndKeyTokenRequest,
    responses(
        (status = 200, description = "The key.", body = KeyView),
        (status = 403, description = "It is another member's, or has ended already.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn end(
    State(app): State<App>,
    caller: Caller,
    one: OneKey,
    Written {
        operation,
        body: request,
    }: Written<EndKeyTokenRequest>,
) -> Result<Answer, Refusal> {
    let (mut work, key) = match Work::begin_at_key(&app, &caller, one, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(begun) => begun,
    };

    let found = key.secrets.iter().find(|secret| secret.id == request.secret_id);
    let Some((secret, member)) = found.and_then(|secret| Some((secret, secret.member?))) else {
        return Err(Refusal::not_found("personal token"));
    };
    may_end_own(work.role, member == work.standing)?;
    if secret.retired_at.is_some() {
        return Err(Refusal::new(
            ProblemCode::Refused,
            "this personal token has ended already",
        ));
    }

    rotation::end(&mut work.write, key.id, secret.id).await?;

    let event = Event::KeyTokenEnded {
        key: key.id,
        name: key.name.to_string(),
        secret: secret.id,
        member,
    };
    work.end_on_key(StatusCode::OK, key.id, event).await
}
