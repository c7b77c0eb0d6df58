//! Why a request has no good answer.

use std::io;

use protocol::problem::{Problem, ProblemCode};

/// Why a request has no good answer. Each sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing answers there.
    #[error("{host} can't be reached ({reason}); check the address and the network")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What the network said.
        reason: String,
    },
    /// The encryption could not be set up.
    #[error("the encrypted connection to {host} failed ({reason}); nothing was sent")]
    Tls {
        /// Host and port.
        host: String,
        /// What TLS said.
        reason: String,
    },
    /// The connection broke after the request was sent: it may have been carried out.
    #[error("{host} broke off before it answered ({reason}); the same request can be sent again safely")]
    Cut {
        /// Host and port.
        host: String,
        /// What the network said.
        reason: String,
    },
    /// Something answers that is no Keystead server.
    #[error("{host} answers, but it is not a Keystead server ({reason}); check the address")]
    NotKeystead {
        /// Host and port.
        host: String,
        /// What it answered.
        reason: String,
    },
    /// The server refused.
    #[error("{}", .0.detail)]
    Problem(Problem),
}

impl ClientError {
    /// The code, when it is a refusal of the server.
    #[must_use]
    pub const fn code(&self) -> Option<ProblemCode> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            _ => None,
        }
    }

    /// Whether asking again, with the same operation id, may be answered better.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Problem(problem) => matches!(
                problem.code,
                ProblemCode::Unavailable | ProblemCode::Internal | ProblemCode::TooManyAttempts
            ),
            Self::Unreachable { .. } | Self::Tls { .. } | Self::Cut { .. } | Self::NotKeystead { .. } => true,
        }
    }

    /// Whether the request may have been carried out although no good answer came.
    #[must_use]
    pub const fn may_have_arrived(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Tls { .. } => false,
            Self::Cut { .. } | Self::NotKeystead { .. } => true,
            Self::Problem(problem) => {
                matches!(problem.code, ProblemCode::Internal | ProblemCode::Unavailable)
            }
        }
    }

    pub(crate) fn from_transport(host: String, error: &reqwest::Error) -> Self {
        let chain = chain(error);
        let reason = in_words(error).unwrap_or_else(|| chain.last().cloned().unwrap_or_default());
        let tls = chain.iter().any(|cause| {
            [
                "certificate",
                "UnknownIssuer",
                "InvalidContentType",
                "HandshakeFailure",
                "received corrupt message",
                "tls",
            ]
            .iter()
            .any(|sign| cause.contains(sign))
        });
        if tls {
            let reason = if reason.contains("InvalidContentType") || reason.contains("corrupt message") {
                "it does not speak TLS; if it is on your own network, write http:// before the address"
                    .to_owned()
            } else if reason.contains("UnknownIssuer") {
                "its certificate is signed by nobody this computer trusts".to_owned()
            } else {
                reason
            };
            return Self::Tls { host, reason };
        }
        if error.is_connect() {
            return Self::Unreachable { host, reason };
        }
        if error.is_timeout() {
            return Self::Cut {
                host,
                reason: "no answer in time".to_owned(),
            };
        }
        Self::Cut { host, reason }
    }
}

/// What the network said, in words a person can act on.
fn in_words(error: &reqwest::Error) -> Option<String> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if cause.to_string().starts_with("dns error") {
            return Some("no computer of that name was found".to_owned());
        }
        if let Some(io) = cause.downcast_ref::<io::Error>()
            && let Some(words) = of_kind(io.kind())
        {
            return Some(words.to_owned());
        }
        next = cause.source();
    }
    error.is_timeout().then(|| "no answer in time".to_owned())
}

const fn of_kind(kind: io::ErrorKind) -> Option<&'static str> {
    Some(match kind {
        io::ErrorKind::ConnectionRefused => "nothing answers there",
        io::ErrorKind::TimedOut => "no answer in time",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            "this computer has no way to it"
        }
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => "the connection was closed",
        _ => return None,
    })
}

/// Every cause in words, outermost first. An error of the transport carries no body and no header.
fn chain(error: &reqwest::Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes
}
