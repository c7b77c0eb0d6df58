//! The same through the command line (step 8).

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use testkit::TestServer;

pub(super) struct Terminal {
    pub(super) home: tempfile::TempDir,
}

impl Terminal {
    pub(super) fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn run(&self, arguments: &[&str], input: &str) -> Output {
        let program = std::env::var("KEYSTEAD_CLI").expect("KEYSTEAD_CLI: run through `cargo xtask test`");
        let mut child = Command::new(program)
            .args(arguments)
            .env("KEYSTEAD_HOME", self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    pub(super) fn json(&self, arguments: &[&str], input: &str) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat(), input);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(super) fn code(&self, arguments: &[&str], input: &str) -> (Option<i32>, String) {
        let output = self.run(arguments, input);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

pub(super) async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn k3_k9_k13_the_main_job_in_a_terminal() {
    let mut server = TestServer::new().await;
    let url = server.url();
    let (terminal, secret) = on_thread(move || {
        let terminal = Terminal::new();
        let password = terminal.home.path().join("password");
        std::fs::write(&password, "seven unrelated words\n").unwrap();
        let file = password.to_str().unwrap();
        let connect = [
            "connect",
            &url,
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
            file,
        ];
        assert_eq!(
            terminal.json(&connect, "")["connection"]["organizationName"],
            "Northwind"
        );
        let made = terminal.json(&["keys", "create", "ci-deploy", "--expires-in", "30"], "");
        let secret = made["secret"].as_str().unwrap().to_owned();
        assert!(made["key"]["inForceSince"].is_string());
        let list = terminal.json(&["keys", "list"], "");
        let names: Vec<&str> = list["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["ci-deploy", "Free service key"]);
        (terminal, secret)
    })
    .await;
    assert_eq!(server.verify(&secret).await, (true, None));

    let (terminal, secret) = on_thread(move || {
        let (code, said) = terminal.code(&["keys", "revoke", "ci-deploy"], "wrong\n");
        assert_eq!(code, Some(4), "{said}");
        let revoked = terminal.json(&["keys", "revoke", "ci-deploy"], "ci-deploy\n");
        assert_eq!(revoked["row"]["state"], "revoked");
        (terminal, secret)
    })
    .await;
    assert_eq!(server.verify(&secret).await, (false, Some("revoked".to_owned())));
    server.stop().await;

    on_thread(move || {
        let report = terminal.json(&["inspect", "-"], &format!("KEY={secret}"));
        assert_eq!(report["findings"][0]["verdict"], "known");
        assert_eq!(report["findings"][0]["key"]["row"]["state"], "revoked");
        // The server is away: made here, not yet in force, and the exit code says so.
        let (code, said) = terminal.code(&["keys", "create", "offline"], "");
        assert_eq!(code, Some(5), "{said}");
        assert!(said.contains("Not yet in force"), "{said}");
        let status = terminal.json(&["status"], "");
        assert_eq!(status["pending"].as_array().unwrap().len(), 1);
        let (code, said) = terminal.code(&["keys", "show", "nobody", "--offline"], "");
        assert_eq!(
            (code, said.trim()),
            (
                Some(3),
                "keystead: No key is named nobody; `keystead keys list` shows all."
            )
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k2_a_workspace_on_this_computer_from_a_terminal() {
    on_thread(|| {
        let terminal = Terminal::new();
        let (code, said) = terminal.code(&["keys", "list"], "");
        assert_eq!(code, Some(3));
        assert!(said.contains("begin with `keystead start`"), "{said}");
        assert_eq!(
            terminal.json(&["start", "--organization", "Mine"], "")["connection"]["kind"],
            "this_computer"
        );
        let made = terminal.run(&["keys", "create", "plain"], "");
        let secret = String::from_utf8(made.stdout).unwrap();
        assert_eq!(
            crypto::token::check(secret.trim()),
            Ok(domain::key::KeyKind::Team),
            "only the secret is printed"
        );
        let (code, said) = terminal.code(&["keys", "revoke", "Free service key", "--yes"], "");
        assert_eq!(code, Some(4), "{said}");
    })
    .await;
}

#[test]
fn help_can_be_used_by_a_stranger() {
    let help = Terminal::new().run(&["--help"], "");
    let text = String::from_utf8(help.stdout).unwrap();
    for word in ["start", "connect", "keys", "inspect", "Exit codes", "--offline"] {
        assert!(text.contains(word), "{word}");
    }
}
