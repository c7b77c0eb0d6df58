//! Starting a server, and stopping it without losing anything.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum_server::Handle;
use domain::money::MoneyProblem;
use store::{Store, StoreError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Shared};
use crate::attempts::Attempts;
use crate::catalog::{self, CatalogError, Published};
use crate::config::Config;
use crate::handlers::wallet::open::open_missing;
use crate::imported::ImportedSecrets;
use crate::issuers::IssuerKeys;
use crate::jobs;
use crate::known::KnownSecrets;
use crate::limits::Limits;
use crate::mail::{MailError, Mailing};
use crate::passwords::Passwords;
use crate::ports::Ports;
use crate::request_id::RequestIds;
use crate::router;
use crate::uses::Uses;

/// Requests that run when the server stops have this long to end.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
/// A client that opens a connection has this long to send its headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);

/// The server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program has the port.
    #[error("another program listens on {0} already; stop it, or choose another address with --listen")]
    PortTaken(SocketAddr),
    /// The address can't be listened on.
    #[error("can't listen on {address}: {reason}; choose another address with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        reason: String,
    },
    /// The database can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The catalog can't be used.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The catalog can't be handed out.
    #[error("the catalog can't be written as JSON: {0}")]
    Published(#[from] serde_json::Error),
    /// Mail can't be sent with these settings.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// What organizations begin with is no amount.
    #[error("starting_credit {0}")]
    StartingCredit(MoneyProblem),
    /// Organizations that were made before there was credit did not get theirs.
    #[error("organizations of an earlier version can't be given their credit: {0}")]
    Credit(String),
    /// Password hashes can't be made.
    #[error("password hashes can't be made with these parameters")]
    Passwords,
}

/// A running server. Dropping it stops it at once; [`Running::stop`] lets it finish.
pub struct Running {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    closing: CancellationToken,
    working: CancellationToken,
    served: Option<JoinHandle<io::Result<()>>>,
    jobs: Option<JoinHandle<()>>,
    store: Store,
}

/// Starts a server: opens the database and brings it up to date, listens, and answers.
///
/// # Errors
/// [`StartError`] says what stands in the way and what to do.
pub async fn start(mut config: Config, ports: Ports) -> Result<Running, StartError> {
    let address = config.listen;
    let catalog = Published::of(&catalog::load(config.catalog.as_deref())?)?;
    let starting_credit = config
        .starting_credit(catalog.catalog.currency)
        .map_err(StartError::StartingCredit)?;
    let listener = TcpListener::bind(address).map_err(|error| cannot_listen(address, &error))?;
    listener
        .set_nonblocking(true)
        .map_err(|error| cannot_listen(address, &error))?;
    let address = listener
        .local_addr()
        .map_err(|error| cannot_listen(address, &error))?;

    // Where port 0 was asked for, links name the one that was given.
    config.listen = address;
    let mailing = Mailing::new(&config)?;
    let store = Store::connect(&config.database, ports.clock.now()).await?;
    store.trust_by(ports.clock.clone());
    let passwords = Passwords::new(&ports).await.map_err(|_| StartError::Passwords)?;
    let closing = CancellationToken::new();
    let working = CancellationToken::new();
    let issuers = IssuerKeys::new(config.issuers_inside);
    let app = App::new(Shared {
        attempts: Attempts::new(&config),
        catalog,
        starting_credit,
        config,
        request_ids: RequestIds::new(&ports),
        ports,
        store: store.clone(),
        passwords,
        uses: Uses::default(),
        known: KnownSecrets::default(),
        limits: Limits::default(),
        mailing,
        imported: ImportedSecrets::default(),
        issuers,
        closing: closing.clone(),
    });
    open_missing(&app)
        .await
        .map_err(|refusal| StartError::Credit(format!("{refusal:?}")))?;

    let handle = Handle::new();
    let mut server = axum_server::from_tcp(listener)
        .map_err(|error| cannot_listen(address, &error))?
        .handle(handle.clone());
    server
        .http_builder()
        .http1()
        .timer(hyper_util::rt::TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN);
    let service = router::service(&app).into_make_service_with_connect_info::<SocketAddr>();
    let served = tokio::spawn(server.serve(service));
    let jobs = tokio::spawn(jobs::run(app, working.clone()));
    Ok(Running {
        address,
        handle,
        closing,
        working,
        served: Some(served),
        jobs: Some(jobs),
        store,
    })
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> StartError {
    if error.kind() == io::ErrorKind::AddrInUse {
        StartError::PortTaken(address)
    } else {
        StartError::Listen {
            address,
            reason: error.to_string(),
        }
    }
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers, without a slash at the end: `http://127.0.0.1:8787`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until it ends by itself, which it does only when it fails. Can be cancelled and called again.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn ended(&mut self) -> io::Result<()> {
        let Some(served) = &mut self.served else {
            return Ok(());
        };
        let ended = served.await.map_err(io::Error::other);
        self.served = None;
        ended?
    }

    /// Stops: takes no more connections, ends streams of notices, lets requests finish (10 seconds at most), puts
    /// down what was gathered, and closes the database.
    pub async fn stop(mut self) {
        self.closing.cancel();
        self.handle.graceful_shutdown(Some(LAST_REQUESTS));
        if let Err(error) = self.ended().await {
            tracing::warn!(%error, "the server did not end as it should");
        }
        self.working.cancel();
        if let Some(jobs) = self.jobs.take()
            && jobs.await.is_err()
        {
            tracing::error!("the last uses of secrets could not be put down");
        }
        self.store.close().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.closing.cancel();
        self.handle.shutdown();
        self.working.cancel();
    }
}
