//! Making a key (K3). Its secret was born on the caller's computer; the server learns its hash.

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::{Actor, Event, Scope};
use domain::id::EventId;
use domain::key::{KeyKind, check_expiry};
use domain::role::{self, Action};
use protocol::change::EntityRef;
use protocol::key::{CreateKeyRequest, KeyView};
use protocol::path;
use store::key::NewKey;
use store::{Changed, Record, key};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::key::secret::check_secret;
use crate::operation::Written;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;

/// Make a key
///
/// The caller makes the key's id, the secret and the secret's id; the server gets the secret's SHA-256, its prefix and
/// its last four characters.
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
    let now = app.now();
    let mut write = app.write_organization(organization, now).await?;
    let standing = caller.standing(&mut write, organization).await?;
    if let Some(answer) = operation.answered(&mut write, &caller).await? {
        return Ok(answer);
    }

    role::require(standing.role, Action::ManageKeys)?;
    if request.kind != KeyKind::Team {
        return Err(Refusal::field(
            "kind",
            "team keys can be made now, keys of other kinds can't",
        ));
    }
    check_secret(&request.secret, request.kind, "secret")?;
    check_expiry(request.expires_at, now)
        .map_err(|problem| Refusal::field("expires_at", problem.to_string()))?;

    let new = NewKey {
        organization,
        kind: request.kind,
        free: false,
        name: &request.name,
        description: &request.description,
        expires_at: request.expires_at,
        by: caller.account,
        secret: &request.secret,
    };
    key::insert(&mut write, &new).await?;

    let id = request.secret.key_id;
    let view = key::find(&mut write, organization, id)
        .await?
        .ok_or_else(Refusal::internal)?;
    let answer = Answer::new(StatusCode::CREATED, &view)?;
    operation.keep(&mut write, &caller, &answer).await?;
    let record = Record {
        id: app.make(now, EventId::make),
        scope: Scope::Organization(organization),
        actor: Actor::Account(caller.account),
        event: Event::KeyCreated {
            key: id,
            secret: request.secret.id,
            kind: request.kind,
            name: request.name.to_string(),
            expires_at: request.expires_at,
        },
        changed: vec![Changed::Here(EntityRef::Key(id))],
    };
    write.commit([record]).await?;
    Ok(answer)
}
