//! Groups, service accounts and the token policy, one function a request.

use domain::id::{GroupId, OperationId, OrganizationId, ServiceAccountId};
use protocol::group::{CreateGroupRequest, EditGroupRequest, GroupView};
use protocol::path::{self, fill};
use protocol::policy::{TokenPolicyEffect, TokenPolicyRequest, TokenPolicyView};
use protocol::service_account::{
    CreateServiceAccountRequest, EditServiceAccountRequest, RemovedServiceAccount, ServiceAccountView,
};
use reqwest::Method;

use crate::error::ClientError;
use crate::request::Session;

impl Session {
    /// Makes a group.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn create_group(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        request: &CreateGroupRequest,
    ) -> Result<GroupView, ClientError> {
        let path = fill(path::GROUPS, &[&organization]);
        self.write(Method::POST, &path, operation, request).await
    }

    /// Edits a group over the version its author saw.
    ///
    /// # Errors
    /// [`ClientError`]; a problem with the code `precondition_failed` when it has another version by now.
    pub async fn edit_group(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        (group, version): (GroupId, i64),
        request: &EditGroupRequest,
    ) -> Result<GroupView, ClientError> {
        let path = fill(path::GROUP, &[&organization, &group]);
        self.edit(Method::PATCH, &path, operation, version, request).await
    }

    /// Removes a group.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_group(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        group: GroupId,
    ) -> Result<GroupView, ClientError> {
        let path = fill(path::GROUP_REMOVE, &[&organization, &group]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// Makes a service account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn create_service_account(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        request: &CreateServiceAccountRequest,
    ) -> Result<ServiceAccountView, ClientError> {
        let path = fill(path::SERVICE_ACCOUNTS, &[&organization]);
        self.write(Method::POST, &path, operation, request).await
    }

    /// Edits a service account over the version its author saw.
    ///
    /// # Errors
    /// [`ClientError`]; a problem with the code `precondition_failed` when it has another version by now.
    pub async fn edit_service_account(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        (account, version): (ServiceAccountId, i64),
        request: &EditServiceAccountRequest,
    ) -> Result<ServiceAccountView, ClientError> {
        let path = fill(path::SERVICE_ACCOUNT, &[&organization, &account]);
        self.edit(Method::PATCH, &path, operation, version, request).await
    }

    /// Disables or enables a service account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn able_service_account(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        account: ServiceAccountId,
        enabled: bool,
    ) -> Result<ServiceAccountView, ClientError> {
        let path = if enabled {
            path::SERVICE_ACCOUNT_ENABLE
        } else {
            path::SERVICE_ACCOUNT_DISABLE
        };
        let path = fill(path, &[&organization, &account]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// Removes a service account; its tokens are revoked.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_service_account(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        account: ServiceAccountId,
    ) -> Result<RemovedServiceAccount, ClientError> {
        let path = fill(path::SERVICE_ACCOUNT_REMOVE, &[&organization, &account]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// What another token policy would do.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn preview_token_policy(
        &self,
        organization: OrganizationId,
        request: &TokenPolicyRequest,
    ) -> Result<TokenPolicyEffect, ClientError> {
        let path = fill(path::TOKEN_POLICY_PREVIEW, &[&organization]);
        let request = self.request(Method::POST, &path).json(request);
        self.server().send(request).await
    }

    /// Changes the token policy over the organization's version its author saw.
    ///
    /// # Errors
    /// [`ClientError`]; a problem with the code `precondition_failed` when it has another version by now.
    pub async fn set_token_policy(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        version: i64,
        request: &TokenPolicyRequest,
    ) -> Result<TokenPolicyView, ClientError> {
        let path = fill(path::TOKEN_POLICY, &[&organization]);
        self.edit(Method::PUT, &path, operation, version, request).await
    }
}
