//! The session of this request.

use axum::Json;
use protocol::account::SessionView;
use protocol::path;

use crate::caller::Caller;

/// The session of this request
#[utoipa::path(get, path = path::CURRENT_SESSION, tag = "session", operation_id = "read_current_session",
    responses((status = 200, description = "The session.", body = SessionView)))]
pub(crate) async fn read(caller: Caller) -> Json<SessionView> {
    let session = caller.session;
    Json(SessionView {
        id: session.id,
        account_id: session.account,
        client: session.client,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        expires_at: session.expires_at,
    })
}
