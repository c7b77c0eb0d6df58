//! Naming what is on the screen.

use serde_json::{Value, json};

/// Something on the screen, by role and accessible name.
#[derive(Clone, Debug)]
pub struct Sought {
    role: &'static str,
    name: Option<String>,
    part: bool,
    within: Option<(&'static str, String)>,
    anywhere: bool,
}

impl Sought {
    /// By role and whole name.
    #[must_use]
    pub fn new(role: &'static str, name: &str) -> Self {
        Self {
            role,
            name: Some(name.to_owned()),
            part: false,
            within: None,
            anywhere: false,
        }
    }

    /// The name need only contain the words.
    #[must_use]
    pub fn in_part(mut self) -> Self {
        self.part = true;
        self
    }

    /// Inside something else, by its role and whole name.
    #[must_use]
    pub fn within(mut self, role: &'static str, name: &str) -> Self {
        self.within = Some((role, name.to_owned()));
        self
    }

    /// Also beneath an open dialog or menu.
    #[must_use]
    pub fn anywhere(mut self) -> Self {
        self.anywhere = true;
        self
    }

    pub(crate) fn question(&self) -> Value {
        json!({
            "role": self.role,
            "name": self.name,
            "part": self.part,
            "within": self.within,
            "anywhere": self.anywhere,
        })
    }

    /// In words, for failures.
    #[must_use]
    pub fn words(&self) -> String {
        let name = match &self.name {
            None => String::new(),
            Some(name) if self.part => format!(" containing “{name}”"),
            Some(name) => format!(" “{name}”"),
        };
        let within = self
            .within
            .as_ref()
            .map_or_else(String::new, |(role, name)| format!(" in the {role} “{name}”"));
        format!("the {}{name}{within}", self.role)
    }
}

/// A button.
#[must_use]
pub fn button(name: &str) -> Sought {
    Sought::new("button", name)
}

/// Something to type into.
#[must_use]
pub fn field(label: &str) -> Sought {
    Sought::new("textbox", label)
}

/// A heading.
#[must_use]
pub fn heading(name: &str) -> Sought {
    Sought::new("heading", name)
}

/// A dialog.
#[must_use]
pub fn dialog(title: &str) -> Sought {
    Sought::new("dialog", title)
}

/// One choice of a few.
#[must_use]
pub fn radio(label: &str) -> Sought {
    Sought::new("radio", label)
}

/// A link; the sidebar is made of them.
#[must_use]
pub fn link(name: &str) -> Sought {
    Sought::new("link", name)
}

/// A row of a table that contains these words.
#[must_use]
pub fn row(words: &str) -> Sought {
    Sought::new("row", words).in_part()
}

/// An entry of a menu that contains these words.
#[must_use]
pub fn menu_item(role: &'static str, words: &str) -> Sought {
    Sought::new(role, words).in_part()
}

/// An entry of the palette that contains these words.
#[must_use]
pub fn option(words: &str) -> Sought {
    Sought::new("option", words).in_part()
}

/// A group.
#[must_use]
pub fn group(name: &str) -> Sought {
    Sought::new("group", name)
}

/// A place where states are announced.
#[must_use]
pub fn status(name: &str) -> Sought {
    Sought::new("status", name).anywhere()
}

/// Where it is said at once that something went wrong.
#[must_use]
pub fn alert() -> Sought {
    Sought::new("alert", "").in_part()
}

/// A screen of the sidebar.
#[must_use]
pub fn tab(label: &str) -> Sought {
    Sought::new("link", label).within("navigation", "Screens")
}

/// Where a secret stands, the one moment it is shown.
#[must_use]
pub fn secret_of() -> Sought {
    group("Secret")
}
