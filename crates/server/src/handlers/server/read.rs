//! Who answers here.

use axum::Json;
use axum::extract::State;
use protocol::path;
use protocol::server::{PRODUCT, ServerView, SignUp};
use store::account;

use crate::app::App;
use crate::refusal::Refusal;

/// Who answers here
///
/// An app asks this first: whether it is a Keystead server, its region, and whether one may sign up.
#[utoipa::path(get, path = path::SERVER, tag = "server", operation_id = "read_server",
    responses((status = 200, description = "The server.", body = ServerView)))]
pub(crate) async fn read(State(app): State<App>) -> Result<Json<ServerView>, Refusal> {
    let sign_up = match app.config.sign_up {
        SignUp::First if account::count(&mut app.store.direct().await?).await? > 0 => SignUp::Closed,
        policy => policy,
    };
    Ok(Json(ServerView {
        product: PRODUCT.to_owned(),
        name: app.config.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        region: app.config.region.as_str().to_owned(),
        sign_up,
        time: app.now(),
    }))
}
