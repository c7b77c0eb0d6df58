//! Keeps the copy of the catalog the one that the server offers. Every round hears its tag with the account's feed; only
//! another one is asked for.

use std::collections::HashSet;
use std::sync::PoisonError;

use replica::{Replica, Topic};

use crate::engine::Engine;
use crate::status::RoundError;

impl Engine {
    /// Notes which catalog the server says it offers; one that says none has none.
    pub(crate) fn note_catalog(&self, told: Option<String>) {
        *self.catalog_told.lock().unwrap_or_else(PoisonError::into_inner) = told;
    }

    /// Fetches the catalog where it is another one. Prices that can't be had are never in the way of keys: the next round
    /// tries again.
    pub(crate) async fn follow_catalog(&self) {
        match self.fetch_catalog().await {
            Ok(true) => (self.announce)(&HashSet::from([Topic::Catalog])),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the catalog could not be fetched"),
        }
    }

    async fn fetch_catalog(&self) -> Result<bool, RoundError> {
        let told = self
            .catalog_told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(told) = told else { return Ok(false) };
        let known = self.replica_work(Replica::catalog_tag).await?;
        if known.as_deref() == Some(told.as_str()) {
            return Ok(false);
        }
        let Some((tag, catalog)) = self.session()?.catalog(known.as_deref()).await? else {
            return Ok(false);
        };
        self.replica_work(move |replica| replica.put_catalog(&tag, &catalog))
            .await?;
        Ok(true)
    }
}
