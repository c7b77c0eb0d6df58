//! The catalog a server offers: read from TOML when it starts, checked whole, and handed out as one JSON text.
//!
//! It lives here and not in a crate of its own because only a server (and its program's `catalog check`) reads the
//! files; desktops get the finished catalog over the wire. The words and rules are `domain::catalog`'s.

mod files;
mod order;
mod prices;
mod read;
mod table;

use std::fmt;
use std::path::Path;

use domain::catalog::Catalog;
use sha2::{Digest as _, Sha256};

pub use files::BUILT_IN;
pub use table::Problem;

/// As many problems are said at once.
const MOST_SAID: usize = 25;

/// A catalog can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogError {
    /// Everything that is wrong, by file and line.
    pub problems: Vec<Problem>,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [only] => write!(f, "the catalog can't be used: {only}"),
            problems => {
                write!(f, "the catalog can't be used, for {} reasons:", problems.len())?;
                for problem in problems.iter().take(MOST_SAID) {
                    write!(f, "\n  {problem}")?;
                }
                match problems.len().saturating_sub(MOST_SAID) {
                    0 => Ok(()),
                    more => write!(f, "\n  and {more} more"),
                }
            }
        }
    }
}

impl std::error::Error for CatalogError {}

/// Reads the catalog of a folder, or without one the catalog that is part of the program.
///
/// # Errors
/// [`CatalogError`] with everything that is wrong.
pub fn load(folder: Option<&Path>) -> Result<Catalog, CatalogError> {
    let gathered = match folder {
        Some(folder) => files::gather(folder),
        None => files::built_in(),
    };
    gathered
        .and_then(|(whole, services)| read::read(&whole, &services))
        .map_err(|problems| CatalogError { problems })
}

/// Reads a catalog from texts: its whole, and its services with the names they are told of by.
///
/// # Errors
/// [`CatalogError`] with everything that is wrong.
pub fn read_texts(whole: &str, services: &[(&str, &str)]) -> Result<Catalog, CatalogError> {
    let file = |name: &str, text: &str| read::File {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let services: Vec<read::File> = services.iter().map(|(name, text)| file(name, text)).collect();
    read::read(&file("catalog.toml", whole), &services).map_err(|problems| CatalogError { problems })
}

/// A catalog as it is handed out.
#[derive(Debug)]
pub(crate) struct Published {
    /// Itself.
    pub(crate) catalog: Catalog,
    /// As JSON.
    pub(crate) json: String,
    /// The entity tag of it (RFC 9110, 8.8.3) without its quotes: a hash of its content.
    pub(crate) tag: String,
}

impl Published {
    pub(crate) fn of(catalog: &Catalog) -> Result<Self, serde_json::Error> {
        let json = serde_json::to_string(catalog)?;
        let hash = Sha256::digest(json.as_bytes());
        let tag = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            catalog: catalog.clone(),
            json,
            tag,
        })
    }
}

#[cfg(test)]
mod tests;
