//! Organizations.

use domain::clock::Timestamp;
use domain::id::OrganizationId;
use domain::name::OrganizationName;
use protocol::organization::OrganizationView;

use crate::error::StoreError;
use crate::link::{Connected, one, run};
use crate::policy;
use crate::write::Write;

/// Adds an organization. Its scope is open already.
///
/// # Errors
/// [`StoreError::Taken`] when the id exists.
pub async fn insert(
    write: &mut Write,
    id: OrganizationId,
    name: &OrganizationName,
) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO organization (id, name, version, created_at) VALUES ($1, $2, 1, $3)",
        id.as_uuid(),
        name.as_str(),
        at,
    )?;
    Ok(())
}

/// The organization, if it exists.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    from: &mut impl Connected,
    id: OrganizationId,
) -> Result<Option<OrganizationView>, StoreError> {
    let row = one!(
        (String, i64, i64, String),
        from,
        "SELECT name, version, created_at, token_policy FROM organization WHERE id = $1",
        id.as_uuid(),
    )?;
    let Some((name, version, created_at, policy)) = row else {
        return Ok(None);
    };
    Ok(Some(OrganizationView {
        id,
        name: OrganizationName::parse(&name).map_err(|_| StoreError::damaged("an organization's name"))?,
        version,
        created_at: Timestamp::from_micros(created_at),
        token_policy: policy::read(from, id, &policy).await?,
    }))
}
