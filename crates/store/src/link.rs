//! One statement, two databases.
//!
//! `on!` runs a constant SQL text on whichever connection is there. Inside it `Db` names the database, so the bound
//! types are checked against both when this crate is compiled.

use sqlx::{PgConnection, SqliteConnection};

/// A borrowed connection of either database.
#[derive(Debug)]
pub enum Link<'c> {
    /// To SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// To PostgreSQL.
    Postgres(&'c mut PgConnection),
}

/// Something statements can be run on: a [`Read`](crate::Read), a [`Write`](crate::Write) or a
/// [`Direct`](crate::Direct). Sealed: only this crate writes SQL.
pub trait Connected: Send {
    #[doc(hidden)]
    fn link(&mut self) -> Link<'_>;
}

macro_rules! on {
    ($connected:expr, $connection:ident => $run:expr) => {
        match $crate::link::Connected::link($connected) {
            $crate::link::Link::Sqlite($connection) => {
                #[allow(
                    dead_code,
                    clippy::allow_attributes,
                    reason = "a statement may not need the name"
                )]
                type Db = sqlx::Sqlite;
                $run.await
            }
            $crate::link::Link::Postgres($connection) => {
                #[allow(
                    dead_code,
                    clippy::allow_attributes,
                    reason = "a statement may not need the name"
                )]
                type Db = sqlx::Postgres;
                $run.await
            }
        }
    };
}
pub(crate) use on;

/// Runs a statement for its effect; answers how many rows it touched.
macro_rules! run {
    ($connected:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::link::on!($connected, connection => async {
            sqlx::query::<Db>($sql)$(.bind($value))*.execute(connection).await.map(|done| done.rows_affected())
        })
        .map_err($crate::StoreError::from)
    };
}
pub(crate) use run;

/// Reads at most one row.
macro_rules! one {
    ($row:ty, $connected:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::link::on!($connected, connection =>
            sqlx::query_as::<Db, $row>($sql)$(.bind($value))*.fetch_optional(connection))
        .map_err($crate::StoreError::from)
    };
}
pub(crate) use one;

/// Reads all rows.
macro_rules! all {
    ($row:ty, $connected:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::link::on!($connected, connection =>
            sqlx::query_as::<Db, $row>($sql)$(.bind($value))*.fetch_all(connection))
        .map_err($crate::StoreError::from)
    };
}
pub(crate) use all;
