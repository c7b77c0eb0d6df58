//! Reading: a snapshot of everything, or one statement at a time.

use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite, Transaction};

use crate::error::StoreError;
use crate::link::{Connected, Link, one};
use crate::open::{Pools, Store};

pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

impl Connected for Tx {
    fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(tx) => Link::Sqlite(tx),
            Self::Postgres(tx) => Link::Postgres(tx),
        }
    }
}

/// A snapshot: all statements see the same moment, and none of them writes.
pub struct Read(Tx);

impl Connected for Read {
    fn link(&mut self) -> Link<'_> {
        self.0.link()
    }
}

enum Lent {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A connection for single reading statements, where a snapshot would only cost round trips.
pub struct Direct(Lent);

impl Connected for Direct {
    fn link(&mut self) -> Link<'_> {
        match &mut self.0 {
            Lent::Sqlite(connection) => Link::Sqlite(connection),
            Lent::Postgres(connection) => Link::Postgres(connection),
        }
    }
}

impl Store {
    /// Begins a snapshot. Dropping it ends it.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn read(&self) -> Result<Read, StoreError> {
        Ok(Read(match &self.pools {
            Pools::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Pools::Postgres(pool) => Tx::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        }))
    }

    /// Takes a connection for single reading statements.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn direct(&self) -> Result<Direct, StoreError> {
        Ok(Direct(match &self.pools {
            Pools::Sqlite { readers, .. } => Lent::Sqlite(readers.acquire().await?),
            Pools::Postgres(pool) => Lent::Postgres(pool.acquire().await?),
        }))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        one!(
            (i64,),
            &mut self.direct().await?,
            "SELECT accounts FROM installation WHERE one = 1"
        )?;
        Ok(())
    }

    /// Whether the database takes writes: changes nothing, in a transaction that is rolled back.
    ///
    /// # Errors
    /// It does not.
    pub async fn try_write(&self) -> Result<(), StoreError> {
        let mut tx = self.writing().await?;
        crate::link::run!(
            &mut tx,
            "UPDATE installation SET accounts = accounts WHERE one = 1"
        )?;
        Ok(())
    }
}
