//! Prices, from TOML.

use domain::expression::Word;
use domain::money::{Currency, Money};
use domain::price::{PER, Price, Term, Tier};

use super::table::Table;

/// The most terms of a price.
const MOST_TERMS: usize = 20;
const MOST_TIERS: usize = 10;

fn micros(currency: Currency) -> impl Fn(&str) -> Result<i64, String> {
    move |text| {
        Money::parse(text, currency)
            .map(|money| money.micros)
            .map_err(|problem| format!("“{}” {problem}", short(text)))
    }
}

pub(super) fn price(
    table: &Table<'_>,
    currency: Currency,
    is_known: impl Fn(&Word) -> bool,
) -> Option<Price> {
    let before = table.source.problems();
    let base = table.amount("base", micros(currency));
    let minimum = table.amount("minimum", micros(currency));
    let terms: Vec<Option<Term>> = table
        .tables("terms", "a term of a price", MOST_TERMS)
        .into_iter()
        .map(|of| {
            let term = term(&of, currency, &is_known);
            of.end();
            term
        })
        .collect();
    let price = Price {
        base_micros: base.map_or(0, |found| found.value),
        minimum_micros: minimum.map_or(0, |found| found.value),
        terms: terms.into_iter().collect::<Option<_>>()?,
    };
    (table.source.problems() == before).then_some(price)
}

fn term(table: &Table<'_>, currency: Currency, is_known: impl Fn(&Word) -> bool) -> Option<Term> {
    let source = table.source;
    let of = table.parsed("of", Word::parse);
    if let Some(of) = &of
        && !is_known(&of.value)
    {
        let text = format!(
            "“{}” is neither a parameter nor a quantity of this model; add it, or correct the name",
            of.value
        );
        source.say(&of.at, text);
    }
    let amount = table.amount("amount", micros(currency));
    let per = per(table);
    let tiers = table.tables("tiers", "a tier", MOST_TIERS);
    let tiers = match (amount, tiers.is_empty()) {
        (Some(amount), true) => vec![Tier {
            up_to: None,
            micros: amount.value,
            per: per?,
        }],
        (None, false) => read_tiers(tiers, currency)?,
        (Some(_), false) => {
            source.say(&table.at, "a term has either an “amount” or “tiers”, not both");
            return None;
        }
        (None, true) => {
            if !table.has("amount") && !table.has("tiers") {
                source.say(
                    &table.at,
                    "a term needs an “amount”, or “tiers” with an amount each",
                );
            }
            return None;
        }
    };
    Some(Term { of: of?.value, tiers })
}

/// Per how many; per one where nothing is said.
fn per(table: &Table<'_>) -> Option<u32> {
    let Some(found) = table.maybe_number("per", u64::from(u32::MAX)) else {
        return Some(1);
    };
    let per = PER.into_iter().find(|per| u64::from(*per) == found.value);
    if per.is_none() {
        let known = PER.map(|per| per.to_string()).join(", ");
        table.source.say(
            &found.at,
            format!("a price is per so many of {known}, not per {}", found.value),
        );
    }
    per
}

fn read_tiers(tables: Vec<Table<'_>>, currency: Currency) -> Option<Vec<Tier>> {
    let last = tables.len().saturating_sub(1);
    let mut tiers: Vec<Tier> = Vec::new();
    for (at, table) in tables.into_iter().enumerate() {
        let source = table.source;
        let up_to = table.maybe_number("up_to", i64::MAX.unsigned_abs());
        let amount = table.amount("amount", micros(currency));
        let per = per(&table);
        if !table.has("amount") {
            table.say_missing("amount");
        }
        let before = tiers.last().and_then(|tier| tier.up_to).unwrap_or(0);
        match &up_to {
            None if at < last => source.say(
                &table.at,
                "only the last tier goes on without an end; give this one an “up_to”",
            ),
            Some(found) if at == last => source.say(
                &found.at,
                "the last tier has no end, or what is beyond it would have no price; remove its “up_to”",
            ),
            Some(found) if found.value <= before => source.say(
                &found.at,
                format!("tiers stand in the order of their ends; this one has to end above {before}"),
            ),
            _ => {}
        }
        table.end();
        tiers.push(Tier {
            up_to: up_to.map(|found| found.value),
            micros: amount?.value,
            per: per?,
        });
    }
    Some(tiers)
}

/// No more of what was written than fits a line.
pub(super) fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
