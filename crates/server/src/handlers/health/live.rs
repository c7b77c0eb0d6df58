//! Whether the process answers.

use protocol::path;

/// Whether the process answers
#[utoipa::path(get, path = path::HEALTH, tag = "health", operation_id = "live",
    responses((status = 200, description = "It does.", body = str, content_type = "text/plain")))]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}
