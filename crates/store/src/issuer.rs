//! Identity providers outside whose tokens an organization takes, and whom their subjects stand for (K12).

use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::{AccountId, IssuerId, MemberId, OrganizationId};
use domain::issuer::{Audience, IssuerUrl, SigningAlgorithm, Subject, SubjectClaim, TokenRules};
use domain::principal::Principal;
use protocol::issuer::{IssuerView, SubjectView};
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::principal::{columns, principal};
use crate::write::Write;

/// A new issuer.
#[derive(Debug)]
pub struct NewIssuer<'a> {
    /// Its id.
    pub id: IssuerId,
    /// Where.
    pub organization: OrganizationId,
    /// What its tokens are checked against.
    pub rules: &'a TokenRules,
    /// Whether members are known by a verified address.
    pub by_email: bool,
    /// Who registers it.
    pub by: AccountId,
}

/// Adds an issuer.
///
/// # Errors
/// [`StoreError::Taken`] when its id exists, or the organization has it for this audience already.
pub async fn insert(write: &mut Write, new: &NewIssuer<'_>) -> Result<(), StoreError> {
    let algorithms: Vec<&str> = new.rules.algorithms.iter().map(|one| one.as_str()).collect();
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO issuer (id, organization_id, url, audience, subject_claim, by_email, algorithms, leeway_seconds, \
         version, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10)",
        new.id.as_uuid(),
        new.organization.as_uuid(),
        new.rules.issuer.as_str(),
        new.rules.audience.as_str(),
        new.rules.subject_claim.as_str(),
        new.by_email,
        algorithms.join(" "),
        i64::from(new.rules.leeway_seconds),
        at,
        new.by.as_uuid(),
    )?;
    Ok(())
}

async fn touch(write: &mut Write, id: IssuerId) -> Result<(), StoreError> {
    run!(
        write,
        "UPDATE issuer SET version = version + 1 WHERE id = $1",
        id.as_uuid()
    )?;
    Ok(())
}

/// Lets a subject stand for somebody, whoever it stood for before.
///
/// # Errors
/// The database does not answer, or there is no such member.
pub async fn map(
    write: &mut Write,
    id: IssuerId,
    subject: &Subject,
    principal: Principal,
) -> Result<(), StoreError> {
    let (member, service_account) = columns(principal);
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO issuer_subject (issuer_id, subject, member_id, service_account_id, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (issuer_id, subject) \
         DO UPDATE SET member_id = excluded.member_id, service_account_id = excluded.service_account_id",
        id.as_uuid(),
        subject.as_str(),
        member,
        service_account,
        at,
    )?;
    touch(write, id).await
}

/// Lets a subject stand for nobody; `false` when it did.
///
/// # Errors
/// The database does not answer.
pub async fn forget(write: &mut Write, id: IssuerId, subject: &Subject) -> Result<bool, StoreError> {
    let forgotten = run!(
        write,
        "DELETE FROM issuer_subject WHERE issuer_id = $1 AND subject = $2",
        id.as_uuid(),
        subject.as_str(),
    )?;
    touch(write, id).await?;
    Ok(forgotten == 1)
}

/// Says whether members are known by a verified address.
///
/// # Errors
/// The database does not answer.
pub async fn set_by_email(write: &mut Write, id: IssuerId, on: bool) -> Result<(), StoreError> {
    run!(
        write,
        "UPDATE issuer SET by_email = $2 WHERE id = $1",
        id.as_uuid(),
        on
    )?;
    touch(write, id).await
}

/// Lets no subject stand for somebody any more; answers the issuers this touched. For whoever goes.
///
/// # Errors
/// The database does not answer.
pub async fn forget_principal(write: &mut Write, principal: Principal) -> Result<Vec<IssuerId>, StoreError> {
    let (member, service_account) = columns(principal);
    let rows = all!(
        (Uuid,),
        write,
        "SELECT DISTINCT issuer_id FROM issuer_subject WHERE member_id = $1 OR service_account_id = $2 \
         ORDER BY issuer_id",
        member,
        service_account,
    )?;
    run!(
        write,
        "DELETE FROM issuer_subject WHERE member_id = $1 OR service_account_id = $2",
        member,
        service_account,
    )?;
    let issuers: Vec<IssuerId> = rows.into_iter().map(|(id,)| IssuerId::from_uuid(id)).collect();
    for id in &issuers {
        touch(write, *id).await?;
    }
    Ok(issuers)
}

/// Removes an issuer with its mapping.
///
/// # Errors
/// The database does not answer.
pub async fn remove(write: &mut Write, id: IssuerId) -> Result<(), StoreError> {
    run!(
        write,
        "DELETE FROM issuer_subject WHERE issuer_id = $1",
        id.as_uuid()
    )?;
    run!(write, "DELETE FROM issuer WHERE id = $1", id.as_uuid())?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct IssuerRow {
    id: Uuid,
    organization_id: Uuid,
    url: String,
    audience: String,
    subject_claim: String,
    by_email: bool,
    algorithms: String,
    leeway_seconds: i64,
    version: i64,
    created_at: i64,
    created_by: Uuid,
}

impl IssuerRow {
    fn rules(&self) -> Result<TokenRules, StoreError> {
        let damaged = |_| StoreError::damaged("an issuer");
        Ok(TokenRules {
            issuer: IssuerUrl::parse(&self.url).map_err(damaged)?,
            audience: Audience::parse(&self.audience).map_err(damaged)?,
            subject_claim: SubjectClaim::parse(&self.subject_claim).map_err(damaged)?,
            algorithms: self
                .algorithms
                .split(' ')
                .map(|name| {
                    SigningAlgorithm::from_name(name)
                        .ok_or_else(|| StoreError::damaged("the algorithms of an issuer"))
                })
                .collect::<Result<_, _>>()?,
            leeway_seconds: u32::try_from(self.leeway_seconds)
                .map_err(|_| StoreError::damaged("the leeway of an issuer"))?,
        })
    }

    fn view(self, subjects: Vec<SubjectView>) -> Result<IssuerView, StoreError> {
        let rules = self.rules()?;
        Ok(IssuerView {
            id: IssuerId::from_uuid(self.id),
            url: rules.issuer,
            audience: rules.audience,
            subject_claim: rules.subject_claim,
            by_email: self.by_email,
            algorithms: rules.algorithms,
            leeway_seconds: rules.leeway_seconds,
            subjects,
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            created_by: AccountId::from_uuid(self.created_by),
        })
    }
}

#[derive(sqlx::FromRow)]
struct SubjectRow {
    subject: String,
    member_id: Option<Uuid>,
    service_account_id: Option<Uuid>,
}

impl SubjectRow {
    fn principal(&self) -> Result<Principal, StoreError> {
        principal(self.member_id, self.service_account_id)
            .ok_or_else(|| StoreError::damaged("whom a subject stands for"))
    }
}

async fn subjects(from: &mut impl Connected, id: IssuerId) -> Result<Vec<SubjectView>, StoreError> {
    let rows = all!(
        SubjectRow,
        from,
        "SELECT subject, member_id, service_account_id FROM issuer_subject WHERE issuer_id = $1",
        id.as_uuid(),
    )?;
    let mut subjects = rows
        .into_iter()
        .map(|row| {
            Ok(SubjectView {
                subject: Subject::parse(&row.subject).map_err(|_| StoreError::damaged("a subject"))?,
                principal: row.principal()?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    // Here and not in SQL: the two databases order texts differently.
    subjects.sort_by(|a, b| a.subject.cmp(&b.subject));
    Ok(subjects)
}

/// One issuer of an organization.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    from: &mut impl Connected,
    organization: OrganizationId,
    id: IssuerId,
) -> Result<Option<IssuerView>, StoreError> {
    let row = one!(
        IssuerRow,
        from,
        "SELECT id, organization_id, url, audience, subject_claim, by_email, algorithms, leeway_seconds, version, \
         created_at, created_by FROM issuer WHERE organization_id = $1 AND id = $2",
        organization.as_uuid(),
        id.as_uuid(),
    )?;
    let Some(row) = row else { return Ok(None) };
    let subjects = subjects(from, id).await?;
    row.view(subjects).map(Some)
}

/// The issuers of an organization, the oldest first.
///
/// # Errors
/// The database does not answer.
pub async fn list(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Vec<IssuerView>, StoreError> {
    let rows = all!(
        (Uuid,),
        from,
        "SELECT id FROM issuer WHERE organization_id = $1 ORDER BY created_at, id",
        organization.as_uuid(),
    )?;
    let mut issuers = Vec::with_capacity(rows.len());
    for (id,) in rows {
        issuers.extend(find(from, organization, IssuerId::from_uuid(id)).await?);
    }
    Ok(issuers)
}

/// A registration that a token may be of.
#[derive(Debug, Clone)]
pub struct Registered {
    /// The issuer.
    pub id: IssuerId,
    /// Who registered it.
    pub organization: OrganizationId,
    /// What its tokens are checked against.
    pub rules: TokenRules,
    /// Whether members are known by a verified address.
    pub by_email: bool,
}

/// Who registered an issuer for this audience; two at most, for that is one too many. Where an organization is named, only
/// that one is looked for.
///
/// # Errors
/// The database does not answer.
pub async fn registered(
    from: &mut impl Connected,
    url: &IssuerUrl,
    audience: &str,
    organization: Option<OrganizationId>,
) -> Result<Vec<Registered>, StoreError> {
    let rows = all!(
        IssuerRow,
        from,
        "SELECT id, organization_id, url, audience, subject_claim, by_email, algorithms, leeway_seconds, version, \
         created_at, created_by FROM issuer WHERE url = $1 AND audience = $2 \
         AND ($3 OR organization_id = $4) ORDER BY id LIMIT 2",
        url.as_str(),
        audience,
        organization.is_none(),
        organization.map_or(Uuid::nil(), OrganizationId::as_uuid),
    )?;
    rows.into_iter()
        .map(|row| {
            Ok(Registered {
                id: IssuerId::from_uuid(row.id),
                organization: OrganizationId::from_uuid(row.organization_id),
                rules: row.rules()?,
                by_email: row.by_email,
            })
        })
        .collect()
}

/// Whom a subject stands for.
///
/// # Errors
/// The database does not answer.
pub async fn mapped(
    from: &mut impl Connected,
    id: IssuerId,
    subject: &Subject,
) -> Result<Option<Principal>, StoreError> {
    let row = one!(
        SubjectRow,
        from,
        "SELECT subject, member_id, service_account_id FROM issuer_subject WHERE issuer_id = $1 AND subject = $2",
        id.as_uuid(),
        subject.as_str(),
    )?;
    row.map(|row| row.principal()).transpose()
}

/// The member with this address, if the organization has one.
///
/// # Errors
/// The database does not answer.
pub async fn member_with(
    from: &mut impl Connected,
    organization: OrganizationId,
    email: &EmailAddress,
) -> Result<Option<MemberId>, StoreError> {
    crate::invitation::member_with(from, organization, email).await
}
