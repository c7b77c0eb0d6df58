//! Wallets: credits of an organization, set aside (B5, B6). Every movement is an entry of the ledger, which only grows.

use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money};

/// Why an entry stands in the ledger (B5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// What an organization begins with.
    StartingCredit,
    /// From the credit that is in no wallet into one.
    Assigned,
    /// From a wallet back into the credit that is in none.
    GivenBack,
    /// From a wallet into another.
    Transferred,
    /// A request was paid for.
    Charged,
}

impl EntryKind {
    /// Every kind, in the order they are shown.
    pub const ALL: [Self; 5] = [
        Self::StartingCredit,
        Self::Assigned,
        Self::GivenBack,
        Self::Transferred,
        Self::Charged,
    ];

    /// The name used in the database, on the wire and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StartingCredit => "starting_credit",
            Self::Assigned => "assigned",
            Self::GivenBack => "given_back",
            Self::Transferred => "transferred",
            Self::Charged => "charged",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::StartingCredit => "Starting credit",
            Self::Assigned => "Assigned",
            Self::GivenBack => "Given back",
            Self::Transferred => "Transferred",
            Self::Charged => "Charged",
        }
    }

    /// What a movement between two wallets is; which of them is the credit that is in no wallet decides.
    #[must_use]
    pub const fn of_move(from_unassigned: bool, to_unassigned: bool) -> Self {
        match (from_unassigned, to_unassigned) {
            (true, _) => Self::Assigned,
            (false, true) => Self::GivenBack,
            (false, false) => Self::Transferred,
        }
    }
}

/// A wallet, as far as rules need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    /// Whether it is the credit that is in no wallet: an organization has exactly one.
    pub unassigned: bool,
    /// Whether it was archived.
    pub archived: bool,
    /// What is in it; never below zero.
    pub balance: Money,
}

/// Why credit can't be moved, apart from permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveProblem {
    /// From and to are one.
    #[error("from and to are the same wallet; choose another")]
    Same,
    /// Nothing, or less.
    #[error("give an amount above zero")]
    Nothing,
    /// Another currency than the wallets'.
    #[error("these wallets hold {0}; give the amount in {0}")]
    Currency(Currency),
    /// An archived wallet takes and gives nothing.
    #[error("this wallet is archived; choose another")]
    Archived,
    /// More than is there.
    #[error("there are only {0}; give that or less")]
    TooMuch(Money),
    /// More than a wallet can hold.
    #[error("this is more than a wallet can hold; give less")]
    TooLarge,
}

/// Checks a movement of credit between two wallets. Neither may go below zero (B6).
///
/// # Errors
/// [`MoveProblem`] says why not.
pub fn may_move(same: bool, from: Purse, to: Purse, amount: Money) -> Result<EntryKind, MoveProblem> {
    if same {
        return Err(MoveProblem::Same);
    }
    if amount.micros <= 0 {
        return Err(MoveProblem::Nothing);
    }
    if amount.currency != from.balance.currency || amount.currency != to.balance.currency {
        return Err(MoveProblem::Currency(from.balance.currency));
    }
    if from.archived || to.archived {
        return Err(MoveProblem::Archived);
    }
    if amount.micros > from.balance.micros {
        return Err(MoveProblem::TooMuch(from.balance));
    }
    if to.balance.checked_add(amount).is_none() {
        return Err(MoveProblem::TooLarge);
    }
    Ok(EntryKind::of_move(from.unassigned, to.unassigned))
}

/// Why a wallet can't be renamed or archived, apart from permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalletRefusal {
    /// The credit that is in no wallet is no wallet.
    #[error("this is the credit that is in no wallet; it can't be renamed or archived")]
    Unassigned,
    /// It stays as it was.
    #[error("this wallet is archived; it stays as it was")]
    Archived,
    /// There is something in it.
    #[error("there are {0} in this wallet; give them back or transfer them first")]
    NotEmpty(Money),
    /// Keys draw on it.
    #[error("{} on this wallet; let another pay for them first", draw(*.0))]
    InUse(u32),
}

fn draw(keys: u32) -> String {
    if keys == 1 {
        "1 key draws".to_owned()
    } else {
        format!("{keys} keys draw")
    }
}

/// Whether a wallet may be renamed.
///
/// # Errors
/// [`WalletRefusal`] says why not.
pub const fn may_rename(wallet: Purse) -> Result<(), WalletRefusal> {
    if wallet.unassigned {
        return Err(WalletRefusal::Unassigned);
    }
    if wallet.archived {
        return Err(WalletRefusal::Archived);
    }
    Ok(())
}

/// Whether a wallet may be archived, on which so many keys draw.
///
/// # Errors
/// [`WalletRefusal`] says why not.
pub const fn may_archive(wallet: Purse, keys: u32) -> Result<(), WalletRefusal> {
    if let Err(refusal) = may_rename(wallet) {
        return Err(refusal);
    }
    if wallet.balance.micros != 0 {
        return Err(WalletRefusal::NotEmpty(wallet.balance));
    }
    if keys > 0 {
        return Err(WalletRefusal::InUse(keys));
    }
    Ok(())
}

/// How an organization's credits lie (B6). Archived wallets, which are empty, do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Totals {
    /// All of it.
    pub total: Money,
    /// What is in no wallet.
    pub unassigned: Money,
    /// What is in wallets.
    pub assigned: Money,
    /// What the poorest wallet holds; none where there is no wallet.
    pub smallest: Option<Money>,
    /// What the richest wallet holds; none where there is no wallet.
    pub largest: Option<Money>,
}

/// How credits lie; none where the credit that is in no wallet is not among them, or they are more than can be counted.
#[must_use]
pub fn totals(purses: impl IntoIterator<Item = Purse>) -> Option<Totals> {
    let (mut unassigned, mut wallets) = (None, Vec::new());
    for purse in purses {
        if purse.unassigned {
            unassigned = Some(purse.balance);
        } else if !purse.archived {
            wallets.push(purse.balance);
        }
    }
    let unassigned = unassigned?;
    let assigned = wallets
        .iter()
        .try_fold(Money::from_micros(0, unassigned.currency), |sum, one| {
            sum.checked_add(*one)
        })?;
    Some(Totals {
        total: unassigned.checked_add(assigned)?,
        unassigned,
        assigned,
        smallest: wallets.iter().copied().min_by_key(|one| one.micros),
        largest: wallets.iter().copied().max_by_key(|one| one.micros),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros(micros: i64) -> Money {
        Money::from_micros(micros, Currency::parse("EUR").unwrap())
    }

    fn purse(unassigned: bool, micros: i64) -> Purse {
        Purse {
            unassigned,
            archived: false,
            balance: euros(micros),
        }
    }

    #[test]
    fn b6_credit_moves_only_where_it_is() {
        let (all, one, other) = (purse(true, 100), purse(false, 5), purse(false, 0));
        assert_eq!(may_move(false, all, one, euros(100)), Ok(EntryKind::Assigned));
        assert_eq!(may_move(false, one, all, euros(5)), Ok(EntryKind::GivenBack));
        assert_eq!(may_move(false, one, other, euros(1)), Ok(EntryKind::Transferred));
        assert_eq!(
            may_move(false, one, other, euros(6)).unwrap_err().to_string(),
            "there are only 0.000005 EUR; give that or less"
        );
        assert_eq!(may_move(true, one, one, euros(1)), Err(MoveProblem::Same));
        for nothing in [0, -1, i64::MIN] {
            assert_eq!(
                may_move(false, one, all, euros(nothing)),
                Err(MoveProblem::Nothing)
            );
        }
        let dollars = Money::from_micros(1, Currency::parse("USD").unwrap());
        assert_eq!(
            may_move(false, one, all, dollars).unwrap_err().to_string(),
            "these wallets hold EUR; give the amount in EUR"
        );
        let archived = Purse {
            archived: true,
            ..other
        };
        assert_eq!(
            may_move(false, one, archived, euros(1)),
            Err(MoveProblem::Archived)
        );
        assert_eq!(
            may_move(false, all, purse(false, i64::MAX), euros(1)),
            Err(MoveProblem::TooLarge)
        );
    }

    #[test]
    fn b6_only_an_empty_wallet_on_which_nothing_draws_is_archived() {
        assert_eq!(may_archive(purse(true, 0), 0), Err(WalletRefusal::Unassigned));
        assert_eq!(may_archive(purse(false, 0), 0), Ok(()));
        assert_eq!(
            may_archive(purse(false, 1), 0).unwrap_err().to_string(),
            "there are 0.000001 EUR in this wallet; give them back or transfer them first"
        );
        assert_eq!(
            may_archive(purse(false, 0), 2).unwrap_err().to_string(),
            "2 keys draw on this wallet; let another pay for them first"
        );
    }

    #[test]
    fn b6_totals_say_how_credits_lie() {
        let archived = Purse {
            archived: true,
            ..purse(false, 0)
        };
        let found = totals([purse(true, 10), purse(false, 3), archived, purse(false, 4)]).unwrap();
        assert_eq!(
            found,
            Totals {
                total: euros(17),
                unassigned: euros(10),
                assigned: euros(7),
                smallest: Some(euros(3)),
                largest: Some(euros(4)),
            }
        );
        assert_eq!(totals([purse(true, 10)]).unwrap().smallest, None);
        assert_eq!(totals([purse(false, 10)]), None);
    }

    #[test]
    fn b5_names_of_entries_read_back() {
        for kind in EntryKind::ALL {
            assert_eq!(EntryKind::from_name(kind.as_str()), Some(kind));
        }
    }
}
