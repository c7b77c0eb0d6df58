//! Getting in: a workspace on this computer, or a server elsewhere.

use std::path::Path;
use std::sync::Arc;

use client::{ClientError, Server};
use crypto::secret::Secret;
use crypto::token::{Token, mint_password};
use domain::email::EmailAddress;
use domain::id::{ConnectionId, KeyId, SecretId};
use domain::key::KeyKind;
use domain::name::{DisplayName, OrganizationName, Username};
use keychain::Keychain;
use protocol::account::{SessionStarted, SignInRequest, SignUpRequest};
use protocol::key::NewSecret;
use serde::{Deserialize, Serialize};
use sync::engine::Link;

use crate::error::{DeskError, named};
use crate::open::{PASSWORD, Parts, item};
use crate::registry::{Record, write_whole};
use crate::view::{ConnectionKind, Opened, ServerCard, SignIn, SignUp, StartHere};
use crate::{Desk, blocking, lock};

/// The address of the one account of a workspace on this computer; `.invalid` never resolves (RFC 2606).
const LOCAL_EMAIL: &str = "owner@this-computer.invalid";
const LOCAL_USERNAME: &str = "owner";

/// What was begun of the workspace of this computer.
#[derive(Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) connection_id: ConnectionId,
    free_key_id: KeyId,
    pub(crate) free_secret_id: SecretId,
}

impl Setup {
    /// What was begun; none where nothing was.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, DeskError> {
        match std::fs::read(path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| DeskError::file(path, error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DeskError::file(path, error)),
        }
    }
}

/// What a sign-up needs, checked.
pub(crate) struct Person {
    pub(crate) email: EmailAddress,
    pub(crate) username: Username,
    pub(crate) display_name: DisplayName,
    pub(crate) organization_name: OrganizationName,
}

impl Desk {
    /// Starts the workspace of this computer: its server, account, organization and free service key.
    ///
    /// A start that was cut goes on where it stopped: what was made is not made twice.
    ///
    /// # Errors
    /// [`DeskError`]; at `organizationName` or `yourName` when one of them is the reason.
    pub async fn start_here(self: &Arc<Self>, request: StartHere) -> Result<Opened, DeskError> {
        let _one = self.changing.lock().await;
        let existing = lock(&self.registry)
            .connections
            .iter()
            .find(|r| r.kind == ConnectionKind::ThisComputer)
            .cloned();
        if let Some(record) = existing {
            return self.open_and_remember(record).await;
        }
        let person = Person {
            email: EmailAddress::parse(LOCAL_EMAIL)
                .map_err(|error| DeskError::Unexpected(error.to_string()))?,
            username: named("username", Username::parse(LOCAL_USERNAME))?,
            display_name: named("yourName", DisplayName::parse(&request.your_name))?,
            organization_name: named(
                "organizationName",
                OrganizationName::parse(&request.organization_name),
            )?,
        };
        let keychain = self.keychain().await?;
        let setup = self.local_setup()?;
        let password = {
            let (keychain, name) = (keychain.clone(), item(setup.connection_id, PASSWORD));
            let desk = self.clone();
            blocking(move || match keychain.get(&name)? {
                Some(password) => Ok(password),
                None => {
                    let password = desk.with_entropy(|entropy| mint_password(entropy));
                    keychain.set(&name, &password)?;
                    Ok(password)
                }
            })
            .await?
        };
        let local = self
            .start_local(self.this_computer(person.organization_name.as_str()))
            .await?;
        let begun = async {
            let server = self.server(local.url())?;
            let started = self.enroll(&server, &keychain, &setup, person, password).await?;
            self.keep_session(&keychain, setup.connection_id, &started.token)
                .await?;
            let record = self.record(
                setup.connection_id,
                ConnectionKind::ThisComputer,
                None,
                "local",
                &started,
            )?;
            Ok((server, started, record))
        };
        let (server, started, record) = match begun.await {
            Ok(begun) => begun,
            Err(error) => {
                local.stop().await;
                return Err(error);
            }
        };
        let replica_path = self.place.replica(record.id);
        let link = Link::Session(server.with_session(started.token));
        self.open_parts(
            record.clone(),
            Parts {
                keychain,
                replica_path,
                local: Some(local),
                link,
                sample: None,
            },
        )
        .await?;
        self.remember(record)
    }

    fn local_setup(&self) -> Result<Setup, DeskError> {
        let path = self.place.this_computer_setup();
        if let Some(setup) = Setup::read(&path)? {
            return Ok(setup);
        }
        let setup = self.new_setup();
        let text = serde_json::to_vec(&setup).map_err(|error| DeskError::file(&path, error))?;
        write_whole(&path, &text)?;
        Ok(setup)
    }

    pub(crate) fn new_setup(&self) -> Setup {
        let now = self.now();
        self.with_entropy(|entropy| Setup {
            connection_id: ConnectionId::make(now, entropy),
            free_key_id: KeyId::make(now, entropy),
            free_secret_id: SecretId::make(now, entropy),
        })
    }

    /// Signs up, with the free key's secret in the keychain before anything is sent. Where the account exists already
    /// (an earlier answer was lost), signs in.
    pub(crate) async fn enroll(
        self: &Arc<Self>,
        server: &Server,
        keychain: &Arc<dyn Keychain>,
        setup: &Setup,
        person: Person,
        password: Secret,
    ) -> Result<SessionStarted, DeskError> {
        let free = {
            let (desk, keychain, name) = (
                self.clone(),
                keychain.clone(),
                item(setup.connection_id, setup.free_secret_id),
            );
            blocking(move || {
                let known = keychain
                    .get(&name)?
                    .and_then(|text| Token::parse(text.expose()).ok());
                match known {
                    Some(token) => Ok(token),
                    None => {
                        let token = desk.with_entropy(|entropy| Token::mint(KeyKind::Service, entropy));
                        keychain.set(&name, &Secret::new(token.expose().to_owned()))?;
                        Ok(token)
                    }
                }
            })
            .await?
        };
        let again = SignInRequest {
            email: person.email.clone(),
            password: password.duplicate(),
        };
        let request = SignUpRequest {
            email: person.email,
            username: person.username,
            display_name: person.display_name,
            password,
            organization_name: person.organization_name,
            free_key_secret: NewSecret {
                key_id: setup.free_key_id,
                id: setup.free_secret_id,
                hash: free.hash(),
                prefix: free.prefix(),
                last_four: free.last_four(),
            },
        };
        let refusal = match server.sign_up(&request).await {
            Ok(started) => return Ok(started),
            Err(error) => error,
        };
        // The account may be there: the answer was lost now, or at an earlier try.
        let may_exist = match &refusal {
            ClientError::Cut { .. } => true,
            ClientError::Problem(problem) => matches!(
                problem.code,
                protocol::problem::ProblemCode::Conflict | protocol::problem::ProblemCode::Refused
            ),
            _ => false,
        };
        if may_exist && let Ok(started) = server.sign_in(&again).await {
            return Ok(started);
        }
        Err(refusal.into())
    }

    /// Looks who answers at an address.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `url`, or why nobody of ours answers.
    pub async fn probe_server(&self, url: &str) -> Result<ServerCard, DeskError> {
        let server = self.server(url)?;
        let view = server.who().await?;
        Ok(ServerCard {
            url: server.address().to_string(),
            host: server.address().host(),
            name: view.name,
            version: view.version,
            region: view.region,
            sign_up: view.sign_up.into(),
            encrypted: server.address().is_encrypted(),
            exposed: server.address().is_exposed(),
        })
    }

    /// Signs up at a server and opens the connection.
    ///
    /// # Errors
    /// [`DeskError`]; at the field that is the reason, where one is.
    pub async fn sign_up(self: &Arc<Self>, request: SignUp) -> Result<Opened, DeskError> {
        let _one = self.changing.lock().await;
        let password = Secret::new(request.password);
        let person = Person {
            email: email(&request.email)?,
            username: named("username", Username::parse(&request.username))?,
            display_name: named("yourName", DisplayName::parse(&request.your_name))?,
            organization_name: named(
                "organizationName",
                OrganizationName::parse(&request.organization_name),
            )?,
        };
        domain::password::check(password.expose())
            .map_err(|problem| DeskError::input("password", format!("the password: {problem}")))?;
        let keychain = self.keychain().await?;
        let server = self.server(&request.url)?;
        let who = server.who().await?;
        let setup = self.new_setup();
        let started = self.enroll(&server, &keychain, &setup, person, password).await?;
        self.settle(setup.connection_id, &keychain, &server, &who.region, started)
            .await
    }

    /// Signs in at a server and opens the connection. A connection of the same account there is reused.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn sign_in(self: &Arc<Self>, request: SignIn) -> Result<Opened, DeskError> {
        let _one = self.changing.lock().await;
        let sign_in = SignInRequest {
            email: email(&request.email)?,
            password: Secret::new(request.password),
        };
        let keychain = self.keychain().await?;
        let server = self.server(&request.url)?;
        let who = server.who().await?;
        let started = server.sign_in(&sign_in).await?;
        let url = server.address().to_string();
        let known = lock(&self.registry)
            .connections
            .iter()
            .find(|record| {
                record.url.as_deref() == Some(url.as_str())
                    && record.account_id == started.account.id
                    && started
                        .account
                        .memberships
                        .first()
                        .is_some_and(|first| first.organization_id == record.organization_id)
            })
            .map(|record| record.id);
        let now = self.now();
        let id = known.unwrap_or_else(|| self.with_entropy(|entropy| ConnectionId::make(now, entropy)));
        self.settle(id, &keychain, &server, &who.region, started).await
    }

    pub(crate) async fn settle(
        self: &Arc<Self>,
        id: ConnectionId,
        keychain: &Arc<dyn Keychain>,
        server: &Server,
        region: &str,
        started: SessionStarted,
    ) -> Result<Opened, DeskError> {
        let url = Some(server.address().to_string());
        let record = self.record(id, ConnectionKind::Server, url, region, &started)?;
        self.keep_session(keychain, id, &started.token).await?;
        let link = Link::Session(server.with_session(started.token));
        let parts = Parts {
            keychain: keychain.clone(),
            replica_path: self.place.replica(id),
            local: None,
            link,
            sample: None,
        };
        self.open_parts(record.clone(), parts).await?;
        self.remember(record)
    }

    /// Signs in again on a connection whose session ended. Its replica and its outbox stay.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn sign_in_again(
        self: &Arc<Self>,
        id: ConnectionId,
        password: Secret,
    ) -> Result<Opened, DeskError> {
        let _one = self.changing.lock().await;
        let record = self.find_record(id)?;
        let url = record
            .url
            .clone()
            .ok_or_else(|| DeskError::Refused("this workspace signs itself in; open it again".to_owned()))?;
        let server = self.server(&url)?;
        let request = SignInRequest {
            email: record.account_email.clone(),
            password,
        };
        let started = server.sign_in(&request).await?;
        if started.account.id != record.account_id {
            return Err(DeskError::Refused(
                "this address belongs to another account now; add it as a connection of its own".to_owned(),
            ));
        }
        let keychain = self.keychain().await?;
        self.keep_session(&keychain, id, &started.token).await?;
        let open = lock(&self.open).clone().filter(|open| open.record().id == id);
        match open {
            Some(open) => {
                open.engine
                    .set_link(Link::Session(server.with_session(started.token)));
                Ok(self.opened(&open.record()))
            }
            None => self.open_and_remember(record).await,
        }
    }

    pub(crate) fn record(
        &self,
        id: ConnectionId,
        kind: ConnectionKind,
        url: Option<String>,
        region: &str,
        started: &SessionStarted,
    ) -> Result<Record, DeskError> {
        let membership = started.account.memberships.first().ok_or_else(|| {
            DeskError::Refused(
                "this account belongs to no organization; ask an admin of one to invite it".to_owned(),
            )
        })?;
        Ok(Record {
            id,
            kind,
            url,
            region: region.to_owned(),
            organization_id: membership.organization_id,
            organization_name: membership.organization_name.to_string(),
            account_id: started.account.id,
            account_email: started.account.email.clone(),
            account_name: started.account.display_name.to_string(),
            role: membership.role,
            left: false,
        })
    }

    pub(crate) fn remember(&self, record: Record) -> Result<Opened, DeskError> {
        let opened = self.opened(&record);
        lock(&self.registry).put(record)?;
        Ok(opened)
    }

    pub(crate) async fn open_and_remember(self: &Arc<Self>, record: Record) -> Result<Opened, DeskError> {
        self.open_record(record.clone()).await?;
        self.remember(record)
    }
}

pub(crate) fn email(text: &str) -> Result<EmailAddress, DeskError> {
    EmailAddress::parse(text).map_err(|error| DeskError::input("email", error))
}
