//! Whether a secret is good (K14): the one request that carries one.
//!
//! Parse, checksum, what was seen lately, store, in this order: what is no secret never reaches the database. A secret that
//! was imported has another form; [`crate::imported`] says which may be one. The secret is dropped, and wiped, as soon as
//! its hash is known. Who holds a secret may learn what it is; who does not can't guess one (178 bits), so asking needs no
//! session.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use crypto::jwt;
use crypto::secret::Secret;
use crypto::token::{self, SecretHash};
use domain::id::OrganizationId;
use domain::key::KeyState;
use domain::limit::Taken;
use domain::money::Money;
use domain::principal::Principal;
use protocol::header::{COST, REMAINING};
use protocol::path;
use protocol::verify::{VerifiedKey, VerifiedOwner, VerifiedToken, VerifyRefusal, VerifyRequest, VerifyView};
use store::secret::KnownHolder;

use crate::address::ClientAddress;
use crate::app::App;
use crate::body::Body;
use crate::finish::Whole;
use crate::handlers::verify::call::{Called, NotCalled};
use crate::handlers::verify::external::judge_token;
use crate::known::Seen;
use crate::refusal::{Refusal, punctuated};

/// Whether a secret is good
///
/// For the services that accept keys. The answer is 200 whether or not the secret is good. A good one counts as used, and
/// is counted towards its key's limit. Where the request names a service, only a service key is good that may call it, and
/// what the request costs is charged to the wallet that pays for it: once for each `charge_id`.
#[utoipa::path(post, path = path::VERIFY, tag = "verify", operation_id = "verify",
    request_body = VerifyRequest,
    responses((status = 200, description = "Whether it is good, and if so whose.", body = VerifyView, headers(
        ("x-keystead-remaining" = u32, description = "How many more requests of a key with a limit may go on at once."),
        ("retry-after" = u32, description = "Seconds until another request may go on; when `rate_limited`."),
        ("x-keystead-cost" = String, description = "What the request was charged, like `0.25 EUR`."),
    )), (status = 402, description = "The wallet that pays for the key can't pay for this request: `reason` is \
        `insufficient_credit`.", body = VerifyView)))]
pub(crate) async fn verify(
    State(app): State<App>,
    from: ClientAddress,
    Body(mut request): Body<VerifyRequest>,
) -> Result<Response, Refusal> {
    let called = Called::in_body(&mut request)?;
    let verdict = judge(&app, request.secret, called, request.organization_id, from).await?;
    let mut headers = HeaderMap::new();
    verdict.head(&mut headers);
    let dry = matches!(&verdict, Verdict::NotCalled(refused) if refused.reason == VerifyRefusal::InsufficientCredit);
    let view: VerifyView = verdict.into();
    if dry {
        let mut response = (StatusCode::PAYMENT_REQUIRED, headers, Json(view)).into_response();
        response.extensions_mut().insert(Whole);
        return Ok(response);
    }
    Ok((headers, Json(view)).into_response())
}

/// What is to be done with a request.
pub(crate) enum Verdict {
    /// It may go on.
    Good {
        /// Whose secret it carries.
        seen: Arc<Seen>,
        /// How many more may at once, where that is limited.
        remaining: Option<u32>,
        /// What it costs, where a wallet pays for it.
        cost: Option<Money>,
    },
    /// It may go on: a token of an issuer that stands for somebody.
    Token(Box<VerifiedToken>),
    /// The secret is not good.
    Bad(VerifyRefusal),
    /// The secret is good, and its key may not call what the request calls, or its wallet can't pay.
    NotCalled(NotCalled),
    /// The secret is good, and its key made too many requests.
    Over {
        /// Seconds until another may go on.
        retry_after_seconds: u32,
    },
}

impl Verdict {
    /// What of it stands in the head of the answer.
    pub(crate) fn head(&self, headers: &mut HeaderMap) {
        let remaining = match self {
            Self::Good { remaining, cost, .. } => {
                if let Some(Ok(value)) = cost.map(|cost| HeaderValue::from_str(&told(cost))) {
                    headers.insert(HeaderName::from_static(COST), value);
                }
                *remaining
            }
            Self::Token(_) | Self::Bad(_) | Self::NotCalled(_) => None,
            Self::Over { retry_after_seconds } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_seconds));
                Some(0)
            }
        };
        if let Some(remaining) = remaining {
            headers.insert(HeaderName::from_static(REMAINING), HeaderValue::from(remaining));
        }
    }
}

impl From<Verdict> for VerifyView {
    fn from(verdict: Verdict) -> Self {
        let refused = |reason| Self {
            valid: false,
            reason: Some(reason),
            key: None,
            token: None,
            remaining: None,
            retry_after_seconds: None,
            cost: None,
            detail: None,
        };
        match verdict {
            Verdict::Good {
                seen,
                remaining,
                cost,
            } => {
                let known = &seen.known;
                Self {
                    valid: true,
                    reason: None,
                    key: Some(VerifiedKey {
                        id: known.key,
                        secret_id: known.secret,
                        kind: known.kind,
                        name: known.name.clone(),
                        organization_id: known.organization,
                        expires_at: known.life.expires_at,
                        owner: known.holder.and_then(verified_owner),
                        member: known.member,
                        grants: known.grants.clone(),
                    }),
                    token: None,
                    remaining,
                    retry_after_seconds: None,
                    cost,
                    detail: None,
                }
            }
            Verdict::Token(token) => Self {
                valid: true,
                reason: None,
                key: None,
                token: Some(*token),
                remaining: None,
                retry_after_seconds: None,
                cost: None,
                detail: None,
            },
            Verdict::Bad(reason) => refused(reason),
            Verdict::NotCalled(NotCalled { reason, detail, cost }) => Self {
                detail: detail.as_deref().map(punctuated),
                cost,
                ..refused(reason)
            },
            Verdict::Over { retry_after_seconds } => Self {
                remaining: Some(0),
                retry_after_seconds: Some(retry_after_seconds),
                ..refused(VerifyRefusal::RateLimited)
            },
        }
    }
}

/// Whose a token is, for whoever was called with it.
pub(crate) fn verified_owner(holder: KnownHolder) -> Option<VerifiedOwner> {
    let role = holder.role;
    Some(match holder.owner {
        Principal::Member(id) => VerifiedOwner::Member {
            id,
            account_id: holder.account?,
            role,
        },
        Principal::ServiceAccount(id) => VerifiedOwner::ServiceAccount { id, role },
    })
}

/// An amount without what separates its thousands.
fn told(cost: Money) -> String {
    format!("{} {}", cost.amount(), cost.currency)
}

/// What is to be done with a request that carries this secret, and calls a service or none. One that may go on counts as a
/// use; one that is asked again with the id it was charged with counts once. Where an organization is named, what is good
/// for another is not known.
pub(crate) async fn judge(
    app: &App,
    secret: Secret,
    called: Option<Called>,
    organization: Option<OrganizationId>,
    from: ClientAddress,
) -> Result<Verdict, Refusal> {
    if token::check(secret.expose()).is_err()
        && !app.imported.may_have(&app.store, &secret, app.now()).await?
    {
        return if jwt::looks_like(secret.expose()) {
            judge_bearer(app, &secret, called.as_ref(), organization).await
        } else {
            Ok(Verdict::Bad(VerifyRefusal::Malformed))
        };
    }
    let hash = SecretHash::of(secret.expose());
    // A token of an issuer may look like a secret that was imported, and be none.
    let token = Some(secret).filter(|secret| jwt::looks_like(secret.expose()));

    let Some(seen) = app.known.find(&app.store, &hash, app.now()).await? else {
        return match token {
            Some(token) => judge_bearer(app, &token, called.as_ref(), organization).await,
            None => Ok(Verdict::Bad(VerifyRefusal::Unknown)),
        };
    };
    drop(token);
    if organization.is_some_and(|named| named != seen.known.organization) {
        return Ok(Verdict::Bad(VerifyRefusal::Unknown));
    }
    let known = &seen.known;
    // Again: the database may have taken its time, and a secret may have ended in it.
    let now = app.now();
    let bad = match known.life.state_under(known.suspension().is_some(), now) {
        KeyState::Revoked => Some(VerifyRefusal::Revoked),
        KeyState::Expired => Some(VerifyRefusal::Expired),
        KeyState::Paused => Some(VerifyRefusal::Paused),
        KeyState::Suspended => Some(VerifyRefusal::Suspended),
        KeyState::Active | KeyState::Rotating if known.secret_life.is_live(now) => None,
        KeyState::Active | KeyState::Rotating => Some(VerifyRefusal::Retired),
    };
    if let Some(reason) = bad {
        return Ok(Verdict::Bad(reason));
    }
    let remaining = match known.requests_per_minute {
        None => None,
        Some(limit) => match app.limits.take(known.key, limit, now) {
            Taken::Let { remaining } => Some(remaining),
            // Not let through, so no use of the secret: who watches a rotation sees what was let through.
            Taken::Over { wait_micros } => {
                return Ok(Verdict::Over {
                    retry_after_seconds: u32::try_from(wait_micros.div_ceil(1_000_000)).unwrap_or(u32::MAX),
                });
            }
        },
    };
    let mut cost = None;
    if let Some(called) = called {
        let allowed = match called.pay(app, known).await? {
            Ok(allowed) => allowed,
            Err(refused) => return Ok(Verdict::NotCalled(refused)),
        };
        cost = allowed.cost;
        if allowed.again {
            return Ok(Verdict::Good {
                seen,
                remaining,
                cost,
            });
        }
        app.uses.note_service(known.key, now, called.names());
    }
    app.uses.note(known.secret, now, from.0);
    Ok(Verdict::Good {
        seen,
        remaining,
        cost,
    })
}

/// What is to be done with a request that carries a token of an issuer: a good one may call no service, for nothing says
/// who would pay.
async fn judge_bearer(
    app: &App,
    token: &Secret,
    called: Option<&Called>,
    organization: Option<OrganizationId>,
) -> Result<Verdict, Refusal> {
    let verdict = judge_token(app, token.expose(), organization).await?;
    Ok(match verdict {
        Verdict::Token(_) if called.is_some() => {
            Verdict::NotCalled(NotCalled::because(VerifyRefusal::NotGranted))
        }
        verdict => verdict,
    })
}
