//! Looks whether a server could start here and whether its record holds.

use domain::catalog::Catalog;
use domain::clock::Timestamp;
use store::{Kind, SCHEMA_VERSION, Store, StoreError, activity};

use crate::catalog;
use crate::config::Config;
use crate::ports::Ports;

/// What was looked at, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// What was found: `Err` is a fault.
    pub found: Result<String, String>,
}

/// No server of this program ran before this moment: 2026-01-01T00:00:00Z.
const EARLIEST: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);
/// The newest event may lie this many seconds ahead: clocks of several nodes differ a little.
const AHEAD_SECONDS: i64 = 60;
const STRIDE: i64 = 500;

/// Runs every check that still makes sense after the ones before it. Changes nothing.
pub async fn examine(config: &Config, ports: &Ports) -> Vec<Check> {
    let mut checks = vec![Check {
        name: "configuration",
        found: Ok(format!("listens on {}", config.listen)),
    }];
    let mut add = |name, found: Result<String, String>| checks.push(Check { name, found });
    add(
        "catalog",
        catalog::load(config.catalog.as_deref())
            .map(|catalog| counted(&catalog))
            .map_err(|error| error.to_string()),
    );
    let store = match Store::open(&config.database).await {
        Ok(store) => store,
        Err(error) => {
            add("database", Err(error.to_string()));
            add("clock", clock(ports.clock.now(), None));
            return checks;
        }
    };
    let kind = match store.kind() {
        Kind::Sqlite => "SQLite",
        Kind::Postgres => "PostgreSQL",
    };
    add(
        "database",
        store
            .ping()
            .await
            .map(|()| format!("{kind} answers"))
            .map_err(|error| error.to_string()),
    );
    add(
        "version",
        Ok(format!("schema {SCHEMA_VERSION}, the newest this program knows")),
    );
    let writable = store.try_write().await;
    add(
        "writable",
        writable
            .map(|()| "takes writes".to_owned())
            .map_err(|error| error.to_string()),
    );
    let (record, newest) = match chains(&store).await {
        Ok(found) => found,
        Err(error) => (Err(error.to_string()), None),
    };
    add("record", record);
    add("clock", clock(ports.clock.now(), newest));
    store.close().await;
    checks
}

/// How much a catalog holds, in words.
#[must_use]
pub fn counted(catalog: &Catalog) -> String {
    let models: usize = catalog.services.iter().map(|service| service.models.len()).sum();
    let number = |number: usize, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    format!(
        "{} with {}, in {}",
        number(catalog.services.len(), "service"),
        number(models, "model"),
        catalog.currency
    )
}

/// Every chain of the record.
async fn chains(store: &Store) -> Result<(Result<String, String>, Option<Timestamp>), StoreError> {
    let (mut scopes, mut events, mut newest) = (0u64, 0u64, None);
    let mut after = None;
    let mut broken: Vec<String> = Vec::new();
    loop {
        let page = activity::scopes(&mut store.direct().await?, after, STRIDE).await?;
        let Some(last) = page.last() else { break };
        after = Some(activity::id_of(*last));
        for scope in page {
            scopes += 1;
            // A snapshot for each, so that a running server does not wait for the whole of it.
            match activity::verify_chain(&mut store.read().await?, scope).await? {
                Ok(chain) => {
                    events += chain.events;
                    newest = newest.max(chain.newest);
                }
                Err(reason) => broken.push(format!("{}: {reason}", name(scope))),
            }
        }
    }
    let found = if broken.is_empty() {
        Ok(format!("{events} events in {scopes} chains hold"))
    } else {
        Err(broken.join("; "))
    };
    Ok((found, newest))
}

fn name(scope: domain::activity::Scope) -> String {
    match scope {
        domain::activity::Scope::Organization(id) => id.to_string(),
        domain::activity::Scope::Account(id) => id.to_string(),
    }
}

fn clock(now: Timestamp, newest: Option<Timestamp>) -> Result<String, String> {
    if now < EARLIEST {
        return Err(format!(
            "says {now}, which is before this program was written; set the computer's time"
        ));
    }
    match newest {
        Some(newest) if newest > now.plus_seconds(AHEAD_SECONDS) => Err(format!(
            "says {now}, but the newest event was written at {newest}; set the computer's time, or sessions and keys \
             end at the wrong moment"
        )),
        _ => Ok(format!("says {now}")),
    }
}
