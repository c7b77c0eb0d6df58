//! Identity providers outside whose tokens an organization takes (K12).

pub(crate) mod add;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod look;
pub(crate) mod map;
pub(crate) mod remove;

use domain::activity::NamedIssuer;
use domain::issuer::IssuerProblem;
use protocol::issuer::IssuerView;
use protocol::problem::ProblemCode;
use store::issuer;

use crate::issuers::IssuerFailure;
use crate::parameters::OneIssuer;
use crate::refusal::Refusal;
use crate::work::Work;

/// An issuer, as the record names it.
pub(crate) fn named(issuer: &IssuerView) -> NamedIssuer {
    NamedIssuer {
        issuer: issuer.id,
        url: issuer.url.clone(),
        audience: issuer.audience.clone(),
    }
}

/// The issuer a write is about, as it is now.
pub(crate) async fn found(work: &mut Work, one: OneIssuer) -> Result<IssuerView, Refusal> {
    issuer::find(&mut work.write, one.organization, one.issuer)
        .await?
        .ok_or_else(|| Refusal::not_found("issuer"))
}

impl From<IssuerFailure> for Refusal {
    fn from(failure: IssuerFailure) -> Self {
        Self::new(ProblemCode::InvalidInput, failure.to_string()).at("url")
    }
}

impl From<IssuerProblem> for Refusal {
    fn from(problem: IssuerProblem) -> Self {
        let field = match problem {
            IssuerProblem::NoAlgorithm => "algorithms",
            IssuerProblem::Leeway => "leeway_seconds",
            IssuerProblem::TooManySubjects => "mapping",
            IssuerProblem::Text { .. } => "audience",
            IssuerProblem::NoUrl(_) | IssuerProblem::NotEncrypted | IssuerProblem::Parts => "url",
        };
        Self::field(field, problem.to_string())
    }
}
