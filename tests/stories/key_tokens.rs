//! Personal tokens on service keys (K6): whoever the key is assigned to makes their own.

use desk::view::{KeyDraft, Verdict};
use domain::key::KeyKind;
use domain::role::Role;
use testkit::desk::draft;
use testkit::server::Kind;
use testkit::trouble::Gate;
use testkit::{TestDesk, TestServer, wait_for};

use crate::assigned::{BOB, bob, edit};
use crate::terminal::{Terminal, on_thread};

async fn an_assigned_person_makes_their_own(kind: Kind) {
    let Some(server) = TestServer::with(kind, |_| ()).await else {
        return;
    };
    let ada = TestDesk::new();
    let gate = Gate::before(server.address()).await;
    ada.desk.sign_up(testkit::desk::ada(&gate.url())).await.unwrap();
    let wish = KeyDraft {
        kind: KeyKind::Service,
        ..draft("matrix-prod")
    };
    let created = ada.desk.create_key(wish).await.unwrap();
    ada.wait_synced().await;
    let key = created.key_id;
    let shared = format!("{}{}{}", created.prefix, created.body, created.checksum);
    let refused = ada.desk.make_key_token(key).await.err().unwrap();
    assert_eq!(
        refused.to_string(),
        "this key is not assigned to you; ask an Owner or Admin to assign it"
    );

    let (bob, bob_id) = bob(&ada, Role::Editor).await;
    edit(&ada, key, |text| text.people = vec![bob_id]).await;
    wait_for("the key at Bob's", || async {
        bob.desk
            .key_detail(key)
            .await
            .ok()
            .filter(|detail| detail.make_token.allowed)
    })
    .await;
    let made = bob.desk.make_key_token(key).await.unwrap();
    let own = format!("{}{}{}", made.prefix, made.body, made.checksum);
    assert_eq!(server.verify(&own).await, (true, None));
    let detail = bob.desk.key_detail(key).await.unwrap();
    assert_eq!(detail.secrets.len(), 1, "what all share is apart");
    let token = &detail.tokens[0];
    assert!(token.is_you && token.secret.on_this_computer && token.end.allowed);
    // Found in a text, it is told whose key it is of, at Ada's too.
    let at_adas = wait_for("the token at Ada's", || async {
        let detail = ada.desk.key_detail(key).await.ok()?;
        detail.tokens.into_iter().next()
    })
    .await;
    assert_eq!((at_adas.member_name.as_str(), at_adas.is_you), ("Bob", false));
    let report = ada.desk.inspect(own.clone()).await.unwrap();
    assert_eq!(report.findings[0].verdict, Verdict::Known);
    assert_eq!(report.findings[0].secret_id, Some(made.secret_id));

    // Where the server does not answer nothing is made, and nothing stays in the keychain.
    gate.shut();
    edit(&ada, key, |text| text.name = "matrix".to_owned()).await;
    assert!(ada.desk.end_key_token(key, made.secret_id).await.is_err());
    assert_eq!(server.verify(&own).await, (true, None));
    gate.open();
    ada.wait_synced().await;

    // An Owner ends it; taken away, nobody makes another.
    ada.desk.end_key_token(key, made.secret_id).await.unwrap();
    assert_eq!(server.verify(&own).await, (false, Some("retired".to_owned())));
    assert_eq!(server.verify(&shared).await, (true, None));
    let another = bob.desk.make_key_token(key).await.unwrap();
    let another = format!("{}{}{}", another.prefix, another.body, another.checksum);
    assert_eq!(server.verify(&another).await, (true, None));
    ada.wait_synced().await;
    edit(&ada, key, |text| text.people = Vec::new()).await;
    ada.wait_synced().await;
    assert_eq!(server.verify(&another).await, (false, Some("retired".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn k6_an_assigned_person_makes_their_own_token_sqlite() {
    an_assigned_person_makes_their_own(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k6_an_assigned_person_makes_their_own_token_postgres() {
    an_assigned_person_makes_their_own(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k6_a_terminal_makes_a_token_and_ends_it() {
    let server = TestServer::new().await;
    let url = server.url();
    on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        terminal.json(
            &["keys", "create", "svc", "--kind", "service", "--assign", BOB],
            "",
        );
        let made = terminal.json(&["keys", "token", "svc"], "");
        assert!(made["secret"].as_str().unwrap().starts_with("kst_svc_"));
        assert_eq!(made["key"]["tokens"][0]["memberName"], "Bob");
        let shown = terminal.run(&["keys", "show", "svc"], "");
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains("Token of   Bob, …"), "{shown}");
        let ended = terminal.json(&["keys", "end-token", "svc"], "");
        assert!(ended["tokens"][0]["secret"]["retiredAt"].is_string());
        let (_, said) = terminal.code(&["keys", "end-token", "svc"], "");
        assert!(
            said.contains("There is no such personal token on svc that works"),
            "{said}"
        );
    })
    .await;
}
