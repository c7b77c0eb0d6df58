//! Locking Keystead: after a while without a hand on it, when the computer slept, or at once.
//!
//! Locked, the replica is closed and every intention but looking at the lock and opening it is refused. On the vault's
//! rung its passphrase unlocks, and locking drops its key. On the operating system's rung the lock has a passphrase of
//! its own, whose Argon2id hash is an item of the keychain. It guards a window that was left open, not the keychain:
//! programs of the same user can ask that as before.
//!
//! Idle and sleep are told by the clock alone: the window says that it is used ([`Desk::touch`]), and a tick that comes
//! much later than it should was slept through. Where nothing is to be locked, nothing ticks.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crypto::derive::{mint_password_hash, password_matches};
use crypto::secret::Secret;
use domain::clock::Timestamp;
use keychain::{Keychain, Vault};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use crate::error::DeskError;
use crate::host::LocalServer;
use crate::ladder::{Rungs, check_passphrase};
use crate::registry::write_whole;
use crate::view::{ConnectionKind, KeychainStatus};
use crate::{Desk, Topic, blocking, lock};

const VERSION: u32 = 1;
/// How often the clock is looked at while something may have to be locked.
const TICK: Duration = Duration::from_secs(5);
/// A tick that comes later than this after the one before was slept through.
const SLEPT_MICROS: i64 = 30_000_000;
/// The most minutes of idleness that can be asked for: a day.
const MOST_MINUTES: u32 = 1_440;

/// How the lock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct LockStatus {
    /// Whether it is locked now.
    pub locked: bool,
    /// Whether there is a passphrase that unlocks it: only then can it be locked.
    pub ready: bool,
    /// After how many idle minutes it locks; none for never.
    pub after_minutes: Option<u32>,
    /// Whether it locks when the computer sleeps.
    pub on_sleep: bool,
}

/// What is wanted of the lock.
#[derive(Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockWish {
    /// After how many idle minutes it locks; none for never.
    pub after_minutes: Option<u32>,
    /// Whether it locks when the computer sleeps.
    pub on_sleep: bool,
    /// The lock's passphrase, where it has one of its own: nobody else changes it or switches it off.
    pub current: Option<String>,
    /// Its new passphrase, where it is given one.
    pub passphrase: Option<String>,
}

/// `lock.json`: what was chosen, and the keychain's item that has the hash of the passphrase. It holds no secret.
#[derive(Clone, Serialize, Deserialize)]
struct Chosen {
    version: u32,
    after_minutes: Option<u32>,
    on_sleep: bool,
    item: Option<String>,
}

impl Chosen {
    fn load(path: &Path) -> Result<Option<Self>, DeskError> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(DeskError::file(path, error)),
        };
        let chosen: Self = serde_json::from_slice(&text).map_err(|error| {
            DeskError::file(
                path,
                format!("what was chosen for the lock can't be read ({error}); it was left as it is"),
            )
        })?;
        if chosen.version > VERSION {
            return Err(DeskError::file(
                path,
                "it was written by a newer Keystead; update it",
            ));
        }
        Ok(Some(chosen))
    }

    const fn wants_lock(&self) -> bool {
        self.after_minutes.is_some() || self.on_sleep
    }
}

struct State {
    /// Whether this program shows a window that a lock guards.
    guarded: bool,
    locked: bool,
    touched: Timestamp,
    ticked: Timestamp,
}

pub(crate) struct Lock {
    path: PathBuf,
    chosen: Mutex<Option<Chosen>>,
    state: Mutex<State>,
    ticker: Mutex<Option<JoinHandle<()>>>,
    /// The server of this computer goes on while the window is locked: others rely on it.
    kept: Mutex<Option<Arc<LocalServer>>>,
}

impl Lock {
    pub(crate) fn load(path: PathBuf, now: Timestamp) -> Result<Self, DeskError> {
        Ok(Self {
            chosen: Mutex::new(Chosen::load(&path)?),
            path,
            state: Mutex::new(State {
                guarded: false,
                locked: false,
                touched: now,
                ticked: now,
            }),
            ticker: Mutex::new(None),
            kept: Mutex::new(None),
        })
    }

    fn choose(&self, chosen: Chosen) -> Result<(), DeskError> {
        let text = serde_json::to_vec_pretty(&chosen).map_err(|error| DeskError::file(&self.path, error))?;
        write_whole(&self.path, &text)?;
        *lock(&self.chosen) = Some(chosen);
        Ok(())
    }

    /// The server that was kept while locked, for whoever opens its workspace again.
    pub(crate) fn kept_server(&self) -> Option<Arc<LocalServer>> {
        lock(&self.kept).take()
    }

    pub(crate) fn stop_ticking(&self) {
        if let Some(ticker) = lock(&self.ticker).take() {
            ticker.abort();
        }
    }
}

impl Desk {
    /// Begins to guard a window: locked from the start where the lock has a passphrase of its own, so that starting anew
    /// is no way around it. A program without a window does not call this.
    pub fn guard(self: &Arc<Self>) {
        let has_item = lock(&self.lock.chosen)
            .as_ref()
            .is_some_and(|chosen| chosen.item.is_some());
        {
            let mut state = lock(&self.lock.state);
            state.guarded = true;
            state.locked = has_item && !Vault::exists(&self.place.vault());
        }
        self.watch();
    }

    /// Refuses while locked.
    pub(crate) fn unlocked(&self) -> Result<(), DeskError> {
        if lock(&self.lock.state).locked {
            Err(DeskError::Locked)
        } else {
            Ok(())
        }
    }

    /// How the lock stands.
    #[must_use]
    pub fn lock_status(&self) -> LockStatus {
        let locked = lock(&self.lock.state).locked;
        match self.in_effect() {
            Some(chosen) => LockStatus {
                locked,
                ready: true,
                after_minutes: chosen.after_minutes,
                on_sleep: chosen.on_sleep,
            },
            None => LockStatus {
                locked,
                ready: false,
                after_minutes: None,
                on_sleep: false,
            },
        }
    }

    /// What was chosen, where there is a passphrase to unlock with. A vault has one, and locks when the computer sleeps
    /// unless something else was chosen.
    fn in_effect(&self) -> Option<Chosen> {
        let chosen = lock(&self.lock.chosen).clone();
        if Vault::exists(&self.place.vault()) {
            return Some(chosen.unwrap_or(Chosen {
                version: VERSION,
                after_minutes: None,
                on_sleep: true,
                item: None,
            }));
        }
        chosen.filter(|chosen| chosen.item.is_some())
    }

    /// Changes what the lock does. On the operating system's rung its passphrase is asked for, and chosen when it is
    /// switched on.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `afterMinutes`, `current` or `passphrase`; nothing is changed then.
    pub async fn set_lock(self: &Arc<Self>, wish: LockWish) -> Result<LockStatus, DeskError> {
        self.unlocked()?;
        if wish
            .after_minutes
            .is_some_and(|minutes| !(1..=MOST_MINUTES).contains(&minutes))
        {
            return Err(DeskError::input(
                "afterMinutes",
                format!("choose 1 to {MOST_MINUTES} minutes"),
            ));
        }
        let in_vault = matches!(self.keychain_status().await?, KeychainStatus::Vault { .. });
        let keychain = self.keychain().await?;
        let desk = self.clone();
        blocking(move || {
            let item = lock(&desk.lock.chosen)
                .as_ref()
                .and_then(|chosen| chosen.item.clone())
                .filter(|_| !in_vault);
            let mut chosen = Chosen {
                version: VERSION,
                after_minutes: wish.after_minutes,
                on_sleep: wish.on_sleep,
                item: item.clone(),
            };
            if in_vault {
                return desk.lock.choose(chosen);
            }
            if let Some(item) = &item
                && let Some(stored) = keychain.get(item)?
            {
                let current = Secret::new(wish.current.unwrap_or_default());
                if !password_matches(&current, stored.expose()).unwrap_or(false) {
                    return Err(DeskError::input(
                        "current",
                        "this is not the passphrase; nothing was changed",
                    ));
                }
            }
            if !chosen.wants_lock() {
                chosen.item = None;
                desk.lock.choose(chosen)?;
                // Of no use to anybody any more; where it stays, it opens nothing.
                return Ok(item.map_or(Ok(()), |item| keychain.remove(&item))?);
            }
            if item.is_none() && wish.passphrase.is_none() {
                return Err(DeskError::input(
                    "passphrase",
                    "choose a passphrase to unlock with",
                ));
            }
            if let Some(passphrase) = wish.passphrase.map(Secret::new) {
                check_passphrase(&passphrase)?;
                let work = desk.ports.vault_work;
                let hash = desk
                    .with_entropy(|entropy| mint_password_hash(&passphrase, work, entropy))
                    .map_err(|error| DeskError::Unexpected(error.to_string()))?;
                let name = item.unwrap_or_else(|| desk.new_item());
                keychain.set(&name, &Secret::new(hash))?;
                chosen.item = Some(name);
            }
            desk.lock.choose(chosen)
        })
        .await?;
        self.watch();
        self.announce(&[Topic::Preferences]);
        Ok(self.lock_status())
    }

    /// Of this data folder alone: others may share the keychain.
    fn new_item(&self) -> String {
        let mut bytes = [0u8; 8];
        self.with_entropy(|entropy| entropy.fill(&mut bytes));
        format!("lock/{:016x}", u64::from_be_bytes(bytes))
    }

    /// Notes that somebody is using the window.
    pub fn touch(&self) {
        let now = self.now();
        let mut state = lock(&self.lock.state);
        if !state.locked {
            state.touched = now;
        }
    }

    /// Locks now.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when there is no passphrase that would unlock it.
    pub async fn lock_now(self: &Arc<Self>) -> Result<LockStatus, DeskError> {
        if !self.lock_status().ready {
            return Err(DeskError::Refused(
                "set a passphrase for the lock first, in the preferences".to_owned(),
            ));
        }
        self.lock_up().await;
        Ok(self.lock_status())
    }

    /// Looks at the clock: locks when nobody has used the window for as long as was chosen, or the computer slept.
    pub async fn tick(self: &Arc<Self>) {
        let now = self.now();
        let Some(chosen) = self.in_effect() else { return };
        let due = {
            let mut state = lock(&self.lock.state);
            let slept = now.micros_since(state.ticked) > SLEPT_MICROS;
            state.ticked = now;
            // A clock that was set back must not put the lock off.
            state.touched = state.touched.min(now);
            let idle = chosen
                .after_minutes
                .is_some_and(|minutes| now.micros_since(state.touched) >= i64::from(minutes) * 60_000_000);
            !state.locked && (idle || slept && chosen.on_sleep)
        };
        if due {
            self.lock_up().await;
        }
    }

    async fn lock_up(self: &Arc<Self>) {
        {
            let mut state = lock(&self.lock.state);
            if state.locked {
                return;
            }
            // From here on everything is refused, also while what runs comes to its end.
            state.locked = true;
        }
        self.lock.stop_ticking();
        self.forget_recovery_code();
        self.cancel_scan();
        self.forget_import();
        if self.ladder.open_vault().is_some() {
            self.ladder.stand_on(Rungs::VaultLocked);
        }
        self.announce(&[Topic::Keychain]);
        let _one = self.changing.lock().await;
        let open = lock(&self.open).take();
        if let Some(open) = open {
            let server = open.shut_but_server().await;
            if open.record().kind == ConnectionKind::ThisComputer {
                *lock(&self.lock.kept) = server;
            } else if let Some(server) = server {
                server.stop().await;
            }
        }
    }

    /// Unlocks with the passphrase: of the vault, or of the lock.
    ///
    /// # Errors
    /// At `passphrase` when it is another one; [`DeskError::Keychain`] when the keychain does not answer. It stays locked
    /// then.
    pub async fn unlock(self: &Arc<Self>, passphrase: Secret) -> Result<(), DeskError> {
        match self.keychain_status().await? {
            KeychainStatus::Vault { .. } => {
                self.unlock_vault(passphrase).await?;
            }
            _ => self.unlock_on_os(passphrase).await?,
        }
        self.unlock_window();
        Ok(())
    }

    async fn unlock_on_os(self: &Arc<Self>, passphrase: Secret) -> Result<(), DeskError> {
        let keychain = self.ladder.standing()?;
        let Some(chosen) = self.in_effect() else {
            return Ok(());
        };
        let Some(item) = chosen.item.clone() else {
            return Ok(());
        };
        let desk = self.clone();
        blocking(move || match keychain.get(&item)? {
            Some(stored) => {
                if password_matches(&passphrase, stored.expose()).unwrap_or(false) {
                    Ok(())
                } else {
                    Err(DeskError::input(
                        "passphrase",
                        "this is not the passphrase; Keystead stays locked",
                    ))
                }
            }
            // Whoever can take the item away can read the rest: a lock without it guards nothing.
            None => {
                tracing::warn!("the keychain has lost the lock's passphrase; the lock is off");
                desk.lock.choose(Chosen {
                    version: VERSION,
                    after_minutes: None,
                    on_sleep: false,
                    item: None,
                })
            }
        })
        .await
    }

    /// The window is open to its person again.
    pub(crate) fn unlock_window(self: &Arc<Self>) {
        lock(&self.lock.state).locked = false;
        self.watch();
        self.announce(&[Topic::Keychain]);
    }

    /// Ticks where something may have to be locked, and only there.
    pub(crate) fn watch(self: &Arc<Self>) {
        self.lock.stop_ticking();
        let now = self.now();
        {
            let mut state = lock(&self.lock.state);
            state.touched = now;
            state.ticked = now;
            if !state.guarded || state.locked {
                return;
            }
        }
        if !self.in_effect().is_some_and(|chosen| chosen.wants_lock()) {
            return;
        }
        let desk = Arc::downgrade(self);
        *lock(&self.lock.ticker) = Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(TICK).await;
                let Some(desk) = desk.upgrade() else { return };
                // Locking ends this task, so it happens in another.
                tokio::spawn(async move { desk.tick().await });
            }
        }));
    }

    /// The vault has a passphrase: the lock needs none of its own.
    pub(crate) fn lock_moves_to_vault(&self, os: &dyn Keychain) -> Result<(), DeskError> {
        let Some(mut chosen) = lock(&self.lock.chosen).clone() else {
            return Ok(());
        };
        let Some(item) = chosen.item.take() else {
            return Ok(());
        };
        self.lock.choose(chosen)?;
        Ok(os.remove(&item)?)
    }

    /// The vault's passphrase is gone with it: the lock is off until it is given one.
    pub(crate) fn lock_leaves_vault(&self) -> Result<(), DeskError> {
        self.lock.choose(Chosen {
            version: VERSION,
            after_minutes: None,
            on_sleep: false,
            item: None,
        })
    }
}
