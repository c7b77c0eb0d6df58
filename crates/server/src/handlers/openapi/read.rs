//! The document of this very server.

use axum::http::header;
use axum::response::IntoResponse;
use protocol::path;

use crate::refusal::Refusal;

/// The OpenAPI document
#[utoipa::path(get, path = path::OPENAPI, tag = "server", operation_id = "read_openapi",
    responses((status = 200, description = "OpenAPI 3.1.", content_type = "application/json")))]
pub(crate) async fn read() -> Result<impl IntoResponse, Refusal> {
    let document = crate::router::openapi().map_err(|_| Refusal::internal())?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document))
}
