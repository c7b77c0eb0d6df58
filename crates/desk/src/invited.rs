//! Coming in by an invitation (P7), and the organizations an account belongs to (P5).
//!
//! Each organization of an account is a connection of its own, with its own copy; those of one account may share a session.

use std::sync::Arc;

use client::{Server, Session};
use crypto::secret::Secret;
use crypto::token::is_invitation;
use domain::id::{ConnectionId, OperationId, OrganizationId};
use domain::name::{DisplayName, Username};
use protocol::account::{MembershipView, SessionStarted, SignInRequest};
use protocol::invitation::{InvitationCode, JoinRequest};
use protocol::problem::ProblemCode;
use sync::engine::Link;

use crate::account::email;
use crate::error::{DeskError, named};
use crate::open::{Parts, SESSION, item};
use crate::registry::Record;
use crate::there::at_server;
use crate::view::{
    AcceptInvitation, ConnectionKind, InvitationSeen, JoinWithInvitation, MembershipRow, Opened,
    SignInWithInvitation,
};
use crate::{Desk, blocking, lock};

const INVITE: &str = "/invite/";

/// A link, taken apart.
struct Invitation {
    server: Server,
    code: Secret,
}

impl Invitation {
    fn code(&self) -> InvitationCode {
        InvitationCode {
            code: self.code.duplicate(),
        }
    }
}

impl Desk {
    /// What the invitation behind a link is.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `link`; the server is away.
    pub async fn look_at_invitation(self: &Arc<Self>, link: &str) -> Result<InvitationSeen, DeskError> {
        let invitation = self.invitation(link)?;
        let card = invitation.server.look_at_invitation(&invitation.code()).await?;
        let address = invitation.server.address();
        Ok(InvitationSeen {
            organization_name: card.organization_name.to_string(),
            invited_by: card.invited_by.to_string(),
            email: card.email,
            role: card.role,
            state: card.state,
            expires_at: card.expires_at,
            host: address.host(),
            exposed: address.is_exposed(),
            signed_in: self
                .of_server(&address.to_string())
                .into_iter()
                .map(|record| record.account_email.to_string())
                .collect(),
        })
    }

    /// Comes in by an invitation with an account that is signed in here, and opens the organization.
    ///
    /// # Errors
    /// [`DeskError`]: it is for another address, was accepted, cancelled or has expired; nobody is signed in there.
    pub async fn accept_invitation(self: &Arc<Self>, request: AcceptInvitation) -> Result<Opened, DeskError> {
        let invitation = self.invitation(&request.link)?;
        let keychain = self.keychain().await?;
        let mut refused = None;
        for record in self.of_server(&invitation.server.address().to_string()) {
            let (again, name) = (keychain.clone(), item(record.id, SESSION));
            let Some(token) = blocking(move || Ok(again.get(&name)?)).await? else {
                continue;
            };
            let session = invitation.server.with_session(token);
            match self.come_in(&session, &invitation).await {
                Ok(membership) => return self.open_membership_of(&record, membership).await,
                // Another account of this computer may be the one.
                Err(error @ DeskError::Client(_)) if error.field() == Some("email") => refused = Some(error),
                Err(error) if error.code() == crate::ErrorCode::SignedOut => {}
                Err(error) => return Err(error),
            }
        }
        Err(refused.unwrap_or_else(|| {
            DeskError::Refused(format!(
                "nobody is signed in at {} on this computer; sign in, or sign up, with the invitation",
                invitation.server.address().host()
            ))
        }))
    }

    /// Signs in, comes in by an invitation, and opens the organization.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn sign_in_with_invitation(
        self: &Arc<Self>,
        request: SignInWithInvitation,
    ) -> Result<Opened, DeskError> {
        let invitation = self.invitation(&request.link)?;
        let sign_in = SignInRequest {
            email: email(&request.email)?,
            password: Secret::new(request.password),
        };
        let started = invitation.server.sign_in(&sign_in).await?;
        self.settle_in(&invitation, started).await
    }

    /// Comes in by an invitation with a new account, and opens the organization.
    ///
    /// # Errors
    /// [`DeskError`]; at the field that is the reason, where one is.
    pub async fn join_with_invitation(
        self: &Arc<Self>,
        request: JoinWithInvitation,
    ) -> Result<Opened, DeskError> {
        let invitation = self.invitation(&request.link)?;
        let password = Secret::new(request.password);
        let (email, username) = (
            email(&request.email)?,
            named("username", Username::parse(&request.username))?,
        );
        let display_name = named("yourName", DisplayName::parse(&request.your_name))?;
        domain::password::check(password.expose())
            .map_err(|problem| DeskError::input("password", format!("the password: {problem}")))?;
        let again = SignInRequest {
            email: email.clone(),
            password: password.duplicate(),
        };
        let request = JoinRequest {
            code: invitation.code.duplicate(),
            email,
            username,
            display_name,
            password,
        };
        let started = match invitation.server.join(&request).await {
            Ok(started) => started,
            // The account may be there: the answer was lost now, or at an earlier try.
            Err(error)
                if error.may_have_arrived()
                    || matches!(error.code(), Some(ProblemCode::Conflict | ProblemCode::Refused)) =>
            {
                match invitation.server.sign_in(&again).await {
                    Ok(started) => started,
                    Err(_) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        };
        self.settle_in(&invitation, started).await
    }

    /// The organizations that the account of the open connection belongs to, from the copy (P5).
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn memberships(self: &Arc<Self>) -> Result<Vec<MembershipRow>, DeskError> {
        let open = self.current()?;
        let known = lock(&self.registry).connections.clone();
        blocking(move || {
            let here = open.record();
            let rows = open.replica.memberships()?.into_iter().map(|membership| {
                let organization_id = membership.organization_id;
                let is_open = organization_id == here.organization_id;
                let connection = known.iter().find(|record| {
                    record.account_id == here.account_id
                        && record.url == here.url
                        && record.organization_id == organization_id
                });
                MembershipRow {
                    organization_id,
                    organization_name: membership.organization_name.to_string(),
                    role: membership.role,
                    connection_id: if is_open {
                        Some(here.id)
                    } else {
                        connection.map(|record| record.id)
                    },
                    is_open,
                }
            });
            Ok(rows.collect())
        })
        .await
    }

    /// Opens another organization that the account of the open connection belongs to.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when it does not.
    pub async fn open_membership(
        self: &Arc<Self>,
        organization: OrganizationId,
    ) -> Result<Opened, DeskError> {
        let open = self.current()?;
        let replica = open.replica.clone();
        let membership = blocking(move || Ok(replica.membership(organization)?))
            .await?
            .ok_or_else(|| {
                DeskError::NotFound("this account does not belong to that organization".to_owned())
            })?;
        let record = open.record().as_ref().clone();
        self.open_membership_of(&record, membership).await
    }

    fn invitation(&self, link: &str) -> Result<Invitation, DeskError> {
        let wrong = || {
            DeskError::input(
                "link",
                "paste the whole link of the invitation, like https://keys.example.org/invite/ksi_…",
            )
        };
        let (server, code) = link.trim().split_once(INVITE).ok_or_else(wrong)?;
        let code = Secret::new(code.trim_end_matches('/').to_owned());
        if !is_invitation(code.expose()) {
            return Err(wrong());
        }
        let server = self.server(server).map_err(|error| match error {
            DeskError::Input { message, .. } => DeskError::Input {
                field: "link",
                message,
            },
            other => other,
        })?;
        Ok(Invitation { server, code })
    }

    /// The connections to a server, the open one first, one for each account.
    fn of_server(&self, url: &str) -> Vec<Record> {
        let open = lock(&self.open).clone().map(|open| open.record().id);
        let mut found: Vec<Record> = lock(&self.registry)
            .connections
            .iter()
            .filter(|record| record.url.as_deref() == Some(url))
            .cloned()
            .collect();
        found.sort_by_key(|record| Some(record.id) != open);
        let mut accounts = std::collections::HashSet::new();
        found.retain(|record| accounts.insert(record.account_id));
        found
    }

    async fn come_in(&self, session: &Session, invitation: &Invitation) -> Result<MembershipView, DeskError> {
        let now = self.now();
        let operation = self.with_entropy(|entropy| OperationId::make(now, entropy));
        let joined = session
            .accept_invitation(operation, &invitation.code())
            .await
            .map_err(at_server)?;
        Ok(joined.membership)
    }

    /// Comes in with a session that just began, unless that was done already, and opens the organization.
    async fn settle_in(
        self: &Arc<Self>,
        invitation: &Invitation,
        mut started: SessionStarted,
    ) -> Result<Opened, DeskError> {
        let session = invitation.server.with_session(started.token.duplicate());
        let membership = match self.come_in(&session, invitation).await {
            Ok(membership) => membership,
            Err(error) => {
                // Nobody holds it.
                let _ended = session.sign_out().await;
                return Err(error);
            }
        };
        let _one = self.changing.lock().await;
        let keychain = self.keychain().await?;
        let who = invitation.server.who().await?;
        let url = invitation.server.address().to_string();
        let (account, organization) = (started.account.id, membership.organization_id);
        let known = lock(&self.registry)
            .connections
            .iter()
            .find(|record| {
                record.url.as_deref() == Some(url.as_str())
                    && record.account_id == account
                    && record.organization_id == organization
            })
            .map(|record| record.id);
        let id = known.unwrap_or_else(|| self.new_connection());
        // The first membership is the one that is opened.
        started
            .account
            .memberships
            .retain(|known| known.organization_id != organization);
        started.account.memberships.insert(0, membership);
        self.settle(id, &keychain, &invitation.server, &who.region, started)
            .await
    }

    /// Opens an organization with the session of another connection of the same account.
    async fn open_membership_of(
        self: &Arc<Self>,
        of: &Record,
        membership: MembershipView,
    ) -> Result<Opened, DeskError> {
        let _one = self.changing.lock().await;
        let known = lock(&self.registry)
            .connections
            .iter()
            .find(|record| {
                record.url == of.url
                    && record.account_id == of.account_id
                    && record.organization_id == membership.organization_id
            })
            .cloned();
        let keychain = self.keychain().await?;
        let (again, name) = (keychain.clone(), item(of.id, SESSION));
        let token = blocking(move || Ok(again.get(&name)?)).await?;
        if let (Some(known), None) = (&known, &token) {
            return self.open_and_remember(known.clone()).await;
        }
        let token = token.ok_or(DeskError::SignedOut)?;
        let url = of.url.clone().ok_or_else(|| {
            DeskError::Refused("the workspace of this computer has one organization".to_owned())
        })?;
        let record = Record {
            id: known.map_or_else(|| self.new_connection(), |known| known.id),
            kind: ConnectionKind::Server,
            organization_id: membership.organization_id,
            organization_name: membership.organization_name.to_string(),
            role: membership.role,
            left: false,
            ..of.clone()
        };
        self.keep_session(&keychain, record.id, &token).await?;
        let link = Link::Session(self.server(&url)?.with_session(token));
        let parts = Parts {
            keychain,
            replica_path: self.place.replica(record.id),
            local: None,
            link,
            sample: None,
        };
        let open = lock(&self.open)
            .clone()
            .filter(|open| open.record().id == record.id);
        match open {
            Some(open) => open.engine.wake(),
            None => {
                self.open_parts(record.clone(), parts).await?;
            }
        }
        self.remember(record)
    }

    fn new_connection(&self) -> ConnectionId {
        let now = self.now();
        self.with_entropy(|entropy| ConnectionId::make(now, entropy))
    }
}
