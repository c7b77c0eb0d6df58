//! Signing out.

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::{Actor, Event, Scope};
use domain::id::{EventId, SessionId};
use protocol::change::EntityRef;
use protocol::path;
use store::{Changed, Record, session};

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Sign out
///
/// Ends the session of this request, and its streams of notices, at once.
#[utoipa::path(delete, path = path::CURRENT_SESSION, tag = "session", operation_id = "end_current_session",
    responses((status = 204, description = "The session has ended.")))]
pub(crate) async fn end(State(app): State<App>, caller: Caller) -> Result<StatusCode, Refusal> {
    let now = app.now();
    let scope = Scope::Account(caller.account);
    let mut write = app
        .store
        .write(scope, now)
        .await?
        .ok_or_else(Refusal::signed_out)?;
    // Of two requests that sign out at once, one finds it done.
    if !session::end(&mut write, caller.session.id).await? {
        return Err(Refusal::signed_out());
    }
    write.commit([ended(&app, &caller, caller.session.id)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The record of a session that its account ended.
pub(crate) fn ended(app: &App, caller: &Caller, session: SessionId) -> Record {
    Record {
        id: app.make(app.now(), EventId::make),
        scope: Scope::Account(caller.account),
        actor: Actor::Account(caller.account),
        event: Event::SessionEnded { session },
        changed: vec![Changed::Gone(EntityRef::Session(session))],
    }
}
