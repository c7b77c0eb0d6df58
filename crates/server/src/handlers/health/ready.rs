//! Whether the process and its database answer.

use axum::extract::State;
use protocol::path;

use crate::app::App;
use crate::refusal::Refusal;

/// Whether the process and its database answer
///
/// A stopping server is not ready, so that a load balancer sends no more requests.
#[utoipa::path(get, path = path::READY, tag = "health", operation_id = "ready",
    responses((status = 200, description = "They do.", body = str, content_type = "text/plain")))]
pub(crate) async fn ready(State(app): State<App>) -> Result<&'static str, Refusal> {
    if app.closing.is_cancelled() {
        return Err(Refusal::unavailable("the server is stopping"));
    }
    app.store.ping().await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        Refusal::unavailable("the server's database does not answer now; try again in a moment")
    })?;
    Ok("ok\n")
}
