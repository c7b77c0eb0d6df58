//! An answer whose text is kept, so it can be given again.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::operation::Operation;

use crate::refusal::Refusal;

/// Marks an answer that was given before.
pub(crate) const REPLAYED: &str = "idempotency-replayed";

/// A success with its JSON text.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    body: String,
    replayed: bool,
}

impl Answer {
    /// A new answer.
    pub(crate) fn new(status: StatusCode, view: &impl Serialize) -> Result<Self, Refusal> {
        let body = serde_json::to_string(view).map_err(|error| {
            tracing::error!(%error, "an answer is no JSON");
            Refusal::internal()
        })?;
        Ok(Self {
            status,
            body,
            replayed: false,
        })
    }

    /// One that was given before.
    pub(crate) fn again(operation: Operation) -> Result<Self, Refusal> {
        let status = StatusCode::from_u16(operation.status).map_err(|_| Refusal::internal())?;
        Ok(Self {
            status,
            body: operation.answer,
            replayed: true,
        })
    }

    /// As it is kept.
    pub(crate) fn kept(&self, request_hash: [u8; 32]) -> Operation {
        Operation {
            request_hash,
            status: self.status.as_u16(),
            answer: self.body.clone(),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
