//! Services, models, prices, and what requests cost.

use domain::catalog::{BillingPolicy, Catalog, Model, Parameter, Service};
use domain::clock::Timestamp;
use domain::money::{Currency, Money};
use serde::{Deserialize, Serialize};

view! {
    /// The services of the server, and what a request costs (K5, B7).
    #[derive(Clone, Debug)]
    pub struct CatalogView {
        /// The currency of every price, by its three letters.
        pub currency: String,
        /// The services, in the order they are shown.
        pub services: Vec<ServiceView>,
        /// When the copy was last in step with the server.
        pub as_of: Option<Timestamp>,
    }

    /// Something that service keys may call.
    #[derive(Clone, Debug)]
    pub struct ServiceView {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// What it does; may be empty.
        pub description: String,
        /// How it may be paid for.
        pub policies: Vec<PolicyView>,
        /// Its models.
        pub models: Vec<ModelView>,
    }

    /// A way to pay.
    #[derive(Clone, Debug)]
    pub struct PolicyView {
        /// Which.
        pub policy: BillingPolicy,
        /// In words.
        pub label: String,
    }

    /// One way of a service to answer.
    #[derive(Clone, Debug)]
    pub struct ModelView {
        /// Its id within the service.
        pub id: String,
        /// Its name.
        pub name: String,
        /// What it does; may be empty.
        pub description: String,
        /// What a request costs, in words, a line each part; empty where requests are not paid for.
        pub price: Vec<String>,
        /// Whether requests are paid for, so that there is something to work out.
        pub paid: bool,
        /// What a request says.
        pub parameters: Vec<ParameterView>,
    }

    /// A whole number that is given with a request.
    #[derive(Clone, Debug)]
    pub struct ParameterView {
        /// Its name in requests.
        pub id: String,
        /// Its name.
        pub name: String,
        /// What it is; may be empty.
        pub description: String,
        /// What may be given, in words: "1 to 500 origins".
        pub range: String,
        /// The least.
        pub min: u32,
        /// The most.
        pub max: u32,
        /// What is taken where nothing is said.
        pub default: u32,
    }

    /// An amount of money, as text: a number of JavaScript does not hold every one.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MoneyView {
        /// The exact amount, like 1234.5678.
        pub amount: String,
        /// The currency, by its three letters.
        pub currency: String,
        /// For people: 1,234.5678 EUR.
        pub shown: String,
    }

    /// What requests cost, or why it can't be said.
    #[derive(Clone, Debug)]
    pub struct EstimateView {
        /// None while something is wrong.
        pub cost: Option<CostView>,
        /// What is wrong.
        pub problems: Vec<InputProblem>,
    }

    /// What requests cost.
    #[derive(Clone, Debug)]
    pub struct CostView {
        /// How many requests.
        pub calls: u32,
        /// One of them.
        pub per_call: MoneyView,
        /// All of them.
        pub total: MoneyView,
        /// What of each is paid for: "1,250 cells".
        pub counted: Vec<String>,
    }

    /// Something that was given and can't be.
    #[derive(Clone, Debug)]
    pub struct InputProblem {
        /// The parameter; none for the number of calls.
        pub parameter: Option<String>,
        /// What to do.
        pub message: String,
    }
}

request! {
    /// What is asked of the calculator, as it was written.
    #[derive(Clone, Debug)]
    pub struct EstimateDraft {
        /// The service.
        pub service_id: String,
        /// Its model.
        pub model_id: String,
        /// What is given; parameters that are left out have their defaults.
        pub inputs: Vec<InputText>,
        /// How many requests: 1 to 1,000,000,000.
        pub calls: String,
    }

    /// What was written for a parameter.
    #[derive(Clone, Debug)]
    pub struct InputText {
        /// The parameter.
        pub id: String,
        /// A whole number.
        pub text: String,
    }
}

impl CatalogView {
    pub(crate) fn of(catalog: &Catalog, as_of: Option<Timestamp>) -> Self {
        Self {
            currency: catalog.currency.to_string(),
            services: catalog
                .services
                .iter()
                .map(|service| service_view(service, catalog.currency))
                .collect(),
            as_of,
        }
    }
}

fn service_view(service: &Service, currency: Currency) -> ServiceView {
    ServiceView {
        id: service.id.to_string(),
        name: service.name.to_string(),
        description: service.description.to_string(),
        policies: service
            .policies
            .iter()
            .map(|policy| PolicyView {
                policy: *policy,
                label: policy.label().to_owned(),
            })
            .collect(),
        models: service
            .models
            .iter()
            .map(|model| model_view(model, currency))
            .collect(),
    }
}

fn model_view(model: &Model, currency: Currency) -> ModelView {
    ModelView {
        id: model.id.to_string(),
        name: model.name.to_string(),
        description: model.description.to_string(),
        price: model.price_in_words(currency),
        paid: model.price.is_some(),
        parameters: model.parameters.iter().map(parameter_view).collect(),
    }
}

fn parameter_view(parameter: &Parameter) -> ParameterView {
    ParameterView {
        id: parameter.id.to_string(),
        name: parameter.name.to_string(),
        description: parameter.description.to_string(),
        range: parameter.range_in_words(),
        min: parameter.min,
        max: parameter.max,
        default: parameter.default,
    }
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self {
            amount: money.amount(),
            currency: money.currency.to_string(),
            shown: money.to_string(),
        }
    }
}
