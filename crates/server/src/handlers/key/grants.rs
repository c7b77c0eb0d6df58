//! The services of a key (K5), checked against the server's catalog and the organization's wallets.

use domain::grant::{KeyGrant, Offer, check};
use domain::id::WalletId;
use domain::key::KeyKind;
use protocol::problem::ProblemCode;
use protocol::wallet::WalletView;
use store::wallet;

use crate::app::App;
use crate::refusal::Refusal;
use crate::work::Work;

/// As many services of one key can be named.
const MOST: usize = 200;

/// Checks the services a key is to have, in the place of those it had.
pub(crate) async fn check_grants(
    app: &App,
    work: &mut Work,
    (kind, free): (KeyKind, bool),
    before: &[KeyGrant],
    grants: &[KeyGrant],
) -> Result<(), Refusal> {
    if grants.is_empty() && before.is_empty() {
        return Ok(());
    }
    if free {
        return Err(Refusal::new(
            ProblemCode::Refused,
            "the services of the free service key can't be edited: every free service is on",
        )
        .at("grants"));
    }
    if kind != KeyKind::Service {
        let sentence = format!("only service keys call services; this is a {} key", kind.as_str());
        return Err(Refusal::field("grants", sentence));
    }
    if grants.len() > MOST {
        return Err(Refusal::field(
            "grants",
            format!("a key can have {MOST} services at the most"),
        ));
    }
    let wallets: Vec<WalletId> = wallet::list(&mut work.write, work.organization)
        .await?
        .iter()
        .filter(|wallet| !wallet.unassigned && wallet.archived_at.is_none())
        .map(|wallet: &WalletView| wallet.id)
        .collect();
    let offer = Offer {
        catalog: &app.catalog.catalog,
        wallets: &wallets,
        subscribed: &[],
    };
    check(grants, before, offer).map_err(|problem| {
        Refusal::field(
            &format!("grants[{}].{}", problem.at, problem.field),
            problem.sentence,
        )
    })
}
