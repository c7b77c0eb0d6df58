//! The list of connections: who is signed in where. It holds no secret.
//!
//! It is written whole beside itself and renamed over; a damaged one is an error, never an empty list.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use domain::email::EmailAddress;
use domain::id::{AccountId, ConnectionId, OrganizationId};
use domain::role::Role;
use serde::{Deserialize, Serialize};

use crate::error::DeskError;
use crate::view::ConnectionKind;

const VERSION: u32 = 1;

/// One connection, as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: ConnectionId,
    pub(crate) kind: ConnectionKind,
    /// The server's address; none for this computer and sample data, whose port is new at each start.
    pub(crate) url: Option<String>,
    pub(crate) region: String,
    pub(crate) organization_id: OrganizationId,
    pub(crate) organization_name: String,
    pub(crate) account_id: AccountId,
    pub(crate) account_email: EmailAddress,
    pub(crate) account_name: String,
    pub(crate) role: Role,
    /// The account does not belong to the organization any more.
    #[serde(default)]
    pub(crate) left: bool,
}

#[derive(Serialize, Deserialize)]
struct RegistryFile {
    version: u32,
    current: Option<ConnectionId>,
    connections: Vec<Record>,
}

pub(crate) struct Registry {
    path: PathBuf,
    pub(crate) current: Option<ConnectionId>,
    pub(crate) connections: Vec<Record>,
}

impl Registry {
    pub(crate) fn load(path: &Path) -> Result<Self, DeskError> {
        let file = match fs::read(path) {
            Ok(text) => serde_json::from_slice::<RegistryFile>(&text).map_err(|error| {
                DeskError::file(
                    path,
                    format!("the list of connections can't be read ({error}); it was left as it is"),
                )
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => RegistryFile {
                version: VERSION,
                current: None,
                connections: Vec::new(),
            },
            Err(error) => return Err(DeskError::file(path, error)),
        };
        if file.version > VERSION {
            return Err(DeskError::file(
                path,
                "the list of connections was written by a newer Keystead; update it",
            ));
        }
        Ok(Self {
            path: path.to_owned(),
            current: file.current,
            connections: file.connections,
        })
    }

    pub(crate) fn find(&self, id: ConnectionId) -> Option<&Record> {
        self.connections.iter().find(|record| record.id == id)
    }

    /// Adds or replaces a record and makes it current.
    pub(crate) fn put(&mut self, record: Record) -> Result<(), DeskError> {
        self.current = Some(record.id);
        match self.connections.iter_mut().find(|known| known.id == record.id) {
            Some(known) => *known = record,
            None => self.connections.push(record),
        }
        self.save()
    }

    /// Replaces a record that is known; which one is current stays as it is.
    pub(crate) fn renew(&mut self, record: Record) -> Result<(), DeskError> {
        let Some(known) = self.connections.iter_mut().find(|known| known.id == record.id) else {
            return Ok(());
        };
        *known = record;
        self.save()
    }

    pub(crate) fn remove(&mut self, id: ConnectionId) -> Result<(), DeskError> {
        self.connections.retain(|record| record.id != id);
        if self.current == Some(id) {
            self.current = self.connections.first().map(|record| record.id);
        }
        self.save()
    }

    pub(crate) fn save(&self) -> Result<(), DeskError> {
        let file = RegistryFile {
            version: VERSION,
            current: self.current,
            connections: self.connections.clone(),
        };
        let text = serde_json::to_vec_pretty(&file).map_err(|error| DeskError::file(&self.path, error))?;
        write_whole(&self.path, &text)
    }
}

/// Replaces a file by another content, whole or not at all; readable by its owner alone.
pub(crate) fn write_whole(path: &Path, text: &[u8]) -> Result<(), DeskError> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut beside = tempfile::NamedTempFile::new_in(folder)?;
        beside.write_all(text)?;
        beside.as_file().sync_all()?;
        beside.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| DeskError::file(path, error))
}
