//! Making a key (K3). Its secret was born on the caller's computer; the server learns its hash.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::grant::in_order;
use domain::id::MemberId;
use domain::key::{KeyKind, check_expiry};
use domain::role::Action;
use protocol::key::{CreateKeyRequest, KeyView};
use protocol::path;
use store::assigned;
use store::key;
use store::key::NewKey;

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::key::grants::check_grants;
use crate::handlers::key::owner::owner;
use crate::handlers::key::people::{assignable, members};
use crate::handlers::key::secret::check_secret;
use crate::handlers::member::named;
use crate::operation::Written;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;
use crate::work::Work;

/// Make a key
///
/// The caller makes the key's id, the secret and the secret's id; the server gets the secret's SHA-256, its prefix and
/// its last four characters. A personal token is the caller's own, or of the service account that `owner` names; the
/// token policy says who may have one.
#[utoipa::path(post, path = path::KEYS, tag = "keys", operation_id = "create_key",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = CreateKeyRequest,
    responses((status = 201, description = "The key.", body = KeyView)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Written {
        operation,
        body: request,
    }: Written<CreateKeyRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    let owner = if request.kind == KeyKind::Personal {
        Some(owner(&mut work, request.owner).await?)
    } else {
        work.may(Action::ManageKeys)?;
        None
    };
    if request.owner.is_some() && owner.is_none() {
        return Err(Refusal::field(
            "owner",
            "only personal tokens have an owner; leave it out",
        ));
    }
    if request.kind == KeyKind::Project {
        return Err(Refusal::field(
            "kind",
            "team keys, service keys and personal tokens can be made now, project keys can't",
        ));
    }
    check_secret(&request.secret, request.kind, "secret")?;
    check_expiry(request.expires_at, work.at())
        .map_err(|problem| Refusal::field("expires_at", problem.to_string()))?;
    check_grants(&app, &mut work, (request.kind, false), &[], &request.grants).await?;
    let grants = in_order(request.grants);

    assignable(request.kind, &request.people)?;
    let people = members(&mut work, &request.people).await?;

    let new = NewKey {
        organization,
        kind: request.kind,
        free: false,
        name: &request.name,
        description: &request.description,
        expires_at: request.expires_at,
        requests_per_minute: request.requests_per_minute,
        owner,
        grants: &grants,
        by: work.account,
        secret: &request.secret,
    };
    key::insert(&mut work.write, &new).await?;
    let id = request.secret.key_id;
    let assigned: Vec<MemberId> = request.people.iter().copied().collect();
    assigned::change(&mut work.write, organization, id, &assigned, &[]).await?;

    let event = Event::KeyCreated {
        key: id,
        secret: request.secret.id,
        kind: request.kind,
        name: request.name.to_string(),
        expires_at: request.expires_at,
        requests_per_minute: request.requests_per_minute,
        people: people.iter().map(named).collect(),
        owner,
        grants,
    };
    work.end_on_key(StatusCode::CREATED, id, event).await
}
