//! One function a request, in the order of [`protocol::path`].

use std::pin::Pin;

use crypto::secret::Secret;
use domain::id::{KeyId, OperationId, OrganizationId};
use domain::rotation::RotationStep;
use eventsource_stream::Eventsource as _;
use futures::{Stream, StreamExt as _};
use protocol::account::{AccountView, SessionStarted, SignInRequest, SignUpRequest};
use protocol::change::{ChangesPage, Notice};
use protocol::import::{ImportKeysRequest, ImportKeysView};
use protocol::key::{CreateKeyRequest, EditKeyRequest, KeyUsageView, KeyView, RotateKeyRequest};
use protocol::path::{self, fill};
use protocol::server::{PRODUCT, ServerView};
use protocol::verify::{VerifyRequest, VerifyView};
use reqwest::Method;

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

    /// Asks whether a secret is good, as a service that was called with it would.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn verify(&self, secret: Secret) -> Result<VerifyView, ClientError> {
        let request = self
            .request(Method::POST, path::VERIFY)
            .json(&VerifyRequest { secret });
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
        self.edit(&path, operation, version, request).await
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

    /// What changed of the signed-in account since a sequence number, at most `limit` changes.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn account_changes(&self, since: i64, limit: u32) -> Result<ChangesPage, ClientError> {
        let path = path::ACCOUNT_CHANGES;
        self.get(&format!("{path}?since={since}&limit={limit}")).await
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
