//! `keystead scan` as a hook uses it (K13).

use std::process::{Command, Stdio};

use serde_json::Value;
use testkit::TestServer;

use crate::terminal::{Terminal, on_thread, program};

/// A whole secret of nobody.
const NOBODYS: &str = "kst_team_07ELSZgnu18FMTahov29GNUbipw3AH2brrpx";

fn said(output: &std::process::Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn k13_a_hook_acts_on_what_a_scan_finds() {
    let mut server = TestServer::new().await;
    let url = server.url();
    let (terminal, works, ended) = on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        let secret = |name: &str| {
            terminal.json(&["keys", "create", name], "")["secret"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let (works, ended) = (secret("ci-deploy"), secret("old"));
        terminal.json(&["keys", "revoke", "old", "--yes"], "");
        (terminal, works, ended)
    })
    .await;
    server.stop().await;

    on_thread(move || {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let write = |name: &str, text: &str| {
            std::fs::write(path(name), text).unwrap();
            path(name)
        };
        let clean = write("clean.txt", "kst_ and more\n");
        let working = write("a b.env", &format!("X=1\nKEY={works}\n"));
        let old = write("old.env", &ended);
        let cut = write("cut.env", &works[..30]);

        // Each outcome has its code.
        let code = |arguments: &[&str], input: &str| {
            let output = terminal.run(&[&["scan"], arguments].concat(), input);
            let (stdout, stderr) = said(&output);
            for secret in [&works, &ended] {
                assert!(!stdout.contains(&secret[12..40]) && !stderr.contains(&secret[12..40]));
            }
            output.status.code()
        };
        assert_eq!(code(&[&clean], ""), Some(0));
        assert_eq!(code(&[&working], ""), Some(8));
        assert_eq!(code(&[&old], ""), Some(9));
        assert_eq!(code(&[&cut], ""), Some(9));
        assert_eq!(code(&["--only", "whole", &cut], ""), Some(0));
        assert_eq!(code(&["--only", "known", "-"], NOBODYS), Some(0));
        assert_eq!(code(&["-"], NOBODYS), Some(9));
        assert_eq!(code(&["-", &clean], &works), Some(8));
        assert_eq!(code(&[&path("none")], ""), Some(10));
        assert_eq!(code(&["--max-size", "3B", &clean], ""), Some(10));
        assert_eq!(
            code(
                &["--max-size", "3B", folder.path().to_str().unwrap(), "-"],
                &works
            ),
            Some(8)
        );
        assert_eq!(code(&[], ""), Some(2));

        // What people, programs and code hosts read.
        let (stdout, stderr) = said(&terminal.run(&["scan", &working, &path("none")], ""));
        assert!(
            stdout.starts_with(&format!("{working}:2:5: kst_team_")),
            "{stdout}"
        );
        assert!(
            stdout.contains("A secret of ci-deploy, and it worked at the last sync"),
            "{stdout}"
        );
        assert!(
            stderr.contains("/none: Not searched: there is nothing of this name."),
            "{stderr}"
        );
        assert_eq!(
            said(&terminal.run(&["scan", "--quiet", &working], "")),
            (String::new(), String::new())
        );
        let report: Value =
            serde_json::from_slice(&terminal.run(&["scan", "--json", &working], "").stdout).unwrap();
        assert_eq!(report["files"][0]["findings"][0]["keyName"], "ci-deploy");
        assert_eq!(report["keys"][0]["row"]["name"], "ci-deploy");

        let sarif = terminal.run(&["scan", "--sarif", &working, &old, &cut, "-"], NOBODYS);
        assert_eq!(sarif.status.code(), Some(8));
        let log: Value = serde_json::from_slice(&sarif.stdout).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules: Vec<&Value> = run["tool"]["driver"]["rules"]
            .as_array()
            .unwrap()
            .iter()
            .collect();
        let mut found = Vec::new();
        for result in run["results"].as_array().unwrap() {
            let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[rule]["id"], result["ruleId"]);
            let print = result["partialFingerprints"]["keysteadSecret/v1"]
                .as_str()
                .unwrap();
            assert_eq!(print.len(), 64);
            for secret in [works.as_str(), &ended, NOBODYS] {
                assert!(!print.contains(&crypto::token::SecretHash::of(secret).to_string()));
            }
            found.push((
                result["ruleId"].as_str().unwrap(),
                result["level"].as_str().unwrap(),
            ));
        }
        assert_eq!(
            found,
            [
                ("keystead/unknown-secret", "warning"),
                ("keystead/working-secret", "error"),
                ("keystead/ended-secret", "note"),
                ("keystead/malformed-secret", "note"),
            ]
        );
        let place = &run["results"][1]["locations"][0]["physicalLocation"];
        assert!(
            place["artifactLocation"]["uri"]
                .as_str()
                .unwrap()
                .ends_with("/a%20b.env"),
            "{place}"
        );
        assert_eq!(
            place["region"],
            serde_json::json!({ "startLine": 2, "startColumn": 5 })
        );
    })
    .await;
}

#[test]
fn k13_without_a_copy_the_form_is_still_told() {
    let terminal = Terminal::new();
    let output = terminal.run(&["scan", "-"], NOBODYS);
    let (stdout, stderr) = said(&output);
    assert_eq!(output.status.code(), Some(9));
    assert!(
        stdout.contains("A whole team key secret with a right checksum."),
        "{stdout}"
    );
    assert!(
        stderr.contains("The copy of the keys could not be asked whose they are. No connection yet"),
        "{stderr}"
    );
    // What is known here can't be told without it.
    assert_eq!(
        terminal
            .run(&["scan", "--only", "known", "-"], NOBODYS)
            .status
            .code(),
        Some(3)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn k13_o5_with_a_locked_keychain_the_form_is_still_told() {
    let mut server = TestServer::new().await;
    let url = server.url();
    on_thread(move || {
        let terminal = Terminal::new();
        let passphrase = terminal.home().join("passphrase");
        std::fs::write(&passphrase, "a long passphrase\n").unwrap();
        let passphrase = ["--passphrase-file", passphrase.to_str().unwrap()];
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        assert!(terminal.run(&connect, "").status.success());
        let to_vault = ["keychain", "to-vault", "--new-passphrase-file", passphrase[1]];
        assert!(terminal.run(&to_vault, "").status.success());
        let output = terminal.run(&["scan", "-"], NOBODYS);
        let (stdout, stderr) = said(&output);
        assert_eq!(output.status.code(), Some(9), "{stdout}{stderr}");
        assert!(stdout.contains("Whose it is could not be looked up"), "{stdout}");
        assert!(stderr.contains("could not be asked whose they are"), "{stderr}");
        let output = terminal.run(&["scan", "--only", "known", "-"], NOBODYS);
        assert_eq!(output.status.code(), Some(6));
        let output = terminal.run(&[&["scan", "-"], &passphrase[..]].concat(), NOBODYS);
        assert!(
            said(&output)
                .0
                .contains("of no key of this organization that you can see")
        );
    })
    .await;
    server.stop().await;
}

#[test]
fn k13_ctrl_c_ends_a_scan_with_what_was_found() {
    let terminal = Terminal::new();
    let mut child = Command::new(program())
        .args(["scan", "--json", "-"])
        .env("KEYSTEAD_HOME", terminal.home())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // More than pipe and buffers hold: when all is written, the search has begun.
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, format!("{NOBODYS}\n").repeat(20_000).as_bytes()).unwrap();
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(output.status.code(), Some(130));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["cancelled"], true);
    assert!(report["counts"]["unknown"].as_u64().unwrap() > 0);
}
