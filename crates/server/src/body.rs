//! Reading bodies: strictly, and with a sentence about what is wrong.
//!
//! What a caller sent is not repeated to them where it could be a password or a secret in the wrong place: the
//! sentence says what was expected.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use protocol::problem::ProblemCode;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::refusal::Refusal;

const LONGEST_SENTENCE: usize = 300;

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let bytes = read(request, app).await?;
        parse(&bytes).map(Self)
    }
}

/// The bytes of a body that says it is JSON.
pub(crate) async fn read(request: Request, app: &App) -> Result<Bytes, Refusal> {
    if !is_json(request.headers()) {
        return Err(Refusal::new(
            ProblemCode::UnsupportedMediaType,
            "the body has to be JSON: send the header content-type: application/json",
        ));
    }
    Bytes::from_request(request, app)
        .await
        .map_err(|rejection| unread(&rejection, app.config.body_limit))
}

fn unread(rejection: &BytesRejection, limit: usize) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Refusal::new(
            ProblemCode::TooLarge,
            format!("the body is larger than {limit} bytes, the most this server reads"),
        )
    } else {
        Refusal::new(
            ProblemCode::InvalidInput,
            "the body ended before all of it had arrived",
        )
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Reads a value from JSON text.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    // Serde would also take a list of values in the order of the fields.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Refusal::new(
            ProblemCode::InvalidInput,
            "the body has to be a JSON object, {…}, not a list",
        ));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        explain(&path, error.inner())
    })?;
    json.end().map_err(|error| explain(".", &error))?;
    Ok(value)
}

fn explain(path: &str, error: &serde_json::Error) -> Refusal {
    let text = error.to_string();
    let message = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(message, _)| message);
    if error.is_eof() && error.column() == 0 {
        return Refusal::new(
            ProblemCode::InvalidInput,
            "the body is empty; it has to be a JSON object",
        );
    }
    if !error.is_data() {
        let place = format!("line {}, column {}", error.line(), error.column());
        return Refusal::new(
            ProblemCode::InvalidInput,
            format!("the body is not JSON: {message} at {place}"),
        );
    }
    let parent = if path == "." || path.contains('?') {
        ""
    } else {
        path
    };
    if let Some(name) = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next())
    {
        let field = if parent.is_empty() {
            name.to_owned()
        } else {
            format!("{parent}.{name}")
        };
        return Refusal::field(&field, format!("the field {field} is missing"));
    }
    if let Some(name) = message
        .strip_prefix("duplicate field `")
        .and_then(|rest| rest.split('`').next())
    {
        return Refusal::field(name, format!("the field {name} stands twice"));
    }
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let (name, expected) = rest.split_once("`, ").unwrap_or((rest, ""));
        let (name, expected) = (harmless(name), expected.replace('`', ""));
        let field = if parent.is_empty() {
            name.clone()
        } else {
            harmless(parent)
        };
        return Refusal::field(&field, format!("there is no field {name} here; {expected}"));
    }
    let expected = message
        .split_once(", expected ")
        .filter(|(found, _)| found.starts_with("invalid ") || found.starts_with("unknown "))
        .map(|(_, expected)| {
            if expected.starts_with("struct ") {
                "an object".to_owned()
            } else {
                expected.replace('`', "")
            }
        });
    match (parent, expected) {
        ("", Some(expected)) => Refusal::new(
            ProblemCode::InvalidInput,
            format!("the body has to be {expected}"),
        ),
        ("", None) => Refusal::new(ProblemCode::InvalidInput, harmless(message)),
        (field, Some(expected)) => {
            let field = harmless(field);
            Refusal::field(&field, format!("the field {field} has to be {expected}"))
        }
        (field, None) => Refusal::field(&harmless(field), harmless(message)),
    }
}

/// Without anything that begins like a secret, and not endless.
pub(crate) fn harmless(text: &str) -> String {
    let mut clean = String::new();
    let mut from = 0;
    for candidate in crypto::token::find(text) {
        clean.push_str(&text[from..candidate.start]);
        clean.push_str("(a secret)");
        from = candidate.end;
    }
    clean.push_str(&text[from..]);
    if clean.chars().count() > LONGEST_SENTENCE {
        clean = clean.chars().take(LONGEST_SENTENCE).chain(['…']).collect();
    }
    clean
}
