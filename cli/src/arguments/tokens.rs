//! Groups, service accounts, the token policy, and whose a token is.

use clap::{Args, Subcommand, ValueEnum};
use domain::key::KeyKind;
use domain::role::Role;

#[derive(Subcommand)]
pub(crate) enum GroupsCommand {
    /// List the groups and who is in them.
    List,
    /// Make a group.
    Create {
        /// Its name: 1 to 100 characters.
        name: String,
        /// What it is for.
        #[arg(long, default_value = "")]
        description: String,
        /// A member (address or name) or a service account (name) that is in it; may be repeated.
        #[arg(long = "add", value_name = "WHO")]
        add: Vec<String>,
    },
    /// Rename a group, describe it, or change who is in it.
    Edit {
        /// The group's name or id.
        group: String,
        /// The new name.
        #[arg(long)]
        name: Option<String>,
        /// What it is for.
        #[arg(long)]
        description: Option<String>,
        /// A member (address or name) or a service account (name) that comes in; may be repeated.
        #[arg(long = "add", value_name = "WHO")]
        add: Vec<String>,
        /// A member or a service account that goes; may be repeated.
        #[arg(long = "remove", value_name = "WHO")]
        remove: Vec<String>,
    },
    /// Remove a group. Who was in it stays.
    Remove {
        /// The group's name or id.
        group: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum ServiceAccountsCommand {
    /// List the service accounts.
    List,
    /// Make a service account. `keystead keys create --kind personal --for NAME` then makes tokens for it.
    Create {
        /// Its name: 1 to 100 characters.
        name: String,
        /// What it is for.
        #[arg(long, default_value = "")]
        description: String,
        /// As what its tokens act.
        #[arg(long, value_enum, default_value_t = ServiceRole::Editor)]
        role: ServiceRole,
    },
    /// Rename a service account, describe it, or give it another role.
    Edit {
        /// Its name or id.
        account: String,
        /// The new name.
        #[arg(long)]
        name: Option<String>,
        /// What it is for.
        #[arg(long)]
        description: Option<String>,
        /// As what its tokens act.
        #[arg(long, value_enum)]
        role: Option<ServiceRole>,
    },
    /// Disable a service account: its tokens are suspended, not revoked.
    Disable {
        /// Its name or id.
        account: String,
    },
    /// Enable a service account: its tokens work again.
    Enable {
        /// Its name or id.
        account: String,
    },
    /// Remove a service account and revoke its tokens, which are listed first.
    Remove {
        /// Its name or id.
        account: String,
        /// Don't ask for its name.
        #[arg(long)]
        yes: bool,
    },
}

/// A role of service accounts.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServiceRole {
    /// Works with projects.
    Editor,
    /// Looks only.
    Viewer,
}

impl From<ServiceRole> for Role {
    fn from(role: ServiceRole) -> Self {
        match role {
            ServiceRole::Editor => Self::Editor,
            ServiceRole::Viewer => Self::Viewer,
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say who may have personal tokens made.
    Show,
    /// Change it, after saying exactly which tokens stop. Asks before it stops any.
    Set(PolicySet),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  keystead policy set nobody --dry-run
  keystead policy set groups --group Deployers --group 'On call'")]
pub(crate) struct PolicySet {
    /// Who.
    #[arg(value_enum)]
    pub(crate) who: PolicyWho,
    /// With `groups`: a group's name or id; may be repeated.
    #[arg(long = "group", value_name = "GROUP", required_if_eq("who", "groups"))]
    pub(crate) groups: Vec<String>,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Don't ask.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
}

/// Who may have personal tokens made.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyWho {
    /// All members and service accounts.
    All,
    /// Members of the groups.
    Groups,
    /// Nobody; every personal token is suspended.
    Nobody,
}

/// A kind of key.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Creates and changes projects.
    Team,
    /// The resources of one project.
    Project,
    /// Calls services.
    Service,
    /// The token of a person or a service account.
    Personal,
}

impl From<Kind> for KeyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Team => Self::Team,
            Kind::Project => Self::Project,
            Kind::Service => Self::Service,
            Kind::Personal => Self::Personal,
        }
    }
}

/// A kind of key that can be made.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NewKind {
    /// Creates and changes projects.
    Team,
    /// Calls services.
    Service,
    /// The token of a person or a service account.
    Personal,
}

impl From<NewKind> for KeyKind {
    fn from(kind: NewKind) -> Self {
        match kind {
            NewKind::Team => Self::Team,
            NewKind::Service => Self::Service,
            NewKind::Personal => Self::Personal,
        }
    }
}

/// What is asked of the kind and the owner of a key that is made.
#[derive(Args)]
pub(crate) struct Made {
    /// What it is for: managing projects, calling services, or acting as its owner.
    #[arg(long, value_enum, default_value_t = NewKind::Team)]
    pub(crate) kind: NewKind,
    /// With `--kind personal`: the service account it is for, by its name or id; without it, it is your own.
    #[arg(long = "for", value_name = "SERVICE ACCOUNT")]
    pub(crate) owner: Option<String>,
}

/// Which kinds and whose keys are listed.
#[derive(Args)]
pub(crate) struct Listed {
    /// Only these kinds; may be repeated.
    #[arg(long, value_enum)]
    pub(crate) kind: Vec<Kind>,
    /// Only the personal tokens of a member (address or name), a service account (name), or `me`.
    #[arg(long, value_name = "WHO")]
    pub(crate) owner: Option<String>,
}
