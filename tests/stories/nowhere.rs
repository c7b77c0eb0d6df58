//! The text of a secret is in the keychain and nowhere else (invariant 2).

use std::path::Path;
use std::process::{Command, Stdio};

use testkit::desk::TestKeychain;
use testkit::{TestDesk, wait_for};

/// Every file below a folder in which the bytes occur.
fn holders(folder: &Path, needle: &[u8], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            holders(&path, needle, found);
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes.windows(needle.len()).any(|window| window == needle)
        {
            found.push(path.display().to_string());
        }
    }
}

struct Ended(std::process::Child);
impl Drop for Ended {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k3_the_secret_is_nowhere_but_in_the_keychain() {
    let program = std::env::var("KEYSTEAD_SERVER").expect("KEYSTEAD_SERVER: run through `cargo xtask test`");
    let folder = tempfile::tempdir().unwrap();
    let log = std::fs::File::create(folder.path().join("server.log")).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    // Everything the server can be made to say.
    let _server = Ended(
        Command::new(program)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database"])
            .arg(folder.path().join("server.db"))
            .current_dir(folder.path())
            .env("RUST_LOG", "trace")
            .env("KEYSTEAD_LOG_LEVEL", "trace")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap(),
    );
    let url = format!("http://127.0.0.1:{port}");
    let ada = TestDesk::with(TestKeychain::Os);
    wait_for("the server answers", || async {
        ada.desk.probe_server(&url).await.ok()
    })
    .await;
    ada.sign_up(&url).await;
    let (secret, key) = ada.create("ci-deploy").await;
    ada.wait_synced().await;
    assert_eq!(testkit::server::verify(&url, &secret).await, (true, None));
    wait_for("the use is written", || async {
        ada.desk.key_detail(key).await.unwrap().row.last_used_at
    })
    .await;
    ada.desk.inspect(format!("found {secret} here")).await.unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("env"), format!("KEY={secret}")).unwrap();
    let wish = desk::scan::ScanWish::all_in(vec![elsewhere.path().to_owned()]);
    assert_eq!(ada.desk.scan(wish, |_| {}).await.unwrap().counts.working, 1);

    let body = &secret[secret.len() - 36..secret.len() - 6];
    let mut found = Vec::new();
    holders(folder.path(), body.as_bytes(), &mut found);
    holders(ada.folder(), body.as_bytes(), &mut found);
    assert_eq!(found, Vec::<String>::new());
    // The search can find: the name of the key is in the server's database, and the account in the desk's list.
    holders(folder.path(), b"ci-deploy", &mut found);
    holders(ada.folder(), b"ada@northwind.example", &mut found);
    assert!(found.len() >= 2, "{found:?}");
    // The replica is no open book either.
    let mut open = Vec::new();
    holders(ada.folder(), b"ci-deploy", &mut open);
    assert_eq!(open, Vec::<String>::new());
    assert!(
        std::fs::metadata(folder.path().join("server.log")).unwrap().len() > 0,
        "the server said something"
    );
}
