//! Where the desk keeps its files, below one data folder.

use std::path::{Path, PathBuf};

use domain::id::ConnectionId;

/// One data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(PathBuf);

impl Place {
    /// A data folder; it need not exist yet.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The list of connections. It holds no secret.
    #[must_use]
    pub fn registry(&self) -> PathBuf {
        self.0.join("connections.json")
    }

    /// The passphrase vault, where there is no keychain.
    #[must_use]
    pub fn vault(&self) -> PathBuf {
        self.0.join("vault.json")
    }

    /// What was chosen for the lock. It holds no secret.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.0.join("lock.json")
    }

    /// The folder of one connection.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> PathBuf {
        self.0.join("connections").join(id.to_string())
    }

    /// The replica of one connection.
    #[must_use]
    pub fn replica(&self, id: ConnectionId) -> PathBuf {
        self.connection(id).join("replica.db")
    }

    /// The replica's key, sealed under the recovery code.
    #[must_use]
    pub fn recovery(&self, id: ConnectionId) -> PathBuf {
        self.connection(id).join("recovery.json")
    }

    /// The folder of the server of this computer.
    #[must_use]
    pub fn this_computer(&self) -> PathBuf {
        self.0.join("this-computer")
    }

    /// What was begun of the workspace of this computer, so that a start that was cut goes on where it stopped.
    #[must_use]
    pub fn this_computer_setup(&self) -> PathBuf {
        self.this_computer().join("setup.json")
    }
}
