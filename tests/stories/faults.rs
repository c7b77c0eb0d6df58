//! Bad input and faults: each gets a clear error that says what to do, and loses nothing.

use desk::ErrorCode;
use desk::view::SignIn;
use testkit::desk::{PASSWORD, ada, draft};
use testkit::trouble::{CuttingProxy, self_signed, stranger};
use testkit::{TestDesk, TestServer, wait_for};

async fn probe(url: &str) -> (ErrorCode, String) {
    let error = TestDesk::new()
        .desk
        .probe_server(url)
        .await
        .err()
        .expect("nobody of ours answers there");
    (error.code(), error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_told_at_its_field() {
    let error = TestDesk::new()
        .desk
        .probe_server("not an address")
        .await
        .err()
        .unwrap();
    assert_eq!(
        (error.code(), error.field()),
        (ErrorCode::InvalidInput, Some("url"))
    );
    assert!(
        error
            .to_string()
            .contains("write it like https://keys.example.org")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (code, sentence) = probe(&format!("http://{closed}")).await;
    assert_eq!(code, ErrorCode::Offline);
    assert!(
        sentence.contains("can't be reached (nothing answers there)")
            && sentence.contains("check the address"),
        "{sentence}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_computer_of_that_name() {
    let (code, sentence) = probe("https://nowhere.invalid").await;
    assert_eq!(code, ErrorCode::Offline);
    assert!(
        sentence.contains("no computer of that name was found"),
        "{sentence}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn not_a_keystead_server() {
    for answer in [
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>".as_slice(),
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n{\"product\":\"somebody-else\"}\n",
    ] {
        let other = stranger(answer).await;
        let (code, sentence) = probe(&format!("http://{}", other.address())).await;
        assert_eq!(code, ErrorCode::NotKeystead, "{sentence}");
        assert!(sentence.contains("not a Keystead server"), "{sentence}");
    }
    let ssh = stranger(b"SSH-2.0-OpenSSH_9.2\r\n").await;
    assert_eq!(
        probe(&format!("http://{}", ssh.address())).await.0,
        ErrorCode::Offline
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tls() {
    let server = self_signed().await;
    let (code, sentence) = probe(&format!("https://localhost:{}", server.address().port())).await;
    assert_eq!(code, ErrorCode::Tls, "{sentence}");
    assert!(sentence.contains("nothing was sent"), "{sentence}");

    let plain = TestServer::new().await;
    let (code, sentence) = probe(&plain.url().replace("http://", "https://")).await;
    assert_eq!(code, ErrorCode::Tls, "{sentence}");
    assert!(sentence.contains("does not speak TLS"), "{sentence}");
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_wrong_password_and_unknown_account_sound_the_same() {
    let server = TestServer::new().await;
    let office = TestDesk::new();
    office.sign_up(&server.url()).await;
    let home = TestDesk::new();
    let attempt = async |email: &str| {
        let request = SignIn {
            url: server.url(),
            email: email.to_owned(),
            password: "not the password".to_owned(),
        };
        let error = home.desk.sign_in(request).await.err().expect("refused");
        (error.code(), error.to_string())
    };
    let wrong = attempt("ada@northwind.example").await;
    let unknown = attempt("nobody@northwind.example").await;
    assert_eq!(wrong, unknown);
    assert_eq!(wrong.0, ErrorCode::WrongCredentials);
    let limited = wait_for("attempts are limited", || async {
        let (code, sentence) = attempt("ada@northwind.example").await;
        (code == ErrorCode::TooManyAttempts).then_some(sentence)
    })
    .await;
    assert!(limited.contains("try again"), "{limited}");
    assert!(home.desk.connections().is_empty(), "nothing was begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_a_short_password_is_told_before_anything_is_sent() {
    let request = desk::view::SignUp {
        password: "short".to_owned(),
        ..ada("http://127.0.0.1:9")
    };
    let error = TestDesk::new().desk.sign_up(request).await.err().unwrap();
    assert_eq!(
        (error.code(), error.field()),
        (ErrorCode::InvalidInput, Some("password"))
    );
}

/// Trap 4: a lost answer to "create" and the retry give one key and one secret, and it works.
#[tokio::test(flavor = "multi_thread")]
async fn k3_the_server_gone_in_the_middle_of_create_yields_the_same_key() {
    let server = TestServer::new().await;
    let proxy = CuttingProxy::before(server.address(), "POST /v1/organizations/").await;
    let ada = TestDesk::new();
    ada.sign_up(&proxy.url()).await;
    // Not one byte of the answer; in the middle of its head; in the middle of its body.
    for (count, bytes) in [0, 20, 400].into_iter().enumerate() {
        proxy.cut_after(bytes);
        let (secret, key) = ada.create(&format!("cut-{count}")).await;
        wait_for("the answer was cut", || async {
            (proxy.cuts() > u32::try_from(count).unwrap()).then_some(())
        })
        .await;
        ada.wait_synced().await;
        assert_eq!(server.verify(&secret).await, (true, None));
        let detail = ada.desk.key_detail(key).await.unwrap();
        assert_eq!((detail.secrets.len(), detail.row.pending.is_none()), (1, true));
    }
    assert_eq!(
        ada.names().await,
        ["cut-0", "cut-1", "cut-2", "Free service key"],
        "each once"
    );
    let other = TestDesk::new();
    other
        .desk
        .sign_in(SignIn {
            url: server.url(),
            email: "ada@northwind.example".to_owned(),
            password: PASSWORD.to_owned(),
        })
        .await
        .unwrap();
    other.wait_synced().await;
    assert_eq!(
        other.names().await,
        ["cut-0", "cut-1", "cut-2", "Free service key"],
        "each once at the server"
    );
}

/// Trap 8: the server's database restored from an old backup must not erase what desktops hold.
#[tokio::test(flavor = "multi_thread")]
async fn o3_a_server_that_has_gone_back_erases_nothing_and_is_sent_nothing() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    ada.create("before").await;
    ada.wait_synced().await;
    server.stop().await;
    let backup = server.backup();
    server.start().await;
    ada.create("after").await;
    ada.wait_synced().await;
    server.stop().await;
    server.restore(&backup);
    server.start().await;

    let status = wait_for("it is noticed", || async {
        let status = ada.desk.sync_now().await.ok()?;
        (status.problem.as_ref()?.code == ErrorCode::ServerGoneBack).then_some(status)
    })
    .await;
    assert!(
        status
            .problem
            .unwrap()
            .message
            .contains("restored from an older backup")
    );
    assert_eq!(
        ada.names().await,
        ["after", "before", "Free service key"],
        "nothing is erased"
    );
    ada.create("meanwhile").await;
    ada.desk.sync_now().await.unwrap();
    assert_eq!(ada.desk.list_pending().await.unwrap().len(), 1, "nothing is sent");

    // The way on: the old copy is kept aside, what waits comes along.
    let aside = ada.desk.set_replica_aside(connection).await.unwrap();
    assert!(std::path::Path::new(&aside.moved_to).exists());
    ada.wait_synced().await;
    assert_eq!(ada.names().await, ["before", "Free service key", "meanwhile"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_a_lost_answer_to_signing_up_is_no_dead_end() {
    let server = TestServer::new().await;
    let proxy = CuttingProxy::before(server.address(), "POST /v1/accounts").await;
    proxy.cut_after(10);
    let ada = TestDesk::new();
    ada.sign_up(&proxy.url()).await;
    assert_eq!(proxy.cuts(), 1);
    assert_eq!(ada.names().await, ["Free service key"]);
    let page = ada.desk.list_keys(testkit::desk::all()).await.unwrap();
    let detail = ada.desk.key_detail(page.rows[0].id).await.unwrap();
    assert!(
        detail.secrets[0].on_this_computer,
        "its secret is in the keychain all the same"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn k3_a_draft_is_refused_at_the_field_that_is_wrong() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let mut long = draft(&"x".repeat(101));
    let error = ada.desk.create_key(long).await.err().unwrap();
    assert_eq!(
        (error.field(), error.to_string().as_str()),
        (Some("name"), "The key's name has 101 characters; 100 is the most")
    );
    long = draft("ci");
    long.expires_at = Some(domain::clock::Timestamp::from_micros(0));
    assert_eq!(
        ada.desk.create_key(long).await.err().unwrap().field(),
        Some("expiresAt")
    );
    long = draft("ci");
    long.kind = domain::key::KeyKind::Project;
    assert_eq!(
        ada.desk.create_key(long).await.err().unwrap().field(),
        Some("kind")
    );
    assert_eq!(ada.names().await, ["Free service key"]);
}

/// A firewall may let requests through and no stream: the desk notices all the same that the server went.
#[tokio::test(flavor = "multi_thread")]
async fn o3_without_notices_a_server_that_goes_is_missed() {
    let mut server = TestServer::new().await;
    let proxy = CuttingProxy::before(server.address(), "GET /v1/events").await;
    proxy.cut_all();
    let ada = TestDesk::new();
    ada.sign_up(&proxy.url()).await;
    server.stop().await;
    ada.wait_offline().await;
}
