//! The encrypted offline copy of what one account may see, and the outbox of what it wants.
//!
//! One SQLCipher file per connection. This crate knows nothing of HTTP and never makes its own key: it is given one,
//! and refuses what that key does not open. Each page of changes is applied in one transaction with its cursor, so a
//! kill at any moment repeats or resumes and never skips.

mod account;
mod catalog;
mod changes;
mod error;
mod groups;
mod issuer;
mod key;
mod listing;
mod meta;
mod outbox;
mod people;
mod radar;
mod removed;
mod rules;
mod topic;
mod trace;
mod wallet;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crypto::secret::SecretBytes;
use domain::id::{AccountId, KeyId};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};
use zeroize::Zeroizing;

pub use error::ReplicaError;
pub use key::{KeyCounts, KeyQuery, KeyRecord, Sort, SortBy};
pub use meta::{Cursor, Feed};
pub use outbox::{KeyEdit, Operation, OutboxEntry, OutboxState, SentEdit};
pub use topic::Topic;
pub use trace::UntoldTrace;

use listing::Listing;

/// One connection's replica, open.
pub struct Replica {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// SQLite's counter of commits by others, as last seen.
    seen: Mutex<i64>,
    /// All keys, once somebody asked for a list. Locked only while the connection is.
    listing: Mutex<Option<Listing>>,
}

/// A transaction, and what it touched.
pub(crate) struct Change<'a> {
    transaction: rusqlite::Transaction<'a>,
    touched: RefCell<Touched>,
    /// Keys of which edits wait, once somebody asked.
    edited: RefCell<Option<HashSet<String>>>,
    /// How people are shown, as far as this transaction asked.
    names: RefCell<HashMap<AccountId, String>>,
}

#[derive(Default)]
struct Touched {
    keys: HashSet<KeyId>,
    rules: bool,
    everything: bool,
}

impl Change<'_> {
    /// Notes that a key is new, changed or gone.
    pub(crate) fn touched(&self, id: KeyId) {
        self.touched.borrow_mut().keys.insert(id);
    }

    /// Notes that what suspends personal tokens may have changed.
    pub(crate) fn touched_rules(&self) {
        self.touched.borrow_mut().rules = true;
    }

    /// Whether edits of a key wait.
    pub(crate) fn is_edited(&self, id: &str) -> Result<bool, ReplicaError> {
        let mut edited = self.edited.borrow_mut();
        let edited = match &mut *edited {
            Some(edited) => edited,
            empty => empty.insert(outbox::edited(&self.transaction)?),
        };
        Ok(edited.contains(id))
    }

    /// How a person is shown; empty when they are not known here.
    pub(crate) fn name_of(&self, account: AccountId) -> Result<String, ReplicaError> {
        if let Some(name) = self.names.borrow().get(&account) {
            return Ok(name.clone());
        }
        let name = people::display_name(&self.transaction, account)?.unwrap_or_default();
        self.names.borrow_mut().insert(account, name.clone());
        Ok(name)
    }

    /// Notes that people came, changed or went.
    pub(crate) fn forget_names(&self) {
        self.names.borrow_mut().clear();
    }

    /// Notes that edits came or went.
    pub(crate) fn forget_edited(&self) {
        *self.edited.borrow_mut() = None;
    }

    /// Notes that any key may be gone.
    pub(crate) fn touched_everything(&self) {
        self.touched.borrow_mut().everything = true;
    }
}

impl std::ops::Deref for Change<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.transaction
    }
}

impl Replica {
    /// Makes a new, empty replica.
    ///
    /// # Errors
    /// [`ReplicaError::Exists`] when a file lies there; it is not touched. Others when it can't be written.
    pub fn create(path: &Path, key: &SecretBytes) -> Result<Self, ReplicaError> {
        if path.exists() {
            return Err(ReplicaError::Exists {
                path: path.display().to_string(),
            });
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| ReplicaError::io(path, &error))?;
        }
        Self::connect(
            path,
            key,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )
    }

    /// Opens a replica that exists.
    ///
    /// # Errors
    /// [`ReplicaError::Damaged`] when the file does not open with this key, [`ReplicaError::Newer`] when a newer
    /// Keystead wrote it. In both cases it is left as it is.
    pub fn open(path: &Path, key: &SecretBytes) -> Result<Self, ReplicaError> {
        Self::connect(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn connect(path: &Path, key: &SecretBytes, flags: OpenFlags) -> Result<Self, ReplicaError> {
        Self::try_connect(path, key, flags).map_err(|error| error.with_room_checked(path))
    }

    fn try_connect(path: &Path, key: &SecretBytes, flags: OpenFlags) -> Result<Self, ReplicaError> {
        let wrap = |error: rusqlite::Error| ReplicaError::at(path, error);
        // SQLite takes an empty file for a new database, and throws its log away.
        if is_emptied(path) {
            return Err(ReplicaError::Damaged {
                path: path.display().to_string(),
            });
        }
        let mut connection =
            Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(wrap)?;
        // A file that turns out not to be readable is closed as it was found, its log unwritten.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .map_err(wrap)?;
        let hex = key.to_hex();
        let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", hex.expose()));
        connection.execute_batch(&pragma).map_err(wrap)?;
        // A long log: each page costs an encryption when it is written back, and a first sync touches the same ones again
        // and again.
        // FULL: an intention that was confirmed to its author survives a power cut.
        connection
            .execute_batch(
                "PRAGMA busy_timeout = 5000;
                 PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON;
                 PRAGMA temp_store = MEMORY;
                 PRAGMA cache_size = -4096;
                 PRAGMA wal_autocheckpoint = 8192;",
            )
            .map_err(wrap)?;
        migrations()
            .to_latest(&mut connection)
            .map_err(|error| match error {
                rusqlite_migration::Error::MigrationDefinition(
                    rusqlite_migration::MigrationDefinitionError::DatabaseTooFarAhead,
                ) => ReplicaError::Newer {
                    path: path.display().to_string(),
                },
                rusqlite_migration::Error::RusqliteError { err, .. } => ReplicaError::at(path, err),
                other => ReplicaError::Migration {
                    path: path.display().to_string(),
                    reason: other.to_string(),
                },
            })?;
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
            .map_err(wrap)?;
        let seen = data_version(&connection).map_err(wrap)?;
        Ok(Self {
            path: path.to_owned(),
            connection: Mutex::new(connection),
            seen: Mutex::new(seen),
            listing: Mutex::new(None),
        })
    }

    /// Whether another program (the command line, say) wrote into the file since this was last asked.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn changed_elsewhere(&self) -> Result<bool, ReplicaError> {
        let now = data_version(&self.lock())?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = std::mem::replace(&mut *seen, now) != now;
        if changed {
            *self.listing.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Ok(changed)
    }

    /// Moves everything from the log beside the file into the file: for when it is about to be closed or moved.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn settle(&self) -> Result<(), ReplicaError> {
        Ok(self
            .lock()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    /// Makes room in memory for many pages of changes: each page of the file that is not kept costs a decryption.
    /// [`Replica::end_bulk`] gives it back.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn begin_bulk(&self) -> Result<(), ReplicaError> {
        Ok(self.lock().execute_batch("PRAGMA cache_size = -32768;")?)
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn end_bulk(&self) -> Result<(), ReplicaError> {
        Ok(self
            .lock()
            .execute_batch("PRAGMA cache_size = -4096; PRAGMA shrink_memory;")?)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held rolled its transaction back: the connection is sound.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn transaction<T>(
        &self,
        work: impl FnOnce(&Change<'_>) -> Result<T, ReplicaError>,
    ) -> Result<T, ReplicaError> {
        self.try_transaction(work)
            .map_err(|error| error.with_room_checked(&self.path))
    }

    fn try_transaction<T>(
        &self,
        work: impl FnOnce(&Change<'_>) -> Result<T, ReplicaError>,
    ) -> Result<T, ReplicaError> {
        let mut connection = self.lock();
        let (done, touched) = {
            let transaction =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let change = Change {
                transaction,
                touched: RefCell::default(),
                edited: RefCell::default(),
                names: RefCell::default(),
            };
            let done = work(&change)?;
            change.transaction.commit()?;
            (done, change.touched.into_inner())
        };
        self.follow(&connection, &touched);
        Ok(done)
    }

    fn follow(&self, connection: &Connection, touched: &Touched) {
        let mut slot = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let followed = match slot.as_mut() {
            Some(_) if touched.everything => false,
            Some(listing) => {
                (touched.keys.is_empty() || listing.follow(connection, &touched.keys).is_ok())
                    && (!touched.rules || listing.follow_rules(connection).is_ok())
            }
            None => true,
        };
        if !followed {
            *slot = None;
        }
    }

    /// Asks the list of all keys, which is read first where it is not there.
    pub(crate) fn with_listing<T>(
        &self,
        connection: &Connection,
        ask: impl FnOnce(&Listing) -> T,
    ) -> Result<T, ReplicaError> {
        let mut slot = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let listing = match &mut *slot {
            Some(listing) => listing,
            empty => empty.insert(Listing::read(connection)?),
        };
        Ok(ask(listing))
    }
}

/// Whether a file of no bytes has a log beside it: something was in it.
fn is_emptied(path: &Path) -> bool {
    let length = |path: &Path| path.metadata().map_or(0, |file| file.len());
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    path.exists() && length(path) == 0 && length(Path::new(&log)) > 0
}

fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(include_str!("../migrations/0001_first_light.sql")),
        M::up(include_str!("../migrations/0002_account.sql")),
        M::up(include_str!("../migrations/0003_pause_and_rotate.sql")),
        M::up(include_str!("../migrations/0004_secret_heads.sql")),
        M::up(include_str!("../migrations/0005_people.sql")),
        M::up(include_str!("../migrations/0006_radar.sql")),
        M::up(include_str!("../migrations/0008_tokens.sql")),
        M::up(include_str!("../migrations/0009_issuers.sql")),
        M::up(include_str!("../migrations/0010_money.sql")),
    ])
}

fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA data_version", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of the version before secrets were found by the head of their hash keeps them.
    #[test]
    fn k13_secrets_of_an_older_copy_are_found() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrations().to_version(&mut connection, 3).unwrap();
        connection
            .execute_batch(
                "INSERT INTO key (id, version, kind, name, created_at, haystack)
                     VALUES ('key_1', 1, 'team', 'ci', 0, 'ci');
                 INSERT INTO secret (id, key_id, hash) VALUES ('secret_1', 'key_1',
                     '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff');",
            )
            .unwrap();
        migrations().to_latest(&mut connection).unwrap();
        let found: (String, String) = connection
            .query_row(
                "SELECT id, key_id FROM secret WHERE head = ?1",
                [&[0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77_u8][..]],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert_eq!(found, ("secret_1".to_owned(), "key_1".to_owned()));
    }
}
