//! The session of this request.

use axum::Json;
use protocol::account::SessionView;
use protocol::path;

use crate::caller::Caller;

/// The session of this request
#[utoipa::path(get, path = path::CURRENT_SESSION, tag = "session", operation_id = "read_current_session",
    responses((status = 200, description = "The session.", body = SessionView)))]
pub(crate) async fn read(caller: Caller) -> Json<SessionView> {
    Json(caller.session.into())
}
