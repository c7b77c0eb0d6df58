//! `keystead run`: a command uses a secret that nobody sees (K17).

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use testkit::{TestDesk, TestServer};

use crate::terminal::{Terminal, on_thread, program};

/// Bob at a terminal, with one key; its secret.
async fn bob(server: &TestServer) -> (Terminal, String) {
    let url = server.url();
    on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        let made = terminal.json(&["keys", "create", "ci-deploy"], "");
        (terminal, made["secret"].as_str().unwrap().to_owned())
    })
    .await
}

/// A command that goes on while the test does.
fn begin(terminal: &Terminal, script: &str) -> Child {
    Command::new(program())
        .args(["run", "--offline", "--key", "ci-deploy", "--", "sh", "-c", script])
        .env("KEYSTEAD_HOME", terminal.home())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads until the text ends so.
fn read_to(child: &mut Child, end: &str) -> String {
    let stdout = child.stdout.as_mut().unwrap();
    let mut text = String::new();
    let mut byte = [0];
    while !text.ends_with(end) {
        assert_eq!(stdout.read(&mut byte).unwrap(), 1, "{text}");
        text.push(char::from(byte[0]));
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn k17_run_gives_a_secret_to_a_command_and_to_nobody_else() {
    let mut server = TestServer::new().await;
    let (terminal, secret) = bob(&server).await;
    let url = server.url();
    let other = on_thread({
        let secret = secret.clone();
        move || {
            let run = |arguments: &[&str]| {
                let output = terminal.run(&[&["run"], arguments].concat(), "typed\n");
                let text = String::from_utf8(output.stdout).unwrap();
                let errors = String::from_utf8(output.stderr).unwrap();
                assert!(!text.contains(&secret) && !errors.contains(&secret));
                (output.status.code(), text, errors)
            };
            // The command has it, whole: its hash says so. What it prints is masked, on both streams and cut in two.
            let script = "printf %s \"$CI_DEPLOY\" | sha256sum; read line; echo $line; echo \"<$CI_DEPLOY>\"; \
                          printf %.20s \"$CI_DEPLOY\"; printf %s \"${CI_DEPLOY#????????????????????}\"; \
                          echo \"$CI_DEPLOY\" >&2; exit 42";
            let (code, text, errors) = run(&["--key", "ci-deploy", "--", "sh", "-c", script]);
            let hash = crypto::token::SecretHash::of(&secret);
            assert_eq!(text, format!("{hash}  -\ntyped\n<kst_team_[masked]>\nkst_team_[masked]"));
            assert_eq!((code, errors.as_str()), (Some(42), "kst_team_[masked]\n"));
            // Another name, another key beside it, by id.
            let other = terminal.json(&["keys", "create", "Stage 2"], "");
            let id = other["key"]["row"]["id"].as_str().unwrap();
            let both = ["--key", "ci-deploy=TOKEN", "--key", id, "--", "sh", "-c", "echo ${#TOKEN} ${#STAGE_2} $CI_DEPLOY"];
            assert_eq!(run(&both).1, "45 45\n");
            // What can't be done is said, and nothing is run.
            let refused = |arguments: &[&str], code: i32, why: &str| {
                let (ended, text, errors) = run(arguments);
                assert_eq!((ended, text.as_str()), (Some(code), ""), "{errors}");
                assert!(errors.to_lowercase().contains(&why.to_lowercase()), "{errors}");
            };
            refused(&["--key", "nobody", "--", "echo", "ran"], 3, "no key is named nobody");
            refused(&["--key", "ci-deploy", "--key", "Stage 2=CI_DEPLOY", "--", "echo", "ran"], 2, "two keys go into CI_DEPLOY");
            refused(&["--key", "ci-deploy", "--", "/no/such/command"], 127, "could not be started");
            refused(&["--key", "ci-deploy", "--", "/etc/passwd"], 126, "could not be started");
            refused(&["--key", "ci-deploy"], 2, "required");
            terminal.json(&["keys", "revoke", "Stage 2", "--yes"], "");
            refused(&["--key", "Stage 2", "--", "echo", "ran"], 4, "Stage 2 is revoked");
            // Another computer of Bob's, whose keychain never had it.
            let elsewhere = Terminal::new();
            let password = elsewhere.sign_up_as_bob(&url).pop().unwrap();
            let signed_in = ["connect", &url, "--email", "bob@northwind.example", "--password-file", &password];
            assert!(elsewhere.run(&signed_in, "").status.success());
            let (code, said) = elsewhere.code(&["run", "--key", "ci-deploy", "--", "echo", "ran"], "");
            assert_eq!(code, Some(3), "{said}");
            assert!(said.contains("is not in this computer's keychain"), "{said}");
            terminal
        }
    })
    .await;
    server.stop().await;
    // Offline as well; and a revocation that waits is heeded.
    on_thread(move || {
        let echo = [
            "run",
            "--key",
            "ci-deploy",
            "--",
            "sh",
            "-c",
            "echo ${#CI_DEPLOY}",
        ];
        assert_eq!(other.run(&echo, "").stdout, b"45\n");
        assert_eq!(
            other
                .run(&["keys", "revoke", "ci-deploy", "--yes"], "")
                .status
                .code(),
            Some(5)
        );
        let (code, said) = other.code(&echo, "");
        assert_eq!(code, Some(4), "{said}");
        assert!(
            said.contains("The revocation of ci-deploy waits for the server"),
            "{said}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k17_run_passes_output_and_signals_on_at_once() {
    let mut server = TestServer::new().await;
    let (terminal, secret) = bob(&server).await;
    on_thread(move || {
        // A question without a line end comes before its answer, and the beginning of a secret does not hold it up.
        let mut child = begin(
            &terminal,
            "printf 'kst_x Password: '; read answer; echo \"got $answer\"",
        );
        assert_eq!(read_to(&mut child, "Password: "), "kst_x Password: ");
        child.stdin.as_mut().unwrap().write_all(b"words\n").unwrap();
        assert_eq!(read_to(&mut child, "\n"), "got words\n");
        assert!(child.wait().unwrap().success());

        // A signal reaches the command, which decides.
        for (signal, name) in [
            (Signal::TERM, "TERM"),
            (Signal::INT, "INT"),
            (Signal::HUP, "HUP"),
            (Signal::USR1, "USR1"),
        ] {
            let script =
                format!("trap 'echo caught; exit 7' {name}; echo ready; while :; do read line; done");
            let mut child = begin(&terminal, &script);
            read_to(&mut child, "ready\n");
            kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), signal).unwrap();
            // What waits for a line hears the signal when one comes.
            let _read = child.stdin.take().unwrap().write_all(b"\n");
            assert_eq!(read_to(&mut child, "caught\n"), "caught\n", "{name}");
            assert_eq!(child.wait().unwrap().code(), Some(7));
        }
        // One that the command does not catch ends it.
        let mut child = begin(&terminal, "echo ready; kill -KILL $$");
        read_to(&mut child, "ready\n");
        assert_eq!(child.wait().unwrap().code(), Some(128 + 9));
        // Much output comes whole, with every secret masked.
        let mut child = begin(
            &terminal,
            "i=0; while [ $i -lt 3000 ]; do echo \"$i $CI_DEPLOY $CI_DEPLOY\"; i=$((i+1)); done",
        );
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(child.wait().unwrap().success());
        assert!(!text.contains(&secret));
        assert_eq!(text.lines().count(), 3_000);
        assert_eq!(text.matches("kst_team_[masked]").count(), 6_000);
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn k17_run_refuses_a_key_that_has_expired() {
    let mut server = TestServer::new().await;
    let clock = std::sync::Arc::new(testkit::TestClock::default());
    let memory = testkit::desk::TestKeychain::Memory(std::sync::Arc::default());
    let ada = TestDesk::at(clock.clone(), memory);
    ada.sign_up(&server.url()).await;
    let draft = desk::view::KeyDraft {
        owner: None,
        expires_at: Some(domain::clock::Clock::now(&*clock).plus_days(2)),
        ..testkit::desk::draft("short")
    };
    let made = ada.desk.create_key(draft).await.unwrap();
    assert_eq!(
        ada.desk.secret_to_use(made.key_id).await.unwrap().expose().len(),
        45
    );
    clock.advance_seconds(3 * 86_400);
    let Err(error) = ada.desk.secret_to_use(made.key_id).await else {
        panic!("an expired key was given")
    };
    assert_eq!(
        error.to_string(),
        "short has expired and gives access to nothing; use another key"
    );
    server.stop().await;
}
