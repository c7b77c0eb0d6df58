//! What one request costs: a base, and for each quantity so much money per so many, in tiers; at least a minimum.
//!
//! Worked out exactly in millionths of a micro-unit and rounded once, at the end, up to a whole micro-unit. Nothing but
//! additions and multiplications of what is not negative happens, so the cost never falls when an input grows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::expression::{EvaluationProblem, Expression, Word};
use crate::money::{Currency, Money, count};
use crate::name::UnitName;

/// Money may be asked per so many: powers of ten, up to a million.
pub const PER: [u32; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
/// So many parts a micro-unit is divided into while a cost is worked out; every [`PER`] divides it.
const PARTS: u128 = 1_000_000;

/// What is counted, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unit {
    /// One of it: "location".
    pub one: UnitName,
    /// Many of it: "locations".
    pub many: UnitName,
}

impl Unit {
    /// A number of it: "1 location", "1,250 locations".
    #[must_use]
    pub fn counted(&self, number: u64) -> String {
        format!(
            "{} {}",
            count(number),
            if number == 1 { &self.one } else { &self.many }
        )
    }
}

/// Something that is worked out of the parameters and paid for: cells = origins × destinations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quantity {
    /// Its name in formulas.
    pub id: Word,
    /// What is counted.
    pub unit: Unit,
    /// How many: of parameters, and of quantities that stand before this one.
    pub formula: Expression,
}

/// A price per so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tier {
    /// Up to the so manieth; none for all that follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<u64>,
    /// So many micro-units …
    pub micros: u64,
    /// … per so many: a power of ten up to a million.
    pub per: u32,
}

/// What a quantity costs. Each of it is paid by the tier it falls into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Term {
    /// A parameter or a quantity.
    pub of: Word,
    /// In the order of their ends; the last has none.
    pub tiers: Vec<Tier>,
}

/// What one request costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Price {
    /// Micro-units for the request itself.
    pub base_micros: u64,
    /// Micro-units that it costs at least.
    pub minimum_micros: u64,
    /// What is added.
    pub terms: Vec<Term>,
}

/// Why a request has no cost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceProblem {
    /// A quantity can't be worked out.
    #[error("{of}: {problem}")]
    Quantity {
        /// Which.
        of: Word,
        /// Why.
        problem: EvaluationProblem,
    },
    /// A term is of something that is not there.
    #[error("“{0}” is neither a parameter nor a quantity")]
    Unknown(Word),
    /// More money than can be counted.
    #[error("the cost of one request is more than 9,223,372,036,854.775807")]
    Overflow,
}

/// Works out the quantities, one after the other, and adds them to the values of the parameters.
///
/// # Errors
/// [`PriceProblem::Quantity`].
pub fn work_out(
    quantities: &[Quantity],
    mut values: BTreeMap<Word, u64>,
) -> Result<BTreeMap<Word, u64>, PriceProblem> {
    for quantity in quantities {
        let value = quantity
            .formula
            .value(&values)
            .map_err(|problem| PriceProblem::Quantity {
                of: quantity.id.clone(),
                problem,
            })?;
        values.insert(quantity.id.clone(), value);
    }
    Ok(values)
}

impl Price {
    /// What a request with these values costs, in `currency`.
    ///
    /// # Errors
    /// [`PriceProblem`].
    pub fn cost(&self, values: &BTreeMap<Word, u64>, currency: Currency) -> Result<Money, PriceProblem> {
        let overflow = || PriceProblem::Overflow;
        let mut parts = u128::from(self.base_micros) * PARTS;
        for term in &self.terms {
            let value = values
                .get(&term.of)
                .ok_or_else(|| PriceProblem::Unknown(term.of.clone()))?;
            let cost = term.parts(*value).ok_or_else(overflow)?;
            parts = parts.checked_add(cost).ok_or_else(overflow)?;
        }
        let micros = parts.div_ceil(PARTS).max(u128::from(self.minimum_micros));
        let micros = i64::try_from(micros).map_err(|_| overflow())?;
        Ok(Money::from_micros(micros, currency))
    }
}

impl Term {
    /// What so many cost, in millionths of a micro-unit.
    fn parts(&self, value: u64) -> Option<u128> {
        let (mut parts, mut paid) = (0u128, 0u64);
        for tier in &self.tiers {
            let end = tier.up_to.map_or(value, |end| end.min(value));
            let here = end.saturating_sub(paid);
            paid = paid.max(end);
            // A price per zero, from a server that is none of ours, is a price per one.
            let each = PARTS / u128::from(tier.per.max(1));
            let cost = u128::from(here)
                .checked_mul(u128::from(tier.micros))?
                .checked_mul(each)?;
            parts = parts.checked_add(cost)?;
        }
        Some(parts)
    }

    /// In words: "0.40 EUR per 1,000 cells; above 10,000: 0.30 EUR per 1,000 cells".
    #[must_use]
    pub fn in_words(&self, unit: &Unit, currency: Currency) -> String {
        let each = |tier: &Tier| {
            let money = money(tier.micros, currency);
            match tier.per {
                1 => format!("{money} per {}", unit.one),
                per => format!("{money} per {}", unit.counted(u64::from(per))),
            }
        };
        let mut words = String::new();
        let mut before = None;
        for tier in &self.tiers {
            if let Some(before) = before {
                words.push_str("; above ");
                words.push_str(&count(before));
                words.push_str(": ");
            }
            words.push_str(&each(tier));
            before = tier.up_to;
        }
        words
    }
}

impl Price {
    /// Its parts in words, each a line; `unit` says what a parameter or quantity counts.
    #[must_use]
    pub fn in_words<'u>(&self, unit: impl Fn(&Word) -> Option<&'u Unit>, currency: Currency) -> Vec<String> {
        let mut lines = Vec::new();
        if self.base_micros > 0 {
            lines.push(format!("{} per request", money(self.base_micros, currency)));
        }
        for term in &self.terms {
            if let Some(unit) = unit(&term.of) {
                lines.push(term.in_words(unit, currency));
            }
        }
        if self.minimum_micros > 0 {
            lines.push(format!(
                "At least {} per request",
                money(self.minimum_micros, currency)
            ));
        }
        if lines.is_empty() {
            lines.push("Nothing".to_owned());
        }
        lines
    }
}

fn money(micros: u64, currency: Currency) -> Money {
    Money::from_micros(i64::try_from(micros).unwrap_or(i64::MAX), currency)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(text: &str) -> Word {
        Word::parse(text).unwrap()
    }

    fn euro() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    fn flat(of: &str, micros: u64, per: u32) -> Term {
        Term {
            of: word(of),
            tiers: vec![Tier {
                up_to: None,
                micros,
                per,
            }],
        }
    }

    fn tiered() -> Term {
        Term {
            of: word("n"),
            tiers: vec![
                Tier {
                    up_to: Some(1_000),
                    micros: 500_000,
                    per: 1_000,
                },
                Tier {
                    up_to: None,
                    micros: 300_000,
                    per: 1_000,
                },
            ],
        }
    }

    fn micros(price: &Price, values: &[(&str, u64)]) -> Result<i64, PriceProblem> {
        let values = values.iter().map(|(name, value)| (word(name), *value)).collect();
        price.cost(&values, euro()).map(|money| money.micros)
    }

    fn price(base: u64, minimum: u64, terms: Vec<Term>) -> Price {
        Price {
            base_micros: base,
            minimum_micros: minimum,
            terms,
        }
    }

    #[test]
    fn b7_a_request_costs_base_and_terms_and_at_least_the_minimum() {
        let matrix = price(2_000, 5_000, vec![flat("cells", 400_000, 1_000)]);
        assert_eq!(micros(&matrix, &[("cells", 0)]), Ok(5_000));
        assert_eq!(micros(&matrix, &[("cells", 7)]), Ok(5_000));
        assert_eq!(micros(&matrix, &[("cells", 1_250)]), Ok(502_000));
        assert_eq!(micros(&matrix, &[]), Err(PriceProblem::Unknown(word("cells"))));
    }

    #[test]
    fn b7_each_is_paid_by_the_tier_it_falls_into() {
        let tiers = price(0, 0, vec![tiered()]);
        for (n, cost) in [
            (0, 0),
            (1, 500),
            (1_000, 500_000),
            (1_001, 500_300),
            (3_000, 1_100_000),
        ] {
            assert_eq!(micros(&tiers, &[("n", n)]), Ok(cost), "{n}");
        }
    }

    #[test]
    fn b7_a_cost_is_rounded_once_and_up() {
        // A third of nothing much: each term alone would be rounded up to one.
        let fine = price(0, 0, vec![flat("n", 1, 1_000), flat("m", 1, 1_000)]);
        assert_eq!(micros(&fine, &[("n", 0), ("m", 0)]), Ok(0));
        assert_eq!(micros(&fine, &[("n", 1), ("m", 1)]), Ok(1));
        assert_eq!(micros(&fine, &[("n", 999), ("m", 1)]), Ok(1));
        assert_eq!(micros(&fine, &[("n", 1_000), ("m", 1)]), Ok(2));
    }

    #[test]
    fn b7_what_can_t_be_counted_is_an_error() {
        let much = price(0, 0, vec![flat("n", u64::MAX, 1)]);
        assert_eq!(micros(&much, &[("n", u64::MAX)]), Err(PriceProblem::Overflow));
        let base = price(u64::MAX, 0, Vec::new());
        assert_eq!(micros(&base, &[]), Err(PriceProblem::Overflow));
        let minimum = price(0, u64::MAX, Vec::new());
        assert_eq!(micros(&minimum, &[]), Err(PriceProblem::Overflow));
    }

    #[test]
    fn b7_prices_are_said_in_words() {
        let unit = Unit {
            one: UnitName::parse("cell").unwrap(),
            many: UnitName::parse("cells").unwrap(),
        };
        let lines = |price: &Price| price.in_words(|_| Some(&unit), euro());
        assert_eq!(
            lines(&price(
                2_000,
                5_000,
                vec![flat("n", 400_000, 1_000), flat("n", 1, 1)]
            )),
            [
                "0.002 EUR per request",
                "0.40 EUR per 1,000 cells",
                "0.000001 EUR per cell",
                "At least 0.005 EUR per request",
            ]
        );
        assert_eq!(
            lines(&price(0, 0, vec![tiered()])),
            ["0.50 EUR per 1,000 cells; above 1,000: 0.30 EUR per 1,000 cells"]
        );
        assert_eq!(lines(&price(0, 0, Vec::new())), ["Nothing"]);
    }

    fn any_term() -> impl Strategy<Value = Term> {
        (
            0u64..5_000,
            0u64..2_000_000,
            0usize..7,
            0u64..2_000_000,
            0usize..7,
        )
            .prop_map(|(end, first, first_per, rest, rest_per)| Term {
                of: word("n"),
                tiers: vec![
                    Tier {
                        up_to: Some(end),
                        micros: first,
                        per: PER[first_per],
                    },
                    Tier {
                        up_to: None,
                        micros: rest,
                        per: PER[rest_per],
                    },
                ],
            })
    }

    proptest! {
        #[test]
        fn b7_a_cost_is_the_exact_one_rounded_up(
            base in 0u64..9_000_000, minimum in 0u64..9_000_000, term in any_term(), n in 0u64..10_000,
        ) {
            // The same by counting each one alone, over a common denominator.
            let mut exact = u128::from(base) * 1_000_000;
            for each in 1..=n {
                let tier = &term.tiers[usize::from(each > term.tiers[0].up_to.unwrap())];
                exact += u128::from(tier.micros) * (1_000_000 / u128::from(tier.per));
            }
            let expected = i64::try_from(exact.div_ceil(1_000_000).max(u128::from(minimum))).unwrap();
            let price = price(base, minimum, vec![term]);
            prop_assert_eq!(micros(&price, &[("n", n)]), Ok(expected));
            prop_assert!(micros(&price, &[("n", n + 1)]).unwrap() >= expected, "it never falls");
        }

        #[test]
        fn b7_whatever_a_server_says_is_no_panic(
            base: u64, minimum: u64, amount: u64, per: u32, end: u64, n: u64,
        ) {
            let term = Term { of: word("n"), tiers: vec![
                Tier { up_to: Some(end), micros: amount, per },
                Tier { up_to: None, micros: amount, per },
            ] };
            let _cost = micros(&price(base, minimum, vec![term]), &[("n", n)]);
        }
    }
}
