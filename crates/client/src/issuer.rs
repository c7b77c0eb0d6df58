//! Identity providers outside (K12).

use domain::id::{IssuerId, OperationId, OrganizationId};
use domain::issuer::{IssuerUrl, Mapping};
use protocol::issuer::{
    AddIssuerRequest, IssuerFound, IssuerKeysView, IssuerView, LookAtIssuerRequest, MapIssuerRequest,
};
use protocol::path::{self, fill};
use reqwest::Method;

use crate::error::ClientError;
use crate::request::Session;

impl Session {
    /// What an issuer says of itself, as the server sees it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn look_at_issuer(
        &self,
        organization: OrganizationId,
        url: &IssuerUrl,
    ) -> Result<IssuerFound, ClientError> {
        let path = fill(path::ISSUERS_LOOK, &[&organization]);
        let request = self
            .request(Method::POST, &path)
            .json(&LookAtIssuerRequest { url: url.clone() });
        self.server().send(request).await
    }

    /// Registers an issuer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn add_issuer(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        request: &AddIssuerRequest,
    ) -> Result<IssuerView, ClientError> {
        let path = fill(path::ISSUERS, &[&organization]);
        self.write(Method::POST, &path, operation, request).await
    }

    /// Says whom the tokens of an issuer stand for.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn map_issuer(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        issuer: IssuerId,
        mapping: Mapping,
    ) -> Result<IssuerView, ClientError> {
        let path = fill(path::ISSUER_MAP, &[&organization, &issuer]);
        self.write(Method::POST, &path, operation, &MapIssuerRequest { mapping })
            .await
    }

    /// Removes an issuer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_issuer(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        issuer: IssuerId,
    ) -> Result<IssuerView, ClientError> {
        let path = fill(path::ISSUER_REMOVE, &[&organization, &issuer]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// The public keys of an issuer, as the server holds them.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn issuer_keys(
        &self,
        organization: OrganizationId,
        issuer: IssuerId,
    ) -> Result<IssuerKeysView, ClientError> {
        let path = fill(path::ISSUER_KEYS, &[&organization, &issuer]);
        self.get(&path).await
    }
}
