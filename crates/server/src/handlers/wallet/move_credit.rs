//! Moving credit between wallets (B6): assigning, giving back and transferring are one thing.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::Event;
use domain::id::EntryId;
use domain::role::Action;
use domain::wallet::{MoveProblem, may_move};
use protocol::change::EntityRef;
use protocol::path;
use protocol::wallet::{CreditMovedView, MoveCreditRequest};
use store::wallet::Move;
use store::{Changed, wallet};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::wallet::{found, named, named_in};
use crate::operation::Written;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;
use crate::work::Work;

/// Move credit between wallets
///
/// From the credit that is in no wallet into one, which assigns it; back, which gives it back; or from wallet to wallet. No
/// wallet goes below zero.
#[utoipa::path(post, path = path::WALLETS_MOVE, tag = "money", operation_id = "move_credit",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = MoveCreditRequest,
    responses((status = 200, description = "Both wallets.", body = CreditMovedView)))]
pub(crate) async fn move_credit(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Written {
        operation,
        body: request,
    }: Written<MoveCreditRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMoney)?;
    let from = named_in(&mut work, request.from, "from").await?;
    let to = named_in(&mut work, request.to, "to").await?;
    let kind = may_move(from.id == to.id, from.purse(), to.purse(), request.amount).map_err(|problem| {
        let field = match problem {
            MoveProblem::Same => "to",
            MoveProblem::Archived if from.archived_at.is_some() => "from",
            MoveProblem::Archived => "to",
            _ => "amount",
        };
        Refusal::field(field, problem.to_string())
    })?;
    let moved = Move {
        organization,
        from: from.id,
        to: to.id,
        amount: request.amount,
        kind,
        by: work.account,
        entries: [work.make(EntryId::make), work.make(EntryId::make)],
    };
    wallet::move_credit(&mut work.write, &moved).await?;

    let view = CreditMovedView {
        from: found(&mut work, from.id).await?,
        to: found(&mut work, to.id).await?,
    };
    let event = Event::CreditMoved {
        kind,
        from: named(&from),
        to: named(&to),
        amount: request.amount,
    };
    let changed = vec![
        Changed::Here(EntityRef::Wallet(from.id)),
        Changed::Here(EntityRef::Wallet(to.id)),
    ];
    work.end(StatusCode::OK, &view, event, changed).await
}
