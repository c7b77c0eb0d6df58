//! Speed and memory, measured on the real thing and not asserted: `cargo xtask bench [NAME] [--json]`.
//!
//! A server of its own process over SQLite, seeded with 100,000 keys; the desk's core in this process.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement that can't be taken ends, and what was measured is printed"
)]

mod figures;
mod floor;
mod load;
mod scan;
mod verify;
mod window;

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crypto::secret::SecretBytes;
use desk::view::{SignIn, SignUp};
use desk::{KeyQuery, Sort, SortBy};
use domain::clock::Clock as _;
use keychain::{Keychain as _, MemoryKeychain};
use replica::Replica;
use server::system::SystemClock;
use store::Store;
use testkit::desk::{PASSWORD, TestKeychain, all};
use testkit::{TestDesk, wait_for};

use figures::Bench;

const KEYS: u32 = 100_000;

struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(folder: &std::path::Path) -> Self {
        Self::start_on(folder, &folder.join("server.db").display().to_string())
    }

    /// Over this database.
    fn start_on(folder: &std::path::Path, database: &str) -> Self {
        let program =
            std::env::var("KEYSTEAD_SERVER").expect("KEYSTEAD_SERVER: run through `cargo xtask bench`");
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(program)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database"])
            .arg(database)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [how, port, secrets] = arguments.as_slice()
        && how == floor::ARGUMENT
    {
        floor::serve(port.parse().unwrap(), std::path::Path::new(secrets));
        return;
    }
    let json = arguments
        .iter()
        .position(|argument| argument == "--json")
        .map(|at| arguments.remove(at))
        .is_some();
    let mut bench = Bench {
        wanted: arguments.into_iter().next(),
        json,
        figures: Vec::new(),
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        if bench.wants_any("scan") {
            scan::measure(&mut bench).await;
        }
        if bench.wants_any("verify") {
            verify::measure(&mut bench).await;
        }
        if !["sync", "replica", "window"]
            .into_iter()
            .any(|part| bench.wants_any(part))
        {
            return;
        }
        let (folder, server) = seeded_server().await;
        if ["sync", "replica"].into_iter().any(|part| bench.wants_any(part)) {
            measure(&mut bench, &folder, &server).await;
        }
        if bench.wants_any("window") {
            window::measure(&mut bench, &server.url).await.unwrap();
        }
    });
    bench.table();
}

/// A server with [`KEYS`] keys in the one organization, and the folder of its database.
async fn seeded_server() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    {
        let server = Server::start(folder.path());
        let ada = TestDesk::new();
        wait_for("the server answers", || async {
            ada.desk.probe_server(&server.url).await.ok()
        })
        .await;
        ada.sign_up(&server.url).await;
        ada.desk.close().await;
    }
    let store = Store::connect(&database(&folder), SystemClock.now())
        .await
        .unwrap();
    testkit::seed::team_keys(&store, KEYS).await;
    store.close().await;
    let server = Server::start(folder.path());
    (folder, server)
}

fn database(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}", folder.path().join("server.db").display())
}

async fn measure(bench: &mut Bench, folder: &tempfile::TempDir, server: &Server) {
    let url = database(folder);
    let keychain = Arc::new(MemoryKeychain::default());
    let ada = TestDesk::with(TestKeychain::Memory(keychain.clone()));
    wait_for("the server answers", || async {
        ada.desk.probe_server(&server.url).await.ok()
    })
    .await;

    // First sync, over loopback.
    let before = resident_megabytes();
    let begun = Instant::now();
    let sign_in = SignIn {
        url: server.url.clone(),
        email: "ada@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let connection = ada.desk.sign_in(sign_in).await.unwrap().connection.id;
    let mut peak = before;
    loop {
        peak = peak.max(resident_megabytes());
        let status = ada.desk.sync_status().await.unwrap();
        if status.state == desk::view::SyncState::Synced {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.tell("sync.first_100k", begun.elapsed().as_secs_f64(), "s", 4.0);
    bench.tell("sync.first_100k_memory", peak - before, "MB", 120.0);
    assert_eq!(ada.desk.list_keys(all()).await.unwrap().total, KEYS + 1);

    // Pull of 100 changes.
    let mut pulls = Vec::new();
    for _ in 0..10 {
        touch_100(&url).await;
        let begun = Instant::now();
        ada.desk.sync_now().await.unwrap();
        pulls.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    bench.tell("sync.pull_100_at_100k", median(&mut pulls), "ms", 40.0);

    // Between two connections, as a person switches: there and back, until the first rows are read.
    let other = testkit::desk::ada(&server.url);
    let other = SignUp {
        email: "bob@northwind.example".to_owned(),
        username: "bob".to_owned(),
        ..other
    };
    let small = ada.desk.sign_up(other).await.unwrap().connection.id;
    ada.wait_synced().await;
    let mut switches = Vec::new();
    for round in 0..20 {
        let to = if round % 2 == 0 { connection } else { small };
        let begun = Instant::now();
        ada.desk.open_connection(to).await.unwrap();
        ada.desk.list_keys(KeyQuery { limit: 50, ..all() }).await.unwrap();
        if to == connection {
            switches.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    bench.tell("sync.switch_to_100k", median(&mut switches), "ms", 150.0);
    ada.desk.close().await;

    // The replica alone, as the core uses it.
    let path = ada
        .folder()
        .join("connections")
        .join(connection.to_string())
        .join("replica.db");
    let key = keychain.get(&format!("{connection}/replica")).unwrap().unwrap();
    let key = SecretBytes::from_hex(&key).unwrap();
    let first = KeyQuery { limit: 50, ..all() };
    let mut opens = Vec::new();
    for _ in 0..10 {
        let begun = Instant::now();
        let replica = Replica::open(&path, &key).unwrap();
        assert_eq!(replica.keys(&first, SystemClock.now()).unwrap().0.len(), 50);
        opens.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    bench.tell("replica.open_to_50_rows", median(&mut opens), "ms", 120.0);

    let replica = Replica::open(&path, &key).unwrap();
    replica.keys(&first, SystemClock.now()).unwrap();
    let mut searches = Vec::new();
    for round in 0..200u32 {
        let text = format!("svc-{:05} northwind", round * 499);
        for end in 1..=text.len() {
            let query = KeyQuery {
                search: text[..end].to_owned(),
                sort: Sort {
                    by: if round % 2 == 0 {
                        SortBy::Name
                    } else {
                        SortBy::Created
                    },
                    descending: false,
                },
                ..first.clone()
            };
            let begun = Instant::now();
            replica.keys(&query, SystemClock.now()).unwrap();
            searches.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    searches.sort_by(f64::total_cmp);
    bench.tell(
        "replica.search_100k_p99",
        searches[searches.len() * 99 / 100],
        "ms",
        5.0,
    );
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Resident memory of this process in MB (10⁶ bytes), from Linux.
fn resident_megabytes() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0.0);
    pages * 4_096.0 / 1e6
}

/// Moves 100 keys to the end of the feed, as 100 edits would.
async fn touch_100(url: &str) {
    let store = Store::connect(url, SystemClock.now()).await.unwrap();
    for sql in [
        "UPDATE change SET sequence = sequence + 1000000 WHERE entity_id IN \
         (SELECT id FROM key WHERE NOT free ORDER BY random() LIMIT 100)",
        "UPDATE scope SET sequence = (SELECT max(sequence) FROM change WHERE scope_id = scope.id) WHERE kind = 'organization'",
    ] {
        store::testing::execute(&store, sql).await.unwrap();
    }
}
