//! Identity providers outside (K12): listed from the copy, changed at the server alone; tokens are tried here, with the
//! keys this computer was told of.

use std::sync::Arc;

use crypto::jwt::{KeySet, Unproven};
use crypto::secret::Secret;
use domain::id::IssuerId;
use domain::issuer::{
    Audience, IssuerProblem, IssuerUrl, Mapping, Proven, Subject, SubjectClaim, TokenProblem,
};
use domain::principal::Principal;
use domain::role::{Action, Role, require};
use protocol::issuer::{AddIssuerRequest, IssuerKeysView, IssuerView};
use protocol::organization::MemberView;

use crate::Desk;
use crate::error::DeskError;
use crate::open::OpenConnection;
use crate::there::at_server;
use crate::tokens::owner_shown;
use crate::view::{
    ActRule, IssuerDraft, IssuerLook, IssuerRow, IssuersPage, SubjectRow, TokenAnswer, TokenCheck, TokenStep,
    sentence,
};

fn parsed<T>(field: &'static str, parsed: Result<T, IssuerProblem>) -> Result<T, DeskError> {
    parsed.map_err(|problem| DeskError::input(field, sentence(&problem.to_string())))
}

impl Desk {
    /// The issuers of the organization, from the copy.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn issuers(self: &Arc<Self>) -> Result<IssuersPage, DeskError> {
        let open = self.current()?;
        crate::blocking(move || open.issuers()).await
    }

    /// What an issuer says of itself. The server asks it; nothing is written.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a role that may not; the server is away; the issuer can't be used.
    pub async fn look_at_issuer(self: &Arc<Self>, url: &str) -> Result<IssuerLook, DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManagePolicy)?;
        let url = parsed("url", IssuerUrl::parse(url))?;
        let found = there
            .session
            .look_at_issuer(there.organization, &url)
            .await
            .map_err(at_server)?;
        Ok(IssuerLook {
            url: found.url.to_string(),
            keys_url: found.keys_url,
            keys: found.keys,
            algorithms: found.algorithms,
            refused_algorithms: found.refused_algorithms,
        })
    }

    /// Registers an issuer; answers its id.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn add_issuer(self: &Arc<Self>, draft: IssuerDraft) -> Result<IssuerId, DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManagePolicy)?;
        let now = self.now();
        let request = AddIssuerRequest {
            id: self.with_entropy(|entropy| IssuerId::make(now, entropy)),
            url: parsed("url", IssuerUrl::parse(&draft.url))?,
            audience: parsed("audience", Audience::parse(draft.audience.trim()))?,
            subject_claim: parsed("subjectClaim", SubjectClaim::parse(draft.subject_claim.trim()))?,
            algorithms: draft.algorithms,
            leeway_seconds: draft.leeway_seconds,
            by_email: draft.by_email,
        };
        request.rules().check().map_err(|problem| match problem {
            IssuerProblem::Leeway => DeskError::input("leewaySeconds", sentence(&problem.to_string())),
            other => DeskError::input("algorithms", sentence(&other.to_string())),
        })?;
        let added = there
            .session
            .add_issuer(there.organization, there.operation, &request)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        // For trying tokens offline; a server that does not tell them now does when a token is tried.
        if let Ok(keys) = there.session.issuer_keys(there.organization, added.id).await {
            there.open.replica.keep_issuer_keys(&keys)?;
        }
        Ok(added.id)
    }

    /// Lets a subject of an issuer stand for a member or a service account; for nobody where none is given.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn map_subject(
        self: &Arc<Self>,
        issuer: IssuerId,
        subject: &str,
        principal: Option<Principal>,
    ) -> Result<(), DeskError> {
        let subject = parsed("subject", Subject::parse(subject.trim()))?;
        let mapping = match principal {
            Some(principal) => Mapping::Subject { subject, principal },
            None => Mapping::Forget { subject },
        };
        self.map_issuer(issuer, mapping).await
    }

    /// Says whether members are known by the address the issuer verified.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn map_by_email(self: &Arc<Self>, issuer: IssuerId, on: bool) -> Result<(), DeskError> {
        self.map_issuer(issuer, Mapping::ByEmail { on }).await
    }

    async fn map_issuer(self: &Arc<Self>, issuer: IssuerId, mapping: Mapping) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManagePolicy)?;
        there
            .session
            .map_issuer(there.organization, there.operation, issuer, mapping)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }

    /// Removes an issuer: its tokens are good no more.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn remove_issuer(self: &Arc<Self>, issuer: IssuerId) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManagePolicy)?;
        there
            .session
            .remove_issuer(there.organization, there.operation, issuer)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }

    /// What would be answered to a token, and why. It is looked at on this computer and kept nowhere; only where this
    /// computer lacks the key it names, and `ask` allows it, is the server asked for the issuer's keys.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn check_token(self: &Arc<Self>, token: Secret, ask: bool) -> Result<TokenCheck, DeskError> {
        let open = self.current()?;
        require(open.record().role, Action::ManagePolicy)?;
        let text = token.expose().trim();
        let mut trial = Trial::default();
        let read = match Unproven::read(text) {
            Ok(read) => read,
            Err(problem) => return Ok(trial.ends_at("Form", &problem)),
        };
        trial.passed("Form", "A signed token (JWT).".to_owned());
        let audiences = read.audiences();
        let issuer = open.replica.issuers()?.into_iter().find(|issuer| {
            read.issuer().as_ref() == Some(&issuer.url)
                && audiences.iter().any(|one| one == issuer.audience.as_str())
        });
        let Some(issuer) = issuer else {
            let said = read
                .issuer()
                .map_or_else(|| "nobody".to_owned(), |url| url.to_string());
            let detail = format!("It is of {said} for {}.", quoted(audiences));
            return Ok(trial.fails("Issuer and audience", detail));
        };
        trial.passed(
            "Issuer and audience",
            format!("{} for {}.", issuer.url, issuer.audience),
        );
        let rules = issuer.rules();
        let mut keys = open.replica.issuer_keys(issuer.id)?;
        let has_key = |keys: &Option<IssuerKeysView>| {
            keys.as_ref()
                .is_some_and(|keys| read.finds_key(&rules, &keys.set))
        };
        if ask
            && !has_key(&keys)
            && let Ok(there) = self.there()
            && let Ok(told) = there.session.issuer_keys(there.organization, issuer.id).await
        {
            open.replica.keep_issuer_keys(&told)?;
            keys = Some(told);
        }
        trial.keys_as_of = keys.as_ref().map(|keys| keys.read_at);
        let none = KeySet::default();
        let set = keys.as_ref().map_or(&none, |keys| &keys.set);
        let proven = match read.prove(&rules, set, self.now()) {
            Ok(proven) => proven,
            Err(TokenProblem::NoKey) if keys.is_none() => {
                trial.passed_before(&TokenProblem::NoKey, &read);
                let detail = "This computer was told of no keys of this issuer yet; try again while the server answers.";
                return Ok(trial.fails("Key", detail.to_owned()));
            }
            Err(problem) => {
                trial.passed_before(&problem, &read);
                return Ok(trial.ends_at(step_of(&problem), &problem));
            }
        };
        trial.passed_all(&read);
        trial.passed("Time", format!("Good until {}.", proven.expires_at));
        trial.passed(
            "Subject",
            format!("{} is “{}”.", issuer.subject_claim, proven.subject),
        );
        let Some(somebody) = open.stands_for(&issuer, &proven)? else {
            let detail = format!("“{}” stands for nobody here.", proven.subject);
            return Ok(trial.fails("Stands for", detail));
        };
        let named = format!("{}, {}.", somebody.name, somebody.role.label());
        if somebody.is_disabled {
            return Ok(trial.fails("Stands for", format!("{named} This service account is disabled.")));
        }
        trial.passed("Stands for", named);
        Ok(TokenCheck {
            answer: Some(TokenAnswer {
                issuer_id: issuer.id,
                subject: proven.subject.to_string(),
                principal: somebody.principal,
                name: somebody.name,
                role: somebody.role,
                expires_at: proven.expires_at,
            }),
            ..trial.end()
        })
    }
}

fn quoted(texts: &[String]) -> String {
    if texts.is_empty() {
        return "nobody".to_owned();
    }
    texts
        .iter()
        .map(|text| {
            format!(
                "“{}”",
                text.chars()
                    .filter(|c| !c.is_control())
                    .take(80)
                    .collect::<String>()
            )
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// The steps between registration and mapping, and what ends each.
const STEPS: [(&str, &[TokenProblem]); 6] = [
    ("Way of signing", &[TokenProblem::Algorithm]),
    ("Header", &[TokenProblem::Header, TokenProblem::Bound]),
    ("Key", &[TokenProblem::NoKey]),
    ("Signature", &[TokenProblem::Signature]),
    ("Time", &[TokenProblem::Expired, TokenProblem::NotYet]),
    ("Subject", &[TokenProblem::Subject]),
];

fn step_of(problem: &TokenProblem) -> &'static str {
    STEPS
        .iter()
        .find(|(_, ends)| ends.contains(problem))
        .map_or("Form", |(what, _)| what)
}

#[derive(Default)]
struct Trial {
    steps: Vec<TokenStep>,
    keys_as_of: Option<domain::clock::Timestamp>,
}

impl Trial {
    fn passed(&mut self, what: &str, detail: String) {
        self.steps.push(TokenStep {
            what: what.to_owned(),
            passed: true,
            detail,
        });
    }

    /// What has to have been right for this to be what is wrong.
    fn passed_before(&mut self, problem: &TokenProblem, read: &Unproven<'_>) {
        for (what, ends) in STEPS {
            if ends.contains(problem) {
                return;
            }
            self.passed(what, found_at(what, read));
        }
    }

    fn passed_all(&mut self, read: &Unproven<'_>) {
        self.passed_before(&TokenProblem::Expired, read);
    }

    fn ends_at(self, what: &str, problem: &TokenProblem) -> TokenCheck {
        self.fails(what, sentence(&problem.to_string()))
    }

    fn fails(mut self, what: &str, detail: String) -> TokenCheck {
        self.steps.push(TokenStep {
            what: what.to_owned(),
            passed: false,
            detail,
        });
        self.end()
    }

    fn end(self) -> TokenCheck {
        TokenCheck {
            steps: self.steps,
            answer: None,
            keys_as_of: self.keys_as_of,
        }
    }
}

fn found_at(what: &str, read: &Unproven<'_>) -> String {
    match what {
        "Way of signing" => format!("{}.", read.algorithm()),
        "Key" => read.key_id().map_or_else(
            || "It names none, and the issuer has one alone.".to_owned(),
            |id| format!("“{id}” is the issuer's."),
        ),
        "Signature" => "It is the issuer's.".to_owned(),
        "Time" => "It is within its time.".to_owned(),
        _ => "It asks for nothing unusual.".to_owned(),
    }
}

/// Whom a token stands for.
struct Somebody {
    principal: Principal,
    name: String,
    role: Role,
    is_disabled: bool,
}

impl OpenConnection {
    /// Whom a token stands for, as far as the copy knows.
    fn stands_for(&self, issuer: &IssuerView, proven: &Proven) -> Result<Option<Somebody>, DeskError> {
        let of = |member: MemberView| Somebody {
            principal: Principal::Member(member.id),
            name: member.display_name.to_string(),
            role: member.role,
            is_disabled: false,
        };
        let mapped = issuer
            .subjects
            .iter()
            .find(|known| known.subject == proven.subject)
            .map(|known| known.principal);
        Ok(match mapped {
            Some(Principal::Member(id)) => self.replica.member(id)?.map(of),
            Some(principal @ Principal::ServiceAccount(id)) => {
                self.replica.service_account(id)?.map(|account| Somebody {
                    principal,
                    name: account.name.to_string(),
                    role: account.role,
                    is_disabled: account.disabled_at.is_some(),
                })
            }
            None => match proven.verified_email.as_ref().filter(|_| issuer.by_email) {
                Some(email) => {
                    let mut members = self.replica.members()?.into_iter();
                    members.find(|member| member.email == *email).map(of)
                }
                None => None,
            },
        })
    }

    fn issuers(&self) -> Result<IssuersPage, DeskError> {
        let may = require(self.record().role, Action::ManagePolicy);
        let reason = may.err().map(|reason| sentence(&reason.to_string()));
        let everybody = self.everybody()?;
        let mut issuers = Vec::new();
        for issuer in self.replica.issuers()? {
            let subjects = issuer
                .subjects
                .iter()
                .map(|known| {
                    let named = everybody.iter().find(|one| one.owner == known.principal);
                    SubjectRow {
                        subject: known.subject.to_string(),
                        principal: known.principal,
                        name: owner_shown(known.principal, named.map(|named| named.name.as_str())),
                    }
                })
                .collect();
            issuers.push(self.issuer_row(issuer, subjects)?);
        }
        Ok(IssuersPage {
            issuers,
            manage: ActRule {
                allowed: reason.is_none(),
                reason,
            },
            everybody,
        })
    }

    fn issuer_row(&self, issuer: IssuerView, subjects: Vec<SubjectRow>) -> Result<IssuerRow, DeskError> {
        Ok(IssuerRow {
            id: issuer.id,
            url: issuer.url.to_string(),
            audience: issuer.audience.to_string(),
            subject_claim: issuer.subject_claim.to_string(),
            by_email: issuer.by_email,
            algorithms: issuer.algorithms,
            leeway_seconds: issuer.leeway_seconds,
            subjects,
            since: issuer.created_at,
            added_by: self.name_of(issuer.created_by)?,
        })
    }
}
