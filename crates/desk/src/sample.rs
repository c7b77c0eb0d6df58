//! Sample data: a made-up organization on a real server of its own, for looking around.

use std::sync::Arc;

use crypto::secret::Secret;
use crypto::token::mint_password;
use domain::clock::Timestamp;
use domain::key::KeyKind;
use domain::name::{DisplayName, OrganizationName, Username};
use keychain::{Keychain, MemoryKeychain};
use sync::engine::Link;

use crate::account::{Person, email};
use crate::error::{DeskError, named};
use crate::host::LocalPlace;
use crate::open::{OpenConnection, Parts, item};
use crate::view::{ConnectionKind, CreatedKey, KeyDraft, Opened};
use crate::{Desk, blocking};

/// When a key of the sample ends.
#[derive(Clone, Copy)]
enum Ends {
    Never,
    InDays(i64),
    /// While one looks: in the inventory it has expired.
    Soon,
}

/// What happened to a key of the sample.
#[derive(Clone, Copy)]
enum Story {
    Unused,
    Used(u32),
    Revoked,
}

use Ends::{InDays, Never, Soon};
use Story::{Revoked, Unused, Used};

/// Name, description, end, and what happened to it.
const KEYS: &[(&str, &str, Ends, Story)] = &[
    (
        "ci-deploy",
        "Deploys the planner from the build server",
        InDays(61),
        Used(12),
    ),
    (
        "billing-export",
        "Nightly export of invoices to the ledger",
        InDays(24),
        Used(3),
    ),
    (
        "dispatch-eu",
        "Creates projects for the European depots",
        InDays(44),
        Used(7),
    ),
    ("staging-smoke", "Smoke tests after each release", Never, Used(1)),
    (
        "legacy-import",
        "One-time import of the old route archive",
        Soon,
        Unused,
    ),
    (
        "vendor-acme",
        "Acme's integration, reviewed each quarter",
        InDays(29),
        Revoked,
    ),
    (
        "rotterdam-sites",
        "Keeps the sites of Rotterdam hub up to date",
        InDays(210),
        Used(2),
    ),
    (
        "mobile-app",
        "Project set-up from the drivers' app",
        InDays(118),
        Used(5),
    ),
    (
        "geocode-cache",
        "Refreshes the geocoding cache",
        InDays(77),
        Unused,
    ),
    (
        "nightly-runner",
        "Scheduled optimisation runs",
        InDays(12),
        Used(4),
    ),
    ("capacity-report", "Weekly capacity report", Never, Unused),
    (
        "old-dashboard",
        "The dashboard before this one",
        InDays(5),
        Revoked,
    ),
    ("data-science", "Notebooks of the data team", InDays(90), Unused),
];

/// How long the key that ends soon lives: long enough to be made.
const SOON_SECONDS: i64 = 3;

impl Ends {
    fn at(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::InDays(days) => Some(now.plus_days(days)),
            Self::Soon => Some(now.plus_seconds(SOON_SECONDS)),
        }
    }
}

impl Desk {
    /// Opens a workspace of made-up data on a server of its own; of neither anything is kept.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn start_sample(self: &Arc<Self>) -> Result<Opened, DeskError> {
        let _one = self.changing.lock().await;
        self.unlocked()?;
        let folder = Arc::new(
            tempfile::Builder::new()
                .prefix("keystead-sample-")
                .tempdir()
                .map_err(|error| DeskError::Unexpected(error.to_string()))?,
        );
        let keychain: Arc<dyn Keychain> = Arc::new(MemoryKeychain::default());
        let setup = self.new_setup();
        let person = Person {
            email: email("mara@northwind.invalid")?,
            username: named("username", Username::parse("mara"))?,
            display_name: named("yourName", DisplayName::parse("Mara Lindqvist"))?,
            organization_name: named("organizationName", OrganizationName::parse("Northwind Routing"))?,
        };
        let password = self.with_entropy(|entropy| mint_password(entropy));
        let place = LocalPlace {
            folder: folder.path().join("server"),
            name: "Sample data".to_owned(),
        };
        let local = self.start_local(place).await?;
        let server = self.server(local.url())?;
        let started = self.enroll(&server, &keychain, &setup, person, password).await?;
        let record = self.record(
            setup.connection_id,
            ConnectionKind::Sample,
            None,
            "local",
            &started,
        )?;
        let parts = Parts {
            keychain,
            replica_path: folder.path().join("replica.db"),
            local: Some(local),
            link: Link::Session(server.with_session(started.token)),
            sample: Some(folder),
        };
        let open = self.open_parts(record, parts).await?;
        let mut made = Vec::with_capacity(KEYS.len());
        for (name, description, ends, story) in KEYS {
            let draft = KeyDraft {
                kind: KeyKind::Team,
                name: (*name).to_owned(),
                description: (*description).to_owned(),
                expires_at: ends.at(self.now()),
                requests_per_minute: None,
                people: Vec::new(),
                owner: None,
                grants: Vec::new(),
            };
            made.push((self.create_key(draft).await?, *story));
        }
        // Everything is on this computer: a round suffices, and there is nothing to wait for. What it could not do, the
        // status shows.
        let _shown_by_status = open.engine.round().await;
        for (key, story) in made {
            self.live_through(&open, &server, &key, story).await?;
        }
        let _shown_by_status = open.engine.round().await;
        Ok(self.opened(&open.record()))
    }

    async fn live_through(
        self: &Arc<Self>,
        open: &Arc<OpenConnection>,
        server: &client::Server,
        key: &CreatedKey,
        story: Story,
    ) -> Result<(), DeskError> {
        match story {
            Unused => {}
            Revoked => {
                self.revoke_key(key.key_id, None).await?;
            }
            Used(times) => {
                let (keychain, name) = (open.keychain.clone(), item(open.record().id, key.secret_id));
                if let Some(secret) = blocking(move || Ok(keychain.get(&name)?)).await? {
                    for _ in 0..times {
                        server.verify(Secret::duplicate(&secret)).await?;
                    }
                }
            }
        }
        Ok(())
    }
}
