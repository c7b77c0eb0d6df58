//! Every story of the store, on both databases.

#![expect(clippy::unwrap_used, reason = "stories say what they expect by unwrapping it")]

mod feed;
mod given;
mod opening;
mod record;
mod uses;

/// Runs a story on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(
            mod $name {
                #[tokio::test]
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
