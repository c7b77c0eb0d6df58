//! Removing a service account, and revoking its tokens with it (P11).

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::principal::Principal;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::path;
use protocol::service_account::RemovedServiceAccount;
use store::{Changed, group, issuer, key, policy, service_account};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::member::named_key;
use crate::handlers::service_account::named;
use crate::operation::{Nothing, Written};
use crate::parameters::OneServiceAccount;
use crate::refusal::Refusal;
use crate::work::Work;

/// Remove a service account
///
/// Its tokens are revoked with it, for good, and no subject of an issuer stands for it any more; which they are, `GET …/keys` shows by their `owner`.
#[utoipa::path(post, path = path::SERVICE_ACCOUNT_REMOVE, tag = "service accounts", operation_id = "remove_service_account",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("service_account_id" = domain::id::ServiceAccountId, Path, description = "The service account."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The service account as it was, and its tokens.", body = RemovedServiceAccount)))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    one: OneServiceAccount,
    Written {
        operation,
        body: Nothing {},
    }: Written<Nothing>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, one.organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };
    let id = one.service_account;

    work.may(Action::ManageMembers)?;
    let before = work.service_account(id).await?;

    let owner = Principal::ServiceAccount(id);
    let tokens = policy::revoke_all(&mut work.write, one.organization, owner, work.account).await?;
    let groups = group::leave_all(&mut work.write, owner).await?;
    let issuers = issuer::forget_principal(&mut work.write, owner).await?;
    service_account::remove(&mut work.write, id).await?;

    let mut changed = vec![Changed::Gone(EntityRef::ServiceAccount(id))];
    let mut revoked = Vec::with_capacity(tokens.len());
    for token in &tokens {
        changed.push(Changed::Here(EntityRef::Key(token.id)));
        revoked.extend(key::find(&mut work.write, one.organization, token.id).await?);
    }
    changed.extend(
        groups
            .into_iter()
            .map(|group| Changed::Here(EntityRef::Group(group))),
    );
    changed.extend(
        issuers
            .into_iter()
            .map(|issuer| Changed::Here(EntityRef::Issuer(issuer))),
    );
    let event = Event::ServiceAccountRemoved {
        account: named(&before),
        revoked: tokens.iter().map(named_key).collect(),
    };
    let view = RemovedServiceAccount {
        service_account: before,
        revoked,
    };
    work.end(StatusCode::OK, &view, event, changed).await
}
