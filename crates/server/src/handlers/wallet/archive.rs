//! Archiving a wallet (B6): it takes and gives nothing more, and stays in the ledger by its name.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::role::Action;
use domain::wallet::may_archive;
use protocol::change::EntityRef;
use protocol::path;
use protocol::wallet::WalletView;
use store::{Changed, wallet};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::wallet::{found, named};
use crate::operation::{Nothing, Written};
use crate::parameters::OneWallet;
use crate::refusal::Refusal;
use crate::work::Work;

/// Archive a wallet
///
/// Only one that is empty and on which no key draws. Another wallet may have its name then.
#[utoipa::path(post, path = path::WALLET_ARCHIVE, tag = "money", operation_id = "archive_wallet",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("wallet_id" = domain::id::WalletId, Path, description = "The wallet."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = Nothing,
    responses((status = 200, description = "The wallet.", body = WalletView)))]
pub(crate) async fn archive(
    State(app): State<App>,
    caller: Caller,
    one: OneWallet,
    Written { operation, .. }: Written<Nothing>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, one.organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMoney)?;
    let before = found(&mut work, one.wallet).await?;
    let keys = wallet::drawn_by(&mut work.write, before.id).await?;
    may_archive(before.purse(), keys)?;
    wallet::archive(&mut work.write, before.id).await?;

    let view = found(&mut work, before.id).await?;
    let event = Event::WalletArchived { wallet: named(&view) };
    let changed = vec![Changed::Here(EntityRef::Wallet(view.id))];
    work.end(StatusCode::OK, &view, event, changed).await
}
