//! The one door every request comes in and every answer goes out by: request id, log line, time limit, panics,
//! problems, headers.
//!
//! The log names the route, never the path or the query as they came: somebody may have put a secret there.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use protocol::header::REQUEST_ID;
use protocol::problem::{MEDIA_TYPE, Problem, ProblemCode};
use tracing::Instrument;

use crate::app::App;
use crate::refusal::Refusal;

/// Until the head of an answer; a stream of notices goes on after it.
const LONGEST: Duration = Duration::from_secs(30);

pub(crate) async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = app.request_id();
    let begun = app.now();
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str);
    let span = tracing::info_span!("request", %id, method = %request.method(), route);

    let answering = AssertUnwindSafe(tokio::time::timeout(LONGEST, next.run(request))).catch_unwind();
    let response = match answering.instrument(span.clone()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Refusal::unavailable("this took longer than 30 seconds and was given up; try again").into_response(),
        Err(_) => {
            // The panic's text went to standard error; it may hold anything, so it goes no further.
            span.in_scope(|| tracing::error!("a handler panicked"));
            Refusal::internal().into_response()
        }
    };

    let response = with_problem(response, &id);
    let milliseconds = app.now().micros_since(begun) / 1_000;
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), milliseconds, "answered"));
    with_headers(response, &id)
}

/// Writes the problem of a refusal, also where the framework refused without one.
fn with_problem(mut response: Response, id: &str) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let mut problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| of_status(status));
    problem.request_id = Some(id.to_owned());
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Response::from_parts(parts, Body::from(serde_json::to_vec(&problem).unwrap_or_default()))
}

fn of_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::new(
            ProblemCode::NotFound,
            "There is nothing at this path. The paths are listed at /v1/openapi.json.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            ProblemCode::MethodNotAllowed,
            "This path does not know this method; the header allow says which it knows.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(ProblemCode::TooLarge, "The body is larger than this server reads.")
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::new(ProblemCode::UnsupportedMediaType, "The body has to be application/json.")
        }
        status if status.is_client_error() => {
            Problem::new(ProblemCode::InvalidInput, "The request can't be understood.")
        }
        _ => Problem::new(ProblemCode::Internal, "The server failed to do this."),
    }
}

fn with_headers(mut response: Response, id: &str) -> Response {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static(REQUEST_ID), id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    // What one account was told must not be given to another by a cache in between.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
