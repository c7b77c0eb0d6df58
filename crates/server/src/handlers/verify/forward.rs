//! Whether a request may go on (K14): asked by a reverse proxy before it passes the request to the service behind it.
//!
//! nginx calls it `auth_request`, Traefik and Caddy forward authentication, Envoy external authorization. All of them send
//! the head of the request, let it through on 2xx, and answer the caller 401 otherwise.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use crypto::secret::Secret;
use protocol::header::{KEY, KEY_KIND, KEY_ORGANIZATION, KEY_SECRET, REASON};
use protocol::path;
use protocol::problem::ProblemCode;

use crate::address::ClientAddress;
use crate::app::App;
use crate::handlers::verify::verify::judge;
use crate::refusal::Refusal;

const API_KEY: &str = "x-api-key";

/// Whether a request may go on
///
/// For reverse proxies. The secret stands in `Authorization: Bearer …` or in `X-Api-Key`. A good one counts as used.
#[utoipa::path(get, path = path::VERIFY, tag = "verify", operation_id = "verify_request",
    params(
        ("authorization" = Option<String>, Header, description = "`Bearer` and the secret."),
        ("x-api-key" = Option<String>, Header, description = "The secret, where there is no `Authorization`."),
    ),
    responses(
        (status = 204, description = "It may: whose secret it is stands in the headers.", headers(
            ("x-keystead-key" = String, description = "The key."),
            ("x-keystead-secret" = String, description = "Which of its secrets."),
            ("x-keystead-kind" = String, description = "The key's kind."),
            ("x-keystead-organization" = String, description = "Whose it is."),
        )),
        (status = 401, description = "It may not; the header `x-keystead-reason` says why, as `reason` of `POST /v1/verify`, \
            or `missing`.", body = protocol::problem::Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn forward(
    State(app): State<App>,
    from: ClientAddress,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Some(secret) = secret(&headers) else {
        return Ok(not_let_through(
            "missing",
            "this request carries no secret; send it as authorization: Bearer kst_…, or as x-api-key",
        ));
    };
    Ok(match judge(&app, secret, from).await? {
        Ok(key) => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            for (name, value) in [
                (KEY, key.id.to_string()),
                (KEY_SECRET, key.secret_id.to_string()),
                (KEY_KIND, key.kind.as_str().to_owned()),
                (KEY_ORGANIZATION, key.organization_id.to_string()),
            ] {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    response
                        .headers_mut()
                        .insert(HeaderName::from_static(name), value);
                }
            }
            response
        }
        Err(reason) => not_let_through(reason.as_str(), reason.sentence()),
    })
}

fn secret(headers: &HeaderMap) -> Option<Secret> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret);
    let other = || headers.get(API_KEY).and_then(|value| value.to_str().ok());
    bearer
        .or_else(other)
        .map(|text| Secret::new(text.trim().to_owned()))
}

/// RFC 6750, section 3, and the reason in a header for the proxy.
fn not_let_through(reason: &'static str, sentence: &str) -> Response {
    let mut response = Refusal::new(ProblemCode::NotLetThrough, sentence).into_response();
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static(REASON), HeaderValue::from_static(reason));
    let challenge = if reason == "missing" {
        "Bearer realm=\"Keystead\""
    } else {
        "Bearer realm=\"Keystead\", error=\"invalid_token\""
    };
    headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}
