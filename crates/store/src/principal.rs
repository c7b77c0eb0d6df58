//! A member or a service account, as two columns of which one is empty.

use domain::id::{MemberId, ServiceAccountId};
use domain::principal::Principal;
use uuid::Uuid;

/// The columns: the member, the service account.
pub(crate) fn columns(principal: Principal) -> (Option<Uuid>, Option<Uuid>) {
    match principal {
        Principal::Member(id) => (Some(id.as_uuid()), None),
        Principal::ServiceAccount(id) => (None, Some(id.as_uuid())),
    }
}

/// Who stands in these columns.
pub(crate) fn principal(member: Option<Uuid>, service_account: Option<Uuid>) -> Option<Principal> {
    let member = member.map(MemberId::from_uuid).map(Principal::Member);
    member.or_else(|| {
        service_account
            .map(ServiceAccountId::from_uuid)
            .map(Principal::ServiceAccount)
    })
}
