//! A database of a test's own, on either system.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// Where the tests' PostgreSQL answers: a URL of a server on which databases can be made.
pub const POSTGRES: &str = "KEYSTEAD_TEST_POSTGRES";

/// A kind of database; stories run on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file in the test's folder.
    Sqlite,
    /// A database of its own in the tests' PostgreSQL.
    Postgres,
}

impl Database {
    /// The URL of a new, empty database; `None` where there is no PostgreSQL, which is said aloud, and is a failure in
    /// CI.
    pub async fn make(self, folder: &Path) -> Option<String> {
        match self {
            Self::Sqlite => Some(folder.join("server.db").display().to_string()),
            Self::Postgres => make_postgres().await,
        }
    }
}

#[expect(clippy::print_stderr, reason = "a skipped story is said aloud")]
async fn make_postgres() -> Option<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var(POSTGRES) else {
        assert!(
            std::env::var_os("CI").is_none(),
            "{POSTGRES} is not set: the stories on PostgreSQL can't run"
        );
        eprintln!("SKIPPED on PostgreSQL: {POSTGRES} is not set; run through `cargo xtask test`");
        return None;
    };
    let name = format!(
        "story_{}_{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::SeqCst)
    );
    let mut connection = PgConnection::connect(&server)
        .await
        .expect("the tests' PostgreSQL answers");
    connection
        .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await
        .expect("a database can be made");
    connection.close().await.expect("the connection closes");
    let (head, query) = server.split_once('?').unwrap_or((&server, ""));
    let (base, _) = head.rsplit_once('/').expect("a URL with a database");
    Some(format!("{base}/{name}?{query}"))
}
