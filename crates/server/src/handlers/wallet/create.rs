//! Making a wallet (B6), with some of the credit that is in none, where that is wanted.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::id::{EntryId, WalletId};
use domain::role::Action;
use domain::wallet::may_move;
use protocol::change::EntityRef;
use protocol::path;
use protocol::wallet::{CreateWalletRequest, WalletView};
use store::wallet::{Move, unassigned_of};
use store::{Changed, wallet};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::wallet::{found, name_taken, named};
use crate::operation::Written;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;
use crate::work::Work;

/// Make a wallet
///
/// It is empty, or begins with some of the credit that is in no wallet.
#[utoipa::path(post, path = path::WALLETS, tag = "money", operation_id = "create_wallet",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = CreateWalletRequest,
    responses((status = 201, description = "The wallet.", body = WalletView)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Written {
        operation,
        body: request,
    }: Written<CreateWalletRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMoney)?;
    let rest = found(&mut work, unassigned_of(organization)).await?;
    let id = work.make(WalletId::make);
    let currency = rest.balance.currency;
    wallet::insert(
        &mut work.write,
        organization,
        id,
        &request.name,
        currency,
        work.account,
    )
    .await
    .map_err(name_taken)?;
    let mut changed = vec![Changed::Here(EntityRef::Wallet(id))];
    if let Some(amount) = request.assign {
        let new = found(&mut work, id).await?;
        let kind = may_move(false, rest.purse(), new.purse(), amount)
            .map_err(|problem| Refusal::field("assign", problem.to_string()))?;
        let moved = Move {
            organization,
            from: rest.id,
            to: id,
            amount,
            kind,
            by: work.account,
            entries: [work.make(EntryId::make), work.make(EntryId::make)],
        };
        wallet::move_credit(&mut work.write, &moved).await?;
        changed.push(Changed::Here(EntityRef::Wallet(rest.id)));
    }

    let view = found(&mut work, id).await?;
    let event = Event::WalletCreated {
        wallet: named(&view),
        assigned: request.assign,
    };
    work.end(StatusCode::CREATED, &view, event, changed).await
}
