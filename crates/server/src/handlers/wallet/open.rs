//! The credit that an organization begins with (B5).

use domain::activity::{Actor, Event, Scope};
use domain::id::{AccountId, EntryId, EventId, OrganizationId, WalletId};
use domain::name::WalletName;
use protocol::change::EntityRef;
use store::{Changed, Record, Write, wallet};

use crate::app::App;
use crate::refusal::Refusal;

const UNASSIGNED: &str = "Unassigned credit";

/// Gives an organization the credit that is in no wallet.
pub(crate) async fn open(
    app: &App,
    write: &mut Write,
    organization: OrganizationId,
    by: Option<AccountId>,
) -> Result<WalletId, Refusal> {
    let name = WalletName::parse(UNASSIGNED).map_err(|_| Refusal::internal())?;
    let entry = app.make(write.at(), EntryId::make);
    let opened = wallet::open(write, organization, &name, app.starting_credit, entry, by).await?;
    Ok(opened)
}

/// Gives it to organizations that were made before there was any.
pub(crate) async fn open_missing(app: &App) -> Result<(), Refusal> {
    loop {
        let without = wallet::without(&mut app.store.direct().await?).await?;
        if without.is_empty() {
            return Ok(());
        }
        for organization in without {
            let mut write = app.write_organization(organization, app.now()).await?;
            let id = wallet::unassigned_of(organization);
            // Another node may have been faster.
            if wallet::find(&mut write, organization, id).await?.is_some() {
                continue;
            }
            let id = open(app, &mut write, organization, None).await?;
            let record = Record {
                id: app.make(write.at(), EventId::make),
                scope: Scope::Organization(organization),
                actor: Actor::Server,
                event: Event::CreditStarted {
                    amount: app.starting_credit,
                },
                changed: vec![Changed::Here(EntityRef::Wallet(id))],
            };
            write.commit([record]).await?;
        }
    }
}
