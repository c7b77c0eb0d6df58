//! What every handler shares.

use std::sync::Arc;

use crypto::token::SecretHash;
use domain::activity::Scope;
use domain::clock::Timestamp;
use domain::entropy::Entropy;
use domain::id::OrganizationId;
use domain::money::Money;
use store::{Store, Write};
use tokio_util::sync::CancellationToken;

use crate::attempts::Attempts;
use crate::catalog::Published;
use crate::config::Config;
use crate::imported::ImportedSecrets;
use crate::issuers::IssuerKeys;
use crate::known::KnownSecrets;
use crate::limits::Limits;
use crate::mail::Mailing;
use crate::passwords::Passwords;
use crate::ports::Ports;
use crate::refusal::Refusal;
use crate::request_id::RequestIds;
use crate::uses::Uses;

/// Cheap to clone; all clones are the same.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) catalog: Published,
    /// What an organization begins with.
    pub(crate) starting_credit: Money,
    pub(crate) ports: Ports,
    pub(crate) request_ids: RequestIds,
    pub(crate) store: Store,
    pub(crate) passwords: Passwords,
    pub(crate) attempts: Attempts,
    pub(crate) uses: Uses,
    pub(crate) known: KnownSecrets,
    pub(crate) limits: Limits,
    pub(crate) mailing: Mailing,
    pub(crate) imported: ImportedSecrets,
    pub(crate) issuers: IssuerKeys,
    /// Cancelled when the server stops: streams end at once.
    pub(crate) closing: CancellationToken,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// An id made now: `app.make(now, KeyId::make)`.
    pub(crate) fn make<I>(&self, now: Timestamp, make: fn(Timestamp, &mut dyn Entropy) -> I) -> I {
        self.ports.with_entropy(|entropy| make(now, entropy))
    }

    /// Begins a write to an organization.
    pub(crate) async fn write_organization(
        &self,
        id: OrganizationId,
        now: Timestamp,
    ) -> Result<Write, Refusal> {
        self.store
            .write(Scope::Organization(id), now)
            .await?
            .ok_or_else(|| Refusal::not_found("organization"))
    }

    /// When a session seen now ends if it is not seen again.
    pub(crate) fn session_end(&self, now: Timestamp) -> Timestamp {
        now.plus_days(i64::from(self.config.session_days))
    }

    /// What is kept of a session's token.
    pub(crate) fn hash_token(token: &str) -> SecretHash {
        SecretHash::of(token)
    }
}
