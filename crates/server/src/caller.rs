//! Who asks.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use domain::clock::Timestamp;
use domain::id::{AccountId, OrganizationId};
use store::Connected;
use store::member::{self, Standing};
use store::session::{self, Session};

use crate::app::App;
use crate::refusal::Refusal;

/// A session is noted as seen at most this often, in microseconds.
const SEEN_EVERY: i64 = 60 * 1_000_000;

/// The account of a session that holds.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    pub(crate) session: Session,
}

impl Caller {
    /// The caller's place in an organization. An organization they are not in is, to them, not there.
    pub(crate) async fn standing(
        &self,
        from: &mut impl Connected,
        organization: OrganizationId,
    ) -> Result<Standing, Refusal> {
        member::standing(from, organization, self.account)
            .await?
            .ok_or_else(|| Refusal::not_found("organization"))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let header = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let (scheme, token) = header
            .and_then(|text| text.split_once(' '))
            .ok_or_else(Refusal::signed_out)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::signed_out());
        }
        let hash = App::hash_token(token.trim());
        let session = session::find(&mut app.store.direct().await?, &hash).await?;
        let session = session.ok_or_else(Refusal::signed_out)?;
        let session = see(app, session, app.now())
            .await
            .ok_or_else(Refusal::signed_out)?;
        Ok(Self {
            account: session.account,
            session,
        })
    }
}

/// Moves the session's end, unless its time is over. That it could not be noted is no reason to refuse.
pub(crate) async fn see(app: &App, mut session: Session, now: Timestamp) -> Option<Session> {
    if session.expires_at <= now {
        return None;
    }
    if now.micros_since(session.last_seen_at) >= SEEN_EVERY {
        let end = app.session_end(now);
        match session::seen(&app.store, session.id, now, end).await {
            Ok(()) => (session.last_seen_at, session.expires_at) = (now, end),
            Err(error) => tracing::warn!(%error, "a session could not be noted as seen"),
        }
    }
    Some(session)
}
