//! Through the front door: a real server on a real port over a real database, with an exact clock and seeded chance.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "stories say what they expect by unwrapping it"
)]

mod assigned;
mod cache;
mod catalog;
mod expiring;
mod forward;
mod given;
mod import;
mod issuers;
mod key_tokens;
mod keys;
mod limits;
mod members;
mod money;
mod notices;
mod openapi;
mod operations;
mod people;
mod problems;
mod program;
mod provider;
mod rate_limit;
mod rotation;
mod secrecy;
mod sessions;
mod table;
mod tokens;
mod verify;

/// Tells a story on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(
            mod $name {
                #[tokio::test(flavor = "multi_thread")]
                async fn sqlite() {
                    $crate::given::tell(store::Kind::Sqlite, async |given| super::$name(given).await).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn postgres() {
                    $crate::given::tell(store::Kind::Postgres, async |given| super::$name(given).await).await;
                }
            }
        )+
    };
}
pub(crate) use on_both;
