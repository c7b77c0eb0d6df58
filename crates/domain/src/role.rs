//! Who may do what: the one table. The server decides by it and the screens explain by it; nothing else decides.

use serde::{Deserialize, Serialize};

/// A member's role in an organization (P9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The one who owns the organization.
    Owner,
    /// Manages keys and people.
    Admin,
    /// Manages money.
    Billing,
    /// A plain user.
    Editor,
    /// Looks only.
    Viewer,
}

impl Role {
    /// Every role, from the most to the least.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Admin,
        Self::Billing,
        Self::Editor,
        Self::Viewer,
    ];

    /// The name used in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Billing => "billing",
            Self::Editor => "editor",
            Self::Viewer => "viewer",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// The name people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Admin => "Admin",
            Self::Billing => "Billing",
            Self::Editor => "Editor",
            Self::Viewer => "Viewer",
        }
    }
}

/// Something a member may or may not do in an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Read the keys of one's scope.
    ReadKeys,
    /// Create, edit, pause and revoke team, project and service keys.
    ManageKeys,
    /// Rotate a shared key.
    RotateKeys,
    /// Hold personal tokens of one's own.
    OwnTokens,
    /// Set the token policy, issuers and preview features.
    ManagePolicy,
    /// Invite, change roles, remove.
    ManageMembers,
    /// Cards, wallets, top-up, plans, invoices.
    ManageMoney,
    /// Companies, sites, data preferences.
    ManageCompanies,
    /// Read projects, datasets, models and the trash.
    ReadProjects,
    /// Change projects, datasets, models and the trash.
    ManageProjects,
    /// Read the organization's activity.
    ReadActivity,
    /// Transfer ownership, delete the organization.
    OwnOrganization,
}

impl Action {
    /// Every action, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::ReadKeys,
        Self::ManageKeys,
        Self::RotateKeys,
        Self::OwnTokens,
        Self::ManagePolicy,
        Self::ManageMembers,
        Self::ManageMoney,
        Self::ManageCompanies,
        Self::ReadProjects,
        Self::ManageProjects,
        Self::ReadActivity,
        Self::OwnOrganization,
    ];

    /// What it is in words, to follow "may".
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ReadKeys => "read keys",
            Self::ManageKeys => "create, edit, pause and revoke keys",
            Self::RotateKeys => "rotate shared keys",
            Self::OwnTokens => "hold personal tokens",
            Self::ManagePolicy => "change the token policy, issuers and preview features",
            Self::ManageMembers => "invite people, change roles and remove members",
            Self::ManageMoney => "manage cards, wallets, plans and invoices",
            Self::ManageCompanies => "manage companies, sites and data preferences",
            Self::ReadProjects => "read projects, datasets and models",
            Self::ManageProjects => "change projects, datasets and models",
            Self::ReadActivity => "read the organization's activity",
            Self::OwnOrganization => "transfer ownership or delete the organization",
        }
    }
}

/// How far an action is granted to a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// Everywhere in the organization.
    Full,
    /// For keys assigned to the member.
    Assigned,
    /// For keys assigned to the member, personal tokens left out.
    AssignedWithoutTokens,
    /// As the token creation policy says.
    ByPolicy,
    /// In companies where the member is a company admin.
    CompanyAdmin,
    /// What the member did, and money.
    OwnAndMoney,
    /// What the member did.
    Own,
    /// Not at all.
    None,
}

impl Grant {
    /// Whether the action is granted everywhere in the organization.
    #[must_use]
    pub const fn is_full(self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether any part of the action is granted.
    #[must_use]
    pub const fn is_some(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// The table of the mission: how far `role` may do `action`.
#[must_use]
pub const fn grant(role: Role, action: Action) -> Grant {
    use Grant::{Assigned, AssignedWithoutTokens, ByPolicy, CompanyAdmin, Full, None, Own, OwnAndMoney};
    // Columns: Owner, Admin, Billing, Editor, Viewer.
    let row = match action {
        Action::ReadKeys => [Full, Full, Full, Assigned, AssignedWithoutTokens],
        Action::ManageKeys | Action::ManagePolicy | Action::ManageMembers => [Full, Full, None, None, None],
        Action::RotateKeys => [Full, Full, None, Assigned, None],
        Action::OwnTokens => [Full, Full, ByPolicy, ByPolicy, None],
        Action::ManageMoney => [Full, Full, Full, None, None],
        Action::ManageCompanies => [Full, Full, None, CompanyAdmin, None],
        Action::ReadProjects => [Full, Full, None, Full, Full],
        Action::ManageProjects => [Full, Full, None, Full, None],
        Action::ReadActivity => [Full, Full, OwnAndMoney, Own, Own],
        Action::OwnOrganization => [Full, None, None, None, None],
    };
    match role {
        Role::Owner => row[0],
        Role::Admin => row[1],
        Role::Billing => row[2],
        Role::Editor => row[3],
        Role::Viewer => row[4],
    }
}

/// The member's role does not allow the action; the sentence says whose does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAllowed {
    /// The role that was asked with.
    pub role: Role,
    /// What was asked for.
    pub action: Action,
}

impl std::fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "your role is {}; ", self.role.label())?;
        let may: Vec<&str> = Role::ALL
            .into_iter()
            .filter(|role| grant(*role, self.action).is_full())
            .map(Role::label)
            .collect();
        match may.as_slice() {
            [] => write!(f, "nobody may {}", self.action.label()),
            [one] => write!(f, "only the {one} may {}", self.action.label()),
            [head @ .., last] => write!(f, "{} and {last} may {}", head.join(", "), self.action.label()),
        }
    }
}

impl std::error::Error for NotAllowed {}

/// Asks for an action everywhere in the organization.
///
/// # Errors
/// [`NotAllowed`], whose sentence names the roles that may.
pub const fn require(role: Role, action: Action) -> Result<(), NotAllowed> {
    if grant(role, action).is_full() {
        Ok(())
    } else {
        Err(NotAllowed { role, action })
    }
}

/// Asks for an action on one key, which may be granted for keys that are assigned to the member.
///
/// # Errors
/// [`NotAllowed`], whose sentence names the roles that may with every key.
pub const fn require_on(role: Role, action: Action, assigned: bool) -> Result<(), NotAllowed> {
    if assigned && matches!(grant(role, action), Grant::Assigned) {
        Ok(())
    } else {
        require(role, action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p9_the_whole_table() {
        let mut table = String::new();
        for action in Action::ALL {
            table.push_str(&format!("{action:?}:"));
            for role in Role::ALL {
                table.push_str(&format!(" {role:?}={:?}", grant(role, action)));
            }
            table.push('\n');
        }
        insta::assert_snapshot!(table, @r"
        ReadKeys: Owner=Full Admin=Full Billing=Full Editor=Assigned Viewer=AssignedWithoutTokens
        ManageKeys: Owner=Full Admin=Full Billing=None Editor=None Viewer=None
        RotateKeys: Owner=Full Admin=Full Billing=None Editor=Assigned Viewer=None
        OwnTokens: Owner=Full Admin=Full Billing=ByPolicy Editor=ByPolicy Viewer=None
        ManagePolicy: Owner=Full Admin=Full Billing=None Editor=None Viewer=None
        ManageMembers: Owner=Full Admin=Full Billing=None Editor=None Viewer=None
        ManageMoney: Owner=Full Admin=Full Billing=Full Editor=None Viewer=None
        ManageCompanies: Owner=Full Admin=Full Billing=None Editor=CompanyAdmin Viewer=None
        ReadProjects: Owner=Full Admin=Full Billing=None Editor=Full Viewer=Full
        ManageProjects: Owner=Full Admin=Full Billing=None Editor=Full Viewer=None
        ReadActivity: Owner=Full Admin=Full Billing=OwnAndMoney Editor=Own Viewer=Own
        OwnOrganization: Owner=Full Admin=None Billing=None Editor=None Viewer=None
        ");
    }

    #[test]
    fn a_refusal_says_who_may() {
        assert_eq!(
            require(Role::Viewer, Action::ManageKeys).unwrap_err().to_string(),
            "your role is Viewer; Owner and Admin may create, edit, pause and revoke keys"
        );
        assert_eq!(
            require(Role::Admin, Action::OwnOrganization)
                .unwrap_err()
                .to_string(),
            "your role is Admin; only the Owner may transfer ownership or delete the organization"
        );
    }
}
