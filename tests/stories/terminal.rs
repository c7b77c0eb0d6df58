//! The program `keystead`, as it is used in a terminal.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A terminal with a data folder of its own.
pub(crate) struct Terminal {
    home: tempfile::TempDir,
}

pub(crate) fn program() -> PathBuf {
    PathBuf::from(std::env::var("KEYSTEAD_CLI").expect("KEYSTEAD_CLI: run through `cargo xtask test`"))
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// The data folder.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The arguments that sign Bob up.
    pub(crate) fn sign_up_as_bob(&self, url: &str) -> Vec<String> {
        let password = self.home.path().join("password");
        std::fs::write(&password, "seven unrelated words\n").unwrap();
        [
            "connect",
            url,
            "--sign-up",
            "--email",
            "bob@northwind.example",
            "--username",
            "bob",
            "--name",
            "Bob",
            "--organization",
            "Northwind",
            "--password-file",
            password.to_str().unwrap(),
        ]
        .map(str::to_owned)
        .to_vec()
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        self.run_with(arguments, input, &[])
    }

    /// Runs it with further variables.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Output {
        let mut child = Command::new(program())
            .args(arguments)
            .env("KEYSTEAD_HOME", self.home.path())
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may have ended without reading.
        let _read = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    pub(crate) fn json(&self, arguments: &[&str], input: &str) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat(), input);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn code(&self, arguments: &[&str], input: &str) -> (Option<i32>, String) {
        let output = self.run(arguments, input);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

pub(crate) async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}
