//! What the desk answers: for screens and for `--json`. None but [`CreatedKey`] and [`MadeRecoveryCode`]
//! carries a secret.

use replica::Topic;
use serde::Serialize;

use crate::error::{DeskError, ErrorCode};
pub use crate::lock::{LockStatus, LockWish};
pub use crate::recovery::{MadeRecoveryCode, RecoveryStatus};
pub use crate::scan::report::{
    FileFindings, ScanCounts, ScanFinding, ScanProgress, ScanReport, SkipCounts, SkipReason, Skipped,
};

macro_rules! view {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Serialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
    )*};
}

macro_rules! request {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
    )*};
}

mod account;
mod catalog;
mod connection;
mod first_request;
mod groups;
mod import;
mod inspect;
mod issuers;
mod key;
mod money;
mod people;
mod policy;
mod radar;
mod rotation;
mod start;
mod sync;

pub use account::{AccountOverview, SessionRow};
pub use catalog::{
    CatalogView, CostView, EstimateDraft, EstimateView, InputProblem, InputText, ModelView, MoneyView,
    ParameterView, PolicyView, ServiceView,
};
pub use connection::{
    ActionPermission, ConnectionKind, ConnectionView, Opened, RemovalPreview, ServerCard, SetAside, SignIn,
    SignUp, SignUpMode, StartHere,
};
pub use first_request::{FirstRequest, Language, ReasonHelp, Snippet};
pub use groups::{
    GroupDraft, GroupRow, GroupsView, NamedOwner, ServiceAccountDraft, ServiceAccountRemoval,
    ServiceAccountRow,
};
pub use import::{ImportCounts, ImportPreview, ImportProgress, ImportReport, ImportRowView};
pub use inspect::{Finding, InspectReport, PlaceHere, Verdict};
pub use issuers::{
    IssuerDraft, IssuerLook, IssuerRow, IssuersPage, SubjectRow, TokenAnswer, TokenCheck, TokenStep,
};
pub use key::{
    ActRule, AssignedPerson, BulkRefusal, BulkReport, Copied, CreatedKey, KeyDetail, KeyDraft, KeyEditDraft,
    KeyPage, KeyRow, KeyText, KeyTokenRow, PendingMark, RevokeRule, Saved, SecretRow, Stop, StoredIn,
};
pub use money::{
    CreditDraft, EntryRow, GrantRow, GrantText, LedgerQuery, LedgerView, MoneyOverview, TotalsView,
    WalletDraft, WalletRow,
};
pub use people::{
    AcceptInvitation, GroupChoice, InvitationRow, InvitationSeen, InviteDraft, InviteReport,
    JoinWithInvitation, MemberRow, MembershipRow, NotInvited, PeopleView, RoleRule, SentLink,
    SignInWithInvitation,
};
pub use policy::{
    AffectedTokenRow, GroupWithCount, OwnerChoice, TokenPolicyDraft, TokenPolicyEffectView,
    TokenPolicyScreen, TokenPolicyWish,
};
pub use radar::{ExpiringKey, ExpiryRadar};
pub use rotation::{RotationView, UsageAddress, UsageHour, UsageView};
pub use start::{Boot, KeychainStatus, Preferences, Theme};
pub use sync::{EditField, PendingChange, PendingEdit, PendingOperation, Progress, SyncState, SyncStatus};

view! {
    /// Which topics have new content.
    #[derive(Clone)]
    pub struct TopicsChanged {
        /// The topics.
        pub topics: Vec<Topic>,
    }

    /// Why a command was not carried out.
    #[derive(Clone, Debug)]
    pub struct AppError {
        /// What to act on.
        pub code: ErrorCode,
        /// The sentence for the person; it says what to do.
        pub message: String,
        /// The field it is about.
        pub field: Option<String>,
        /// What to give to whoever helps.
        pub details: Option<String>,
    }
}

impl From<&DeskError> for AppError {
    fn from(error: &DeskError) -> Self {
        Self {
            code: error.code(),
            message: sentence(&error.to_string()),
            field: error.field().map(str::to_owned),
            details: error.details().map(str::to_owned),
        }
    }
}

impl From<DeskError> for AppError {
    fn from(error: DeskError) -> Self {
        Self::from(&error)
    }
}

/// Errors are written to follow a colon; a person reads a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return String::new();
    };
    let mut sentence: String = first.to_uppercase().collect();
    sentence.push_str(characters.as_str());
    if !sentence.ends_with(['.', '?', '!', '…']) {
        sentence.push('.');
    }
    sentence
}
