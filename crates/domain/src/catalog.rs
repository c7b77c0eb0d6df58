//! The catalog: the services that service keys may call, their models, and what a request costs.
//!
//! [`Model::cost`] is the one place where the cost of a request is worked out: the screen, the calculator and the
//! charge all ask it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::expression::Word;
use crate::money::{Currency, Money, count};
use crate::name::{Description, Label};
use crate::price::{Price, PriceProblem, Quantity, Unit, work_out};

/// The longest [`CatalogId`].
const MOST_LETTERS: usize = 64;

/// What a service or a model is called in requests: up to 64 of `a-z`, `0-9` and single hyphens, beginning with a
/// letter. It stays when the name changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "specta", specta(transparent))]
#[serde(transparent)]
pub struct CatalogId(String);

/// Why a text is no [`CatalogId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” can't be an id; write up to 64 of a–z, 0–9 and single hyphens, beginning with a letter")]
pub struct NoCatalogId(String);

impl CatalogId {
    /// Reads an id.
    ///
    /// # Errors
    /// [`NoCatalogId`].
    pub fn parse(text: &str) -> Result<Self, NoCatalogId> {
        let bytes = text.as_bytes();
        let fits = bytes.len() <= MOST_LETTERS
            && bytes.first().is_some_and(u8::is_ascii_lowercase)
            && bytes.last().is_some_and(|byte| *byte != b'-')
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
            && !text.contains("--");
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoCatalogId(text.chars().take(MOST_LETTERS).collect()))
        }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CatalogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CatalogId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for CatalogId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))
            .max_length(Some(MOST_LETTERS))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for CatalogId {}

/// How a key pays for a service (K5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum BillingPolicy {
    /// Costs nothing; on every free service key.
    Free,
    /// Paid by a job plan.
    Subscription,
    /// Each request draws on a wallet.
    PayAsYouGo,
}

impl BillingPolicy {
    /// Every policy, in the order it is shown.
    pub const ALL: [Self; 3] = [Self::Free, Self::Subscription, Self::PayAsYouGo];

    /// The name used on the wire and in catalog files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Subscription => "subscription",
            Self::PayAsYouGo => "pay_as_you_go",
        }
    }

    /// The policy with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == name)
    }

    /// The name people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Free => "Free",
            Self::Subscription => "Subscription",
            Self::PayAsYouGo => "Pay as you go",
        }
    }
}

/// A whole number that is given with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Parameter {
    /// Its name in requests and formulas.
    pub id: Word,
    /// The name people read.
    pub name: Label,
    /// What it is; may be empty.
    pub description: Description,
    /// What is counted.
    pub unit: Unit,
    /// The least.
    pub min: u32,
    /// The most.
    pub max: u32,
    /// What is taken where nothing is said.
    pub default: u32,
}

/// One way of a service to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Model {
    /// Its id within the service.
    pub id: CatalogId,
    /// The name people read.
    pub name: Label,
    /// What it does; may be empty.
    pub description: Description,
    /// What a request says.
    pub parameters: Vec<Parameter>,
    /// What is worked out of it.
    #[serde(default)]
    pub quantities: Vec<Quantity>,
    /// What a request costs where it is paid for; none where the service is not pay-as-you-go.
    #[serde(default)]
    pub price: Option<Price>,
}

/// Something that service keys may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Service {
    /// Its id.
    pub id: CatalogId,
    /// The name people read.
    pub name: Label,
    /// What it does.
    pub description: Description,
    /// How it may be paid for.
    pub policies: Vec<BillingPolicy>,
    /// Its models.
    pub models: Vec<Model>,
}

/// Every service of a server and what it costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Catalog {
    /// The currency of every price.
    pub currency: Currency,
    /// The services, in the order they are shown.
    pub services: Vec<Service>,
}

/// Why a request has no cost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CostProblem {
    /// The model has no such parameter.
    #[error("there is no parameter “{given}”; there are {known}")]
    Unknown {
        /// What was given.
        given: String,
        /// All parameters.
        known: String,
    },
    /// Less or more than the parameter takes.
    #[error("{name} can't be {}; give {range}", count(u64::from(*given)))]
    Range {
        /// The parameter's name.
        name: Label,
        /// What was given.
        given: u32,
        /// What may be given, in words.
        range: String,
    },
    /// Nothing is paid for it by the request.
    #[error("{0} is not paid for by the request, so there is nothing to work out")]
    NoPrice(Label),
    /// The price can't be worked out.
    #[error(transparent)]
    Price(#[from] PriceProblem),
}

/// What is given with a request; what is left out has its default.
pub type Inputs = BTreeMap<Word, u32>;

impl Parameter {
    /// What may be given: "1 to 500 origins".
    #[must_use]
    pub fn range_in_words(&self) -> String {
        if self.min == self.max {
            return self.unit.counted(u64::from(self.min));
        }
        format!(
            "{} to {}",
            count(u64::from(self.min)),
            self.unit.counted(u64::from(self.max))
        )
    }

    /// Whether a value lies within the range.
    ///
    /// # Errors
    /// [`CostProblem::Range`].
    pub fn check(&self, value: u32) -> Result<(), CostProblem> {
        if (self.min..=self.max).contains(&value) {
            Ok(())
        } else {
            Err(CostProblem::Range {
                name: self.name.clone(),
                given: value,
                range: self.range_in_words(),
            })
        }
    }
}

impl Model {
    /// What a parameter or quantity counts.
    #[must_use]
    pub fn unit(&self, of: &Word) -> Option<&Unit> {
        let parameter = self.parameters.iter().find(|parameter| parameter.id == *of);
        let quantity = || self.quantities.iter().find(|quantity| quantity.id == *of);
        parameter
            .map(|parameter| &parameter.unit)
            .or_else(|| quantity().map(|quantity| &quantity.unit))
    }

    /// The values of all parameters and quantities of a request.
    ///
    /// # Errors
    /// [`CostProblem`].
    pub fn values(&self, inputs: &Inputs) -> Result<BTreeMap<Word, u64>, CostProblem> {
        let known = |word: &Word| self.parameters.iter().any(|parameter| parameter.id == *word);
        if let Some(given) = inputs.keys().find(|word| !known(word)) {
            let known: Vec<&str> = self
                .parameters
                .iter()
                .map(|parameter| parameter.id.as_str())
                .collect();
            return Err(CostProblem::Unknown {
                given: given.to_string(),
                known: if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                },
            });
        }
        let mut values = BTreeMap::new();
        for parameter in &self.parameters {
            let value = inputs.get(&parameter.id).copied().unwrap_or(parameter.default);
            parameter.check(value)?;
            values.insert(parameter.id.clone(), u64::from(value));
        }
        Ok(work_out(&self.quantities, values)?)
    }

    /// What one request costs. Rounded once, up, to a whole micro-unit; so many requests cost so many times that.
    ///
    /// # Errors
    /// [`CostProblem`].
    pub fn cost(&self, inputs: &Inputs, currency: Currency) -> Result<Money, CostProblem> {
        let price = self
            .price
            .as_ref()
            .ok_or_else(|| CostProblem::NoPrice(self.name.clone()))?;
        Ok(price.cost(&self.values(inputs)?, currency)?)
    }

    /// What the dearest request costs; a catalog is checked by it, for no request within the ranges costs more.
    ///
    /// # Errors
    /// [`CostProblem`].
    pub fn highest_cost(&self, currency: Currency) -> Result<Money, CostProblem> {
        let most = self
            .parameters
            .iter()
            .map(|parameter| (parameter.id.clone(), parameter.max))
            .collect();
        self.cost(&most, currency)
    }

    /// The price in words, a line each part; empty where the request is not paid for.
    #[must_use]
    pub fn price_in_words(&self, currency: Currency) -> Vec<String> {
        self.price
            .as_ref()
            .map(|price| price.in_words(|of| self.unit(of), currency))
            .unwrap_or_default()
    }
}

impl Service {
    /// The model with this id.
    #[must_use]
    pub fn model(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id.as_str() == id)
    }
}

impl Catalog {
    /// The service with this id.
    #[must_use]
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.id.as_str() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Expression;
    use crate::name::UnitName;
    use crate::price::{Term, Tier};

    fn word(text: &str) -> Word {
        Word::parse(text).unwrap()
    }

    fn label(text: &str) -> Label {
        Label::parse(text).unwrap()
    }

    fn euro() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    fn unit(one: &str) -> Unit {
        Unit {
            one: UnitName::parse(one).unwrap(),
            many: UnitName::parse(&format!("{one}s")).unwrap(),
        }
    }

    fn parameter(id: &str, max: u32) -> Parameter {
        Parameter {
            id: word(id),
            name: label(&format!("{}{}s", id[..1].to_uppercase(), &id[1..])),
            description: Description::parse("").unwrap(),
            unit: unit(id),
            min: 1,
            max,
            default: 10,
        }
    }

    fn matrix() -> Model {
        Model {
            id: CatalogId::parse("road").unwrap(),
            name: label("Road"),
            description: Description::parse("").unwrap(),
            parameters: vec![parameter("origin", 500), parameter("destination", 500)],
            quantities: vec![Quantity {
                id: word("cells"),
                unit: unit("cell"),
                formula: Expression::parse("origin * destination").unwrap(),
            }],
            price: Some(Price {
                base_micros: 1_000,
                minimum_micros: 0,
                terms: vec![Term {
                    of: word("cells"),
                    tiers: vec![Tier {
                        up_to: None,
                        micros: 400_000,
                        per: 1_000,
                    }],
                }],
            }),
        }
    }

    fn cost(inputs: &[(&str, u32)]) -> Result<String, String> {
        let inputs = inputs.iter().map(|(id, value)| (word(id), *value)).collect();
        matrix()
            .cost(&inputs, euro())
            .map(|money| money.to_string())
            .map_err(|problem| problem.to_string())
    }

    #[test]
    fn b7_a_request_costs_what_its_inputs_make_of_the_price() {
        assert_eq!(cost(&[]), Ok("0.041 EUR".to_owned()));
        assert_eq!(
            cost(&[("origin", 25), ("destination", 50)]),
            Ok("0.501 EUR".to_owned())
        );
        assert_eq!(matrix().highest_cost(euro()).unwrap().to_string(), "100.001 EUR");
        assert_eq!(
            matrix().price_in_words(euro()),
            ["0.001 EUR per request", "0.40 EUR per 1,000 cells"]
        );
    }

    #[test]
    fn b7_what_a_parameter_does_not_take_is_said_with_its_range() {
        assert_eq!(
            cost(&[("origin", 501)]),
            Err("Origins can't be 501; give 1 to 500 origins".to_owned())
        );
        assert_eq!(
            cost(&[("stops", 3)]),
            Err("there is no parameter “stops”; there are origin, destination".to_owned())
        );
        let free = Model {
            price: None,
            ..matrix()
        };
        assert_eq!(
            free.cost(&Inputs::new(), euro()),
            Err(CostProblem::NoPrice(label("Road")))
        );
    }

    #[test]
    fn b7_a_catalog_is_the_same_after_the_wire() {
        let catalog = Catalog {
            currency: euro(),
            services: vec![Service {
                id: CatalogId::parse("distance-matrix").unwrap(),
                name: label("Distance matrix"),
                description: Description::parse("").unwrap(),
                policies: vec![BillingPolicy::Free, BillingPolicy::PayAsYouGo],
                models: vec![matrix()],
            }],
        };
        let json = serde_json::to_string(&catalog).unwrap();
        assert_eq!(serde_json::from_str::<Catalog>(&json).unwrap(), catalog);
        assert_eq!(
            BillingPolicy::ALL.map(|policy| BillingPolicy::from_name(policy.as_str())),
            BillingPolicy::ALL.map(Some)
        );
        for wrong in ["", "A", "-a", "a-", "a--b", "a_b", &"a".repeat(65)] {
            assert!(CatalogId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
