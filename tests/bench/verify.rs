//! Verify (K14) as a service uses it: a server of its own process as it runs in production, 100,000 keys with limits, uses
//! recorded; beside its floor ([`crate::floor`]), which runs in a process of its own too, asked by the same load in turns.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use domain::clock::Clock as _;
use domain::entropy::Entropy as _;
use domain::id::{KeyId, OperationId};
use serde_json::{Value, json};
use server::system::{SystemClock, SystemEntropy};
use store::testing::Database;
use store::{Kind, Store};
use testkit::desk::PASSWORD;
use testkit::{TestDesk, wait_for};

use crate::figures::Bench;
use crate::load::{Line, latencies, requests, says_yes, throughput};
use crate::{KEYS, Server, floor, median};

const ROUNDS: u64 = 3;
const ASKED: usize = 20_000;
const TIME: Duration = Duration::from_secs(4);
const CONNECTIONS: usize = 64;
const REVOCATIONS: usize = 60;

struct Floor {
    child: Child,
    address: SocketAddr,
}

impl Floor {
    fn start(secrets: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(std::env::current_exe().unwrap())
            .args([floor::ARGUMENT, &port.to_string()])
            .arg(secrets)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            address: ([127, 0, 0, 1], port).into(),
        }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Server {
    fn address(&self) -> SocketAddr {
        self.url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    async fn answers(&self) {
        wait_for("the server answers", || async {
            tokio::net::TcpStream::connect(self.address()).await.ok()
        })
        .await;
    }
}

/// Names of the figures over one kind of database.
struct Names {
    p50: &'static str,
    p99: &'static str,
    throughput: &'static str,
}

pub(crate) async fn measure(bench: &mut Bench) {
    let kinds = [
        (
            Kind::Sqlite,
            Names {
                p50: "verify.p50_ratio",
                p99: "verify.p99_ratio",
                throughput: "verify.throughput_ratio",
            },
        ),
        (
            Kind::Postgres,
            Names {
                p50: "verify.p50_ratio_postgres",
                p99: "verify.p99_ratio_postgres",
                throughput: "verify.throughput_ratio_postgres",
            },
        ),
    ];
    for (kind, names) in kinds {
        let revocation = kind == Kind::Postgres && bench.wants_any("verify.revocation_two_nodes");
        let ratios = [names.p50, names.p99, names.throughput];
        let ratios = ratios.iter().any(|name| bench.wants(name));
        if !ratios && !revocation {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let database = Database::fresh(kind)
            .await
            .expect("KEYSTEAD_TEST_POSTGRES: run through `cargo xtask bench`");
        let keys = seed(folder.path(), &database.url).await;
        if ratios {
            beside_the_floor(bench, &names, folder.path(), &database.url, &keys).await;
        }
        if revocation {
            two_nodes(bench, folder.path(), &database.url, &keys).await;
        }
    }
}

/// Ada's organization with all the keys.
async fn seed(folder: &Path, database: &str) -> Vec<(KeyId, String)> {
    {
        let server = Server::start_on(folder, database);
        server.answers().await;
        let ada = TestDesk::new();
        ada.sign_up(&server.url).await;
        ada.desk.close().await;
    }
    let store = Store::connect(database, SystemClock.now()).await.unwrap();
    let keys = testkit::seed::keys_with_secrets(&store, KEYS).await;
    store.close().await;
    keys
}

async fn beside_the_floor(
    bench: &mut Bench,
    names: &Names,
    folder: &Path,
    database: &str,
    keys: &[(KeyId, String)],
) {
    let secrets: Vec<String> = keys.iter().map(|(_, secret)| secret.clone()).collect();
    let file = folder.join("secrets");
    std::fs::write(&file, secrets.join("\n")).unwrap();
    let floor = Floor::start(&file);
    let server = Server::start_on(folder, database);
    wait_for("the floor answers", || async {
        tokio::net::TcpStream::connect(floor.address).await.ok()
    })
    .await;
    server.answers().await;
    let (least, real) = (floor.address, server.address());
    let measured = tokio::task::spawn_blocking(move || {
        let requests = requests(&secrets);
        // Every key was used before.
        for address in [least, real] {
            throughput(address, &requests, CONNECTIONS, None);
        }
        let (mut p50, mut p99, mut rate) = (Vec::new(), Vec::new(), Vec::new());
        for seed in 0..ROUNDS {
            let floor = latencies(least, &requests, ASKED, seed);
            let verify = latencies(real, &requests, ASKED, seed);
            let at = |sorted: &[f64], percent: usize| sorted[sorted.len() * percent / 100];
            eprintln!(
                "one connection, microseconds: p50 {:.0} beside {:.0}, p99 {:.0} beside {:.0}",
                at(&verify, 50),
                at(&floor, 50),
                at(&verify, 99),
                at(&floor, 99),
            );
            p50.push(at(&verify, 50) / at(&floor, 50));
            p99.push(at(&verify, 99) / at(&floor, 99));
            let floor = throughput(least, &requests, CONNECTIONS, Some(TIME));
            let verify = throughput(real, &requests, CONNECTIONS, Some(TIME));
            eprintln!("{CONNECTIONS} connections, a second: {verify:.0} beside {floor:.0}");
            rate.push(verify / floor);
        }
        (median(&mut p50), median(&mut p99), median(&mut rate))
    });
    let (p50, p99, rate) = measured.await.unwrap();
    bench.tell(names.p50, p50, "×", 2.5);
    bench.tell(names.p99, p99, "×", 3.0);
    bench.tell_at_least(names.throughput, rate, "×", 0.5);
}

/// How long after a revocation was answered by one node another node still lets its secret in.
async fn two_nodes(bench: &mut Bench, folder: &Path, database: &str, keys: &[(KeyId, String)]) {
    let (one, other) = (
        Server::start_on(folder, database),
        Server::start_on(folder, database),
    );
    one.answers().await;
    other.answers().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let session: Value = http
        .post(format!("{}/v1/sessions", one.url))
        .json(&json!({ "email": "ada@northwind.example", "password": PASSWORD }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let token = session["token"].as_str().unwrap().to_owned();
    let organization = session["account"]["memberships"][0]["organization_id"].clone();
    let organization = organization.as_str().unwrap();
    let mut took = Vec::new();
    for (key, secret) in &keys[..REVOCATIONS] {
        let request = requests(std::slice::from_ref(secret)).remove(0);
        let address = other.address();
        let asked = request.clone();
        // It is remembered there.
        let mut line = tokio::task::spawn_blocking(move || {
            let mut line = Line::to(address);
            for _ in 0..20 {
                assert!(says_yes(line.ask(&asked)));
            }
            line
        })
        .await
        .unwrap();
        let operation = OperationId::make(SystemClock.now(), &mut SystemEntropy);
        let revoked = http
            .post(format!(
                "{}/v1/organizations/{organization}/keys/{key}/revoke",
                one.url
            ))
            .bearer_auth(&token)
            .header("idempotency-key", operation.to_string())
            .json(&json!({}))
            .send()
            .await
            .unwrap();
        let begun = Instant::now();
        assert!(revoked.status().is_success(), "{}", revoked.text().await.unwrap());
        let time = tokio::task::spawn_blocking(move || {
            while says_yes(line.ask(&request)) {}
            begun.elapsed()
        });
        took.push(time.await.unwrap().as_secs_f64() * 1_000.0);
        // Not in step with what the nodes do each second.
        let mut pause = [0u8; 1];
        SystemEntropy.fill(&mut pause);
        tokio::time::sleep(Duration::from_millis(u64::from(pause[0]))).await;
    }
    took.sort_by(f64::total_cmp);
    bench.tell(
        "verify.revocation_two_nodes_p50",
        took[took.len() / 2],
        "ms",
        1_000.0,
    );
    bench.tell(
        "verify.revocation_two_nodes_p99",
        took[took.len() * 99 / 100],
        "ms",
        1_000.0,
    );
    bench.tell(
        "verify.revocation_two_nodes_max",
        took[took.len() - 1],
        "ms",
        1_000.0,
    );
}
