//! The page of an invitation, for whoever opens its link in a browser. It has no script and asks nothing of the visitor.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto::secret::Secret;
use domain::invitation::InvitationState;
use protocol::invitation::InvitationCard;
use protocol::path;
use sha2::{Digest as _, Sha256};

use crate::address::ClientAddress;
use crate::app::App;
use crate::finish::Whole;
use crate::handlers::invitation::look::card;
use crate::mail::day;
use crate::refusal::Refusal;

const STYLE: &str = include_str!("../../../templates/page.css");

#[derive(Template)]
#[template(path = "invitation_page.html")]
struct Page<'a> {
    style: &'a str,
    server: &'a str,
    card: Option<&'a InvitationCard>,
    role: &'a str,
    until: String,
    link: &'a str,
}

impl Page<'_> {
    fn is(&self, state: &str) -> bool {
        self.card.is_some_and(|card| card.state.label() == state)
    }
}

/// The page of an invitation
///
/// HTML for browsers: who invites into what, and how to go on.
#[utoipa::path(get, path = path::INVITATION_PAGE, tag = "members", operation_id = "invitation_page",
    params(("code" = String, Path, description = "`ksi_…`, the end of the link.")),
    responses(
        (status = 200, description = "The page.", content_type = "text/html", body = String),
        (status = 404, description = "A page that says that no invitation has this code.", content_type = "text/html",
            body = String),
    ))]
pub(crate) async fn page(
    State(app): State<App>,
    from: ClientAddress,
    Path(code): Path<String>,
) -> Result<Response, Refusal> {
    let code = Secret::new(code);
    let card = match card(&app, from, &code).await {
        Ok(card) => Some(card),
        Err(refusal) if refusal.is_not_found() => None,
        Err(refusal) => return Err(refusal),
    };
    let link = app.mailing.link(&code);
    let page = Page {
        style: STYLE,
        server: &app.config.name,
        card: card.as_ref(),
        role: card.as_ref().map_or("", |card| card.role.label()),
        until: card
            .as_ref()
            .map_or_else(String::new, |card| day(card.expires_at)),
        link: if card
            .as_ref()
            .is_some_and(|card| card.state == InvitationState::Pending)
        {
            link.expose()
        } else {
            ""
        },
    };
    let body = page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be written");
        Refusal::internal()
    })?;
    let status = if card.is_some() {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.extensions_mut().insert(Whole);
    Ok(response)
}
