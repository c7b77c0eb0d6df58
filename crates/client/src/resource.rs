//! One function a request, in the order of [`protocol::path`].

use std::pin::Pin;

use crypto::secret::Secret;
use domain::catalog::Catalog;
use domain::id::{InvitationId, KeyId, MemberId, OperationId, OrganizationId, SecretId, SessionId};
use domain::role::Role;
use domain::rotation::RotationStep;
use domain::trace::Trace;
use eventsource_stream::Eventsource as _;
use futures::{Stream, StreamExt as _};
use protocol::account::{
    AccountView, EndSessionsRequest, SessionStarted, SessionsView, SignInRequest, SignUpRequest,
};
use protocol::change::{ChangesPage, Notice};
use protocol::header;
use protocol::import::{ImportKeysRequest, ImportKeysView};
use protocol::invitation::{
    ChangeRoleRequest, InvitationCard, InvitationCode, InvitationView, InviteRequest, InvitedView,
    JoinRequest, JoinedView, LeftView, SentInvitation,
};
use protocol::key::{
    CreateKeyRequest, EditKeyRequest, EndKeyTokenRequest, KeyUsageView, KeyView, MakeKeyTokenRequest,
    RotateKeyRequest,
};
use protocol::organization::MemberView;
use protocol::path::{self, fill};
use protocol::server::{PRODUCT, ServerView};
use protocol::verify::{VerifyRequest, VerifyView};
use reqwest::{Method, StatusCode};

use crate::error::ClientError;
use crate::request::{Server, Session};

/// Notices that something changed, until the connection ends.
pub type Notices = Pin<Box<dyn Stream<Item = Result<Notice, ClientError>> + Send>>;

impl Server {
    /// Who answers.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::NotKeystead`] when something else does.
    pub async fn who(&self) -> Result<ServerView, ClientError> {
        let view: ServerView = self.send(self.request(Method::GET, path::SERVER)).await?;
        if view.product == PRODUCT {
            Ok(view)
        } else {
            Err(ClientError::NotKeystead {
                host: self.address().host(),
                reason: "it says it is something else".to_owned(),
            })
        }
    }

    /// Signs up.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn sign_up(&self, request: &SignUpRequest) -> Result<SessionStarted, ClientError> {
        self.send(self.request(Method::POST, path::ACCOUNTS).json(request))
            .await
    }

    /// Signs in.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn sign_in(&self, request: &SignInRequest) -> Result<SessionStarted, ClientError> {
        self.send(self.request(Method::POST, path::SESSIONS).json(request))
            .await
    }

    /// What an invitation is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn look_at_invitation(&self, request: &InvitationCode) -> Result<InvitationCard, ClientError> {
        self.send(self.request(Method::POST, path::INVITATION_LOOK).json(request))
            .await
    }

    /// Comes in by an invitation with a new account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn join(&self, request: &JoinRequest) -> Result<SessionStarted, ClientError> {
        self.send(self.request(Method::POST, path::INVITATION_JOIN).json(request))
            .await
    }

    /// Asks whether a secret is good, as a service that was called with it would.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn verify(&self, secret: Secret) -> Result<VerifyView, ClientError> {
        let request = self
            .request(Method::POST, path::VERIFY)
            .json(&VerifyRequest::of(secret));
        self.send(request).await
    }
}

impl Session {
    /// Who is signed in, and where they belong.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn account(&self) -> Result<AccountView, ClientError> {
        self.get(path::ACCOUNT).await
    }

    /// Services, models and prices, with their tag; none when they are those of `known`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn catalog(&self, known: Option<&str>) -> Result<Option<(String, Catalog)>, ClientError> {
        let mut request = self.request(Method::GET, path::CATALOG);
        if let Some(known) = known {
            request = request.header("if-none-match", format!("\"{known}\""));
        }
        let response = self.server().ask(request).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let tag = response
            .headers()
            .get("etag")
            .and_then(|value| value.to_str().ok());
        let tag = tag.unwrap_or_default().trim_matches('"').to_owned();
        Ok(Some((tag, self.server().read(response).await?)))
    }

    /// Ends this session.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn sign_out(&self) -> Result<(), ClientError> {
        self.server()
            .send(self.request(Method::DELETE, path::CURRENT_SESSION))
            .await
    }

    /// Makes a key.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn create_key(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        request: &CreateKeyRequest,
    ) -> Result<KeyView, ClientError> {
        let path = fill(path::KEYS, &[&organization]);
        self.write(Method::POST, &path, operation, request).await
    }

    /// Brings keys of another system, or asks what would become of each.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn import_keys(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        request: &ImportKeysRequest,
    ) -> Result<ImportKeysView, ClientError> {
        let path = fill(path::KEYS_IMPORT, &[&organization]);
        self.write(Method::POST, &path, operation, request).await
    }

    /// Edits a key over the version its author saw.
    ///
    /// # Errors
    /// [`ClientError`]; a problem with the code `precondition_failed` when the key has another version by now.
    pub async fn edit_key(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        key: KeyId,
        version: i64,
        request: &EditKeyRequest,
    ) -> Result<KeyView, ClientError> {
        let path = fill(path::KEY, &[&organization, &key]);
        self.edit(Method::PATCH, &path, operation, version, request).await
    }

    /// Revokes a key.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn revoke_key(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        key: KeyId,
    ) -> Result<KeyView, ClientError> {
        let path = fill(path::KEY_REVOKE, &[&organization, &key]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// Tells what was done with a secret.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn tell_trace(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        key: KeyId,
        trace: &Trace,
    ) -> Result<KeyView, ClientError> {
        let path = fill(path::KEY_TRACE, &[&organization, &key]);
        self.write(Method::POST, &path, operation, trace).await
    }

    /// Pauses a key.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn pause_key(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        key: KeyId,
    ) -> Result<KeyView, ClientError> {
        let path = fill(path::KEY_PAUSE, &[&organization, &key]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// Resumes a key.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn resume_key(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        key: KeyId,
    ) -> Result<KeyView, ClientError> {
        let path = fill(path::KEY_RESUME, &[&organization, &key]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// Gives a key a new secret.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn rotate_key(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        request: &RotateKeyRequest,
    ) -> Result<KeyView, ClientError> {
        let path = fill(path::KEY_ROTATE, &[&organization, &request.secret.key_id]);
        self.write(Method::POST, &path, operation, request).await
    }

    /// The sessions of the account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn sessions(&self) -> Result<SessionsView, ClientError> {
        self.get(path::SESSIONS).await
    }

    /// Ends one session of the account, or all but this one.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn end_sessions(&self, session_id: Option<SessionId>) -> Result<SessionsView, ClientError> {
        let request = self
            .request(Method::POST, path::SESSIONS_END)
            .json(&EndSessionsRequest { session_id });
        self.server().send(request).await
    }

    /// Makes a secret of a service key for oneself.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn make_key_token(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        request: &MakeKeyTokenRequest,
    ) -> Result<KeyView, ClientError> {
        let path = fill(path::KEY_TOKENS, &[&organization, &request.secret.key_id]);
        self.write(Method::POST, &path, operation, request).await
    }

    /// Ends a member's own secret of a key.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn end_key_token(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        (key, secret_id): (KeyId, SecretId),
    ) -> Result<KeyView, ClientError> {
        let path = fill(path::KEY_TOKEN_END, &[&organization, &key]);
        self.write(Method::POST, &path, operation, &EndKeyTokenRequest { secret_id })
            .await
    }

    /// Extends, finishes or rolls back the rotation of a key.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn step_rotation(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        key: KeyId,
        step: RotationStep,
    ) -> Result<KeyView, ClientError> {
        let path = fill(path::KEY_ROTATION, &[&organization, &key]);
        self.write(Method::POST, &path, operation, &step).await
    }

    /// How often a key was used in the last `hours` hours.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn key_usage(
        &self,
        organization: OrganizationId,
        key: KeyId,
        hours: u32,
    ) -> Result<KeyUsageView, ClientError> {
        let path = fill(path::KEY_USAGE, &[&organization, &key]);
        self.get(&format!("{path}?hours={hours}")).await
    }

    /// Invites people.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn invite(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        request: &InviteRequest,
    ) -> Result<InvitedView, ClientError> {
        let path = fill(path::INVITATIONS, &[&organization]);
        self.write(Method::POST, &path, operation, request).await
    }

    /// Sends an invitation again: with a new link and a new end.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn resend_invitation(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        invitation: InvitationId,
    ) -> Result<SentInvitation, ClientError> {
        let path = fill(path::INVITATION_RESEND, &[&organization, &invitation]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn cancel_invitation(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        invitation: InvitationId,
    ) -> Result<InvitationView, ClientError> {
        let path = fill(path::INVITATION_CANCEL, &[&organization, &invitation]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// Comes in by an invitation with the signed-in account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn accept_invitation(
        &self,
        operation: OperationId,
        request: &InvitationCode,
    ) -> Result<JoinedView, ClientError> {
        self.write(Method::POST, path::INVITATION_ACCEPT, operation, request)
            .await
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn change_role(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        member: MemberId,
        role: Role,
    ) -> Result<MemberView, ClientError> {
        let path = fill(path::MEMBER_ROLE, &[&organization, &member]);
        self.write(Method::POST, &path, operation, &ChangeRoleRequest { role })
            .await
    }

    /// Removes a member.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_member(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        member: MemberId,
    ) -> Result<MemberView, ClientError> {
        let path = fill(path::MEMBER_REMOVE, &[&organization, &member]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// Leaves an organization.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn leave(
        &self,
        organization: OrganizationId,
        operation: OperationId,
    ) -> Result<LeftView, ClientError> {
        let path = fill(path::LEAVE, &[&organization]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// What changed since a sequence number, at most `limit` changes.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn changes(
        &self,
        organization: OrganizationId,
        since: i64,
        limit: u32,
    ) -> Result<ChangesPage, ClientError> {
        let path = fill(path::CHANGES, &[&organization]);
        self.get(&format!("{path}?since={since}&limit={limit}")).await
    }

    /// What changed of the signed-in account since a sequence number, at most `limit` changes; and the tag of the catalog
    /// that the server offers now, if it says one.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn account_changes(
        &self,
        since: i64,
        limit: u32,
    ) -> Result<(ChangesPage, Option<String>), ClientError> {
        let path = format!("{}?since={since}&limit={limit}", path::ACCOUNT_CHANGES);
        let request = self.request(Method::GET, &path);
        self.server().send_for(request, header::CATALOG).await
    }

    /// Notices that something changed. The stream has no end of its own; it ends when the connection does.
    ///
    /// # Errors
    /// [`ClientError`] when it could not be opened.
    pub async fn notices(&self) -> Result<Notices, ClientError> {
        let server = self.server().clone();
        let request = self
            .request(Method::GET, path::EVENTS)
            .header("accept", "text/event-stream");
        let response = request.send().await.map_err(|error| server.transport(&error))?;
        if !response.status().is_success() {
            return Err(server.refusal(response).await);
        }
        let host = server.address().host();
        let cut = move |reason: String| ClientError::Cut {
            host: host.clone(),
            reason,
        };
        Ok(Box::pin(response.bytes_stream().eventsource().map(
            move |event| {
                let event = event.map_err(|error| cut(error.to_string()))?;
                serde_json::from_str(&event.data).map_err(|error| cut(error.to_string()))
            },
        )))
    }
}
