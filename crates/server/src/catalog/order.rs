//! Quantities in the order they are worked out: each after those it is made of, and none of itself.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalog::Parameter;
use domain::expression::Word;
use domain::price::Quantity;

use super::table::{Found, Source};

/// Puts quantities in order, and works each out at the largest inputs. None where a problem was noted.
pub(super) fn in_order(
    source: &Source<'_>,
    parameters: &[Found<Parameter>],
    quantities: Vec<Found<Quantity>>,
) -> Option<Vec<Quantity>> {
    let names: BTreeSet<Word> = quantities.iter().map(|found| found.value.id.clone()).collect();
    let mut values: BTreeMap<Word, u64> = parameters
        .iter()
        .map(|found| (found.value.id.clone(), u64::from(found.value.max)))
        .collect();
    let mut well = true;
    for found in &quantities {
        let formula = &found.value.formula;
        let unknown: BTreeSet<&Word> = formula
            .names()
            .into_iter()
            .filter(|name| !values.contains_key(*name) && !names.contains(*name))
            .collect();
        for name in unknown {
            well = false;
            source.say(
                &found.at,
                format!("“{name}” is neither a parameter nor a quantity of this model; add it, or correct the name"),
            );
        }
    }
    if !well {
        return None;
    }
    let mut left = quantities;
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let ready = left.iter().position(|found| {
            found
                .value
                .formula
                .names()
                .into_iter()
                .all(|name| values.contains_key(name))
        });
        let Some(ready) = ready else {
            say_cycle(source, &left);
            return None;
        };
        let Found { value, at } = left.remove(ready);
        match value.formula.value(&values) {
            Ok(number) => values.insert(value.id.clone(), number),
            Err(problem) => {
                source.say(
                    &at,
                    format!("{problem}, at the largest inputs; lower the “max” of its parameters"),
                );
                return None;
            }
        };
        ordered.push(value);
    }
    Some(ordered)
}

/// Each of what is left is made of another of it: following that leads around.
fn say_cycle(source: &Source<'_>, left: &[Found<Quantity>]) {
    let Some(mut here) = left.first() else { return };
    let mut way: Vec<&Word> = Vec::new();
    while !way.contains(&&here.value.id) {
        way.push(&here.value.id);
        let names = here.value.formula.names();
        match left.iter().find(|found| names.contains(&&found.value.id)) {
            Some(next) => here = next,
            None => return,
        }
    }
    let begin = way.iter().position(|name| **name == here.value.id).unwrap_or(0);
    let around: Vec<&str> = way[begin..].iter().map(|name| name.as_str()).collect();
    source.say(
        &here.at,
        format!(
            "the quantity “{0}” is made of itself ({1} → {0}); break the circle",
            here.value.id,
            around.join(" → ")
        ),
    );
}
