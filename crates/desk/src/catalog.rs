//! What there is to call and what it costs, from the copy on this computer (K5, B7).

use std::sync::Arc;

use domain::catalog::{CostProblem, Inputs, Model};
use domain::expression::Word;
use domain::money::{Currency, count};

use crate::error::DeskError;
use crate::view::{CatalogView, CostView, EstimateDraft, EstimateView, InputProblem, sentence};
use crate::{Desk, blocking};

/// The most calls that are worked out.
const MOST_CALLS: u32 = 1_000_000_000;

impl Desk {
    /// The services of the server, their models and prices; none before they were fetched the first time.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn catalog(self: &Arc<Self>) -> Result<Option<CatalogView>, DeskError> {
        let open = self.current()?;
        blocking(move || {
            let as_of = open.replica.synced_at()?;
            let catalog = open.replica.catalog()?;
            Ok(catalog.map(|catalog| CatalogView::of(&catalog, as_of)))
        })
        .await
    }

    /// What so many requests cost: worked out here as the server works out each charge. What was written wrong is told in
    /// the answer, at its parameter.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for a service or model that is not in the catalog; [`DeskError::Refused`] for a model whose
    /// requests are not paid for.
    pub async fn estimate(self: &Arc<Self>, draft: EstimateDraft) -> Result<EstimateView, DeskError> {
        let open = self.current()?;
        blocking(move || {
            let catalog = open.replica.catalog()?.ok_or_else(|| {
                DeskError::NotFound(
                    "prices are not here yet; they come with the first sync with the server".to_owned(),
                )
            })?;
            let service = catalog.service(&draft.service_id).ok_or_else(|| {
                let known = catalog.services.iter().map(|service| service.id.as_str());
                not_found("service", &draft.service_id, known)
            })?;
            let model = service.model(&draft.model_id).ok_or_else(|| {
                let known = service.models.iter().map(|model| model.id.as_str());
                not_found("model", &draft.model_id, known)
            })?;
            estimate(model, &draft, catalog.currency)
        })
        .await
    }
}

fn not_found<'n>(what: &str, given: &str, known: impl Iterator<Item = &'n str>) -> DeskError {
    let known: Vec<&str> = known.collect();
    DeskError::NotFound(format!(
        "there is no {what} “{given}”; there are {}",
        known.join(", ")
    ))
}

fn estimate(model: &Model, draft: &EstimateDraft, currency: Currency) -> Result<EstimateView, DeskError> {
    let mut problems = Vec::new();
    let mut say = |parameter: Option<&str>, message: String| {
        problems.push(InputProblem {
            parameter: parameter.map(str::to_owned),
            message: sentence(&message),
        });
    };
    let mut inputs = Inputs::new();
    for given in &draft.inputs {
        let parameter = model.parameters.iter().find(|one| one.id.as_str() == given.id);
        match (parameter, Word::parse(&given.id), number(&given.text)) {
            (Some(parameter), Ok(word), Some(value)) => match parameter.check(value) {
                Ok(()) => drop(inputs.insert(word, value)),
                Err(problem) => say(Some(&given.id), problem.to_string()),
            },
            (Some(parameter), ..) => say(
                Some(&given.id),
                format!(
                    "{} is a whole number; give {}",
                    parameter.name,
                    parameter.range_in_words()
                ),
            ),
            (None, word, _) => {
                let refused = word.map_err(|problem| problem.to_string()).and_then(|word| {
                    let inputs = Inputs::from([(word, 0)]);
                    model.values(&inputs).map_err(|problem| problem.to_string())
                });
                say(Some(&given.id), refused.err().unwrap_or_default());
            }
        }
    }
    let calls = number(&draft.calls).filter(|calls| (1..=MOST_CALLS).contains(calls));
    if calls.is_none() {
        say(
            None,
            format!(
                "give a whole number of calls from 1 to {}",
                count(MOST_CALLS.into())
            ),
        );
    }
    let cost = match (calls, problems.is_empty()) {
        (Some(calls), true) => cost(model, &inputs, calls, currency).map_err(|problem| match problem {
            CostProblem::NoPrice(_) => DeskError::Refused(problem.to_string()),
            problem => DeskError::Unexpected(problem.to_string()),
        })?,
        _ => None,
    };
    if cost.is_none() && problems.is_empty() {
        problems.push(InputProblem {
            parameter: None,
            message: "So many calls cost more than can be counted. Give fewer.".to_owned(),
        });
    }
    Ok(EstimateView { cost, problems })
}

/// None where the whole is more than can be counted.
fn cost(
    model: &Model,
    inputs: &Inputs,
    calls: u32,
    currency: Currency,
) -> Result<Option<CostView>, CostProblem> {
    let per_call = model.cost(inputs, currency)?;
    let values = model.values(inputs)?;
    let terms = model.price.iter().flat_map(|price| &price.terms);
    let counted = terms
        .filter_map(|term| Some(model.unit(&term.of)?.counted(*values.get(&term.of)?)))
        .collect();
    Ok(per_call.checked_times(calls).map(|total| CostView {
        calls,
        per_call: per_call.into(),
        total: total.into(),
        counted,
    }))
}

/// A whole number, as people write it: 1000, 1,000 or 1 000.
fn number(text: &str) -> Option<u32> {
    let digits: String = text
        .trim()
        .chars()
        .filter(|c| !matches!(c, ',' | '_' | ' ' | '\u{a0}' | '\u{202f}'))
        .collect();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Longer than a number holds is larger than any range.
    is_number.then(|| digits.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn b7_numbers_are_read_as_people_write_them() {
        for (text, read) in [
            ("60", Some(60)),
            (" 1,000 ", Some(1_000)),
            ("1\u{a0}000", Some(1_000)),
            ("007", Some(7)),
            ("99999999999", Some(u32::MAX)),
            ("", None),
            (",", None),
            ("-1", None),
            ("1.5", None),
            ("1e3", None),
            ("٣", None),
        ] {
            assert_eq!(number(text), read, "{text}");
        }
    }
}
