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
use protocol::path;
use protocol::problem::{MEDIA_TYPE, Problem, ProblemCode};
use tracing::Instrument;

use crate::app::App;
use crate::own_host;
use crate::refusal::Refusal;

/// Until the head of an answer; a stream of notices goes on after it.
const LONGEST: Duration = Duration::from_secs(30);

pub(crate) async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = app.request_ids.make();
    let begun = app.now();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("(none)", MatchedPath::as_str);
    let busy = route == path::VERIFY;
    let span = if busy {
        tracing::debug_span!("request", %id, method = %request.method(), route)
    } else {
        tracing::info_span!("request", %id, method = %request.method(), route)
    };

    let own = own_host::check(&app.config, &request);
    let answered = async {
        match own {
            Ok(()) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        }
    };
    let answering = AssertUnwindSafe(tokio::time::timeout(LONGEST, answered)).catch_unwind();
    let response = match answering.instrument(span.clone()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Refusal::unavailable("this took longer than 30 seconds and was given up; try again")
            .into_response(),
        Err(_) => {
            // The panic's text went to standard error; it may hold anything, so it goes no further.
            span.in_scope(|| tracing::error!(%id, "a handler panicked"));
            Refusal::internal().into_response()
        }
    };

    let response = with_problem(response, &id);
    let milliseconds = app.now().micros_since(begun) / 1_000;
    let status = response.status().as_u16();
    span.in_scope(|| {
        // Asked for each request to the services behind: thousands a second would bury the rest.
        if !busy {
            tracing::info!(status, milliseconds, "answered");
        } else if status < 500 {
            tracing::debug!(status, milliseconds, "answered");
        } else {
            tracing::info!(%id, route, status, milliseconds, "answered");
        }
    });
    with_headers(response, &id)
}

/// Marks an answer that is whole as it is: a page for browsers, whatever its status.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole;

/// Writes the problem of a refusal, also where the framework refused without one.
fn with_problem(mut response: Response, id: &str) -> Response {
    let status = response.status();
    let whole = response.extensions().get::<Whole>().is_some();
    if whole || !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let mut problem = response
        .extensions_mut()
        .remove::<Problem>()
        .unwrap_or_else(|| of_status(status));
    problem.request_id = Some(id.to_owned());
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Response::from_parts(
        parts,
        Body::from(serde_json::to_vec(&problem).unwrap_or_default()),
    )
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
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            ProblemCode::TooLarge,
            "The body is larger than this server reads.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
            ProblemCode::UnsupportedMediaType,
            "The body has to be application/json.",
        ),
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
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // A page for browsers says its own.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    // What one account was told must not be given to another by a cache in between.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::routing::get;
    use crypto::derive::Work;
    use futures::future::pending;
    use store::Store;
    use store::testing::Database;

    use super::*;
    use crate::app::Shared;
    use crate::attempts::Attempts;
    use crate::chance::Zeros;
    use crate::config::Config;
    use crate::passwords::Passwords;
    use crate::ports::Ports;
    use crate::system::SystemClock;

    async fn panics() -> &'static str {
        panic!("kst_team_07ELSZgnu18FMTahov29GNUbipw3AH2brrpx")
    }

    async fn asked(path: &str) -> (StatusCode, Problem) {
        let database = Database::fresh(store::Kind::Sqlite).await.unwrap();
        let ports = Ports {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(Mutex::new(Zeros)),
            password_work: Work {
                memory_kib: 64,
                passes: 1,
                lanes: 1,
            },
        };
        let config = Config::default();
        let app = App::new(Shared {
            catalog: crate::catalog::Published::of(&crate::catalog::load(None).unwrap()).unwrap(),
            starting_credit: config
                .starting_credit(domain::money::Currency::parse("EUR").unwrap())
                .unwrap(),
            attempts: Attempts::new(&config),
            mailing: crate::mail::Mailing::new(&config).unwrap(),
            config,
            request_ids: crate::request_id::RequestIds::new(&ports),
            store: Store::connect(&database.url, ports.clock.now()).await.unwrap(),
            passwords: Passwords::new(&ports).await.unwrap(),
            ports,
            uses: crate::uses::Uses::default(),
            known: crate::known::KnownSecrets::default(),
            limits: crate::limits::Limits::default(),
            imported: crate::imported::ImportedSecrets::default(),
            issuers: crate::issuers::IssuerKeys::new(false),
            closing: tokio_util::sync::CancellationToken::new(),
        });
        let router = Router::new()
            .route("/panics", get(panics))
            .route("/hangs", get(pending::<()>))
            .layer(axum::middleware::from_fn_with_state(app.clone(), finish))
            .with_state(app);
        // Nothing else waits, so the thirty seconds pass at once.
        tokio::time::pause();
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
        let status = response.status();
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        assert_eq!(response.headers()[REQUEST_ID], "req_000000000000000000000000");
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_tells_nothing() {
        let (status, problem) = asked("/panics").await;
        assert_eq!((status.as_u16(), problem.code), (500, ProblemCode::Internal));
        assert!(!problem.detail.contains("kst_"));
        assert_eq!(
            problem.request_id.as_deref(),
            Some("req_000000000000000000000000")
        );
    }

    #[tokio::test]
    async fn what_takes_too_long_is_given_up() {
        let (status, problem) = asked("/hangs").await;
        assert_eq!((status.as_u16(), problem.code), (503, ProblemCode::Unavailable));
        assert_eq!(
            problem.detail,
            "This took longer than 30 seconds and was given up; try again."
        );
    }
}
