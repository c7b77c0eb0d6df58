//! The token creation policy (K11), and the personal tokens it is about (K1).

use domain::id::{AccountId, GroupId, KeyId, OrganizationId};
use domain::policy::TokenPolicy;
use domain::principal::Principal;
use protocol::key::KeyView;
use uuid::Uuid;

use crate::error::StoreError;
use crate::key;
use crate::link::{Connected, all, one, run};
use crate::write::Write;

/// The policy by its name in the database, and the groups that are chosen where it says so.
pub(crate) async fn read(
    from: &mut impl Connected,
    organization: OrganizationId,
    name: &str,
) -> Result<TokenPolicy, StoreError> {
    match name {
        "all" => Ok(TokenPolicy::All),
        "nobody" => Ok(TokenPolicy::Nobody),
        "groups" => {
            let rows = all!(
                (Uuid,),
                from,
                "SELECT id FROM member_group WHERE organization_id = $1 AND allows_tokens ORDER BY id",
                organization.as_uuid(),
            )?;
            let groups = rows.into_iter().map(|(id,)| GroupId::from_uuid(id)).collect();
            Ok(TokenPolicy::Groups { groups })
        }
        _ => Err(StoreError::damaged("a token policy")),
    }
}

/// The policy of an organization; `None` when there is no such organization.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Option<TokenPolicy>, StoreError> {
    let row = one!(
        (String,),
        from,
        "SELECT token_policy FROM organization WHERE id = $1",
        organization.as_uuid(),
    )?;
    match row {
        Some((name,)) => read(from, organization, &name).await.map(Some),
        None => Ok(None),
    }
}

/// Sets the policy. The groups it names are of the organization.
///
/// # Errors
/// The database does not answer.
pub async fn set(
    write: &mut Write,
    organization: OrganizationId,
    policy: &TokenPolicy,
) -> Result<(), StoreError> {
    run!(
        write,
        "UPDATE organization SET token_policy = $2, version = version + 1 WHERE id = $1",
        organization.as_uuid(),
        policy.as_str(),
    )?;
    run!(
        write,
        "UPDATE member_group SET allows_tokens = FALSE WHERE organization_id = $1 AND allows_tokens",
        organization.as_uuid(),
    )?;
    for group in policy.groups() {
        run!(
            write,
            "UPDATE member_group SET allows_tokens = TRUE WHERE organization_id = $1 AND id = $2",
            organization.as_uuid(),
            group.as_uuid(),
        )?;
    }
    Ok(())
}

/// The personal tokens of an organization that are not revoked.
///
/// # Errors
/// The database does not answer.
pub async fn tokens(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Vec<KeyView>, StoreError> {
    key::personal(from, organization).await
}

/// The tokens of one owner that are not revoked.
async fn tokens_of(
    from: &mut impl Connected,
    organization: OrganizationId,
    owner: Principal,
) -> Result<Vec<KeyView>, StoreError> {
    let rows = match owner {
        Principal::Member(id) => all!(
            (Uuid,),
            from,
            "SELECT id FROM key WHERE organization_id = $1 AND owner_member = $2 AND revoked_at IS NULL ORDER BY id",
            organization.as_uuid(),
            id.as_uuid(),
        )?,
        Principal::ServiceAccount(id) => all!(
            (Uuid,),
            from,
            "SELECT id FROM key WHERE organization_id = $1 AND owner_service_account = $2 AND revoked_at IS NULL \
             ORDER BY id",
            organization.as_uuid(),
            id.as_uuid(),
        )?,
    };
    let mut tokens = Vec::with_capacity(rows.len());
    for (id,) in rows {
        tokens.extend(key::find(from, organization, KeyId::from_uuid(id)).await?);
    }
    Ok(tokens)
}

/// Revokes every token of an owner who goes; answers them as they were.
///
/// # Errors
/// The database does not answer.
pub async fn revoke_all(
    write: &mut Write,
    organization: OrganizationId,
    owner: Principal,
    by: AccountId,
) -> Result<Vec<KeyView>, StoreError> {
    let tokens = tokens_of(write, organization, owner).await?;
    for token in &tokens {
        key::revoke(write, organization, token.id, by).await?;
    }
    Ok(tokens)
}
