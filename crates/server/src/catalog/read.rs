//! From TOML to the catalog: each field read, and each price worked out at the largest inputs.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;

use domain::catalog::{BillingPolicy, Catalog, CatalogId, Inputs, Model, Parameter, Service};
use domain::expression::{Expression, Word};
use domain::money::{Currency, count};
use domain::name::{Description, Label, UnitName};
use domain::price::{Quantity, Unit};
use toml::de::DeTable;

use super::order::in_order;
use super::prices::{price, short};
use super::table::{Found, Problem, Source, Table};

/// The most bytes of a file.
pub(super) const MOST_BYTES: usize = 256 * 1_024;
/// The most services of a catalog.
pub(super) const MOST_SERVICES: usize = 500;
const MOST_MODELS: usize = 50;
/// Parameters and quantities of a model, each.
const MOST_PARTS: usize = 20;

/// A file with its name.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// As it is named in problems.
    pub(super) name: String,
    pub(super) text: String,
}

/// Reads the file of the whole and those of the services.
///
/// # Errors
/// Everything that is wrong, by file and line.
pub(super) fn read(whole: &File, services: &[File]) -> Result<Catalog, Vec<Problem>> {
    let mut problems = Vec::new();
    let currency = read_file(whole, &mut problems, "the catalog", |table| {
        let currency = table.parsed("currency", |text| {
            Currency::parse(text).map_err(|problem| format!("“{text}” {problem}"))
        })?;
        Some(currency.value)
    });
    let mut read: Vec<Service> = Vec::new();
    let mut ids: BTreeMap<CatalogId, String> = BTreeMap::new();
    for file in services {
        let service = read_file(file, &mut problems, "a service", |table| {
            // What a price is in decides nothing of whether it is right.
            let service = service(table, currency.unwrap_or(Currency::NONE))?;
            if let Some(other) = ids.get(&service.value.id) {
                table.source.say(
                    &service.at,
                    format!(
                        "the service id “{}” is taken by {other} already; choose another",
                        service.value.id
                    ),
                );
            }
            let line = table.source.line(&service.at);
            ids.entry(service.value.id.clone())
                .or_insert_with(|| format!("{}:{line}", file.name));
            Some(service.value)
        });
        read.extend(service);
    }
    match currency {
        Some(currency) if problems.is_empty() => Ok(Catalog {
            currency,
            services: read,
        }),
        _ => Err(problems),
    }
}

fn read_file<T>(
    file: &File,
    problems: &mut Vec<Problem>,
    what: &'static str,
    read: impl FnOnce(&Table<'_>) -> Option<T>,
) -> Option<T> {
    let source = Source::new(&file.name, &file.text);
    if file.text.len() > MOST_BYTES {
        problems.push(Problem {
            file: file.name.clone(),
            line: 0,
            text: format!("the file is larger than {} bytes", count(MOST_BYTES as u64)),
        });
        return None;
    }
    let table = match DeTable::parse(&file.text) {
        Ok(table) => table,
        Err(error) => {
            let said = error.message().trim().replace('\n', ", ");
            source.say(&error.span().unwrap_or(0..0), format!("this is no TOML: {said}"));
            problems.extend(source.into_problems());
            return None;
        }
    };
    let found = {
        let table = Table::new(&source, what, &table);
        let found = read(&table);
        table.end();
        found
    };
    let well = source.problems() == 0;
    // The file is read and gone; what it said stays.
    drop(table);
    problems.extend(source.into_problems());
    found.filter(|_| well)
}

fn service(table: &Table<'_>, currency: Currency) -> Option<Found<Service>> {
    let id = table.parsed("id", CatalogId::parse);
    let name = table.parsed("name", Label::parse);
    let description = description(table);
    let policies = policies(table);
    let paid = policies.contains(&BillingPolicy::PayAsYouGo);
    let mut seen = Seen::default();
    let models: Vec<Option<Model>> = table
        .tables("models", "a model", MOST_MODELS)
        .into_iter()
        .map(|of| {
            let model = model(&of, currency, paid, &mut seen);
            of.end();
            model
        })
        .collect();
    if models.is_empty() && !table.has("models") {
        table.source.say(
            &table.at,
            "a service needs a model, which is what a request asks for; add one with [[models]]",
        );
    }
    let id = id?;
    Some(Found {
        value: Service {
            id: id.value,
            name: name?.value,
            description: description?,
            policies,
            models: models.into_iter().collect::<Option<_>>()?,
        },
        at: id.at,
    })
}

fn policies(table: &Table<'_>) -> Vec<BillingPolicy> {
    let known = BillingPolicy::ALL.map(BillingPolicy::as_str).join(", ");
    let before = table.source.problems();
    let texts = table.texts("policies", BillingPolicy::ALL.len());
    if texts.is_empty() && table.source.problems() == before {
        let text = format!("“policies” has to name at least one way to pay: {known}");
        table.source.say(&table.at, text);
    }
    let mut policies = Vec::new();
    for Found { value, at } in texts {
        match BillingPolicy::from_name(value) {
            Some(policy) if policies.contains(&policy) => {
                table.source.say(&at, format!("“{value}” stands here twice"));
            }
            Some(policy) => policies.push(policy),
            None => table.source.say(
                &at,
                format!("“{}” is no way to pay; there are {known}", short(value)),
            ),
        }
    }
    policies.sort_unstable();
    policies
}

fn description(table: &Table<'_>) -> Option<Description> {
    let Found { value, at } = table.maybe_text("description").unwrap_or(Found {
        value: "",
        at: table.at.clone(),
    });
    said(table.source, &at, Description::parse(value))
}

fn unit(table: &Table<'_>) -> Option<Unit> {
    let of = table.table("unit", "a unit")?;
    let (one, many) = (
        of.parsed("one", UnitName::parse),
        of.parsed("many", UnitName::parse),
    );
    of.end();
    Some(Unit {
        one: one?.value,
        many: many?.value,
    })
}

/// Ids that must not be there twice, and where they stand.
#[derive(Default)]
struct Seen(BTreeMap<String, Range<usize>>);

impl Seen {
    fn add(&mut self, source: &Source<'_>, what: &str, id: &Found<impl Display>) {
        let name = id.value.to_string();
        if let Some(first) = self.0.get(&name) {
            let line = source.line(first);
            source.say(
                &id.at,
                format!("the {what} “{name}” stands in line {line} already; choose another"),
            );
        } else {
            self.0.insert(name, id.at.clone());
        }
    }
}

fn model(table: &Table<'_>, currency: Currency, paid: bool, seen: &mut Seen) -> Option<Model> {
    let source = table.source;
    let id = table.parsed("id", CatalogId::parse);
    if let Some(id) = &id {
        seen.add(source, "model id", id);
    }
    let name = table.parsed("name", Label::parse);
    let description = description(table);
    let mut words = Seen::default();
    let mut whole = true;
    let mut parameters = Vec::new();
    for of in table.tables("parameters", "a parameter", MOST_PARTS) {
        match parameter(&of, &mut words) {
            Some(parameter) => parameters.push(parameter),
            None => whole = false,
        }
        of.end();
    }
    let mut quantities = Vec::new();
    for of in table.tables("quantities", "a quantity", MOST_PARTS) {
        match quantity(&of, &mut words) {
            Some(quantity) => quantities.push(quantity),
            None => whole = false,
        }
        of.end();
    }
    // What is missing because it could not be read would be called unknown.
    let quantities = if whole {
        in_order(source, &parameters, quantities)
    } else {
        None
    };
    let of_price = table.maybe_table("price", "a price");
    let place = of_price.as_ref().map(|of| of.at.clone());
    let price = of_price.map(|of| {
        let price = price(&of, currency, |word| {
            !whole || words.0.contains_key(word.as_str())
        });
        of.end();
        price
    });
    if paid && price.is_none() {
        source.say(
            &table.at,
            "the service can be paid as you go, so each of its models needs a price; add [models.price]",
        );
    }
    if !paid && let Some(place) = &place {
        source.say(
            place,
            "nothing would ever be paid by this price; remove it, or add “pay_as_you_go” to the service's policies",
        );
    }
    let price = match price {
        Some(price) => Some(price?),
        None => None,
    };
    let model = Model {
        id: id?.value,
        name: name?.value,
        description: description?,
        parameters: parameters.into_iter().map(|found| found.value).collect(),
        quantities: quantities?,
        price,
    };
    if let Some(place) = place
        && let Err(problem) = model.highest_cost(currency)
    {
        let inputs: Inputs = model
            .parameters
            .iter()
            .map(|of| (of.id.clone(), of.max))
            .collect();
        source.say(
            &place,
            format!(
                "{problem}, at the largest inputs ({}); lower their “max”, or the price",
                largest(&inputs)
            ),
        );
    }
    Some(model)
}

fn largest(inputs: &Inputs) -> String {
    let inputs: Vec<String> = inputs
        .iter()
        .map(|(id, value)| format!("{id} = {value}"))
        .collect();
    inputs.join(", ")
}

fn parameter(table: &Table<'_>, words: &mut Seen) -> Option<Found<Parameter>> {
    const MOST: u64 = u32::MAX as u64;
    let source = table.source;
    let id = table.parsed("id", Word::parse);
    if let Some(id) = &id {
        words.add(source, "name", id);
    }
    let name = table.parsed("name", Label::parse);
    let description = description(table);
    let unit = unit(table);
    let min = table.number("min", MOST);
    let max = table.number("max", MOST);
    let default = table.number("default", MOST);
    let (id, min, max, default) = (id?, min?, max?, default?);
    if min.value > max.value {
        let (least, most) = (count(min.value), count(max.value));
        source.say(
            &min.at,
            format!("no number lies from {least} to {most}; “min” has to be at most “max”"),
        );
        return None;
    }
    if default.value < min.value || default.value > max.value {
        source.say(
            &default.at,
            format!(
                "“default” has to lie from “min” to “max”, from {} to {}",
                count(min.value),
                count(max.value)
            ),
        );
        return None;
    }
    let small = |number: u64| u32::try_from(number).ok();
    Some(Found {
        value: Parameter {
            id: id.value,
            name: name?.value,
            description: description?,
            unit: unit?,
            min: small(min.value)?,
            max: small(max.value)?,
            default: small(default.value)?,
        },
        at: id.at,
    })
}

fn quantity(table: &Table<'_>, words: &mut Seen) -> Option<Found<Quantity>> {
    let id = table.parsed("id", Word::parse);
    if let Some(id) = &id {
        words.add(table.source, "name", id);
    }
    let unit = unit(table);
    let formula = table.parsed("formula", Expression::parse)?;
    Some(Found {
        value: Quantity {
            id: id?.value,
            unit: unit?,
            formula: formula.value,
        },
        at: formula.at,
    })
}

fn said<T>(source: &Source<'_>, at: &Range<usize>, result: Result<T, impl Display>) -> Option<T> {
    result.map_err(|problem| source.say(at, problem.to_string())).ok()
}
