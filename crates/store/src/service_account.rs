//! Service accounts (P11): members that are no person.

use domain::clock::Timestamp;
use domain::id::{AccountId, OrganizationId, ServiceAccountId};
use domain::name::{Description, ServiceAccountName};
use domain::role::Role;
use protocol::service_account::ServiceAccountView;
use uuid::Uuid;

use crate::account::moment;
use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::write::Write;

/// A new service account.
#[derive(Debug)]
pub struct NewServiceAccount<'a> {
    /// Its id.
    pub id: ServiceAccountId,
    /// Where.
    pub organization: OrganizationId,
    /// Its name.
    pub name: &'a ServiceAccountName,
    /// What it is for.
    pub description: &'a Description,
    /// As what its tokens act.
    pub role: Role,
    /// Who makes it.
    pub by: AccountId,
}

/// Adds a service account.
///
/// # Errors
/// [`StoreError::Taken`] when the organization has one of this name.
pub async fn insert(write: &mut Write, new: &NewServiceAccount<'_>) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO service_account (id, organization_id, name, description, role, version, created_at, created_by) \
         VALUES ($1, $2, $3, $4, $5, 1, $6, $7)",
        new.id.as_uuid(),
        new.organization.as_uuid(),
        new.name.as_str(),
        new.description.as_str(),
        new.role.as_str(),
        at,
        new.by.as_uuid(),
    )?;
    Ok(())
}

/// Gives a service account what people wrote of it.
///
/// # Errors
/// [`StoreError::Taken`] when the organization has another one of this name.
pub async fn edit(
    write: &mut Write,
    id: ServiceAccountId,
    name: &ServiceAccountName,
    description: &Description,
    role: Role,
) -> Result<(), StoreError> {
    run!(
        write,
        "UPDATE service_account SET name = $2, description = $3, role = $4, version = version + 1 WHERE id = $1",
        id.as_uuid(),
        name.as_str(),
        description.as_str(),
        role.as_str(),
    )?;
    Ok(())
}

/// Disables or enables a service account.
///
/// # Errors
/// The database does not answer.
pub async fn able(write: &mut Write, id: ServiceAccountId, enabled: bool) -> Result<(), StoreError> {
    let at = (!enabled).then(|| write.at().as_micros());
    run!(
        write,
        "UPDATE service_account SET disabled_at = $2, version = version + 1 WHERE id = $1",
        id.as_uuid(),
        at,
    )?;
    Ok(())
}

/// Removes a service account, which is in no group any more.
///
/// # Errors
/// The database does not answer.
pub async fn remove(write: &mut Write, id: ServiceAccountId) -> Result<(), StoreError> {
    run!(write, "DELETE FROM service_account WHERE id = $1", id.as_uuid())?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ServiceAccountRow {
    id: Uuid,
    name: String,
    description: String,
    role: String,
    version: i64,
    created_at: i64,
    created_by: Uuid,
    disabled_at: Option<i64>,
}

impl ServiceAccountRow {
    fn view(self) -> Result<ServiceAccountView, StoreError> {
        Ok(ServiceAccountView {
            id: ServiceAccountId::from_uuid(self.id),
            name: ServiceAccountName::parse(&self.name)
                .map_err(|_| StoreError::damaged("a service account's name"))?,
            description: Description::parse(&self.description)
                .map_err(|_| StoreError::damaged("a description"))?,
            role: Role::from_name(&self.role).ok_or_else(|| StoreError::damaged("a role"))?,
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            created_by: AccountId::from_uuid(self.created_by),
            disabled_at: moment(self.disabled_at),
        })
    }
}

/// A service account of an organization.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    from: &mut impl Connected,
    organization: OrganizationId,
    id: ServiceAccountId,
) -> Result<Option<ServiceAccountView>, StoreError> {
    let row = one!(
        ServiceAccountRow,
        from,
        "SELECT id, name, description, role, version, created_at, created_by, disabled_at FROM service_account \
         WHERE organization_id = $1 AND id = $2",
        organization.as_uuid(),
        id.as_uuid(),
    )?;
    row.map(ServiceAccountRow::view).transpose()
}

/// All service accounts of an organization, by their names.
///
/// # Errors
/// The database does not answer.
pub async fn list(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Vec<ServiceAccountView>, StoreError> {
    let rows = all!(
        ServiceAccountRow,
        from,
        "SELECT id, name, description, role, version, created_at, created_by, disabled_at FROM service_account \
         WHERE organization_id = $1 ORDER BY name, id",
        organization.as_uuid(),
    )?;
    rows.into_iter().map(ServiceAccountRow::view).collect()
}

/// Whether another service account of the organization has this name.
///
/// # Errors
/// The database does not answer.
pub async fn name_taken(
    from: &mut impl Connected,
    organization: OrganizationId,
    name: &ServiceAccountName,
    but: Option<ServiceAccountId>,
) -> Result<bool, StoreError> {
    let row = one!(
        (i64,),
        from,
        "SELECT COUNT(*) FROM service_account WHERE organization_id = $1 AND name = $2 AND id <> $3",
        organization.as_uuid(),
        name.as_str(),
        but.map_or(Uuid::nil(), ServiceAccountId::as_uuid),
    )?;
    Ok(row.is_some_and(|(count,)| count > 0))
}
