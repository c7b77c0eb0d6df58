//! Every path of the server, once. Placeholders in braces are ids.

/// Who answers here ([`ServerView`](crate::server::ServerView)).
pub const SERVER: &str = "/v1/server";
/// Services, models and prices ([`Catalog`](domain::catalog::Catalog)).
pub const CATALOG: &str = "/v1/catalog";
/// Sign up.
pub const ACCOUNTS: &str = "/v1/accounts";
/// The signed-in account and its organizations.
pub const ACCOUNT: &str = "/v1/account";
/// What changed of the signed-in account since a sequence number.
pub const ACCOUNT_CHANGES: &str = "/v1/account/changes";
/// Sign in.
pub const SESSIONS: &str = "/v1/sessions";
/// The session of this request.
pub const CURRENT_SESSION: &str = "/v1/sessions/current";
/// End sessions of one's own account.
pub const SESSIONS_END: &str = "/v1/sessions/end";
/// Keys of an organization.
pub const KEYS: &str = "/v1/organizations/{organization_id}/keys";
/// Bring keys of another system by the hashes of their secrets.
pub const KEYS_IMPORT: &str = "/v1/organizations/{organization_id}/keys/import";
/// One key.
pub const KEY: &str = "/v1/organizations/{organization_id}/keys/{key_id}";
/// Revoke one key.
pub const KEY_REVOKE: &str = "/v1/organizations/{organization_id}/keys/{key_id}/revoke";
/// Stop a key for a while.
pub const KEY_PAUSE: &str = "/v1/organizations/{organization_id}/keys/{key_id}/pause";
/// Let a paused key go on.
pub const KEY_RESUME: &str = "/v1/organizations/{organization_id}/keys/{key_id}/resume";
/// Give a key a new secret.
pub const KEY_ROTATE: &str = "/v1/organizations/{organization_id}/keys/{key_id}/rotate";
/// Extend, finish or roll back the rotation of a key.
pub const KEY_ROTATION: &str = "/v1/organizations/{organization_id}/keys/{key_id}/rotation";
/// Make a secret of a service key for oneself.
pub const KEY_TOKENS: &str = "/v1/organizations/{organization_id}/keys/{key_id}/tokens";
/// End a member's own secret of a key.
pub const KEY_TOKEN_END: &str = "/v1/organizations/{organization_id}/keys/{key_id}/tokens/end";
/// How often a key was used, by secret and hour.
pub const KEY_USAGE: &str = "/v1/organizations/{organization_id}/keys/{key_id}/usage";
/// Tell what was done with a secret of a key.
pub const KEY_TRACE: &str = "/v1/organizations/{organization_id}/keys/{key_id}/traces";
/// Members of an organization.
pub const MEMBERS: &str = "/v1/organizations/{organization_id}/members";
/// Give a member another role.
pub const MEMBER_ROLE: &str = "/v1/organizations/{organization_id}/members/{member_id}/role";
/// Remove a member.
pub const MEMBER_REMOVE: &str = "/v1/organizations/{organization_id}/members/{member_id}/remove";
/// Leave an organization.
pub const LEAVE: &str = "/v1/organizations/{organization_id}/leave";
/// Groups of members and service accounts.
pub const GROUPS: &str = "/v1/organizations/{organization_id}/groups";
/// One group.
pub const GROUP: &str = "/v1/organizations/{organization_id}/groups/{group_id}";
/// Remove a group.
pub const GROUP_REMOVE: &str = "/v1/organizations/{organization_id}/groups/{group_id}/remove";
/// Service accounts of an organization.
pub const SERVICE_ACCOUNTS: &str = "/v1/organizations/{organization_id}/service-accounts";
/// One service account.
pub const SERVICE_ACCOUNT: &str = "/v1/organizations/{organization_id}/service-accounts/{service_account_id}";
/// Suspend the tokens of a service account.
pub const SERVICE_ACCOUNT_DISABLE: &str =
    "/v1/organizations/{organization_id}/service-accounts/{service_account_id}/disable";
/// Let the tokens of a service account work again.
pub const SERVICE_ACCOUNT_ENABLE: &str =
    "/v1/organizations/{organization_id}/service-accounts/{service_account_id}/enable";
/// Remove a service account and revoke its tokens.
pub const SERVICE_ACCOUNT_REMOVE: &str =
    "/v1/organizations/{organization_id}/service-accounts/{service_account_id}/remove";
/// Who may have personal tokens made.
pub const TOKEN_POLICY: &str = "/v1/organizations/{organization_id}/token-policy";
/// What another token policy would do.
pub const TOKEN_POLICY_PREVIEW: &str = "/v1/organizations/{organization_id}/token-policy/preview";
/// Invitations into an organization.
pub const INVITATIONS: &str = "/v1/organizations/{organization_id}/invitations";
/// Give an invitation a new link and a new end.
pub const INVITATION_RESEND: &str = "/v1/organizations/{organization_id}/invitations/{invitation_id}/resend";
/// Take an invitation back.
pub const INVITATION_CANCEL: &str = "/v1/organizations/{organization_id}/invitations/{invitation_id}/cancel";
/// Identity providers outside whose tokens an organization takes.
pub const ISSUERS: &str = "/v1/organizations/{organization_id}/issuers";
/// What an issuer says of itself, before it is registered.
pub const ISSUERS_LOOK: &str = "/v1/organizations/{organization_id}/issuers/look";
/// Say whom the tokens of an issuer stand for.
pub const ISSUER_MAP: &str = "/v1/organizations/{organization_id}/issuers/{issuer_id}/map";
/// Remove an issuer.
pub const ISSUER_REMOVE: &str = "/v1/organizations/{organization_id}/issuers/{issuer_id}/remove";
/// The public keys of an issuer, as the server holds them.
pub const ISSUER_KEYS: &str = "/v1/organizations/{organization_id}/issuers/{issuer_id}/keys";
/// What an invitation is, for whoever holds its code.
pub const INVITATION_LOOK: &str = "/v1/invitations/look";
/// Come in by an invitation with the signed-in account.
pub const INVITATION_ACCEPT: &str = "/v1/invitations/accept";
/// Come in by an invitation with a new account.
pub const INVITATION_JOIN: &str = "/v1/invitations/join";
/// The page of an invitation, for browsers.
pub const INVITATION_PAGE: &str = "/invite/{code}";
/// The wallets of an organization.
pub const WALLETS: &str = "/v1/organizations/{organization_id}/wallets";
/// Move credit between wallets.
pub const WALLETS_MOVE: &str = "/v1/organizations/{organization_id}/wallets/move";
/// One wallet.
pub const WALLET: &str = "/v1/organizations/{organization_id}/wallets/{wallet_id}";
/// Archive a wallet that is empty.
pub const WALLET_ARCHIVE: &str = "/v1/organizations/{organization_id}/wallets/{wallet_id}/archive";
/// Every movement of an organization's credits.
pub const LEDGER: &str = "/v1/organizations/{organization_id}/ledger";
/// What changed in an organization since a sequence number.
pub const CHANGES: &str = "/v1/organizations/{organization_id}/changes";
/// Notices that something changed, as server-sent events.
pub const EVENTS: &str = "/v1/events";
/// Whether a secret is good, for the services that accept keys.
pub const VERIFY: &str = "/v1/verify";
/// The OpenAPI document.
pub const OPENAPI: &str = "/v1/openapi.json";
/// Whether the process answers.
pub const HEALTH: &str = "/healthz";
/// Whether the process and its database answer.
pub const READY: &str = "/readyz";

/// Fills the placeholders of a path, in order.
#[must_use]
pub fn fill(path: &str, ids: &[&dyn std::fmt::Display]) -> String {
    let mut filled = String::with_capacity(path.len() + 40 * ids.len());
    let mut ids = ids.iter();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        if let Some(id) = ids.next() {
            filled.push_str(&id.to_string());
        }
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    #[test]
    fn placeholders_are_filled_in_order() {
        assert_eq!(super::fill("/v1/a/{x}/b/{y}/c", &[&1, &2]), "/v1/a/1/b/2/c");
    }
}
