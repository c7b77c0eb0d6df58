//! Coming in by an invitation with a new account (P7). It vouches: also where nobody may sign up.
//!
//! The answer is not kept, because it holds the session's token. Who lost it signs in.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::activity::{Event, Scope};
use domain::id::{AccountId, MemberId};
use domain::invitation::may_accept;
use domain::password;
use protocol::account::SessionStarted;
use protocol::change::EntityRef;
use protocol::invitation::JoinRequest;
use protocol::path;
use store::Changed;
use store::account::{self, NewAccount};

use crate::address::ClientAddress;
use crate::app::App;
use crate::body::Body;
use crate::handlers::account::sign_up::{EMAIL_TAKEN, USERNAME_TAKEN, taken};
use crate::handlers::invitation::accept::come_in;
use crate::handlers::invitation::{attempt, by_code, for_another};
use crate::handlers::session::sign_in::{begin, client_name};
use crate::refusal::Refusal;

/// Come in by an invitation with a new account
///
/// Makes the account, a member of the organization that invited, and signs in; also on a server where nobody may sign up.
/// The address has to be the one that was invited. Not repeatable: when the answer was lost, sign in.
#[utoipa::path(post, path = path::INVITATION_JOIN, tag = "members", operation_id = "join",
    params(("x-keystead-client" = Option<String>, Header, description = "How the program names itself.")),
    request_body = JoinRequest,
    responses(
        (status = 201, description = "Signed up and in.", body = SessionStarted),
        (status = 403, description = "It is for another address, was accepted, cancelled, or has expired.",
            body = protocol::problem::Problem, content_type = "application/problem+json"),
        (status = 404, description = "No invitation has this code.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "Email or username belong to another account.",
            body = protocol::problem::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn join(
    State(app): State<App>,
    from: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<JoinRequest>,
) -> Result<(StatusCode, Json<SessionStarted>), Refusal> {
    attempt(&app, from)?;
    let now = app.now();
    // Looked up once more inside the transaction; here it spares the work for a code that opens nothing.
    let (organization, found) = by_code(&mut app.store.direct().await?, &request.code).await?;
    if request.email != found.email {
        return Err(for_another(&found, "sign up with it"));
    }
    may_accept(found.life(), now)?;
    app.attempts.invited(from.household());
    password::check(request.password.expose())
        .map_err(|problem| Refusal::field("password", problem.to_string()))?;
    // Slow, so it is done before the database waits for it.
    let password_hash = app.passwords.hash(request.password).await?;

    let mut write = app.store.found(now).await?;
    // Other sign-ups wait here, so that what is looked up below stays true.
    account::count_one_more(&mut write).await?;
    if !write.open(Scope::Organization(organization)).await? {
        return Err(Refusal::not_found("organization"));
    }
    let (_, found) = by_code(&mut write, &request.code).await?;
    may_accept(found.life(), now)?;
    if account::email_taken(&mut write, &request.email).await? {
        return Err(taken("email", EMAIL_TAKEN));
    }
    if account::username_taken(&mut write, &request.username).await? {
        return Err(taken("username", USERNAME_TAKEN));
    }

    let (id, member) = (app.make(now, AccountId::make), app.make(now, MemberId::make));
    write.open_new(Scope::Account(id)).await?;
    let new = NewAccount {
        id,
        email: &request.email,
        username: &request.username,
        display_name: &request.display_name,
        password_hash: &password_hash,
    };
    account::insert(&mut write, &new).await?;
    let [there, mut theirs] = come_in(&app, &mut write, (organization, &found), id, member).await?;
    let started = begin(&app, &mut write, id, (&client_name(&headers), from)).await?;
    theirs.event = Event::AccountCreated {
        email: request.email.to_string(),
        username: request.username.to_string(),
    };
    theirs.changed = vec![
        Changed::Here(EntityRef::Profile(id)),
        Changed::Here(EntityRef::Membership(member)),
        Changed::Here(EntityRef::Session(started.session_id)),
    ];
    write.commit([there, theirs]).await?;
    Ok((StatusCode::CREATED, Json(started)))
}
