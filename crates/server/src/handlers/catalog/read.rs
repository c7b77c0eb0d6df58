//! Services, models and prices.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::catalog::Catalog;
use protocol::path;

use crate::app::App;
use crate::caller::Caller;

/// The services of this server, their models, and what a request costs
///
/// For everybody who is signed in: what a server offers depends on no organization. It changes only when its operator
/// changes it, so ask with `If-None-Match`.
#[utoipa::path(get, path = path::CATALOG, tag = "catalog", operation_id = "read_catalog",
    params(("if-none-match" = Option<String>, Header, description = "The entity tag of the catalog that is known.")),
    responses(
        (status = 200, description = "The catalog.", body = Catalog,
            headers(("etag" = String, description = "A hash of the content."))),
        (status = 304, description = "It is the one that is known."),
    ))]
pub(crate) async fn read(State(app): State<App>, _: Caller, headers: HeaderMap) -> Response {
    let tag = format!("\"{}\"", app.catalog.tag);
    let told = [(header::ETAG, tag.clone())];
    if is_known(&headers, &tag) {
        return (StatusCode::NOT_MODIFIED, told).into_response();
    }
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (told, kind, app.catalog.json.clone()).into_response()
}

/// Whether one of the tags is this one, compared weakly (RFC 9110, 13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == tag || one == "*")
}
