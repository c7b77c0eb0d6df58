//! A PostgreSQL of one's own, reachable through a socket in a private folder and through nothing else. Every test
//! makes its own database in it; when it is dropped, server and data are gone.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::exec::{Program, Service};
use crate::failure::{Failure, Outcome};
use crate::setup;
use crate::tree::Ending;

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// The system account that runs it for root, for whom it refuses to run.
const ACCOUNT: &str = "postgres";
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A running server. Dropped, it is stopped and its data removed.
#[derive(Debug)]
pub(crate) struct Postgres {
    // Stopped before its folder is removed.
    _server: Service,
    url: String,
    _folder: TempDir,
}

impl Postgres {
    pub(crate) fn start() -> Outcome<Self> {
        let programs = newest_version(Path::new(VERSIONS))?;
        // Directly under /tmp: the socket's path may hold no more than 107 bytes.
        let folder = tempfile::Builder::new()
            .prefix("keystead-pg-")
            .tempdir_in("/tmp")
            .map_err(Failure::file("/tmp"))?;
        if setup::is_root() {
            Program::new("chown")
                .arg(format!("{ACCOUNT}:"))
                .arg(folder.path())
                .run()?;
        }
        let data = folder.path().join("data");
        as_its_account(&programs.join("initdb"))
            .arg("--pgdata")
            .arg(&data)
            .args([
                "--username",
                ACCOUNT,
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ])
            .dir(folder.path())
            .limit(Duration::from_secs(120))
            .text()?;

        let mut server = as_its_account(&programs.join("postgres")).arg("-D").arg(&data);
        server = server.arg("-k").arg(folder.path()).dir(folder.path());
        for setting in [
            "listen_addresses=",
            "max_connections=300",
            // What a crash would lose is removed anyway.
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "wal_level=minimal",
            "max_wal_senders=0",
            "autovacuum_naptime=1h",
            "timezone=UTC",
        ] {
            server = server.args(["-c", setting]);
        }
        // The log lies beside the folder's owner's files, but is written by this process.
        let mut server = server.start_service(&folder.path().join("log"), b"", Ending::Fast)?;
        server.until(READY_WITHIN, |_| {
            let answer = Program::new(programs.join("pg_isready"))
                .args([
                    OsStr::new("--quiet"),
                    OsStr::new("--host"),
                    folder.path().as_os_str(),
                ])
                .silent()
                .limit(READY_WITHIN)
                .status()?;
            Ok(answer.success().then_some(()))
        })?;
        let url = format!(
            "postgres:///postgres?host={}&user={ACCOUNT}",
            folder.path().display()
        );
        Ok(Self {
            _server: server,
            url,
            _folder: folder,
        })
    }

    /// Where tests reach it; they may create databases.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

fn as_its_account(program: &Path) -> Program {
    if !setup::is_root() {
        return Program::new(program);
    }
    // Its own environment as well: HOME is root's otherwise, and PGDATA and its like must not lead it elsewhere.
    Program::new("setpriv")
        .arg(format!("--reuid={ACCOUNT}"))
        .arg(format!("--regid={ACCOUNT}"))
        .args(["--init-groups", "--reset-env", "--"])
        .arg(program)
}

fn newest_version(versions: &Path) -> Outcome<PathBuf> {
    let newest = fs::read_dir(versions)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|version| versions.join(version.to_string()).join("bin/initdb").is_file())
        .max();
    newest.map(|version| versions.join(version.to_string()).join("bin")).ok_or_else(|| {
        Failure::said(format!(
            "no PostgreSQL server was found under {}. Run `cargo xtask setup`, or install the package `postgresql`.",
            versions.display()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::newest_version;
    use std::fs;

    #[test]
    fn the_newest_complete_version_is_taken() {
        let versions = tempfile::tempdir().unwrap();
        for version in ["9", "15", "17"] {
            fs::create_dir_all(versions.path().join(version).join("bin")).unwrap();
        }
        assert!(
            newest_version(versions.path())
                .unwrap_err()
                .to_string()
                .contains("cargo xtask setup")
        );
        for version in ["9", "15"] {
            fs::write(versions.path().join(version).join("bin/initdb"), "").unwrap();
        }
        assert_eq!(
            newest_version(versions.path()).unwrap(),
            versions.path().join("15/bin")
        );
    }
}
