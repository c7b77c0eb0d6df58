//! Whether a token of an identity provider outside is good (K12).
//!
//! Form, registration, signature, time, mapping, in this order. What is no token never reaches the database, what is of
//! nobody's issuer never leaves the server, and nothing a token says of anybody counts before its signature. Who
//! registered what and whom a subject stands for is read each time, so what is removed is over with the answer.

use crypto::jwt::{KeySet, Unproven};
use domain::id::OrganizationId;
use domain::issuer::{Proven, TokenProblem};
use domain::principal::Principal;
use protocol::verify::{VerifiedToken, VerifyRefusal};
use store::Connected;
use store::issuer::{self, Registered};
use store::{member, service_account};

use crate::app::App;
use crate::handlers::verify::verify::Verdict;
use crate::refusal::Refusal;

/// What is to be done with a request that carries this token.
pub(crate) async fn judge_token(
    app: &App,
    text: &str,
    organization: Option<OrganizationId>,
) -> Result<Verdict, Refusal> {
    let token = match Unproven::read(text) {
        Ok(token) => token,
        Err(problem) => return Ok(Verdict::Bad(problem.into())),
    };
    let registered = match registration(&mut app.store.direct().await?, &token, organization).await? {
        Ok(registered) => registered,
        Err(reason) => return Ok(Verdict::Bad(reason)),
    };
    // Everything that can be said without a key: for a token that is bad anyway nobody is asked.
    if let Err(problem) = token.prove(&registered.rules, &KeySet::default(), app.now())
        && problem != TokenProblem::NoKey
    {
        return Ok(Verdict::Bad(problem.into()));
    }
    let wanted = |keys: &KeySet| token.finds_key(&registered.rules, keys);
    let Some(found) = app
        .issuers
        .find(&registered.rules.issuer, app.now(), wanted)
        .await
    else {
        return Ok(Verdict::Bad(VerifyRefusal::IssuerAway));
    };
    let proven = match token.prove(&registered.rules, &found.held.set, app.now()) {
        Ok(proven) => proven,
        Err(problem) => return Ok(Verdict::Bad(problem.into())),
    };

    let mut read = app.store.read().await?;
    // While the issuer was asked, the registration may have been removed.
    let registered = if found.waited {
        match registration(&mut read, &token, organization).await? {
            Ok(again) if again.id == registered.id => again,
            Ok(_) | Err(_) => return Ok(Verdict::Bad(VerifyRefusal::UnknownIssuer)),
        }
    } else {
        registered
    };
    Ok(match stands_for(&mut read, &registered, proven).await? {
        Ok(token) => Verdict::Token(Box::new(token)),
        Err(reason) => Verdict::Bad(reason),
    })
}

/// The one registration a token can be of.
async fn registration(
    from: &mut impl Connected,
    token: &Unproven<'_>,
    organization: Option<OrganizationId>,
) -> Result<Result<Registered, VerifyRefusal>, Refusal> {
    let Some(url) = token.issuer() else {
        return Ok(Err(VerifyRefusal::UnknownIssuer));
    };
    let mut found: Vec<Registered> = Vec::new();
    for audience in token.audiences() {
        found.extend(issuer::registered(from, &url, audience, organization).await?);
    }
    let mut found = found.into_iter();
    let Some(first) = found.next() else {
        return Ok(Err(VerifyRefusal::UnknownIssuer));
    };
    // Two audiences of one organization in one token are no question of whose it is.
    if found.any(|other| other.organization != first.organization) {
        return Ok(Err(VerifyRefusal::Ambiguous));
    }
    Ok(Ok(first))
}

async fn stands_for(
    from: &mut impl Connected,
    registered: &Registered,
    proven: Proven,
) -> Result<Result<VerifiedToken, VerifyRefusal>, Refusal> {
    let organization = registered.organization;
    let principal = match issuer::mapped(from, registered.id, &proven.subject).await? {
        Some(mapped) => Some(mapped),
        None => match proven.verified_email.filter(|_| registered.by_email) {
            Some(email) => issuer::member_with(from, organization, &email)
                .await?
                .map(Principal::Member),
            None => None,
        },
    };
    let (principal, account_id, name, role) = match principal {
        Some(principal @ Principal::Member(member)) => {
            let Some(member) = member::view(from, organization, member).await? else {
                return Ok(Err(VerifyRefusal::Unmapped));
            };
            let name = member.display_name.to_string();
            (principal, Some(member.account_id), name, member.role)
        }
        Some(principal @ Principal::ServiceAccount(account)) => {
            let Some(account) = service_account::find(from, organization, account).await? else {
                return Ok(Err(VerifyRefusal::Unmapped));
            };
            if account.disabled_at.is_some() {
                return Ok(Err(VerifyRefusal::Suspended));
            }
            (principal, None, account.name.to_string(), account.role)
        }
        None => return Ok(Err(VerifyRefusal::Unmapped)),
    };
    Ok(Ok(VerifiedToken {
        issuer_id: registered.id,
        issuer: registered.rules.issuer.clone(),
        subject: proven.subject,
        organization_id: organization,
        principal,
        account_id,
        name,
        role,
        expires_at: proven.expires_at,
    }))
}
