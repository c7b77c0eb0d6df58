//! Why an intention was not carried out. The sentence is for the person; the code is for whoever acts on it.

use client::{ClientError, ServerAddressProblem};
use domain::invitation::InvitationRefusal;
use domain::key::{EditRefusal, ExpiryProblem, PauseRefusal, RevokeRefusal};
use domain::member::MemberRefusal;
use domain::name::NameProblem;
use domain::policy::TokenRefusal;
use domain::role::NotAllowed;
use domain::service_account::{AbleRefusal, NoSuchRole};
use domain::token::TouchRefusal;
use keychain::KeychainError;
use protocol::problem::ProblemCode;
use replica::ReplicaError;
use serde::Serialize;
use sync::status::RoundError;

/// A code exists where the window or the command line acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Ask the person to unlock the keychain, and try again.
    KeychainLocked,
    /// Offer the vault.
    KeychainAbsent,
    /// Ask for the vault's passphrase.
    VaultLocked,
    /// Ask for the passphrase again.
    WrongPassphrase,
    /// Ask for the passphrase that unlocks Keystead.
    Locked,
    /// Offer to set the replica aside.
    ReplicaDamaged,
    /// Offer to update, or to set the replica aside.
    ReplicaNewer,
    /// Offer to set the replica aside.
    ReplicaKeyMissing,
    /// Stop, say it, and offer to set the replica aside.
    ServerGoneBack,
    /// Say that the organization is gone for this account, and offer to remove the connection.
    NotAMember,
    /// Try again later.
    Offline,
    /// Look at the address.
    NotKeystead,
    /// Look at the address or the certificate.
    Tls,
    /// Ask for email and password again.
    WrongCredentials,
    /// Wait.
    TooManyAttempts,
    /// Ask to sign in.
    SignedOut,
    /// Show it at the field.
    InvalidInput,
    /// The role or a rule refuses.
    Refused,
    /// It is not there.
    NotFound,
    /// Anything else.
    Unexpected,
}

/// Why an intention was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The keychain did not answer.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// The replica did not do as asked.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// A replica lies there and the keychain has no key for it. No new key is made.
    #[error(
        "the keychain has no key for the offline copy {path}: it is locked, or the entry was removed; unlock it and try \
         again, open it with its recovery code, or set the file aside and download again"
    )]
    ReplicaKeyMissing {
        /// Where the replica lies.
        path: String,
    },
    /// The server refused or was not reached.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A field was filled in wrong.
    #[error("{message}")]
    Input {
        /// Which field.
        field: &'static str,
        /// What to do about it.
        message: String,
    },
    /// What is done at the server alone can't be done: it is away.
    #[error("this is done at the server, and nothing waits here: {0}")]
    NeedsServer(ClientError),
    /// It was asked of the server, and how it went is not known.
    #[error("this may be done already: look at the ledger before you try again. {0}")]
    AnswerLost(ClientError),
    /// The role does not allow it.
    #[error("{0}")]
    NotAllowed(#[from] NotAllowed),
    /// A rule refuses it.
    #[error("{0}")]
    Refused(String),
    /// It is not there.
    #[error("{0}")]
    NotFound(String),
    /// The window is locked.
    #[error("Keystead is locked; enter its passphrase")]
    Locked,
    /// No session is known.
    #[error("you are signed out here; sign in again to go on")]
    SignedOut,
    /// Anything else, in words.
    #[error("{0}")]
    Unexpected(String),
}

impl DeskError {
    /// A field was filled in wrong.
    pub(crate) fn input(field: &'static str, message: impl std::fmt::Display) -> Self {
        Self::Input {
            field,
            message: message.to_string(),
        }
    }

    pub(crate) fn file(path: &std::path::Path, error: impl std::fmt::Display) -> Self {
        Self::Unexpected(format!("{}: {error}", path.display()))
    }

    /// The code to act on.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Keychain(error) => match error {
                KeychainError::Locked(_) => ErrorCode::KeychainLocked,
                KeychainError::Absent(_) => ErrorCode::KeychainAbsent,
                KeychainError::VaultLocked => ErrorCode::VaultLocked,
                KeychainError::WrongPassphrase => ErrorCode::WrongPassphrase,
                KeychainError::Vault { .. } | KeychainError::Foreign | KeychainError::Failed(_) => {
                    ErrorCode::Unexpected
                }
            },
            Self::Replica(error) => match error {
                ReplicaError::Damaged { .. } => ErrorCode::ReplicaDamaged,
                ReplicaError::Newer { .. } => ErrorCode::ReplicaNewer,
                _ => ErrorCode::Unexpected,
            },
            Self::ReplicaKeyMissing { .. } => ErrorCode::ReplicaKeyMissing,
            Self::Client(error) | Self::NeedsServer(error) | Self::AnswerLost(error) => {
                Self::code_of_client(error)
            }
            Self::Input { .. } => ErrorCode::InvalidInput,
            Self::NotAllowed(_) | Self::Refused(_) => ErrorCode::Refused,
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::Locked => ErrorCode::Locked,
            Self::SignedOut => ErrorCode::SignedOut,
            Self::Unexpected(_) => ErrorCode::Unexpected,
        }
    }

    pub(crate) const fn code_of_client(error: &ClientError) -> ErrorCode {
        match error {
            ClientError::Unreachable { .. } | ClientError::Cut { .. } => ErrorCode::Offline,
            ClientError::Tls { .. } => ErrorCode::Tls,
            ClientError::NotKeystead { .. } => ErrorCode::NotKeystead,
            ClientError::Problem(problem) => match problem.code {
                ProblemCode::WrongCredentials => ErrorCode::WrongCredentials,
                ProblemCode::TooManyAttempts => ErrorCode::TooManyAttempts,
                ProblemCode::SignedOut => ErrorCode::SignedOut,
                ProblemCode::Unavailable => ErrorCode::Offline,
                ProblemCode::InvalidInput | ProblemCode::TooLarge => ErrorCode::InvalidInput,
                ProblemCode::Refused | ProblemCode::Conflict | ProblemCode::PreconditionFailed => {
                    ErrorCode::Refused
                }
                ProblemCode::NotFound => ErrorCode::NotFound,
                _ => ErrorCode::Unexpected,
            },
        }
    }

    /// The field it is about, as the screens name it.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Input { field, .. } => Some(field),
            Self::Keychain(KeychainError::WrongPassphrase) => Some("passphrase"),
            Self::Client(ClientError::Problem(problem)) => {
                problem.field.as_deref().map(|field| match field {
                    "display_name" => "yourName",
                    "organization_name" => "organizationName",
                    "expires_at" => "expiresAt",
                    "subject_claim" => "subjectClaim",
                    "leeway_seconds" => "leewaySeconds",
                    other => other,
                })
            }
            _ => None,
        }
    }

    /// What to give to whoever helps: the server's id of the request, or what the system said.
    #[must_use]
    pub fn details(&self) -> Option<&str> {
        match self {
            Self::Client(ClientError::Problem(problem)) => problem.request_id.as_deref(),
            Self::Keychain(error) => error.details(),
            _ => None,
        }
    }
}

impl From<RevokeRefusal> for DeskError {
    fn from(refusal: RevokeRefusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<PauseRefusal> for DeskError {
    fn from(refusal: PauseRefusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<RoundError> for DeskError {
    fn from(error: RoundError) -> Self {
        match error {
            RoundError::Client(error) => Self::Client(error),
            RoundError::Replica(error) => Self::Replica(error),
            RoundError::SignedOut => Self::SignedOut,
            RoundError::NotAMember => Self::Refused(error.to_string()),
            RoundError::NoServer(_) | RoundError::GoneBack { .. } => Self::Unexpected(error.to_string()),
        }
    }
}

impl From<MemberRefusal> for DeskError {
    fn from(refusal: MemberRefusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<InvitationRefusal> for DeskError {
    fn from(refusal: InvitationRefusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<TokenRefusal> for DeskError {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<TouchRefusal> for DeskError {
    fn from(refusal: TouchRefusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<AbleRefusal> for DeskError {
    fn from(refusal: AbleRefusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<NoSuchRole> for DeskError {
    fn from(problem: NoSuchRole) -> Self {
        Self::input("role", problem)
    }
}

impl From<EditRefusal> for DeskError {
    fn from(refusal: EditRefusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<ExpiryProblem> for DeskError {
    fn from(problem: ExpiryProblem) -> Self {
        Self::input("expiresAt", problem)
    }
}

impl From<ServerAddressProblem> for DeskError {
    fn from(problem: ServerAddressProblem) -> Self {
        Self::input("url", problem)
    }
}

/// Says which field a name was refused in.
pub(crate) fn named<T>(field: &'static str, parsed: Result<T, NameProblem>) -> Result<T, DeskError> {
    parsed.map_err(|problem| DeskError::input(field, problem))
}
