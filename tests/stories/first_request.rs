//! The first request with a key (K15): what the product hands out is run exactly as it is.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use desk::view::{FirstRequest, Language, Stop};
use protocol::verify::VerifyRefusal;
use testkit::{TestDesk, TestServer};

use crate::terminal::{Terminal, on_thread, program};

/// Runs a program as a person would who kept it in a file; what it said.
fn run(folder: &Path, (interpreter, file): (&str, &str), text: &str, secret: &str) -> String {
    std::fs::write(folder.join(file), text).unwrap();
    let output = Command::new(interpreter)
        .arg(file)
        .current_dir(folder)
        .env("KEYSTEAD_KEY", secret)
        // Some computers send everything through a proxy.
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1")
        .output()
        .unwrap_or_else(|error| panic!("{interpreter}: {error}; `cargo xtask setup` installs it"));
    let said = String::from_utf8(output.stdout).unwrap();
    let complained = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{file}: {said}{complained}");
    assert!(!said.contains(secret), "{file} prints the secret");
    said
}

/// What every program of every language says.
async fn all(first: &FirstRequest, secret: &str) -> Vec<String> {
    let (first, secret) = (first.clone(), secret.to_owned());
    on_thread(move || {
        let folder = tempfile::tempdir().unwrap();
        first
            .snippets
            .iter()
            .flat_map(|snippet| {
                let (interpreter, _) = snippet.language.program();
                [
                    run(
                        folder.path(),
                        (interpreter, &snippet.send_file),
                        &snippet.send,
                        &secret,
                    ),
                    run(
                        folder.path(),
                        (interpreter, &snippet.verify_file),
                        &snippet.verify,
                        &secret,
                    ),
                ]
            })
            .collect()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn k15_the_first_request_runs_as_it_is_in_every_language() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (secret, key) = ada.create("ci-deploy").await;
    ada.wait_synced().await;
    let first = ada.desk.first_request(key).await.unwrap();
    assert_eq!(first.url, server.url());
    assert!(first.secret_here);
    assert!(!format!("{first:?}").contains(&secret));

    let said = all(&first, &secret).await;
    assert!(said[0].starts_with("HTTP/1.1 204"), "{}", said[0]);
    assert!(
        said[1].contains(r#""valid":true"#) && said[1].contains("ci-deploy"),
        "{}",
        said[1]
    );
    for language in 1..Language::ALL.len() {
        assert_eq!(said[language * 2].trim(), "204 let in");
        assert_eq!(said[language * 2 + 1].trim(), "let in: ci-deploy");
    }
    let uses = 2 * u32::try_from(Language::ALL.len()).unwrap();
    testkit::wait_for("every request counts as a use", || async {
        let usage = ada.desk.key_usage(key, 24).await.ok()?;
        let counted = usage.hours.iter().map(|hour| hour.uses).sum::<u32>();
        (counted == uses).then_some(())
    })
    .await;

    // Refused, each says why, by a reason the page explains.
    ada.desk.stop_key(key, Stop::Pause).await.unwrap();
    ada.wait_synced().await;
    let said = all(&first, &secret).await;
    assert!(
        said[0].starts_with("HTTP/1.1 401") && said[0].contains("x-keystead-reason: paused"),
        "{}",
        said[0]
    );
    assert!(said[1].contains(r#""reason":"paused""#), "{}", said[1]);
    for language in 1..Language::ALL.len() {
        assert_eq!(said[language * 2].trim(), "401 paused");
        assert_eq!(said[language * 2 + 1].trim(), "not let in: paused");
    }
    assert!(first.reasons.iter().any(|help| help.reason == "paused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k15_every_reason_is_explained_offline_and_the_document_is_there() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (_, odd) = ada.create("it's =odd, ключ").await;
    let (_, twin) = ada.create("twin").await;
    ada.create("twin").await;
    ada.wait_synced().await;
    let first = ada.desk.first_request(odd).await.unwrap();
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let document: serde_json::Value = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(&first.openapi_url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(document["info"]["title"], "Keystead");
    let reasons: BTreeSet<&str> = document["components"]["schemas"]["VerifyRefusal"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(serde_json::Value::as_str)
        // Those of tokens of issuers, which no key has.
        .filter(|reason| {
            !matches!(
                *reason,
                "ambiguous" | "issuer_away" | "not_yet" | "unknown_issuer" | "unmapped" | "untrusted"
            )
        })
        .collect();
    assert!(reasons.contains("paused"));
    let explained: BTreeSet<&str> = first.reasons.iter().map(|help| help.reason.as_str()).collect();
    assert!(explained.is_superset(&reasons), "{reasons:?} {explained:?}");
    assert!(explained.contains(VerifyRefusal::Retired.as_str()) && explained.contains("missing"));

    // A name that a shell would read otherwise, or that two keys have, gives way to the id.
    server.stop().await;
    for key in [odd, twin] {
        let first = ada.desk.first_request(key).await.unwrap();
        let run = &first.snippets[0].run_send;
        assert_eq!(
            run,
            &format!("keystead run --key {key}=KEYSTEAD_KEY -- bash first-request.sh")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k15_the_first_request_in_a_terminal() {
    let server = TestServer::new().await;
    let url = server.url();
    on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        terminal.json(&["keys", "create", "ci-deploy"], "");
        let all = terminal.json(&["keys", "start", "ci-deploy", "--offline"], "");
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let bin = program().parent().unwrap().display().to_string();
        for (language, snippet) in ["curl", "javascript", "python", "ruby"]
            .iter()
            .zip(all["snippets"].as_array().unwrap())
        {
            let output = terminal.run(
                &["keys", "start", "ci-deploy", "--language", language, "--verify"],
                "",
            );
            let text = String::from_utf8(output.stdout).unwrap();
            assert_eq!(text.trim_end(), snippet["verify"].as_str().unwrap().trim_end());
            std::fs::write(folder.path().join(snippet["verifyFile"].as_str().unwrap()), text).unwrap();
            // The very line the page shows, typed into a shell.
            let ran = Command::new("bash")
                .args(["-c", snippet["runVerify"].as_str().unwrap()])
                .current_dir(folder.path())
                .env("PATH", format!("{bin}:{path}"))
                .env("KEYSTEAD_HOME", terminal.home())
                .env("NO_PROXY", "127.0.0.1")
                .env("no_proxy", "127.0.0.1")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&ran.stdout).into_owned();
            let complained = String::from_utf8_lossy(&ran.stderr);
            assert!(
                said.contains("ci-deploy") && ran.status.success(),
                "{language}: {said}{complained}"
            );
        }
        let (code, said) = terminal.code(&["keys", "start", "nobody"], "");
        assert_eq!(code, Some(3), "{said}");
    })
    .await;
}
