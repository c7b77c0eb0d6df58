//! Whether a request may go on (K14): asked by a reverse proxy before it passes the request to the service behind it.
//!
//! nginx calls it `auth_request`, Traefik and Caddy forward authentication, Envoy external authorization. All of them send
//! the head of the request and let it through on 2xx. nginx knows two other answers, 401 and 403, and takes everything
//! else for a failure; so a key over its limit, or that may not call what the request calls, is answered
//! 403, and nothing else is.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use crypto::secret::Secret;
use domain::principal::Principal;
use protocol::header::{
    ISSUER, KEY, KEY_KIND, KEY_ORGANIZATION, KEY_OWNER, KEY_OWNER_ROLE, KEY_SECRET, MEMBER, REASON, ROLE,
    SERVICE_ACCOUNT,
};
use protocol::path;
use protocol::problem::ProblemCode;
use protocol::verify::{VerifiedToken, VerifyRefusal};

use crate::address::ClientAddress;
use crate::app::App;
use crate::handlers::verify::call::{Called, NotCalled};
use crate::handlers::verify::verify::{Verdict, judge, verified_owner};
use crate::parameters::Query;
use crate::refusal::Refusal;

const API_KEY: &str = "x-api-key";

/// Whether a request may go on
///
/// For reverse proxies. The secret, or the token (JWT) of an issuer, stands in `Authorization: Bearer …` or in `X-Api-Key`. A
/// good one counts as used. What the request calls, and what that costs, the proxy says in `X-Keystead-Service` and its
/// companions; it has to set or empty all four of them, so that a caller's own never come through.
#[utoipa::path(get, path = path::VERIFY, tag = "verify", operation_id = "verify_request",
    params(
        ("organization" = Option<domain::id::OrganizationId>, Query, description = "Whose it has to be; what is good for \
            another organization is not let through."),
        ("authorization" = Option<String>, Header, description = "`Bearer` and the secret."),
        ("x-api-key" = Option<String>, Header, description = "The secret, where there is no `Authorization`."),
        ("x-keystead-service" = Option<String>, Header, description = "The service the request calls."),
        ("x-keystead-model" = Option<String>, Header, description = "The model of that service."),
        ("x-keystead-parameters" = Option<String>, Header, description = "What the request says: `name=number`, with commas between them."),
        ("x-keystead-charge-id" = Option<String>, Header, description = "Your own id of the request: asked again with it, it is charged once."),
    ),
    responses(
        (status = 204, description = "It may: whose secret it is stands in the headers.", headers(
            ("x-keystead-key" = String, description = "The key."),
            ("x-keystead-secret" = String, description = "Which of its secrets."),
            ("x-keystead-kind" = String, description = "The key's kind."),
            ("x-keystead-organization" = String, description = "Whose it is."),
            ("x-keystead-issuer" = String, description = "Instead of key, secret and kind: the issuer of a token."),
            ("x-keystead-member" = String, description = "The member whom that token stands for; of a service key, whose own its secret is."),
            ("x-keystead-role" = String, description = "Their role."),
            ("x-keystead-owner" = String, description = "Of a personal token: the member or service account."),
            ("x-keystead-owner-role" = String, description = "Of a personal token: the role of its owner now."),
            ("x-keystead-remaining" = u32, description = "How many more requests of a key with a limit may go on at once."),
            ("x-keystead-cost" = String, description = "What the request was charged, like `0.25 EUR`."),
        )),
        (status = 401, description = "It may not; the header `x-keystead-reason` says why, as `reason` of `POST /v1/verify`, \
            or `missing`.", body = protocol::problem::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Its key made more requests than its limit lets it; `x-keystead-reason` is \
            `rate_limited` and `retry-after` says in how many seconds another may go on. Or its key may not call the service, or \
            the wallet that pays for it can't: the header says which.",
            body = protocol::problem::Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn forward(
    State(app): State<App>,
    from: ClientAddress,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Some(secret) = secret(&headers) else {
        return Ok(not_let_through(
            "missing",
            "this request carries no secret; send it as authorization: Bearer kst_…, or as x-api-key",
        ));
    };
    let called = Called::in_head(&headers)?;
    let verdict = judge(&app, secret, called, query.organization()?, from).await?;
    let mut response = match &verdict {
        Verdict::Good { seen, .. } => {
            let key = &seen.known;
            let owner = key.holder.and_then(verified_owner);
            let of_owner = owner.iter().flat_map(|owner| {
                [
                    (KEY_OWNER, owner.id()),
                    (KEY_OWNER_ROLE, owner.role().as_str().to_owned()),
                ]
            });
            let of_member = key.member.map(|member| (MEMBER, member.to_string()));
            let of_key = [
                (KEY, key.key.to_string()),
                (KEY_SECRET, key.secret.to_string()),
                (KEY_KIND, key.kind.as_str().to_owned()),
                (KEY_ORGANIZATION, key.organization.to_string()),
            ];
            let_through(of_key.into_iter().chain(of_owner).chain(of_member))
        }
        Verdict::Token(token) => let_through(told_of(token)),
        Verdict::Bad(reason) => not_let_through(reason.as_str(), reason.sentence()),
        Verdict::NotCalled(refused) => not_called(refused),
        Verdict::Over { retry_after_seconds } => over(*retry_after_seconds),
    };
    verdict.head(response.headers_mut());
    Ok(response)
}

fn let_through(said: impl IntoIterator<Item = (&'static str, String)>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    for (name, value) in said {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn told_of(token: &VerifiedToken) -> [(&'static str, String); 4] {
    let principal = match token.principal {
        Principal::Member(member) => (MEMBER, member.to_string()),
        Principal::ServiceAccount(account) => (SERVICE_ACCOUNT, account.to_string()),
    };
    [
        (ISSUER, token.issuer.to_string()),
        principal,
        (ROLE, token.role.as_str().to_owned()),
        (KEY_ORGANIZATION, token.organization_id.to_string()),
    ]
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

fn over(seconds: u32) -> Response {
    let reason = VerifyRefusal::RateLimited;
    let mut response = Refusal::rate_limited(reason.sentence(), seconds).into_response();
    response.headers_mut().insert(
        HeaderName::from_static(REASON),
        HeaderValue::from_static(reason.as_str()),
    );
    response
}

fn not_called(refused: &NotCalled) -> Response {
    let sentence = match &refused.detail {
        Some(detail) => format!("{}: {detail}", refused.reason.sentence()),
        None => refused.reason.sentence().to_owned(),
    };
    let mut response = Refusal::new(ProblemCode::CallRefused, sentence).into_response();
    response.headers_mut().insert(
        HeaderName::from_static(REASON),
        HeaderValue::from_static(refused.reason.as_str()),
    );
    response
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
