//! Service accounts (P11).

pub(crate) mod able;
pub(crate) mod create;
pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod remove;

use domain::activity::NamedServiceAccount;
use domain::id::ServiceAccountId;
use domain::name::ServiceAccountName;
use domain::role::Role;
use domain::service_account::check_role;
use protocol::service_account::ServiceAccountView;
use store::service_account;

use crate::refusal::Refusal;
use crate::work::Work;

/// A service account, as the record names it.
pub(crate) fn named(account: &ServiceAccountView) -> NamedServiceAccount {
    NamedServiceAccount {
        service_account: account.id,
        name: account.name.to_string(),
    }
}

/// Refuses a name that another service account has.
async fn check_name(
    work: &mut Work,
    name: &ServiceAccountName,
    but: Option<ServiceAccountId>,
) -> Result<(), Refusal> {
    if service_account::name_taken(&mut work.write, work.organization, name, but).await? {
        return Err(Refusal::field(
            "name",
            format!("there is a service account named {name} already; choose another name"),
        ));
    }
    Ok(())
}

/// Refuses a role that is none for service accounts.
fn checked(role: Role) -> Result<Role, Refusal> {
    check_role(role).map_err(|problem| Refusal::field("role", problem.to_string()))?;
    Ok(role)
}
