//! A computer of one's own for one test: home and data folder, session bus, and a keychain that is unlocked, locked
//! or not there at all. Only the screen is shared, and comes from `cargo xtask`.
//!
//! The bus is configured without activation: what is not started here is not there, and nothing starts by itself.

use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::failure::{Failure, Outcome, PATIENCE, until};
use crate::process::Process;

const KEYRING_PASSWORD: &[u8] = b"keystead";

/// The state of the computer's keychain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyring {
    /// Started and open.
    Unlocked,
    /// Started and never opened.
    Locked,
    /// Not installed.
    Absent,
}

/// The computer. Dropped, everything of it is gone.
pub struct Place {
    // In the order in which they end.
    keyring: Option<Process>,
    _bus: Process,
    folder: TempDir,
}

impl Place {
    /// A computer with nothing set up.
    ///
    /// # Errors
    /// What is missing to make one.
    pub async fn new(keyring: Keyring) -> Outcome<Self> {
        if std::env::var_os("DISPLAY").is_none() {
            return Err(Failure::said(
                "there is no display for the window: run this through `cargo xtask test`, `shots` or `run --demo`",
            ));
        }
        // Sockets live in it, whose paths may hold no more than 107 bytes.
        let folder = tempfile::Builder::new().prefix("ks-").tempdir_in("/tmp")?;
        for name in [
            "home",
            "run",
            "tmp",
            "logs",
            "home/.local/share",
            "home/.config",
            "home/.cache",
        ] {
            fs::create_dir_all(folder.path().join(name))?;
        }
        fs::set_permissions(
            folder.path().join("run"),
            std::os::unix::fs::PermissionsExt::from_mode(0o700),
        )?;
        let bus = start_bus(folder.path()).await?;
        let mut place = Self {
            keyring: None,
            _bus: bus,
            folder,
        };
        place.restart_keychain(keyring).await?;
        Ok(place)
    }

    /// A computer with an open keychain.
    ///
    /// # Errors
    /// What is missing to make one.
    pub async fn with_keychain() -> Outcome<Self> {
        Self::new(Keyring::Unlocked).await
    }

    /// Ends the keychain and starts it again, as a new sign-in to the computer does.
    ///
    /// # Errors
    /// That it did not start.
    pub async fn restart_keychain(&mut self, keyring: Keyring) -> Outcome {
        self.keyring = None;
        match keyring {
            Keyring::Absent => Ok(()),
            Keyring::Unlocked | Keyring::Locked => self.start_keyring(keyring).await,
        }
    }

    async fn start_keyring(&mut self, keyring: Keyring) -> Outcome {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        let input = if keyring == Keyring::Unlocked {
            command.arg("--unlock");
            KEYRING_PASSWORD
        } else {
            b""
        };
        self.keyring = Some(Process::start(&command, &self.log("keychain"), input)?);
        until("the keychain to be on the bus", PATIENCE, async || {
            let owned = self.tell(
                "dbus-send",
                &[
                    "--session",
                    "--print-reply",
                    "--dest=org.freedesktop.DBus",
                    "/org/freedesktop/DBus",
                    "org.freedesktop.DBus.NameHasOwner",
                    "string:org.freedesktop.secrets",
                ],
            )?;
            Ok(owned.contains("boolean true").then_some(()))
        })
        .await
        .map_err(|failure| match &self.keyring {
            Some(keyring) => keyring.failure(&failure.to_string()),
            None => failure,
        })
    }

    /// Opens a keychain that was locked, as signing in to the computer does: over the daemon's own control socket.
    ///
    /// # Errors
    /// What the keychain says.
    pub fn unlock_keychain(&self) -> Outcome {
        const UNLOCK: u32 = 1;
        let mut control = UnixStream::connect(self.folder.path().join("run/keyring/control"))?;
        control.set_read_timeout(Some(PATIENCE))?;
        let password = u32::try_from(KEYRING_PASSWORD.len()).unwrap_or_default();
        // One byte that carries the sender's credentials, then: length of the whole, operation, password with its length.
        let mut request = vec![0];
        for number in [12 + password, UNLOCK, password] {
            request.extend(number.to_be_bytes());
        }
        request.extend(KEYRING_PASSWORD);
        control.write_all(&request)?;
        let mut answer = [0; 8];
        control.read_exact(&mut answer)?;
        match answer {
            [_, _, _, _, 0, 0, 0, 0] => Ok(()),
            refused => Err(Failure::said(format!(
                "the keychain was not unlocked: {refused:?}"
            ))),
        }
    }

    /// Keystead's data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("keystead")
    }

    /// Where downloads go.
    #[must_use]
    pub fn downloads(&self) -> PathBuf {
        self.folder.path().join("home/Downloads")
    }

    /// The encrypted copy of the connection that was used last.
    ///
    /// # Errors
    /// That there is no such connection.
    pub fn replica(&self) -> Outcome<PathBuf> {
        Ok(self
            .data()
            .join("connections")
            .join(self.current_connection()?)
            .join("replica.db"))
    }

    /// Where temporary files go.
    #[must_use]
    pub fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// A log of this name.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join("logs").join(name)
    }

    /// The address of its session bus.
    #[must_use]
    pub fn bus(&self) -> String {
        format!("unix:path={}", self.folder.path().join("run/bus").display())
    }

    /// A command on this computer.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(environment(self.folder.path()))
            .current_dir(self.folder.path().join("home"));
        command
    }

    /// What a short command answers, on either stream.
    ///
    /// # Errors
    /// That it is not installed.
    pub fn tell(&self, program: &str, arguments: &[&str]) -> Outcome<String> {
        let output = self
            .command(program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failure::said(format!("{program} could not be started: {error}")))?;
        let (answer, errors) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        Ok(format!("{answer}{errors}"))
    }

    /// What the system's own tool finds in the keychain under this user.
    ///
    /// # Errors
    /// That the tool is not installed.
    pub fn keychain_item(&self, user: &str) -> Outcome<Option<String>> {
        let output = self
            .command("secret-tool")
            .args(["lookup", "service", "Keystead", "username", user])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failure::said(format!("secret-tool could not be started: {error}")))?;
        Ok(output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    /// The users of all of Keystead's items in the keychain.
    ///
    /// # Errors
    /// That the tool is not installed.
    pub fn keychain_users(&self) -> Outcome<Vec<String>> {
        let said = self.tell("secret-tool", &["search", "--all", "service", "Keystead"])?;
        let mut users: Vec<String> = said
            .lines()
            .filter_map(|line| line.strip_prefix("attribute.username = "))
            .map(str::to_owned)
            .collect();
        users.sort();
        Ok(users)
    }

    /// The item of the keychain that is this secret: `<connection>/<secret id>`.
    ///
    /// # Errors
    /// That there is none.
    pub fn keychain_user_of(&self, secret: &str) -> Outcome<String> {
        let users = self.keychain_users()?;
        for user in users.iter().filter(|user| user.contains("/sec_")) {
            if self.keychain_item(user)?.as_deref() == Some(secret) {
                return Ok(user.clone());
            }
        }
        Err(Failure::expected(
            "the secret as an item of its own in the keychain",
            format!("the items {users:?}"),
        ))
    }

    /// What the list of connections says.
    ///
    /// # Errors
    /// That it can't be read.
    pub fn connections(&self) -> Outcome<Value> {
        let path = self.data().join("connections.json");
        Ok(serde_json::from_slice(&fs::read(&path).map_err(|error| {
            Failure::said(format!("the list of connections can't be read: {error}"))
        })?)?)
    }

    /// The connection that was used last.
    ///
    /// # Errors
    /// That there is none.
    pub fn current_connection(&self) -> Outcome<String> {
        let list = self.connections()?;
        list["current"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failure::expected("a current connection", list.to_string()))
    }

    /// Where the server inside the app answers.
    ///
    /// # Errors
    /// That there is none.
    pub fn this_computer_url(&self) -> Outcome<String> {
        let path = self.data().join("this-computer/server.json");
        let note: Value = serde_json::from_slice(&fs::read(&path).map_err(|error| {
            Failure::said(format!("the server inside the app left no address: {error}"))
        })?)?;
        note["url"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failure::expected("the address of the server inside the app", note.to_string()))
    }
}

async fn start_bus(folder: &Path) -> Outcome<Process> {
    let (socket, config) = (folder.join("run/bus"), folder.join("bus.conf"));
    fs::write(
        &config,
        format!(
            r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
            socket.display()
        ),
    )?;
    let mut command = Command::new("dbus-daemon");
    command.env_clear().envs(environment(folder)).args([
        "--nofork",
        "--nopidfile",
        "--nosyslog",
        "--config-file",
    ]);
    command.arg(&config);
    let bus = Process::start(&command, &folder.join("logs/bus"), b"")?;
    until("the session bus to listen", Duration::from_secs(10), async || {
        Ok(socket.exists().then_some(()))
    })
    .await
    .map_err(|failure| bus.failure(&failure.to_string()))?;
    Ok(bus)
}

/// All that a program on this computer knows of the world.
fn environment(folder: &Path) -> Vec<(&'static str, OsString)> {
    let home = folder.join("home");
    let bus = format!("unix:path={}", folder.join("run/bus").display());
    let mut all: Vec<(&'static str, OsString)> = vec![
        ("HOME", home.clone().into()),
        ("XDG_RUNTIME_DIR", folder.join("run").into()),
        ("XDG_DATA_HOME", home.join(".local/share").into()),
        ("XDG_CONFIG_HOME", home.join(".config").into()),
        ("XDG_CACHE_HOME", home.join(".cache").into()),
        ("XDG_SESSION_TYPE", "x11".into()),
        ("DBUS_SESSION_BUS_ADDRESS", bus.into()),
        ("KEYSTEAD_HOME", folder.join("keystead").into()),
        ("TMPDIR", folder.join("tmp").into()),
        ("LC_ALL", "C.UTF-8".into()),
        ("TZ", "UTC".into()),
        ("GDK_BACKEND", "x11".into()),
        ("GSETTINGS_BACKEND", "memory".into()),
        // Nobody reads this screen aloud.
        ("NO_AT_BRIDGE", "1".into()),
        // Without a graphics card the shared-buffer renderer doubles the time to the first pixels.
        ("WEBKIT_DISABLE_DMABUF_RENDERER", "1".into()),
    ];
    for name in ["PATH", "DISPLAY", "XAUTHORITY", "LD_LIBRARY_PATH"] {
        all.extend(std::env::var_os(name).map(|value| (name, value)));
    }
    all
}
