//! Everything a fresh machine lacks. Quick when nothing is missing, because every other task begins with it.
//!
//! Debian and Ubuntu are set up; other systems are told what to install.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use crate::exec::{Program, is_installed};
use crate::failure::{Failure, Outcome};
use crate::screens;
use crate::workspace::Workspace;

/// Things that are needed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// System packages to compile with.
    Build,
    /// System packages to show and drive a window with, on a machine without one.
    Running,
    /// System packages for installers.
    Packaging,
    /// The database of a fleet.
    Postgres,
    /// The npm packages of the screens.
    Packages,
    /// The npm packages, and the screens built from them.
    Screens,
    /// The test runner.
    Nextest,
    /// The test runner and the judges of dependencies.
    Tools,
}

impl Group {
    pub(crate) const ALL: [Self; 6] = [
        Self::Build,
        Self::Running,
        Self::Packaging,
        Self::Postgres,
        Self::Screens,
        Self::Tools,
    ];

    /// The Debian packages of the group.
    fn system_packages(self) -> &'static [&'static str] {
        match self {
            Self::Build => &[
                "build-essential",
                "ca-certificates",
                "file",
                "libayatana-appindicator3-dev",
                "libdbus-1-dev",
                "librsvg2-dev",
                "libssl-dev",
                "libwebkit2gtk-4.1-dev",
                // SQLCipher's OpenSSL is configured by a Perl script.
                "perl",
                "pkg-config",
            ],
            Self::Running => &[
                // The snippets that the product hands out are run: curl, Python and Ruby; Node is there for the screens.
                "curl",
                "dbus",
                "dbus-x11",
                "fonts-dejavu-core",
                "gnome-keyring",
                "imagemagick",
                "libsecret-tools",
                "nginx-light",
                "python3",
                "ruby",
                "util-linux",
                "webkit2gtk-driver",
                "x11-utils",
                "xauth",
                "xdotool",
                "xvfb",
            ],
            Self::Packaging => &[
                "desktop-file-utils",
                "lintian",
                "patchelf",
                "rpm",
                "squashfs-tools",
                "xdg-utils",
            ],
            Self::Postgres => &["postgresql"],
            Self::Packages | Self::Screens | Self::Nextest | Self::Tools => &[],
        }
    }

    fn tools(self) -> &'static [Tool] {
        match self {
            Self::Nextest => &TOOLS[..1],
            Self::Tools => &TOOLS,
            _ => &[],
        }
    }
}

/// A subcommand of cargo. The version is the one that is installed; one already there is respected.
struct Tool {
    name: &'static str,
    version: &'static str,
}

const TOOLS: [Tool; 3] = [
    Tool {
        name: "cargo-nextest",
        version: "0.9.151",
    },
    Tool {
        name: "cargo-deny",
        version: "0.20.2",
    },
    Tool {
        name: "cargo-machete",
        version: "0.9.1",
    },
];

pub(crate) fn run(workspace: &Workspace, groups: &[Group]) -> Outcome {
    system_packages(groups)?;
    for tool in groups.iter().flat_map(|group| group.tools()) {
        install(tool)?;
    }
    if groups
        .iter()
        .any(|group| matches!(group, Group::Packages | Group::Screens))
    {
        screens::install_packages(workspace)?;
    }
    if groups.contains(&Group::Screens) {
        screens::build(workspace)?;
    }
    Ok(())
}

fn system_packages(groups: &[Group]) -> Outcome {
    let wanted: Vec<&str> = groups
        .iter()
        .flat_map(|group| group.system_packages())
        .copied()
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    if !is_debian_like() {
        return other_system(&wanted);
    }
    let missing = missing_packages(&wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    println!("Installing system packages: {}", missing.join(" "));
    let by_hand = format!("apt-get install --no-install-recommends {}", missing.join(" "));
    let failed = |failure| match failure {
        Failure::Interrupted => Failure::Interrupted,
        other => Failure::said(format!(
            "{other} Install them yourself, then try again:\n  sudo {by_hand}"
        )),
    };
    as_root("apt-get")?
        .args([
            "-q",
            "-o",
            "DPkg::Lock::Timeout=300",
            "-o",
            "Acquire::Retries=3",
            "update",
        ])
        .run()
        .map_err(failed)?;
    install_system_packages(&missing).map_err(failed)
}

/// `apt-get install` of packages, or of package files given by path.
pub(crate) fn install_system_packages(packages: &[impl AsRef<std::ffi::OsStr>]) -> Outcome {
    as_root("apt-get")?
        .args([
            "-q",
            "-y",
            "-o",
            "DPkg::Lock::Timeout=300",
            "-o",
            "Acquire::Retries=3",
            "-o",
            "Dpkg::Use-Pty=0",
        ])
        .args(["--no-install-recommends", "install"])
        .args(packages)
        .run()
}

/// The packages among `wanted` that are not installed.
pub(crate) fn missing_packages<'a>(wanted: &[&'a str]) -> Outcome<Vec<&'a str>> {
    // It exits non-zero when one is unknown, but tells of the others all the same.
    let listing = Program::new("sh")
        .args([
            "-c",
            r#"dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true"#,
            "sh",
        ])
        .args(wanted)
        .limit(Duration::from_secs(60))
        .even_when_interrupted()
        .text()?;
    Ok(not_installed(wanted, &listing))
}

fn not_installed<'a>(wanted: &[&'a str], listing: &str) -> Vec<&'a str> {
    let installed: Vec<&str> = listing
        .lines()
        .filter_map(|line| line.strip_suffix(" installed"))
        .collect();
    wanted
        .iter()
        .copied()
        .filter(|name| !installed.contains(name))
        .collect()
}

/// A program with the rights to change the system: as it is for root, through sudo for others.
pub(crate) fn as_root(program: &str) -> Outcome<Program> {
    let noninteractive = "DEBIAN_FRONTEND=noninteractive";
    if is_root() {
        return Ok(Program::new("env").args([noninteractive, program]));
    }
    if !is_installed("sudo") {
        return Err(Failure::said(format!(
            "`{program}` needs root, and there is no sudo. Run this task as root once."
        )));
    }
    let mut sudo = Program::new("sudo");
    if !std::io::stdin().is_terminal() {
        // Nobody could type the password: say so at once.
        sudo = sudo.arg("-n");
    }
    Ok(sudo.args(["env", noninteractive, program]))
}

#[cfg(unix)]
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
pub(crate) fn is_root() -> bool {
    false
}

fn is_debian_like() -> bool {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    is_debian_like_release(&release)
}

fn is_debian_like_release(release: &str) -> bool {
    release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split(' '))
        .any(|system| matches!(system, "debian" | "ubuntu"))
}

fn other_system(wanted: &[&str]) -> Outcome {
    let advice = match std::env::consts::OS {
        "macos" => "Xcode's command line tools (xcode-select --install), perl and PostgreSQL".to_owned(),
        "windows" => {
            "Visual Studio's C++ build tools, WebView2, Perl (for SQLCipher's OpenSSL) and PostgreSQL"
                .to_owned()
        }
        _ => {
            let mut list = String::from("what Debian calls");
            for package in wanted {
                let _ = write!(list, " {package}");
            }
            list
        }
    };
    Err(Failure::said(format!(
        "only Debian and Ubuntu are set up by this task. Install {advice}; then add --no-setup, which takes it that \
         everything is there (and that `npm ci` and `npm run build` were run in ui/)."
    )))
}

fn install(tool: &Tool) -> Outcome {
    let home = cargo_home();
    if is_installed(tool.name) || home.join("bin").join(tool.name).is_file() {
        return Ok(());
    }
    println!("Installing {} {} (a minute or two)", tool.name, tool.version);
    Program::cargo()
        .args([
            "install",
            "--locked",
            "--quiet",
            tool.name,
            "--version",
            tool.version,
        ])
        // Built once and run for seconds: a quick build is worth more than quick code.
        .env("CARGO_PROFILE_RELEASE_LTO", "false")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        // Not among the products: the temporary folder cargo chooses is removed afterwards.
        .without_env("CARGO_TARGET_DIR")
        .dir(std::env::temp_dir())
        .run()
}

/// Where cargo and rustup keep their things, whatever HOME is set to later.
pub(crate) fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME").map_or_else(
        || std::env::home_dir().unwrap_or_default().join(".cargo"),
        PathBuf::from,
    )
}

#[cfg(test)]
mod tests {
    use super::{is_debian_like_release, not_installed};

    #[test]
    fn a_removed_or_unknown_package_is_missing() {
        let listing = "perl installed\nxdg-utils not-installed\nrpm config-files\n";
        assert_eq!(
            not_installed(&["perl", "xdg-utils", "rpm", "file"], listing),
            ["xdg-utils", "rpm", "file"]
        );
    }

    #[test]
    fn debian_and_its_children_are_recognized() {
        assert!(is_debian_like_release("NAME=\"Debian\"\nID=debian\n"));
        assert!(is_debian_like_release(
            "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"
        ));
        assert!(!is_debian_like_release("ID=fedora\n"));
    }
}
