//! Renaming a wallet (B6).

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::{Edited, Event};
use domain::role::Action;
use domain::wallet::may_rename;
use protocol::change::EntityRef;
use protocol::path;
use protocol::problem::ProblemCode;
use protocol::wallet::{RenameWalletRequest, WalletView};
use store::{Changed, wallet};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::wallet::{found, name_taken};
use crate::operation::{IfMatch, Written};
use crate::parameters::OneWallet;
use crate::refusal::Refusal;
use crate::work::Work;

/// Rename a wallet
///
/// When the wallet has another version than `If-Match` names, it was changed meanwhile: nothing is done. Credit that comes
/// or goes changes no version.
#[utoipa::path(patch, path = path::WALLET, tag = "money", operation_id = "rename_wallet",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("wallet_id" = domain::id::WalletId, Path, description = "The wallet."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
        ("if-match" = String, Header, description = "The version the edit was made over, in quotes: `\"3\"`."),
    ),
    request_body = RenameWalletRequest,
    responses(
        (status = 200, description = "The wallet.", body = WalletView),
        (status = 412, description = "The wallet was changed since that version.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn rename(
    State(app): State<App>,
    caller: Caller,
    one: OneWallet,
    IfMatch(version): IfMatch,
    Written {
        operation,
        body: request,
    }: Written<RenameWalletRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, one.organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMoney)?;
    let before = found(&mut work, one.wallet).await?;
    may_rename(before.purse())?;
    if before.version != version {
        return Err(Refusal::new(
            ProblemCode::PreconditionFailed,
            "this wallet was changed meanwhile; look at it again, and rename it then",
        )
        .at(protocol::header::IF_MATCH));
    }
    wallet::rename(&mut work.write, before.id, &request.name)
        .await
        .map_err(name_taken)?;

    let view = found(&mut work, before.id).await?;
    let event = Event::WalletRenamed {
        wallet: view.id,
        name: Edited {
            from: before.name.to_string(),
            to: view.name.to_string(),
        },
    };
    let changed = vec![Changed::Here(EntityRef::Wallet(view.id))];
    work.end(StatusCode::OK, &view, event, changed).await
}
