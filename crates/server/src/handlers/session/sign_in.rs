//! Beginning a session.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use crypto::token;
use domain::activity::{Actor, Event, Scope};
use domain::id::{AccountId, EventId, SessionId};
use domain::password;
use protocol::account::{SessionStarted, SignInRequest};
use protocol::change::EntityRef;
use protocol::header::CLIENT;
use protocol::path;
use protocol::problem::ProblemCode;
use store::session::NewSession;
use store::{Changed, Record, Write, account, session};

use crate::address::ClientAddress;
use crate::app::App;
use crate::body::Body;
use crate::refusal::Refusal;

const LONGEST_CLIENT: usize = 120;

/// Sign in
///
/// Too many wrong passwords for an email from one address are answered 429 for a while, whether or not there is such an
/// account.
#[utoipa::path(post, path = path::SESSIONS, tag = "session", operation_id = "sign_in",
    params(("x-keystead-client" = Option<String>, Header, description = "How the program names itself.")),
    request_body = SignInRequest,
    responses(
        (status = 201, description = "Signed in.", body = SessionStarted),
        (status = 401, description = "Email and password do not belong together.",
            body = protocol::problem::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; wait for `retry_after_seconds`.",
            body = protocol::problem::Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    from: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<SignInRequest>,
) -> Result<(StatusCode, Json<SessionStarted>), Refusal> {
    let now = app.now();
    app.attempts
        .sign_in(&request.email, from.household(), now)
        .map_err(|seconds| Refusal::too_many("too many attempts to sign in", seconds))?;
    if request.password.expose().len() > password::MOST_BYTES {
        return Err(wrong());
    }
    let found = account::credential(&mut app.store.direct().await?, &request.email).await?;
    let (account, stored) = found.unzip();
    // Without an account the same work is done.
    let matches = app.passwords.matches(request.password, stored).await?;
    let Some(account) = account.filter(|_| matches) else {
        return Err(wrong());
    };
    app.attempts.signed_in(&request.email, from.household());

    let scope = Scope::Account(account);
    let mut write = app.store.write(scope, now).await?.ok_or_else(wrong)?;
    let client = client_name(&headers);
    let started = begin(&app, &mut write, account, (&client, from)).await?;
    let event = Event::SessionStarted {
        session: started.session_id,
        client,
    };
    let id = app.make(now, EventId::make);
    write
        .commit([Record {
            id,
            scope,
            actor: Actor::Account(account),
            event,
            changed: vec![Changed::Here(EntityRef::Session(started.session_id))],
        }])
        .await?;
    Ok((StatusCode::CREATED, Json(started)))
}

/// Adds a session that this program begins from there, and answers with its token, which nobody is told again.
pub(crate) async fn begin(
    app: &App,
    write: &mut Write,
    account: AccountId,
    (client, from): (&str, ClientAddress),
) -> Result<SessionStarted, Refusal> {
    let now = write.at();
    let id = app.make(now, SessionId::make);
    let token = app.ports.with_entropy(|entropy| token::mint_session(entropy));
    let expires_at = app.session_end(now);
    let hash = App::hash_token(token.expose());
    session::insert(
        write,
        &NewSession {
            id,
            hash,
            account,
            client,
            address: from.0,
            expires_at,
        },
    )
    .await?;
    let account = account::view(write, account)
        .await?
        .ok_or_else(Refusal::internal)?;
    Ok(SessionStarted {
        session_id: id,
        token,
        expires_at,
        account,
    })
}

/// How the program names itself: shown to people, so short and plain.
pub(crate) fn client_name(headers: &HeaderMap) -> String {
    let name: String = headers
        .get(CLIENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_CLIENT)
        .collect();
    if name.trim().is_empty() {
        "an unnamed program".to_owned()
    } else {
        name.trim().to_owned()
    }
}

fn wrong() -> Refusal {
    Refusal::new(
        ProblemCode::WrongCredentials,
        "email and password do not belong together; check both, and sign up if you have no account here",
    )
}
