//! Wallets, services of keys, and the ledger at desks and in a terminal (K5, B5, B6, K14).

use desk::ErrorCode;
use desk::view::{
    CreditDraft, EditField, GrantText, KeyDraft, KeyEditDraft, KeyText, LedgerQuery, MoneyOverview, SignIn,
    WalletDraft, WalletRow,
};
use domain::catalog::BillingPolicy;
use domain::id::{KeyId, WalletId};
use domain::key::KeyKind;
use serde_json::{Value, json};
use testkit::desk::{PASSWORD, draft};
use testkit::trouble::{CuttingProxy, Gate};
use testkit::{Kind, TestDesk, TestServer, wait_for};

use crate::terminal::{Terminal, on_thread};

async fn money(desk: &TestDesk) -> MoneyOverview {
    wait_for("credits are here", || async {
        desk.desk
            .money()
            .await
            .ok()
            .filter(|money| money.totals.is_some())
    })
    .await
}

async fn wallet(desk: &TestDesk, name: &str, assign: &str) -> WalletId {
    let draft = WalletDraft {
        name: name.to_owned(),
        assign: assign.to_owned(),
    };
    desk.desk.create_wallet(draft).await.expect("a wallet is made");
    named(&money(desk).await, name).id
}

fn named(money: &MoneyOverview, name: &str) -> WalletRow {
    let found = money.wallets.iter().find(|wallet| wallet.name == name);
    found.expect("a wallet of this name").clone()
}

fn free(service: &str) -> GrantText {
    GrantText {
        service_id: service.to_owned(),
        policy: BillingPolicy::Free,
        models: Vec::new(),
        wallet_id: None,
    }
}

fn paid(wallet: WalletId, models: &[&str]) -> GrantText {
    GrantText {
        service_id: "geocoding".to_owned(),
        policy: BillingPolicy::PayAsYouGo,
        models: models.iter().map(|model| (*model).to_owned()).collect(),
        wallet_id: Some(wallet),
    }
}

fn service(name: &str, grants: Vec<GrantText>) -> KeyDraft {
    KeyDraft {
        kind: KeyKind::Service,
        grants,
        ..draft(name)
    }
}

async fn text_of(desk: &TestDesk, key: KeyId) -> KeyText {
    let row = desk.desk.key_detail(key).await.unwrap().row;
    KeyText {
        name: row.name,
        description: row.description,
        requests_per_minute: row.requests_per_minute,
        people: row.people,
        grants: row.grants,
    }
}

async fn edit(desk: &TestDesk, key: KeyId, change: impl FnOnce(&mut KeyText)) {
    let seen = text_of(desk, key).await;
    let mut made = seen.clone();
    change(&mut made);
    let draft = KeyEditDraft::of(seen, made);
    desk.desk.edit_key(key, draft).await.expect("it is edited");
}

fn client() -> reqwest::Client {
    // Whoever comes first installs it.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A geocoding request of one address, which costs 0.0025 EUR.
async fn call(url: &str, secret: &str, charge_id: Option<&str>) -> (u16, Value) {
    let mut body = json!({
        "secret": secret, "service": "geocoding", "model": "forward", "parameters": { "addresses": 1 },
    });
    if let Some(id) = charge_id {
        body["charge_id"] = json!(id);
    }
    let url = format!("{url}{}", protocol::path::VERIFY);
    let response = client().post(url).json(&body).send().await;
    let response = response.expect("the server answers");
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn credit_moves_at_a_desk(kind: Kind) {
    let Some(mut server) = TestServer::on(kind).await else {
        return;
    };
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    let began = money(&ada).await;
    assert_eq!(began.totals.unwrap().unassigned.shown, "25.00 EUR");
    let rest = began.wallets[0].id;
    let one = wallet(&ada, "Research", "10").await;
    let other = wallet(&ada, "Production", "").await;
    let shift = async |from, to, amount: &str| {
        let draft = CreditDraft {
            from,
            to,
            amount: amount.to_owned(),
        };
        ada.desk.move_credit(draft).await
    };
    shift(one, other, "2.50").await.unwrap();
    shift(other, rest, "0.5 EUR").await.unwrap();
    let now = money(&ada).await;
    let totals = now.totals.clone().unwrap();
    assert_eq!(
        [
            totals.total.shown.as_str(),
            &totals.unassigned.shown,
            &totals.assigned.shown,
            &totals.smallest.unwrap().shown,
            &totals.largest.unwrap().shown,
        ],
        ["25.00 EUR", "15.50 EUR", "9.50 EUR", "2.00 EUR", "7.50 EUR"]
    );
    let refused = shift(other, one, "2.01").await.unwrap_err();
    assert_eq!(refused.field(), Some("amount"));
    let refused = ada.desk.archive_wallet(other).await.unwrap_err();
    assert!(
        refused.to_string().contains("2.00 EUR in this wallet"),
        "{refused}"
    );
    ada.desk.rename_wallet(one, "Lab").await.unwrap();
    let ledger = ada.desk.ledger(LedgerQuery::default()).await.unwrap();
    let told: Vec<String> = ledger
        .entries
        .iter()
        .map(|entry| {
            format!(
                "{}: {} {}, {}",
                entry.wallet_name, entry.amount.amount, entry.label, entry.cause
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "Unassigned credit: 0.50 Given back, from Production",
            "Production: -0.50 Given back, to Unassigned credit",
            "Production: 2.50 Transferred, from Lab",
            "Lab: -2.50 Transferred, to Production",
            "Lab: 10.00 Assigned, from Unassigned credit",
            "Unassigned credit: -10.00 Assigned, to Lab",
            "Unassigned credit: 25.00 Starting credit, what the organization began with",
        ]
    );
    let csv = ada.desk.ledger_csv(LedgerQuery::default()).await.unwrap();
    assert_eq!(csv.lines().count(), 8);
    assert!(csv.starts_with("at,wallet,type,amount,balance,currency,cause,by,wallet_id,entry_id\n"));

    // Offline the wallets are seen, and nothing is moved.
    server.stop().await;
    let ada = ada.restart().await;
    ada.desk.open_connection(connection).await.unwrap();
    ada.wait_offline().await;
    assert_eq!(named(&money(&ada).await, "Lab").balance.shown, "7.50 EUR");
    let draft = CreditDraft {
        from: one,
        to: rest,
        amount: "1".to_owned(),
    };
    assert_eq!(
        ada.desk.move_credit(draft).await.unwrap_err().code(),
        ErrorCode::Offline
    );
    assert_eq!(
        ada.desk.ledger(LedgerQuery::default()).await.unwrap_err().code(),
        ErrorCode::Offline
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_credit_moves_at_a_desk_sqlite() {
    credit_moves_at_a_desk(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_credit_moves_at_a_desk_postgres() {
    credit_moves_at_a_desk(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_credit_whose_answer_was_lost_is_moved_once() {
    let server = TestServer::new().await;
    let proxy = CuttingProxy::before(server.address(), "/wallets/move").await;
    let ada = TestDesk::new();
    ada.sign_up(&proxy.url()).await;
    let research = wallet(&ada, "Research", "").await;
    let shift = async |amount: &str| {
        let draft = CreditDraft {
            from: money(&ada).await.wallets[0].id,
            to: research,
            amount: amount.to_owned(),
        };
        ada.desk.move_credit(draft).await
    };
    proxy.cut_after(10);
    shift("1").await.expect("it is asked again as the same operation");
    assert_eq!(proxy.cuts(), 1);
    assert_eq!(named(&money(&ada).await, "Research").balance.shown, "1.00 EUR");
    // Where no answer comes at all, nothing is said to have failed.
    proxy.cut_all();
    let unknown = shift("1").await.unwrap_err().to_string();
    assert!(
        unknown.starts_with("this may be done already: look at the ledger"),
        "{unknown}"
    );
    assert_eq!(
        server
            .number("SELECT balance FROM wallet WHERE name = 'Research'")
            .await,
        2_000_000
    );
}

async fn services_are_made_and_edited_offline(kind: Kind) {
    let Some(server) = TestServer::on(kind).await else {
        return;
    };
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let research = wallet(&ada, "Research", "1").await;
    let gate = Gate::before(server.address()).await;
    let laptop = TestDesk::new();
    let sign_in = SignIn {
        url: gate.url(),
        email: "ada@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    };
    laptop.desk.sign_in(sign_in).await.unwrap();
    laptop.wait_synced().await;
    wait_for("prices are here", || async {
        laptop.desk.catalog().await.ok().flatten()
    })
    .await;

    // Made offline with a service, given another before anything was sent.
    gate.shut();
    laptop.wait_offline().await;
    let wrong = laptop.desk.create_key(service("wrong", vec![free("tsp")])).await;
    assert_eq!(wrong.err().unwrap().field(), Some("grants"));
    let made = laptop
        .desk
        .create_key(service("paid", vec![free("map-tiles")]))
        .await
        .unwrap();
    let (key, secret) = (
        made.key_id,
        format!("{}{}{}", made.prefix, made.body, made.checksum),
    );
    edit(&laptop, key, |text| {
        text.grants.push(paid(research, &["forward"]));
    })
    .await;
    assert_eq!(laptop.desk.list_pending().await.unwrap().len(), 1);
    gate.open();
    laptop.desk.sync_now().await.unwrap();
    laptop.wait_synced().await;
    assert_eq!(call(&server.url(), &secret, None).await.0, 200);

    // One renames, the other takes a service away: both hold.
    ada.desk.sync_now().await.unwrap();
    gate.shut();
    laptop.wait_offline().await;
    edit(&laptop, key, |text| text.name = "renamed".to_owned()).await;
    edit(&ada, key, |text| {
        text.grants.retain(|grant| grant.service_id == "geocoding");
    })
    .await;
    ada.wait_synced().await;
    gate.open();
    laptop.desk.sync_now().await.unwrap();
    laptop.wait_synced().await;
    let merged = text_of(&laptop, key).await;
    assert_eq!((merged.name.as_str(), merged.grants.len()), ("renamed", 1));
    let shown = laptop.desk.key_detail(key).await.unwrap();
    assert_eq!(shown.services[0].service_name, "Geocoding");
    assert_eq!(shown.services[0].models, ["Address to place"]);
    assert_eq!(shown.services[0].wallet_name.as_deref(), Some("Research"));

    // Both change the services: its author decides, for the whole of them.
    ada.desk.sync_now().await.unwrap();
    gate.shut();
    laptop.wait_offline().await;
    edit(&laptop, key, |text| text.grants = vec![free("map-tiles")]).await;
    edit(&ada, key, |text| text.grants = vec![paid(research, &["reverse"])]).await;
    ada.wait_synced().await;
    gate.open();
    laptop.desk.sync_now().await.unwrap();
    let change = wait_for("a conflict", || async {
        laptop.desk.list_pending().await.unwrap().pop().filter(|change| {
            change
                .edit
                .as_ref()
                .is_some_and(|edit| edit.conflicts == [EditField::Grants])
        })
    })
    .await;
    let of = change.edit.unwrap();
    let decided = KeyEditDraft::of(of.theirs.unwrap(), of.mine);
    laptop
        .desk
        .decide_edit(change.operation_id, decided)
        .await
        .unwrap();
    laptop.wait_synced().await;
    assert_eq!(text_of(&laptop, key).await.grants, [free("map-tiles")]);
    assert_eq!(
        call(&server.url(), &secret, None).await.1["reason"],
        "not_granted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn k5_services_are_made_and_edited_offline_sqlite() {
    services_are_made_and_edited_offline(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k5_services_are_made_and_edited_offline_postgres() {
    services_are_made_and_edited_offline(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k2_the_free_key_has_every_free_service_and_keeps_them() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    wait_for("prices are here", || async {
        ada.desk.catalog().await.ok().flatten()
    })
    .await;
    let page = ada.desk.list_keys(testkit::desk::all()).await.unwrap();
    let free_key = page.rows.into_iter().find(|row| row.free).unwrap();
    let detail = ada.desk.key_detail(free_key.id).await.unwrap();
    assert!(
        detail
            .services
            .iter()
            .any(|service| service.service_id == "map-tiles")
    );
    assert!(detail.services.iter().all(|service| service.service_id != "tsp"));
    assert!(!detail.edit_services.allowed);
    let seen = text_of(&ada, free_key.id).await;
    let mut made = seen.clone();
    made.grants.push(free("map-tiles"));
    let refused = ada.desk.edit_key(free_key.id, KeyEditDraft::of(seen, made)).await;
    assert_eq!(refused.err().unwrap().code(), ErrorCode::Refused);
}

/// The server's program, killed while requests draw on a wallet.
async fn killed_in_the_middle(kind: Kind) {
    let Some(mut server) = TestServer::on(kind).await else {
        return;
    };
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let research = wallet(&ada, "Research", "0.05").await;
    let made = ada
        .desk
        .create_key(service("paid", vec![paid(research, &["forward"])]))
        .await
        .unwrap();
    ada.wait_synced().await;
    let secret = format!("{}{}{}", made.prefix, made.body, made.checksum);
    // The same database, served by a program of its own that can be killed.
    server.stop().await;
    let mut program = Program::start(&server).await;
    let url = program.url.clone();
    let asking: Vec<_> = (0..64)
        .map(|number| {
            let (url, secret) = (url.clone(), secret.clone());
            tokio::spawn(async move { try_call(&url, &secret, &format!("r-{number}")).await })
        })
        .collect();
    // Some are through, some are under way.
    let before = program.charges_of(&server).await;
    program.kill().await;
    let mut paid = Vec::new();
    for asked in asking {
        paid.push(asked.await.unwrap());
    }
    let mut program = Program::start(&server).await;
    assert!(program.charges_of(&server).await >= before);
    // Asked again with their ids, exactly twenty are paid, each once, and none that was answered is lost.
    let mut good = 0;
    for (number, first) in paid.iter().enumerate() {
        let (status, told) = call(&program.url, &secret, Some(&format!("r-{number}"))).await;
        if *first == Some(200) {
            assert_eq!(status, 200, "what was paid stays paid: {told}");
        }
        good += u32::from(status == 200);
    }
    assert_eq!(good, 20);
    assert_eq!(program.charges_of(&server).await, 20);
    assert_eq!(
        server
            .number("SELECT balance FROM wallet WHERE name = 'Research'")
            .await,
        0
    );
    assert_eq!(
        server
            .number(
                "SELECT wallet.balance - CAST(SUM(ledger.amount) AS BIGINT) FROM wallet JOIN ledger \
                 ON ledger.wallet_id = wallet.id WHERE wallet.name = 'Research' GROUP BY wallet.balance"
            )
            .await,
        0,
        "what is in it is what the ledger says"
    );
    program.kill().await;
}

async fn try_call(url: &str, secret: &str, id: &str) -> Option<u16> {
    let body = json!({
        "secret": secret, "service": "geocoding", "model": "forward", "parameters": { "addresses": 1 },
        "charge_id": id,
    });
    let url = format!("{url}{}", protocol::path::VERIFY);
    let response = client().post(url).json(&body).send().await.ok()?;
    Some(response.status().as_u16())
}

/// The server as a program.
struct Program {
    child: tokio::process::Child,
    url: String,
}

impl Program {
    async fn start(server: &TestServer) -> Self {
        let program = std::env::var("KEYSTEAD_SERVER").expect("KEYSTEAD_SERVER names the program");
        let child = tokio::process::Command::new(program)
            .args(["serve", "--listen", &server.address().to_string()])
            .args(["--database", server.database()])
            .kill_on_drop(true)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        let url = server.url();
        let alive = format!("{url}{}", protocol::path::READY);
        wait_for("the program answers", || async {
            let answer = client().get(&alive).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        Self { child, url }
    }

    /// Without a word.
    async fn kill(&mut self) {
        self.child.kill().await.expect("it is killed");
    }

    /// How many requests were charged; waits for the first.
    async fn charges_of(&self, server: &TestServer) -> i64 {
        wait_for("a request is charged", || async {
            let charges = server
                .number("SELECT COUNT(*) FROM ledger WHERE kind = 'charged'")
                .await;
            (charges > 0).then_some(charges)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_a_drained_wallet_survives_a_kill_sqlite() {
    killed_in_the_middle(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_a_drained_wallet_survives_a_kill_postgres() {
    killed_in_the_middle(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_k5_wallets_and_services_in_a_terminal() {
    let server = TestServer::new().await;
    let url = server.url();
    let secret = on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        terminal.json(&["wallets", "create", "Research", "--assign", "5"], "");
        terminal.json(&["wallets", "create", "Production"], "");
        terminal.json(&["wallets", "assign", "Production", "2.5"], "");
        terminal.json(&["wallets", "transfer", "Research", "Production", "1"], "");
        terminal.json(&["wallets", "give-back", "Production", "3.5"], "");
        let listed = terminal.json(&["wallets", "rename", "Research", "Lab"], "");
        assert_eq!(listed["totals"]["unassigned"]["amount"], "21.00");
        assert_eq!(listed["wallets"][1]["name"], "Lab");
        let (code, said) = terminal.code(&["wallets", "transfer", "Lab", "Production", "5"], "");
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("There are only 4.00 EUR"), "{said}");
        let (code, said) = terminal.code(&["wallets", "archive", "Lab"], "");
        assert_eq!(code, Some(4), "{said}");
        terminal.json(&["wallets", "archive", "Production"], "");
        let (code, _) = terminal.code(&["wallets", "assign", "Nowhere", "1"], "");
        assert_eq!(code, Some(3));
        let shown = terminal.run(&["wallets", "list"], "");
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(
            shown.contains("Unassigned  21.00 EUR") && shown.contains("Lab"),
            "{shown}"
        );
        let csv = terminal.run(&["wallets", "entries", "--csv"], "");
        assert_eq!(String::from_utf8(csv.stdout).unwrap().lines().count(), 10);
        let some = terminal.json(
            &["wallets", "entries", "--wallet", "Lab", "--kind", "transferred"],
            "",
        );
        assert_eq!(some["entries"][0]["amount"]["amount"], "-1.00");

        let made = terminal.json(
            &[
                "keys",
                "create",
                "paid",
                "--kind",
                "service",
                "--grant",
                "geocoding=pay-as-you-go:forward@Lab",
                "--grant",
                "map-tiles=free",
            ],
            "",
        );
        assert_eq!(made["key"]["services"].as_array().unwrap().len(), 2);
        let edited = terminal.json(&["keys", "edit", "paid", "--no-grant", "map-tiles"], "");
        assert_eq!(edited["services"].as_array().unwrap().len(), 1);
        assert_eq!(edited["services"][0]["walletName"], "Lab");
        let (code, _) = terminal.code(&["keys", "edit", "paid", "--no-grant", "map-tiles"], "");
        assert_eq!(code, Some(3));
        let (code, said) = terminal.code(&["keys", "edit", "paid", "--grant", "tsp=subscription"], "");
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("no job plan"), "{said}");
        let shown = terminal.run(&["keys", "show", "paid"], "");
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(
            shown.contains("Service    Geocoding, pay as you go: Address to place, from Lab"),
            "{shown}"
        );
        made["secret"].as_str().unwrap().to_owned()
    })
    .await;
    let (status, told) = call(&server.url(), &secret, None).await;
    assert_eq!((status, &told["cost"]["micros"]), (200, &json!(2_500)));
}
