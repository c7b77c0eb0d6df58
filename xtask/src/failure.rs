//! What can go wrong, in sentences that say what to do.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The result of a task or of a part of one.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A sentence for the person at the terminal.
    #[error("{0}")]
    Said(String),

    #[error("`{program}` could not be started: {source}. Install it, or run `cargo xtask setup`.")]
    NotStarted { program: String, source: io::Error },

    #[error("`{command}` ended with {status}.")]
    Ended { command: String, status: String },

    #[error("`{command}` was still running after {} and was ended.", spell(*.limit))]
    TooLong { command: String, limit: Duration },

    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },

    #[error("interrupted")]
    Interrupted,

    /// The program that was run said everything; only its exit code is passed on.
    #[error("exit code {0}")]
    ExitCode(u8),
}

impl Failure {
    pub(crate) fn said(sentence: impl Into<String>) -> Self {
        Self::Said(sentence.into())
    }

    /// Names the file in an I/O error, which does not do so itself.
    pub(crate) fn file(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::File { path, source }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::ExitCode(code) => *code,
            // The shells' convention for SIGINT.
            Self::Interrupted => 130,
            // As timeout(1) does.
            Self::TooLong { .. } => 124,
            _ => 1,
        }
    }
}

/// A duration as a person would write it: `0.4 s`, `73 s`, `20 min`.
pub(crate) fn spell(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        seconds @ 10..300 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}
