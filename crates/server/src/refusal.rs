//! Every refusal leaves as a [`Problem`]: made here, written to the wire in [`crate::finish`].

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::invitation::InvitationRefusal;
use domain::member::MemberRefusal;
use domain::policy::TokenRefusal;
use domain::role::NotAllowed;
use domain::service_account::AbleRefusal;
use domain::token::TouchRefusal;
use domain::wallet::WalletRefusal;
use protocol::problem::{Problem, ProblemCode};
use store::StoreError;

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Problem>);

impl Refusal {
    /// A refusal with its sentence; the first letter becomes a capital and a full stop is added where it is missing.
    pub(crate) fn new(code: ProblemCode, sentence: impl AsRef<str>) -> Self {
        Self(Box::new(Problem::new(code, punctuated(sentence.as_ref()))))
    }

    /// The same, about one field.
    pub(crate) fn at(mut self, field: &str) -> Self {
        self.0.field = Some(field.to_owned());
        self
    }

    /// A field is wrong.
    pub(crate) fn field(field: &str, sentence: impl AsRef<str>) -> Self {
        Self::new(ProblemCode::InvalidInput, sentence).at(field)
    }

    /// Not there, or another organization's: one answer for both.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            ProblemCode::NotFound,
            format!("there is no such {what}, or this account can't see it"),
        )
    }

    /// Whether it says that something is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        self.0.code == ProblemCode::NotFound
    }

    /// Changed since the version that `If-Match` names.
    pub(crate) fn outdated(what: &str) -> Self {
        Self::new(
            ProblemCode::PreconditionFailed,
            format!("this {what} was changed meanwhile; read it again, and decide anew"),
        )
        .at(protocol::header::IF_MATCH)
    }

    /// No session.
    pub(crate) fn signed_out() -> Self {
        Self::new(ProblemCode::SignedOut, "this session has ended; sign in again")
    }

    /// Too often; another attempt is worth it in `seconds`.
    pub(crate) fn too_many(what: &str, seconds: u32) -> Self {
        Self::wait(ProblemCode::TooManyAttempts, what, seconds)
    }

    /// A key over its limit; another request is worth it in `seconds`.
    pub(crate) fn rate_limited(what: &str, seconds: u32) -> Self {
        Self::wait(ProblemCode::RateLimited, what, seconds)
    }

    fn wait(code: ProblemCode, what: &str, seconds: u32) -> Self {
        let wait = if seconds < 120 {
            format!("{seconds} seconds")
        } else {
            format!("{} minutes", seconds.div_ceil(60))
        };
        let mut refusal = Self::new(code, format!("{what}; try again in {wait}"));
        refusal.0.retry_after_seconds = Some(seconds);
        refusal
    }

    /// The server failed; the log has what the answer does not say.
    pub(crate) fn internal() -> Self {
        Self::new(
            ProblemCode::Internal,
            "the server failed to do this; try again, and if it stays so, give your operator the request id",
        )
    }

    /// Busy or without its database.
    pub(crate) fn unavailable(sentence: &str) -> Self {
        Self::new(ProblemCode::Unavailable, sentence)
    }
}

pub(crate) fn punctuated(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut text: String = first.to_uppercase().chain(letters).collect();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(seconds) = self.0.retry_after_seconds {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(*self.0);
        response
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken => Self::conflict(),
            StoreError::Overdrawn => Self::new(ProblemCode::Refused, error.to_string()),
            error if error.is_passing() => {
                tracing::warn!(%error, "the database is not available");
                Self::unavailable("the server's database does not answer now; try again in a moment")
            }
            error => {
                tracing::error!(%error, "the database refused");
                Self::internal()
            }
        }
    }
}

impl Refusal {
    /// An id or hash exists already. Nothing is said about whose it is.
    pub(crate) fn conflict() -> Self {
        Self::new(
            ProblemCode::Conflict,
            "something with this id or hash exists already; make a new one and try again",
        )
    }
}

impl From<WalletRefusal> for Refusal {
    fn from(refusal: WalletRefusal) -> Self {
        Self::new(ProblemCode::Refused, refusal.to_string())
    }
}

impl From<MemberRefusal> for Refusal {
    fn from(refusal: MemberRefusal) -> Self {
        Self::new(ProblemCode::Refused, refusal.to_string())
    }
}

impl From<InvitationRefusal> for Refusal {
    fn from(refusal: InvitationRefusal) -> Self {
        Self::new(ProblemCode::Refused, refusal.to_string())
    }
}

impl From<TokenRefusal> for Refusal {
    fn from(refusal: TokenRefusal) -> Self {
        Self::new(ProblemCode::Refused, refusal.to_string())
    }
}

impl From<TouchRefusal> for Refusal {
    fn from(refusal: TouchRefusal) -> Self {
        Self::new(ProblemCode::Refused, refusal.to_string())
    }
}

impl From<AbleRefusal> for Refusal {
    fn from(refusal: AbleRefusal) -> Self {
        Self::new(ProblemCode::Refused, refusal.to_string())
    }
}

impl From<NotAllowed> for Refusal {
    fn from(refusal: NotAllowed) -> Self {
        Self::new(ProblemCode::Refused, refusal.to_string())
    }
}
