//! Headers with a meaning of their own here.

/// Names one intention to write (an [`OperationId`](domain::id::OperationId)). The same value with the same body is
/// answered as it was the first time, for 30 days; with another body it is refused.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The version an edit was made over, in quotes as an entity tag (RFC 9110, 13.1.1): `"3"`. When the entity has another
/// one by now, the edit is refused with 412 and its author merges.
pub const IF_MATCH: &str = "if-match";
/// The program that signs in, as it names itself ("Keystead 0.1.0 on Linux"); shown in the list of sessions.
pub const CLIENT: &str = "x-keystead-client";
/// Which catalog the server offers now: the entity tag of `GET /v1/catalog` without its quotes. On pages of the account's
/// feed, so that a desktop asks for the catalog only when it is another one.
pub const CATALOG: &str = "x-keystead-catalog";
/// The server's id of this request, also in its log.
pub const REQUEST_ID: &str = "x-request-id";
/// The key whose secret let a request through.
pub const KEY: &str = "x-keystead-key";
/// Which of its secrets.
pub const KEY_SECRET: &str = "x-keystead-secret";
/// The key's kind.
pub const KEY_KIND: &str = "x-keystead-kind";
/// Whose the key is.
pub const KEY_ORGANIZATION: &str = "x-keystead-organization";
/// The issuer whose token let a request through.
pub const ISSUER: &str = "x-keystead-issuer";
/// The member whom that token stands for.
pub const MEMBER: &str = "x-keystead-member";
/// The service account whom that token stands for.
pub const SERVICE_ACCOUNT: &str = "x-keystead-service-account";
/// The member's role.
pub const ROLE: &str = "x-keystead-role";
/// The member or service account whose the personal token is.
pub const KEY_OWNER: &str = "x-keystead-owner";
/// The role of that owner now.
pub const KEY_OWNER_ROLE: &str = "x-keystead-owner-role";
/// Why a request was not let through.
pub const REASON: &str = "x-keystead-reason";
/// How many more requests of a key with a limit may go on at once.
pub const REMAINING: &str = "x-keystead-remaining";
/// The service a request calls, in a question of a reverse proxy.
pub const SERVICE: &str = "x-keystead-service";
/// The model of that service.
pub const MODEL: &str = "x-keystead-model";
/// What the request says, as `name=number` and commas: what it costs is worked out of it.
pub const PARAMETERS: &str = "x-keystead-parameters";
/// The caller's own id of the request: asked again with it, the request is charged once.
pub const CHARGE_ID: &str = "x-keystead-charge-id";
/// What the request cost, as `0.05 EUR`.
pub const COST: &str = "x-keystead-cost";
