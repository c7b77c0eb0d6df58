//! Ending sessions of one's own account, wherever they are (P1).

use axum::Json;
use axum::extract::State;
use domain::activity::Scope;
use domain::clock::Timestamp;
use protocol::account::{EndSessionsRequest, SessionView, SessionsView};
use protocol::path;
use store::session::{self, Session};

use crate::app::App;
use crate::body::Body;
use crate::caller::Caller;
use crate::handlers::session::end::ended;
use crate::refusal::Refusal;

/// The sessions of the account
#[utoipa::path(get, path = path::SESSIONS, tag = "session", operation_id = "list_sessions",
    responses((status = 200, description = "The sessions that have not ended, oldest first.", body = SessionsView)))]
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<SessionsView>, Refusal> {
    let mut read = app.store.read().await?;
    let now = app.now();
    let sessions = session::of_account(&mut read, caller.account).await?;
    Ok(Json(view(sessions, &caller, now)))
}

/// End sessions
///
/// One of the account's, or all but the one of this request: their next requests are answered 401, and their streams of
/// notices end, at once. One that has ended already is no error. Answers what is left.
#[utoipa::path(post, path = path::SESSIONS_END, tag = "session", operation_id = "end_sessions",
    request_body = EndSessionsRequest,
    responses((status = 200, description = "The sessions that are left.", body = SessionsView)))]
pub(crate) async fn end_some(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<EndSessionsRequest>,
) -> Result<Json<SessionsView>, Refusal> {
    let now = app.now();
    let scope = Scope::Account(caller.account);
    let mut write = app
        .store
        .write(scope, now)
        .await?
        .ok_or_else(Refusal::signed_out)?;
    let before = session::of_account(&mut write, caller.account).await?;
    let is_meant = |id| match request.session_id {
        Some(wanted) => id == wanted,
        None => id != caller.session.id,
    };
    let (ending, left): (Vec<_>, Vec<_>) = before.into_iter().partition(|session| is_meant(session.id));
    let mut records = Vec::with_capacity(ending.len());
    for session in ending {
        session::end(&mut write, session.id).await?;
        records.push(ended(&app, &caller, session.id));
    }
    if !records.is_empty() {
        write.commit(records).await?;
    }
    Ok(Json(view(left, &caller, now)))
}

fn view(sessions: Vec<Session>, caller: &Caller, now: Timestamp) -> SessionsView {
    let live = sessions.into_iter().filter(|session| session.expires_at > now);
    SessionsView {
        sessions: live.map(SessionView::from).collect(),
        current: caller.session.id,
    }
}
