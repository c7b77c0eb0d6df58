//! Every route, once: its handler, its place in the OpenAPI document, and who may take it.
//!
//! The document is made from the routes themselves, so the two can't disagree. Each route says whom it is for; the
//! test `p9_the_whole_table` asks every route as every role and fails for a route it does not know.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use domain::role::{Action, Role, grant};
use protocol::problem::{MEDIA_TYPE, Problem};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, ResponseBuilder,
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes as route;

use crate::app::App;
use crate::finish::finish;
use crate::handlers;

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody who reaches the server.
    Public,
    /// Whoever is signed in.
    Session,
    /// A member of the organization in the path, of any role.
    Member,
    /// A member whose role allows the action, at least in part.
    May(Action),
}

/// A route and whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// `GET`, `POST`, `DELETE`.
    pub method: &'static str,
    /// With placeholders in braces.
    pub path: String,
    /// Whom it is for.
    pub access: Access,
}

struct Routes {
    router: OpenApiRouter<App>,
    declared: Vec<Declared>,
}

fn operations(item: &mut utoipa::openapi::PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", &mut item.get),
        ("POST", &mut item.post),
        ("PUT", &mut item.put),
        ("PATCH", &mut item.patch),
        ("DELETE", &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

impl Routes {
    fn to(mut self, access: Access, (schemas, mut paths, methods): UtoipaMethodRouter<App>) -> Self {
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations(item) {
                describe(operation, access, method, path);
                self.declared.push(Declared {
                    method,
                    path: path.clone(),
                    access,
                });
            }
        }
        self.router = self.router.routes((schemas, paths, methods));
        self
    }
}

/// Adds what follows from the kind of a route: security, and the problems it can answer with.
fn describe(operation: &mut Operation, access: Access, method: &str, path: &str) {
    let mut problems = vec![
        (500, "The server failed."),
        (503, "The server or its database is not ready."),
    ];
    if access == Access::Public {
        operation.security = Some(Vec::new());
    } else {
        operation.security = Some(vec![SecurityRequirement::new("session", Vec::<String>::new())]);
        problems.push((401, "The session has ended or never was."));
    }
    if let Access::May(action) = access
        && Role::ALL.into_iter().any(|role| !grant(role, action).is_some())
    {
        let text = format!(
            "The role does not allow it, or a rule refuses it. Asked for: {}.",
            action.label()
        );
        operation
            .responses
            .responses
            .insert("403".to_owned(), problem(&text));
    }
    let in_organization = path.contains('{');
    let has_body = operation.request_body.is_some();
    if in_organization {
        problems.push((404, "Not there, or not visible to this account."));
    }
    if in_organization || has_body || operation.parameters.is_some() {
        problems.push((
            400,
            "A header, a parameter or a field of the body is missing, unknown or wrong.",
        ));
    }
    if has_body {
        problems.push((413, "The body is larger than the server reads."));
        problems.push((415, "The body is not application/json."));
    }
    if in_organization && method != "GET" {
        problems.push((
            409,
            "It exists already, or the idempotency-key was used for another request.",
        ));
    }
    for (status, text) in problems {
        operation
            .responses
            .responses
            .entry(status.to_string())
            .or_insert_with(|| problem(text));
    }
}

fn problem(text: &str) -> utoipa::openapi::RefOr<utoipa::openapi::Response> {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(text)
        .content(MEDIA_TYPE, content)
        .build()
        .into()
}

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(Problem, protocol::change::Notice)))]
struct Components;

fn document() -> OpenApi {
    let mut components = <Components as utoipa::OpenApi>::openapi()
        .components
        .unwrap_or_default();
    let mut session = Http::new(HttpAuthScheme::Bearer);
    session.description = Some("The token of a session, `kss_…`, from signing up or in.".to_owned());
    components.add_security_scheme("session", SecurityScheme::Http(session));
    let license = LicenseBuilder::new()
        .name("MIT OR Apache-2.0")
        .identifier(Some("MIT OR Apache-2.0"))
        .build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Keystead")
                .version(env!("CARGO_PKG_VERSION"))
                .license(Some(license))
                .description(Some(
                    "The server of Keystead: an organization's API keys and what is recorded of them. Every answer \
                     that is no success is a problem of RFC 9457 with a `code` to act on. Every write inside an \
                     organization carries an `Idempotency-Key` and can be asked again with the same body.",
                )),
        )
        .components(Some(components))
        .build()
}

fn build() -> Routes {
    use handlers::{
        account, catalog, change, group, health, invitation, issuer, key, member, notice, openapi, policy,
        server, service_account, session, verify, wallet,
    };
    Routes {
        router: OpenApiRouter::with_openapi(document()),
        declared: Vec::new(),
    }
    .to(Access::Public, route!(server::read::read))
    .to(Access::Public, route!(account::sign_up::sign_up))
    .to(Access::Session, route!(catalog::read::read))
    .to(Access::Session, route!(account::read::read))
    .to(Access::Session, route!(change::list::list_of_account))
    .to(Access::Public, route!(session::sign_in::sign_in))
    .to(Access::Session, route!(session::read::read))
    .to(Access::Session, route!(session::end::end))
    .to(Access::Session, route!(session::end_some::list))
    .to(Access::Session, route!(session::end_some::end_some))
    .to(Access::May(Action::ReadKeys), route!(key::list::list))
    .to(Access::May(Action::ManageKeys), route!(key::create::create))
    .to(Access::May(Action::ManageKeys), route!(key::import::import))
    .to(Access::May(Action::ReadKeys), route!(key::read::read))
    .to(Access::May(Action::ManageKeys), route!(key::edit::edit))
    .to(Access::May(Action::ManageKeys), route!(key::revoke::revoke))
    .to(Access::May(Action::ManageKeys), route!(key::pause::pause))
    .to(Access::May(Action::ManageKeys), route!(key::resume::resume))
    .to(Access::May(Action::RotateKeys), route!(key::rotate::rotate))
    .to(Access::May(Action::ReadKeys), route!(key::token::make))
    .to(Access::May(Action::ReadKeys), route!(key::token::end))
    .to(Access::May(Action::RotateKeys), route!(key::rotation::rotation))
    .to(Access::May(Action::ReadKeys), route!(key::usage::usage))
    .to(Access::May(Action::ReadKeys), route!(key::trace::trace))
    .to(Access::Member, route!(member::list::list))
    .to(Access::May(Action::ManageMembers), route!(member::role::role))
    .to(Access::May(Action::ManageMembers), route!(member::remove::remove))
    .to(Access::Member, route!(member::leave::leave))
    .to(Access::Member, route!(group::list::list))
    .to(Access::May(Action::ManageMembers), route!(group::create::create))
    .to(Access::May(Action::ManageMembers), route!(group::edit::edit))
    .to(Access::May(Action::ManageMembers), route!(group::remove::remove))
    .to(Access::Member, route!(service_account::list::list))
    .to(
        Access::May(Action::ManageMembers),
        route!(service_account::create::create),
    )
    .to(
        Access::May(Action::ManageMembers),
        route!(service_account::edit::edit),
    )
    .to(
        Access::May(Action::ManageMembers),
        route!(service_account::able::disable),
    )
    .to(
        Access::May(Action::ManageMembers),
        route!(service_account::able::enable),
    )
    .to(
        Access::May(Action::ManageMembers),
        route!(service_account::remove::remove),
    )
    .to(Access::Member, route!(policy::read::read))
    .to(Access::May(Action::ManagePolicy), route!(policy::set::set))
    .to(
        Access::May(Action::ManagePolicy),
        route!(policy::preview::preview),
    )
    .to(Access::May(Action::ManageMembers), route!(invitation::list::list))
    .to(
        Access::May(Action::ManageMembers),
        route!(invitation::invite::invite),
    )
    .to(
        Access::May(Action::ManageMembers),
        route!(invitation::resend::resend),
    )
    .to(
        Access::May(Action::ManageMembers),
        route!(invitation::cancel::cancel),
    )
    .to(Access::May(Action::ReadKeys), route!(issuer::list::list))
    .to(Access::May(Action::ManagePolicy), route!(issuer::look::look))
    .to(Access::May(Action::ManagePolicy), route!(issuer::add::add))
    .to(Access::May(Action::ManagePolicy), route!(issuer::map::map))
    .to(Access::May(Action::ManagePolicy), route!(issuer::remove::remove))
    .to(Access::May(Action::ManagePolicy), route!(issuer::keys::keys))
    .to(Access::Public, route!(invitation::look::look))
    .to(Access::Session, route!(invitation::accept::accept))
    .to(Access::Public, route!(invitation::join::join))
    .to(Access::Public, route!(invitation::page::page))
    .to(Access::May(Action::ManageMoney), route!(wallet::list::list))
    .to(Access::May(Action::ManageMoney), route!(wallet::create::create))
    .to(
        Access::May(Action::ManageMoney),
        route!(wallet::move_credit::move_credit),
    )
    .to(Access::May(Action::ManageMoney), route!(wallet::rename::rename))
    .to(Access::May(Action::ManageMoney), route!(wallet::archive::archive))
    .to(Access::May(Action::ManageMoney), route!(wallet::ledger::ledger))
    .to(Access::Member, route!(change::list::list))
    .to(Access::Session, route!(notice::stream::stream))
    .to(Access::Public, route!(verify::verify::verify))
    .to(Access::Public, route!(verify::forward::forward))
    .to(Access::Public, route!(openapi::read::read))
    .to(Access::Public, route!(health::live::live))
    .to(Access::Public, route!(health::ready::ready))
}

/// Every route and whom it is for.
#[must_use]
pub fn routes() -> Vec<Declared> {
    build().declared
}

/// The OpenAPI document as JSON text, ending in a line break.
///
/// # Errors
/// The document can't be written as JSON.
pub fn openapi() -> Result<String, serde_json::Error> {
    let document = build().router.into_openapi();
    document.to_pretty_json().map(|text| text + "\n")
}

/// The whole service.
pub(crate) fn service(app: &App) -> Router {
    let (router, _) = build().router.split_for_parts();
    router
        .fallback(|| async { axum::http::StatusCode::NOT_FOUND })
        .layer(DefaultBodyLimit::max(app.config.body_limit))
        .layer(from_fn_with_state(app.clone(), finish))
        .with_state(app.clone())
}
