//! Writes that can be asked twice.
//!
//! A write names its intention in the header `Idempotency-Key`. Its answer is kept in the transaction that did it, so
//! whoever lost the answer asks again with the same id and the same body, and gets it.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use domain::id::{AccountId, OperationId};
use protocol::header::{IDEMPOTENCY_KEY, IF_MATCH};
use protocol::problem::ProblemCode;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use store::{StoreError, Write, operation};

use crate::answer::Answer;
use crate::app::App;
use crate::body;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Which intention, and what was asked with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    id: OperationId,
    request_hash: [u8; 32],
}

/// A write's body with its intention.
#[derive(Debug)]
pub(crate) struct Written<T> {
    pub(crate) operation: Operation,
    pub(crate) body: T,
}

/// The body of a write that needs none: `{}`.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl<T: DeserializeOwned> FromRequest<App> for Written<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let id = request
            .headers()
            .get(IDEMPOTENCY_KEY)
            .ok_or_else(|| {
                Refusal::field(
                    IDEMPOTENCY_KEY,
                    "a write needs the header idempotency-key with an id of its own (opn_…), so that asking again \
                     does not do it twice",
                )
            })?
            .to_str()
            .ok()
            .and_then(|text| text.parse::<OperationId>().ok())
            .ok_or_else(|| {
                Refusal::field(IDEMPOTENCY_KEY, "the header idempotency-key is opn_ and 32 hexadecimal digits")
            })?;
        let mut hash = Sha256::new();
        hash.update(request.method().as_str());
        hash.update("\n");
        hash.update(request.uri().path());
        hash.update("\n");
        if let Some(version) = request.headers().get(IF_MATCH) {
            hash.update(version.as_bytes());
            hash.update("\n");
        }
        let bytes = body::read(request, app).await?;
        hash.update(&bytes);
        let operation = Operation {
            id,
            request_hash: hash.finalize().into(),
        };
        Ok(Self {
            operation,
            body: body::parse(&bytes)?,
        })
    }
}

/// The version an edit was made over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IfMatch(pub(crate) i64);

impl FromRequestParts<App> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        let wrong = || {
            Refusal::field(
                IF_MATCH,
                "an edit needs the header if-match with the version it was made over, in quotes: \"3\"",
            )
        };
        parts
            .headers
            .get(IF_MATCH)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.strip_prefix('"')?.strip_suffix('"')?.parse().ok())
            .map(Self)
            .ok_or_else(wrong)
    }
}

fn reused() -> Refusal {
    Refusal::new(
        ProblemCode::OperationReused,
        "this idempotency-key was used for another request; make a new one for a new intention",
    )
    .at(IDEMPOTENCY_KEY)
}

impl Operation {
    /// The answer, when this was done before. Asked inside the write: of two twins the second waits for the first.
    pub(crate) async fn answered(
        &self,
        write: &mut Write,
        caller: &Caller,
    ) -> Result<Option<Answer>, Refusal> {
        match operation::find(write, caller.account, self.id).await? {
            Some(done) if done.request_hash == self.request_hash => Answer::again(done).map(Some),
            Some(_) => Err(reused()),
            None => Ok(None),
        }
    }

    /// Keeps the answer with the write.
    pub(crate) async fn keep(
        &self,
        write: &mut Write,
        account: AccountId,
        answer: &Answer,
    ) -> Result<(), Refusal> {
        match operation::insert(write, account, self.id, &answer.kept(self.request_hash)).await {
            // Twins of one organization wait for each other, so this one came from another path.
            Err(StoreError::Taken) => Err(reused()),
            done => Ok(done?),
        }
    }
}
