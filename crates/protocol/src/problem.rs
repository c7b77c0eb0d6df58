//! Every refusal of the server, in the form of RFC 9457 (`application/problem+json`).

use serde::{Deserialize, Serialize};

/// The media type of a [`Problem`].
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A code exists where somebody acts on it; everything else is told by the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The body is not JSON, or a field is missing, unknown or wrong (400).
    InvalidInput,
    /// No session, or one that ended (401): sign in again.
    SignedOut,
    /// Email and password do not belong together (401). The same answer for accounts that do not exist.
    WrongCredentials,
    /// The request to be let through carries no secret, or none that is good (401).
    NotLetThrough,
    /// The secret is good, and its key made more requests than its limit lets it (403): wait for `retry_after_seconds`.
    RateLimited,
    /// The secret is good, and its key may not call what the request calls, or its wallet can't pay for it (403).
    CallRefused,
    /// The role does not allow it, or a rule refuses it (403).
    Refused,
    /// Not there, or not visible to this account: the two can't be told apart (404).
    NotFound,
    /// The path exists, with another method (405).
    MethodNotAllowed,
    /// Something with this id or name exists already (409).
    Conflict,
    /// The `Idempotency-Key` was used with another body (409).
    OperationReused,
    /// It was changed since the version named in `If-Match` (412): read it, merge, and send the edit again.
    PreconditionFailed,
    /// The body is larger than the server reads (413).
    TooLarge,
    /// The body is not `application/json` (415).
    UnsupportedMediaType,
    /// Too many attempts (429): wait for `retry_after_seconds`.
    TooManyAttempts,
    /// The server failed (500); `request_id` finds it in its log.
    Internal,
    /// The server or its database is not ready (503): try again.
    Unavailable,
}

impl ProblemCode {
    /// Its HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidInput => 400,
            Self::SignedOut | Self::WrongCredentials | Self::NotLetThrough => 401,
            Self::Refused | Self::RateLimited | Self::CallRefused => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict | Self::OperationReused => 409,
            Self::PreconditionFailed => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooManyAttempts => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// A short title that is the same for every occurrence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::InvalidInput => "Invalid input",
            Self::SignedOut => "Signed out",
            Self::WrongCredentials => "Wrong email or password",
            Self::NotLetThrough => "Not let through",
            Self::RateLimited => "Rate limited",
            Self::CallRefused => "Call refused",
            Self::Refused => "Refused",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::Conflict => "Conflict",
            Self::OperationReused => "Operation reused",
            Self::PreconditionFailed => "Changed meanwhile",
            Self::TooLarge => "Too large",
            Self::UnsupportedMediaType => "Unsupported media type",
            Self::TooManyAttempts => "Too many attempts",
            Self::Internal => "Server error",
            Self::Unavailable => "Not available now",
        }
    }
}

/// The body of every answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// What kind of problem, to act on.
    pub code: ProblemCode,
    /// The HTTP status, repeated.
    pub status: u16,
    /// The code in words.
    pub title: String,
    /// What happened, why, and what to do: the sentence a person reads.
    pub detail: String,
    /// The field of the request it is about, in its JSON spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds until another attempt is worth it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// The server's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem with its sentence.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            status: code.status(),
            title: code.title().to_owned(),
            detail: detail.into(),
            field: None,
            retry_after_seconds: None,
            request_id: None,
        }
    }

    /// The same, about one field.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }
}
