//! A desktop of one's own, on any Linux machine: an X server without a screen, a session bus and an unlocked keychain,
//! with a home folder apart from the user's. What runs in it cannot see the user's keys, windows or settings, and
//! nothing of it is left when it is dropped (but the home folder, where that was asked to be kept).

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::exec::{self, Program, Running, Service, describe};
use crate::failure::{Failure, Outcome};
use crate::setup;
use crate::tree::Ending;

/// Opens the keychain of the private desktop, which holds nothing but what is tried out there.
const KEYRING_PASSWORD: &[u8] = b"keystead";
const SCREEN: &str = "1280x900x24";
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running desktop. Dropped, it is ended.
#[derive(Debug)]
pub(crate) struct Display {
    // In the order in which they end: the keychain, the bus, the X server; then the folders.
    _services: Vec<Service>,
    environment: Vec<(&'static str, Option<OsString>)>,
    home: PathBuf,
    _folders: Vec<TempDir>,
}

impl Display {
    /// A desktop whose home folder is gone afterwards.
    pub(crate) fn start() -> Outcome<Self> {
        let home = temporary_folder("keystead-home-")?;
        let path = home.path().to_path_buf();
        Self::start_at(path, vec![home])
    }

    /// A desktop whose home folder stays.
    pub(crate) fn start_with_home(home: &Path) -> Outcome<Self> {
        Self::start_at(home.to_path_buf(), Vec::new())
    }

    fn start_at(home: PathBuf, mut folders: Vec<TempDir>) -> Outcome<Self> {
        // Sockets live here; their paths may hold no more than 107 bytes, so it cannot lie under target/.
        let runtime = temporary_folder("keystead-run-")?;
        let runtime_path = runtime.path().to_path_buf();
        folders.push(runtime);
        let logs = home.join("logs");
        let mut environment: Vec<(&'static str, Option<OsString>)> = vec![
            // Found through HOME otherwise, by the cargo that runs the tests.
            ("CARGO_HOME", Some(setup::cargo_home().into())),
            ("RUSTUP_HOME", Some(rustup_home().into())),
            ("HOME", Some(home.clone().into())),
            ("XDG_RUNTIME_DIR", Some(runtime_path.clone().into())),
            ("XDG_DATA_HOME", Some(home.join(".local/share").into())),
            ("XDG_STATE_HOME", Some(home.join(".local/state").into())),
            ("XDG_CONFIG_HOME", Some(home.join(".config").into())),
            ("XDG_CACHE_HOME", Some(home.join(".cache").into())),
            ("XDG_SESSION_TYPE", Some("x11".into())),
            ("GDK_BACKEND", Some("x11".into())),
            // No settings daemon: each run begins with GTK's defaults.
            ("GSETTINGS_BACKEND", Some("memory".into())),
            // Without a graphics card the shared-buffer renderer doubles the time to the first pixels.
            ("WEBKIT_DISABLE_DMABUF_RENDERER", Some("1".into())),
            ("LC_ALL", Some("C.UTF-8".into())),
            ("TZ", Some("UTC".into())),
            ("WAYLAND_DISPLAY", None),
            ("XDG_CURRENT_DESKTOP", None),
            ("GTK_THEME", None),
            ("SSH_AUTH_SOCK", None),
        ];
        for (name, value) in &environment {
            if let (true, Some(folder)) = (name.starts_with("XDG_") && name.ends_with("_HOME"), value) {
                fs::create_dir_all(folder).map_err(Failure::file(folder))?;
            }
        }
        fs::create_dir_all(&logs).map_err(Failure::file(&logs))?;

        let (screen, number) = start_x(&runtime_path, &logs)?;
        let mut services = vec![screen];
        environment.push(("DISPLAY", Some(format!(":{number}").into())));
        environment.push(("XAUTHORITY", Some(runtime_path.join("Xauthority").into())));

        let (bus, address) = start_bus(&environment, &runtime_path, &logs)?;
        services.insert(0, bus);
        environment.push(("DBUS_SESSION_BUS_ADDRESS", Some(address.into())));

        let keychain = start_keychain(&environment, &logs)?;
        services.insert(0, keychain);
        environment.push(("GNOME_KEYRING_CONTROL", Some(runtime_path.join("keyring").into())));

        let display = Self {
            _services: services,
            environment,
            home,
            _folders: folders,
        };
        display.prove_the_keychain()?;
        Ok(display)
    }

    /// Lets the program run on this desktop.
    pub(crate) fn dress(&self, program: Program) -> Program {
        dress(program, &self.environment)
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// Waits until a window whose title contains `title` is on the screen.
    pub(crate) fn wait_for_window(&self, title: &str, limit: Duration, app: &mut Running) -> Outcome {
        exec::until(
            limit,
            &format!("no window called `{title}` was on the screen"),
            || {
                if let Some(status) = app.ended()? {
                    return Err(Failure::said(format!(
                        "the app ended before it showed a window, with {}.",
                        describe(status)
                    )));
                }
                let shown = self
                    .dress(Program::new("xdotool"))
                    .args(["search", "--onlyvisible", "--name", title])
                    .silent()
                    .limit(Duration::from_secs(10))
                    .status()?;
                Ok(shown.success().then_some(()))
            },
        )
    }

    /// Takes a picture of the screen once it shows more than an empty window and has come to rest.
    pub(crate) fn take_picture(&self, path: &Path) -> Outcome {
        let mut before = String::new();
        exec::until(Duration::from_secs(20), "the screen did not come to rest", || {
            self.dress(Program::new("import"))
                .args(["-window", "root"])
                .arg(path)
                .limit(Duration::from_secs(20))
                .run()?;
            let now = Program::new("identify")
                .args(["-format", "%k %#"])
                .arg(path)
                .limit(Duration::from_secs(20))
                .text()?;
            let colors: u32 = now
                .split(' ')
                .next()
                .and_then(|count| count.parse().ok())
                .unwrap_or(0);
            let rests = now == before;
            before = now;
            Ok((rests && colors > 16).then_some(()))
        })
    }

    /// A keychain that does not answer must be noticed here, not as a strange failure of some test.
    fn prove_the_keychain(&self) -> Outcome {
        let script = r#"printf proof | secret-tool store --label=proof keystead-proof 1 \
            && test "$(secret-tool lookup keystead-proof 1)" = proof && secret-tool clear keystead-proof 1"#;
        self.dress(Program::new("sh"))
            .args(["-c", script])
            .limit(Duration::from_secs(15))
            .text()
            .map(drop)
            .map_err(|failure| match failure {
                Failure::Interrupted => Failure::Interrupted,
                other => Failure::said(format!("the private keychain does not keep secrets. {other}")),
            })
    }
}

fn dress(mut program: Program, environment: &[(&'static str, Option<OsString>)]) -> Program {
    for (name, value) in environment {
        program = match value {
            Some(value) => program.env(name, value),
            None => program.without_env(name),
        };
    }
    program
}

/// An X server that only those who know its cookie may use.
fn start_x(runtime: &Path, logs: &Path) -> Outcome<(Service, u32)> {
    let cookie = Program::new("mcookie").limit(READY_WITHIN).text()?;
    let authorize = |file: &str, display: &str| {
        let path = runtime.join(file);
        fs::write(&path, "").map_err(Failure::file(&path))?;
        Program::new("xauth")
            .args([OsStr::new("-q"), OsStr::new("-f"), path.as_os_str()])
            .args(["add", display, ".", cookie.trim()])
            .limit(READY_WITHIN)
            .run()
            .map(|()| path)
    };
    // The server takes every cookie of its file, for whatever display it is noted.
    let cookies = authorize("Xserver", ":0")?;
    let mut server = Program::new("Xvfb")
        .args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            SCREEN,
            "-nolisten",
            "tcp",
            "-noreset",
            "-auth",
        ])
        .arg(cookies)
        .start_service(&logs.join("xvfb.log"), b"", Ending::Polite)?;
    let number = server.until(READY_WITHIN, |log| {
        let said = fs::read_to_string(log).map_err(Failure::file(log))?;
        Ok(said
            .split_inclusive('\n')
            .find_map(|line| line.strip_suffix('\n')?.parse().ok()))
    })?;
    authorize("Xauthority", &format!(":{number}"))?;
    Ok((server, number))
}

fn start_bus(
    environment: &[(&'static str, Option<OsString>)],
    runtime: &Path,
    logs: &Path,
) -> Outcome<(Service, String)> {
    let socket = runtime.join("bus");
    let mut bus = dress(Program::new("dbus-daemon"), environment)
        .args([
            "--session",
            "--nofork",
            "--nopidfile",
            "--nosyslog",
            "--print-address=1",
        ])
        .arg(format!("--address=unix:path={}", socket.display()))
        .start_service(&logs.join("bus.log"), b"", Ending::Polite)?;
    let address = bus.until(READY_WITHIN, |log| {
        let said = fs::read_to_string(log).map_err(Failure::file(log))?;
        Ok(said
            .lines()
            .find(|line| line.starts_with("unix:path="))
            .map(str::to_owned))
    })?;
    Ok((bus, address))
}

fn start_keychain(environment: &[(&'static str, Option<OsString>)], logs: &Path) -> Outcome<Service> {
    let mut keychain = dress(Program::new("gnome-keyring-daemon"), environment)
        .args(["--foreground", "--unlock", "--components=secrets"])
        .start_service(&logs.join("keychain.log"), KEYRING_PASSWORD, Ending::Polite)?;
    // Asking whether the name is taken does not start a second, locked keychain, as asking it anything else would.
    keychain.until(READY_WITHIN, |_| {
        let answer = dress(Program::new("dbus-send"), environment)
            .args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
            ])
            .args([
                "org.freedesktop.DBus.NameHasOwner",
                "string:org.freedesktop.secrets",
            ])
            .limit(READY_WITHIN)
            .text()?;
        Ok(answer.contains("boolean true").then_some(()))
    })?;
    Ok(keychain)
}

/// Whether the user has a screen to show the app on.
pub(crate) fn user_has_one() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

fn rustup_home() -> PathBuf {
    std::env::var_os("RUSTUP_HOME").map_or_else(
        || std::env::home_dir().unwrap_or_default().join(".rustup"),
        PathBuf::from,
    )
}

/// A folder only its owner may enter, with a short path.
fn temporary_folder(prefix: &str) -> Outcome<TempDir> {
    let parent = std::env::temp_dir();
    let parent = if parent.as_os_str().len() > 40 {
        PathBuf::from("/tmp")
    } else {
        parent
    };
    tempfile::Builder::new()
        .prefix(prefix)
        .tempdir_in(&parent)
        .map_err(Failure::file(parent))
}
