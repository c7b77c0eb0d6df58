//! Writing: the one way in, and the one way out.
//!
//! A [`Write`] holds the rows of the scopes it writes to from its first statement on, so writers of one organization
//! are ordered, and what a handler loads inside it can't change before it commits. It ends in [`Write::commit`], which
//! takes the event of every scope and the entities that changed, or it is rolled back when dropped.

use std::sync::Arc;

use crypto::chain::{self, Head};
use domain::activity::{ActivityEvent, Actor, Event, Scope};
use domain::clock::Timestamp;
use domain::id::{EventId, KeyId, SessionId};
use protocol::change::{EntityRef, Notice};
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, Link, one, run};
use crate::notice::{CHANNEL, Heard, Notices, Told};
use crate::open::{Pools, Store};
use crate::read::Tx;
use crate::{activity, change};

/// What a write did in one scope: exactly one event, and the entities that have to be told.
#[derive(Debug)]
pub struct Record {
    /// The event's id.
    pub id: EventId,
    /// Where.
    pub scope: Scope,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
    /// What changed, in the order it is told. An account's scope may have nothing to tell.
    pub changed: Vec<Changed>,
}

/// A changed entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Made or edited.
    Here(EntityRef),
    /// Deleted.
    Gone(EntityRef),
}

impl Changed {
    /// Whether every key of the organization may depend on it: by the token policy, or as its owner.
    const fn touches_keys(&self) -> bool {
        match self {
            Self::Here(entity) | Self::Gone(entity) => matches!(
                entity,
                EntityRef::Organization(_) | EntityRef::Member(_) | EntityRef::ServiceAccount(_)
            ),
        }
    }

    const fn key(&self) -> Option<KeyId> {
        match self {
            Self::Here(EntityRef::Key(key)) | Self::Gone(EntityRef::Key(key)) => Some(*key),
            _ => None,
        }
    }
}

struct Opened {
    scope: Scope,
    /// The number this write takes.
    sequence: i64,
    head: Head,
}

/// A transaction that can only be committed with its record.
pub struct Write {
    tx: Tx,
    at: Timestamp,
    opened: Vec<Opened>,
    ended: Vec<SessionId>,
    store: Store,
}

impl Connected for Write {
    fn link(&mut self) -> Link<'_> {
        self.tx.link()
    }
}

pub(crate) const fn scope_id(scope: Scope) -> Uuid {
    match scope {
        Scope::Organization(id) => id.as_uuid(),
        Scope::Account(id) => id.as_uuid(),
    }
}

pub(crate) const fn scope_kind(scope: Scope) -> &'static str {
    match scope {
        Scope::Organization(_) => "organization",
        Scope::Account(_) => "account",
    }
}

pub(crate) fn head_from(bytes: &[u8]) -> Result<Head, StoreError> {
    bytes
        .try_into()
        .map_err(|_| StoreError::damaged("a hash of another length than 32 bytes"))
}

impl Store {
    pub(crate) async fn writing(&self) -> Result<Tx, StoreError> {
        Ok(match &self.pools {
            // IMMEDIATE: a transaction that reads first and writes later would be refused when another came between.
            Pools::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            // Said, because an operator may have set another default. The scope's row orders writers; a stricter level
            // would only make them fail.
            Pools::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?)
            }
        })
    }

    /// Begins a write to an organization or an account that exists, and waits for its other writers; `None` when it
    /// does not exist.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn write(&self, scope: Scope, at: Timestamp) -> Result<Option<Write>, StoreError> {
        let mut write = self.found(at).await?;
        Ok(write.open(scope).await?.then_some(write))
    }

    /// Begins a write that founds its own scopes ([`Write::open_new`]).
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn found(&self, at: Timestamp) -> Result<Write, StoreError> {
        Ok(Write {
            tx: self.writing().await?,
            at,
            opened: Vec::new(),
            ended: Vec::new(),
            store: self.clone(),
        })
    }
}

impl Write {
    /// The moment of this write, for every column that says when.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Opens one more scope that exists, and waits for its other writers; `false` when it does not exist. Whoever writes
    /// to an organization and to accounts opens the organization first, so that no two wait for each other.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn open(&mut self, scope: Scope) -> Result<bool, StoreError> {
        let row = one!(
            (i64, Vec<u8>),
            self,
            "UPDATE scope SET sequence = sequence + 1 WHERE id = $1 AND kind = $2 RETURNING sequence, chain_head",
            scope_id(scope),
            scope_kind(scope),
        )?;
        let Some((sequence, head)) = row else {
            return Ok(false);
        };
        self.opened.push(Opened {
            scope,
            sequence,
            head: head_from(&head)?,
        });
        Ok(true)
    }

    /// Founds a new scope with an empty chain, and opens it.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when it exists.
    pub async fn open_new(&mut self, scope: Scope) -> Result<(), StoreError> {
        run!(
            self,
            "INSERT INTO scope (id, kind, sequence, chain_head) VALUES ($1, $2, 1, $3)",
            scope_id(scope),
            scope_kind(scope),
            chain::START.as_slice(),
        )?;
        self.opened.push(Opened {
            scope,
            sequence: 1,
            head: chain::START,
        });
        Ok(())
    }

    pub(crate) fn session_ended(&mut self, session: SessionId) {
        self.ended.push(session);
    }

    /// Appends the events, numbers the changes, commits, and tells who listens.
    ///
    /// The first changed entity shares its event's number, each further one takes the next: every number belongs to
    /// something, and no two entities of a scope have the same one, so a page can end after any of them.
    ///
    /// # Errors
    /// [`StoreError::Unrecorded`] when not exactly one record came for every scope written to, or the record of an
    /// organization names no change. Then, as after any error, nothing is written.
    pub async fn commit(
        mut self,
        records: impl IntoIterator<Item = Record, IntoIter: Send> + Send,
    ) -> Result<(), StoreError> {
        let mut told = Told::from(self.ended.drain(..).map(Heard::SessionEnded).collect::<Vec<_>>());
        for record in records {
            told.keys.extend(record.changed.iter().filter_map(Changed::key));
            if let Scope::Organization(organization) = record.scope
                && record.changed.iter().any(Changed::touches_keys)
            {
                told.keys_of.push(organization);
            }
            let at = self.opened.iter().position(|opened| opened.scope == record.scope);
            let opened = self.opened.swap_remove(at.ok_or(StoreError::Unrecorded)?);
            let event = ActivityEvent {
                id: record.id,
                scope: record.scope,
                sequence: opened.sequence,
                at: self.at,
                actor: record.actor,
                event: record.event,
            };
            let head = activity::append(&mut self.tx, &opened.head, &event).await?;
            let last = match record.scope {
                Scope::Organization(_) if record.changed.is_empty() => return Err(StoreError::Unrecorded),
                Scope::Account(_) if record.changed.is_empty() => opened.sequence,
                scope => {
                    let head = change::number(&mut self.tx, scope, opened.sequence, &record.changed).await?;
                    told.heard.push(Heard::Changed(Notice { scope, head }));
                    head
                }
            };
            run!(
                &mut self.tx,
                "UPDATE scope SET sequence = $2, chain_head = $3 WHERE id = $1",
                scope_id(record.scope),
                last,
                head.as_slice(),
            )?;
        }
        if !self.opened.is_empty() {
            return Err(StoreError::Unrecorded);
        }
        commit_and_tell(self.tx, &self.store.notices, told).await
    }
}

/// Commits; whoever listens hears of it after, never before.
///
/// It is carried out to its end even when whoever waits for it goes away meanwhile: a change that is committed and not
/// told would be unknown to verify.
pub(crate) async fn commit_and_tell(tx: Tx, notices: &Arc<Notices>, told: Told) -> Result<(), StoreError> {
    let notices = Arc::clone(notices);
    let committing = tokio::spawn(async move {
        let alone = matches!(tx, Tx::Sqlite(_));
        let committed = commit(tx, &told).await;
        // Also when it failed: that no answer came does not mean that it was not carried out.
        for key in &told.keys {
            notices.fresh().changed(*key);
        }
        for organization in &told.keys_of {
            notices.fresh().changed_all(*organization);
        }
        if alone && committed.is_ok() {
            notices.tell(&told.heard);
        }
        committed
    });
    committing
        .await
        .unwrap_or_else(|error| Err(StoreError::Unreachable(error.to_string())))
}

async fn commit(mut tx: Tx, told: &Told) -> Result<(), StoreError> {
    if let Tx::Postgres(tx) = &mut tx {
        let payloads = told.payloads();
        if !payloads.is_empty() {
            sqlx::query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload")
                .bind(CHANNEL)
                .bind(payloads)
                .execute(&mut **tx)
                .await?;
        }
        // PostgreSQL delivers them, to this node too.
    }
    tx.commit().await
}

/// Takes a scope's row for something that is no write, and answers the last number given out.
pub(crate) async fn hold(tx: &mut Tx, scope: Scope) -> Result<i64, StoreError> {
    let row = one!(
        (i64,),
        tx,
        "UPDATE scope SET sequence = sequence WHERE id = $1 RETURNING sequence",
        scope_id(scope),
    )?;
    row.map(|(sequence,)| sequence)
        .ok_or_else(|| StoreError::damaged("a scope without a sequence"))
}

/// Numbers what changed behind `last`, which [`hold`] answered; answers what is heard of it.
pub(crate) async fn tell_of(
    tx: &mut Tx,
    scope: Scope,
    last: i64,
    changed: &[Changed],
) -> Result<Heard, StoreError> {
    let head = change::number(tx, scope, last + 1, changed).await?;
    run!(
        tx,
        "UPDATE scope SET sequence = $2 WHERE id = $1",
        scope_id(scope),
        head
    )?;
    Ok(Heard::Changed(Notice { scope, head }))
}
