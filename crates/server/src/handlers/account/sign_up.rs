//! Signing up: an account, its organization, the organization's free service key (K2), and a first session.
//!
//! The answer is not kept, because it holds the session's token. Who lost it signs in.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::activity::{Actor, Event, Scope};
use domain::id::{AccountId, EventId, MemberId, OrganizationId};
use domain::key::KeyKind;
use domain::name::{Description, KeyName};
use domain::password;
use domain::role::Role;
use protocol::account::{SessionStarted, SignUpRequest};
use protocol::change::EntityRef;
use protocol::path;
use protocol::problem::ProblemCode;
use protocol::server::SignUp;
use store::account::NewAccount;
use store::key::NewKey;
use store::member::NewMember;
use store::{Changed, Record, account, key, member, organization};

use crate::address::ClientAddress;
use crate::app::App;
use crate::body::Body;
use crate::handlers::key::secret::check_secret;
use crate::handlers::session::sign_in::{begin, client_name};
use crate::handlers::wallet::open::open;
use crate::refusal::Refusal;

const FREE_KEY_NAME: &str = "Free service key";
pub(crate) const EMAIL_TAKEN: &str = "this email address has an account already; sign in";
pub(crate) const USERNAME_TAKEN: &str = "this username belongs to another account; choose another";

/// Sign up
///
/// Makes an account, its organization with the account as Owner, and the organization's free service key, and signs
/// in. The password has at least 10 characters. Not repeatable: when the answer was lost, sign in.
#[utoipa::path(post, path = path::ACCOUNTS, tag = "account", operation_id = "sign_up",
    params(("x-keystead-client" = Option<String>, Header, description = "How the program names itself.")),
    request_body = SignUpRequest,
    responses(
        (status = 201, description = "Signed up and in.", body = SessionStarted),
        (status = 403, description = "Nobody may sign up here.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "Email or username belong to another account.",
            body = protocol::problem::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many sign-ups from this address.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn sign_up(
    State(app): State<App>,
    from: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<SignUpRequest>,
) -> Result<(StatusCode, Json<SessionStarted>), Refusal> {
    let now = app.now();
    // Looked up once more inside the transaction; here it spares a full server the work.
    refuse_by_policy(
        app.config.sign_up,
        account::count(&mut app.store.direct().await?).await? + 1,
    )?;
    password::check(request.password.expose())
        .map_err(|problem| Refusal::field("password", problem.to_string()))?;
    check_secret(&request.free_key_secret, KeyKind::Service, "free_key_secret")?;
    app.attempts
        .sign_up(from.household(), now)
        .map_err(|seconds| Refusal::too_many("too many sign-ups from this address", seconds))?;
    // Slow, so it is done before the database waits for it.
    let password_hash = app.passwords.hash(request.password).await?;

    let account = app.make(now, AccountId::make);
    let organization = app.make(now, OrganizationId::make);
    let member = app.make(now, MemberId::make);

    let mut write = app.store.found(now).await?;
    // Other sign-ups wait here, so that what is looked up below stays true.
    let accounts = account::count_one_more(&mut write).await?;
    refuse_by_policy(app.config.sign_up, accounts)?;
    if account::email_taken(&mut write, &request.email).await? {
        return Err(taken("email", EMAIL_TAKEN));
    }
    if account::username_taken(&mut write, &request.username).await? {
        return Err(taken("username", USERNAME_TAKEN));
    }

    write.open_new(Scope::Account(account)).await?;
    write.open_new(Scope::Organization(organization)).await?;
    let new = NewAccount {
        id: account,
        email: &request.email,
        username: &request.username,
        display_name: &request.display_name,
        password_hash: &password_hash,
    };
    account::insert(&mut write, &new).await?;
    organization::insert(&mut write, organization, &request.organization_name).await?;
    member::insert(
        &mut write,
        NewMember {
            id: member,
            organization,
            account,
            role: Role::Owner,
        },
    )
    .await?;
    let free_key = NewKey {
        owner: None,
        organization,
        kind: KeyKind::Service,
        free: true,
        name: &KeyName::parse(FREE_KEY_NAME).map_err(|_| Refusal::internal())?,
        description: &Description::parse("").map_err(|_| Refusal::internal())?,
        expires_at: None,
        requests_per_minute: None,
        grants: &[],
        by: account,
        secret: &request.free_key_secret,
    };
    key::insert(&mut write, &free_key).await?;
    let credit = open(&app, &mut write, organization, Some(account)).await?;
    let started = begin(&app, &mut write, account, (&client_name(&headers), from)).await?;

    let free_key = request.free_key_secret.key_id;
    let account_created = Record {
        id: app.make(now, EventId::make),
        scope: Scope::Account(account),
        actor: Actor::Account(account),
        event: Event::AccountCreated {
            email: request.email.to_string(),
            username: request.username.to_string(),
        },
        changed: vec![
            Changed::Here(EntityRef::Profile(account)),
            Changed::Here(EntityRef::Membership(member)),
            Changed::Here(EntityRef::Session(started.session_id)),
        ],
    };
    let organization_created = Record {
        id: app.make(now, EventId::make),
        scope: Scope::Organization(organization),
        actor: Actor::Account(account),
        event: Event::OrganizationCreated {
            name: request.organization_name.to_string(),
            owner: account,
            role: Role::Owner,
            free_key,
        },
        changed: vec![
            Changed::Here(EntityRef::Organization(organization)),
            Changed::Here(EntityRef::Member(member)),
            Changed::Here(EntityRef::Key(free_key)),
            Changed::Here(EntityRef::Wallet(credit)),
        ],
    };
    write.commit([account_created, organization_created]).await?;
    Ok((StatusCode::CREATED, Json(started)))
}

pub(crate) fn taken(field: &str, sentence: &str) -> Refusal {
    Refusal::new(ProblemCode::Conflict, sentence).at(field)
}

/// `accounts` counts the one that signs up.
fn refuse_by_policy(policy: SignUp, accounts: i64) -> Result<(), Refusal> {
    match policy {
        SignUp::Open => Ok(()),
        SignUp::First if accounts == 1 => Ok(()),
        SignUp::First => Err(Refusal::new(
            ProblemCode::Refused,
            "this server is for its first account only, and that exists; sign in, or ask its operator",
        )),
        SignUp::Closed => Err(Refusal::new(
            ProblemCode::Refused,
            "nobody can sign up on this server; ask its operator for an account",
        )),
    }
}
