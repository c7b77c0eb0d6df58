//! What a request calls, and who pays for it (K14, B6): asked only where a request names a service.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use domain::catalog::Inputs;
use domain::expression::Word;
use domain::grant::{Call, CallRefusal, call};
use domain::id::EntryId;
use domain::key::KeyKind;
use domain::money::Money;
use protocol::header::{CHARGE_ID, MODEL, PARAMETERS, SERVICE};
use protocol::verify::{VerifyRefusal, VerifyRequest};
use store::charge::{Charge, Charged, charge};
use store::secret::Known;

use crate::app::App;
use crate::refusal::Refusal;

const LONGEST_ID: usize = 100;

/// What a request calls.
#[derive(Debug)]
pub(crate) struct Called {
    service: String,
    model: Option<String>,
    parameters: BTreeMap<String, u32>,
    charge_id: Option<String>,
}

/// Why a call is refused although the secret is good.
#[derive(Debug)]
pub(crate) struct NotCalled {
    pub(crate) reason: VerifyRefusal,
    /// What to do, where the reason alone does not say it.
    pub(crate) detail: Option<String>,
    /// What it would have cost.
    pub(crate) cost: Option<Money>,
}

impl NotCalled {
    pub(crate) const fn because(reason: VerifyRefusal) -> Self {
        Self {
            reason,
            detail: None,
            cost: None,
        }
    }
}

/// A call that may go on.
#[derive(Debug)]
pub(crate) struct Allowed {
    /// What it costs, where it is paid for.
    pub(crate) cost: Option<Money>,
    /// Whether it was charged before, with the same id.
    pub(crate) again: bool,
}

impl Called {
    /// What stands in the body of a question; nothing where no service is named.
    pub(crate) fn in_body(request: &mut VerifyRequest) -> Result<Option<Self>, Refusal> {
        Self::checked(
            request.service.take(),
            request.model.take(),
            std::mem::take(&mut request.parameters),
            request.charge_id.take(),
        )
    }

    /// What stands in the head of a reverse proxy's question; nothing where no service is named.
    pub(crate) fn in_head(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let text = |name: &str| -> Result<Option<String>, Refusal> {
            let Some(value) = headers.get(name).filter(|value| !value.is_empty()) else {
                return Ok(None);
            };
            let text = value
                .to_str()
                .map_err(|_| Refusal::field(name, "this header has to be of visible characters of ASCII"))?;
            Ok(Some(text.trim().to_owned()))
        };
        let parameters = text(PARAMETERS)?
            .map(|text| text.split(',').map(parameter).collect())
            .transpose()?
            .unwrap_or_default();
        Self::checked(text(SERVICE)?, text(MODEL)?, parameters, text(CHARGE_ID)?)
    }

    fn checked(
        service: Option<String>,
        model: Option<String>,
        parameters: BTreeMap<String, u32>,
        charge_id: Option<String>,
    ) -> Result<Option<Self>, Refusal> {
        let Some(service) = service else {
            if model.is_some() || !parameters.is_empty() || charge_id.is_some() {
                let sentence =
                    "name the service that the request calls, or leave out its model and parameters";
                return Err(Refusal::field("service", sentence));
            }
            return Ok(None);
        };
        let fits = |id: &String| {
            (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !charge_id.as_ref().is_none_or(fits) {
            let sentence = format!("a charge id has 1 to {LONGEST_ID} visible characters of ASCII");
            return Err(Refusal::field("charge_id", sentence));
        }
        Ok(Some(Self {
            service,
            model,
            parameters,
            charge_id,
        }))
    }

    /// The service and its model, for counting.
    pub(crate) fn names(&self) -> (&str, Option<&str>) {
        (&self.service, self.model.as_deref())
    }

    /// Whether the key may call it; charges the wallet that pays.
    pub(crate) async fn pay(&self, app: &App, known: &Known) -> Result<Result<Allowed, NotCalled>, Refusal> {
        if known.kind != KeyKind::Service {
            return Ok(Err(NotCalled::because(VerifyRefusal::NotGranted)));
        }
        let catalog = &app.catalog.catalog;
        let granted = (known.free, known.grants.as_slice());
        let (model, wallet) = match call(granted, self.names(), catalog, &[]) {
            Ok(Call::Free) => {
                return Ok(Ok(Allowed {
                    cost: None,
                    again: false,
                }));
            }
            Ok(Call::Paid { model, wallet }) => (model, wallet),
            Err(refusal) => return Ok(Err(NotCalled::because(reason(refusal)))),
        };
        let wrong = |detail: String| NotCalled {
            detail: Some(detail),
            ..NotCalled::because(VerifyRefusal::InvalidParameters)
        };
        let mut inputs = Inputs::new();
        for (name, value) in &self.parameters {
            match Word::parse(name) {
                Ok(word) => drop(inputs.insert(word, *value)),
                Err(problem) => return Ok(Err(wrong(problem.to_string()))),
            }
        }
        let cost = match model.cost(&inputs, catalog.currency) {
            Ok(cost) => cost,
            Err(problem) => return Ok(Err(wrong(problem.to_string()))),
        };
        if cost.micros == 0 {
            return Ok(Ok(Allowed {
                cost: Some(cost),
                again: false,
            }));
        }
        let now = app.now();
        let wanted = Charge {
            entry: app.make(now, EntryId::make),
            organization: known.organization,
            wallet,
            key: known.key,
            secret: known.secret,
            service: &self.service,
            model: model.id.as_str(),
            charge_id: self.charge_id.as_deref(),
            cost,
        };
        let refused = |reason| NotCalled {
            cost: Some(cost),
            ..NotCalled::because(reason)
        };
        Ok(match charge(&app.store, &wanted, now).await? {
            Charged::Paid => Ok(Allowed {
                cost: Some(cost),
                again: false,
            }),
            Charged::Before(cost) => Ok(Allowed {
                cost: Some(cost),
                again: true,
            }),
            Charged::Reused => Err(refused(VerifyRefusal::ChargeIdReused)),
            Charged::Dry => Err(refused(VerifyRefusal::InsufficientCredit)),
        })
    }
}

const fn reason(refusal: CallRefusal) -> VerifyRefusal {
    match refusal {
        CallRefusal::UnknownService => VerifyRefusal::UnknownService,
        CallRefusal::UnknownModel => VerifyRefusal::UnknownModel,
        CallRefusal::NotGranted => VerifyRefusal::NotGranted,
        CallRefusal::NoSubscription => VerifyRefusal::NoSubscription,
    }
}

/// Reads `name=number`.
fn parameter(text: &str) -> Result<(String, u32), Refusal> {
    text.split_once('=')
        .and_then(|(name, number)| Some((name.trim().to_owned(), number.trim().parse().ok()?)))
        .ok_or_else(|| {
            Refusal::field(
                PARAMETERS,
                "write the parameters as name=number, with commas between them",
            )
        })
}
