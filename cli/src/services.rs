//! Services, models, prices, and what requests cost.

use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{CatalogView, EstimateDraft, InputText, ModelView, ServiceView};
use desk::{Desk, DeskError};

use crate::arguments::Price;
use crate::look::Wanted;
use crate::output::Output;

pub(crate) async fn list(desk: &Arc<Desk>, output: &Output, wanted: &Wanted) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let catalog = desk.catalog().await?.ok_or_else(|| {
        DeskError::NotFound(
            "prices are not here yet; they come with the first sync with the server".to_owned(),
        )
    })?;
    output.result(&catalog, || text(&catalog))?;
    Ok(ExitCode::SUCCESS)
}

fn text(catalog: &CatalogView) -> String {
    if catalog.services.is_empty() {
        return "This server offers no services.".to_owned();
    }
    let services: Vec<String> = catalog.services.iter().map(of_service).collect();
    services.join("\n\n")
}

fn of_service(service: &ServiceView) -> String {
    let policies: Vec<&str> = service
        .policies
        .iter()
        .map(|policy| policy.label.as_str())
        .collect();
    let mut lines = vec![format!(
        "{}  {}  ({})",
        service.id,
        service.name,
        policies.join(", ")
    )];
    if !service.description.is_empty() {
        lines.push(format!("  {}", service.description.replace('\n', "\n  ")));
    }
    lines.extend(service.models.iter().map(of_model));
    lines.join("\n")
}

fn of_model(model: &ModelView) -> String {
    let mut lines = vec![format!("  {}  {}", model.id, model.name)];
    if !model.paid {
        lines.push("    Requests are not paid for".to_owned());
    }
    lines.extend(model.price.iter().map(|line| format!("    {line}")));
    lines.extend(model.parameters.iter().map(|parameter| {
        format!(
            "    --param {}={}  ({})",
            parameter.id, parameter.default, parameter.range
        )
    }));
    lines.join("\n")
}

pub(crate) async fn price(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    wish: Price,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let draft = EstimateDraft {
        service_id: wish.service,
        model_id: wish.model,
        inputs: wish
            .params
            .into_iter()
            .map(|(id, text)| InputText { id, text })
            .collect(),
        calls: wish.calls,
    };
    let estimate = desk.estimate(draft).await?;
    let Some(cost) = estimate.cost else {
        let problem = estimate.problems.into_iter().next();
        let of_parameter = problem
            .as_ref()
            .is_some_and(|problem| problem.parameter.is_some());
        return Err(DeskError::Input {
            field: if of_parameter { "param" } else { "calls" },
            message: problem.map(|problem| problem.message).unwrap_or_default(),
        });
    };
    output.result(&cost, || {
        let counted = match cost.counted.as_slice() {
            [] => String::new(),
            counted => format!(" ({})", counted.join(", ")),
        };
        format!(
            "{} a request{counted}\n{} for {}",
            cost.per_call.shown,
            cost.total.shown,
            if cost.calls == 1 {
                "1 request".to_owned()
            } else {
                format!("{} requests", domain::money::count(u64::from(cost.calls)))
            }
        )
    })?;
    Ok(ExitCode::SUCCESS)
}
