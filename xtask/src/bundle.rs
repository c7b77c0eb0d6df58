//! The installers: built, and (for the .deb) installed, started, removed, with nothing left but the user's data.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::display::Display;
use crate::exec::{self, Program};
use crate::failure::{Failure, Outcome};
use crate::screens;
use crate::setup::{as_root, install_system_packages, missing_packages};
use crate::workspace::Workspace;

/// A release build of everything from nothing, on a small machine.
const BUILD_LIMIT: Duration = Duration::from_secs(40 * 60);
const WINDOW_WITHIN: Duration = Duration::from_secs(60);
/// Where a package may put things.
const SYSTEM_FOLDERS: [&str; 3] = ["/usr", "/etc", "/opt"];
/// The programs a package brings, and no others.
const PROGRAMS: [&str; 3] = [
    "/usr/bin/keystead",
    "/usr/bin/keystead-desktop",
    "/usr/bin/keystead-server",
];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Install the .deb, start the app, remove it, and see that nothing is left.
    #[arg(long)]
    test: bool,
}

struct Bundles {
    deb: PathBuf,
    rpm: PathBuf,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    if arguments.test {
        build_and_try(workspace)
    } else {
        build(workspace).map(drop)
    }
}

/// Builds the packages and tries the one that this system can install.
pub(crate) fn build_and_try(workspace: &Workspace) -> Outcome {
    let bundles = build(workspace)?;
    see_what_the_rpm_holds(&bundles.rpm)?;
    try_the_deb(&bundles.deb)
}

fn build(workspace: &Workspace) -> Outcome<Bundles> {
    let folder = workspace.target.join("release/bundle");
    // What an earlier version left there would be taken for today's.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Failure::file(&folder))?;
    }
    println!("Building the release (minutes, the first time)");
    Program::cargo()
        .args([
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--package",
            "keystead-cli",
            "--package",
            "keystead-desktop",
            "--package",
            "server",
        ])
        .args([
            "--bin",
            "keystead",
            "--bin",
            "keystead-desktop",
            "--bin",
            "keystead-server",
        ])
        .dir(&workspace.root)
        .limit(BUILD_LIMIT)
        .run()?;
    // The command line and the server travel with the app. Where they were built is known only now.
    let files = json!({
        PROGRAMS[0]: workspace.release_binary("keystead")?,
        PROGRAMS[2]: workspace.release_binary("keystead-server")?,
    });
    let settings = json!({
        // Both were built a moment ago.
        "build": { "beforeBuildCommand": null, "beforeBundleCommand": null },
        "bundle": { "linux": { "deb": { "files": files }, "rpm": { "files": files } } },
    });
    screens::tauri(workspace)?
        .args(["bundle", "--ci", "--bundles", "deb,rpm", "--config"])
        .arg(settings.to_string())
        .env("CARGO_TARGET_DIR", &workspace.target)
        .dir(workspace.root.join("src-tauri"))
        .limit(BUILD_LIMIT)
        .run()?;
    let bundles = Bundles {
        deb: the_one_in(&folder, "deb")?,
        rpm: the_one_in(&folder, "rpm")?,
    };
    for path in [&bundles.deb, &bundles.rpm] {
        let size = fs::metadata(path).map_err(Failure::file(path))?.len();
        println!(
            "{}  {}.{} MB",
            path.display(),
            size / 1_000_000,
            size / 100_000 % 10
        );
    }
    Ok(bundles)
}

fn the_one_in(folder: &Path, kind: &str) -> Outcome<PathBuf> {
    let folder = folder.join(kind);
    let mut found = fs::read_dir(&folder)
        .map_err(Failure::file(&folder))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == kind));
    match (found.next(), found.next()) {
        (Some(path), None) => Ok(path),
        _ => Err(Failure::said(format!(
            "{} should hold exactly one .{kind}.",
            folder.display()
        ))),
    }
}

fn try_the_deb(deb: &Path) -> Outcome {
    let name = Program::new("dpkg-deb")
        .arg("--field")
        .arg(deb)
        .arg("Package")
        .text()?
        .trim()
        .to_owned();
    if missing_packages(&[&name])?.is_empty() {
        return Err(Failure::said(format!(
            "the package {name} is installed here, and trying another would replace it. Remove it first: apt-get purge {name}"
        )));
    }
    let listing = Program::new("dpkg-deb").arg("--contents").arg(deb).text()?;
    let files = files_in_listing(&listing);
    require_programs(&files)?;
    let before = traces(&name)?;
    let new: BTreeSet<&PathBuf> = files.iter().filter(|path| !path.exists()).collect();

    println!("Installing {}", deb.display());
    let removal = Removal { name: &name };
    install_system_packages(&[deb])?;
    for desktop in files
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "desktop"))
    {
        Program::new("desktop-file-validate").arg(desktop).run()?;
    }
    for program in [PROGRAMS[0], PROGRAMS[2]] {
        Program::new(program)
            .arg("--version")
            .limit(Duration::from_secs(60))
            .run()?;
    }

    println!("Starting the installed app");
    let display = Display::start()?;
    let mut app = display
        .dress(Program::new(PROGRAMS[1]))
        .unlimited()
        .dir(display.home())
        .start()?;
    display.wait_for_window("Keystead", WINDOW_WITHIN, &mut app)?;
    let data = display.home().join(".local/share");
    exec::until(
        Duration::from_secs(30),
        "the installed app left nothing in its data folder",
        || Ok(holds_files(&data)?.then_some(())),
    )?;
    app.end();

    println!("Removing it");
    removal.carry_out()?;
    let mut left: BTreeSet<PathBuf> = new.into_iter().filter(|path| path.exists()).cloned().collect();
    left.extend(traces(&name)?.difference(&before).cloned());
    if !left.is_empty() {
        let list: Vec<String> = left.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::said(format!(
            "removing the package left these behind:\n  {}",
            list.join("\n  ")
        )));
    }
    if !holds_files(&data)? {
        return Err(Failure::said(
            "removing the package took the user's data with it.",
        ));
    }
    println!("Nothing is left but the user's data");
    Ok(())
}

/// The package is removed even when something fails in between.
struct Removal<'a> {
    name: &'a str,
}

impl Removal<'_> {
    fn carry_out(&self) -> Outcome {
        as_root("apt-get")?
            .args([
                "-q",
                "-y",
                "-o",
                "DPkg::Lock::Timeout=300",
                "-o",
                "Dpkg::Use-Pty=0",
                "purge",
                self.name,
            ])
            .even_when_interrupted()
            .run()
    }
}

impl Drop for Removal<'_> {
    fn drop(&mut self) {
        // After a Ctrl-C too: the person should find the system as it was.
        match missing_packages(&[self.name]) {
            Ok(missing) if !missing.is_empty() => {}
            Ok(_) if self.carry_out().is_ok() => {}
            _ => eprintln!(
                "The package {0} may still be installed. Remove it: apt-get purge {0}",
                self.name
            ),
        }
    }
}

/// Everything below the system's folders that bears the package's name.
fn traces(name: &str) -> Outcome<BTreeSet<PathBuf>> {
    let found = Program::new("find")
        .args(SYSTEM_FOLDERS)
        .args(["-xdev", "-iname", &format!("*{name}*")])
        .limit(Duration::from_secs(300))
        .text()?;
    Ok(found.lines().map(PathBuf::from).collect())
}

/// The paths in what `dpkg-deb --contents` prints (as `ls -l` does), as they will be on the system; with the folders.
fn files_in_listing(listing: &str) -> Vec<PathBuf> {
    listing
        .lines()
        .filter_map(|line| {
            // Rights, owner, size, day and time; then the path, which may hold spaces.
            let path = (0..5).try_fold(line, |rest, _| {
                rest.split_once(' ').map(|(_, rest)| rest.trim_start_matches(' '))
            })?;
            let path = path.split_once(" -> ").map_or(path, |(path, _)| path);
            let path = path.strip_prefix('.').unwrap_or(path).trim_matches('/');
            (!path.is_empty()).then(|| Path::new("/").join(path))
        })
        .collect()
}

fn require_programs(files: &[PathBuf]) -> Outcome {
    let found: BTreeSet<&Path> = files
        .iter()
        .map(PathBuf::as_path)
        .filter(|path| path.parent() == Some(Path::new("/usr/bin")))
        .collect();
    if found == PROGRAMS.iter().map(Path::new).collect() {
        return Ok(());
    }
    Err(Failure::said(format!(
        "the package should bring {} and no other program, but brings {found:?}. A binary that is not for users needs \
         `required-features` in its [[bin]].",
        PROGRAMS.join(", "),
    )))
}

fn see_what_the_rpm_holds(rpm: &Path) -> Outcome {
    let listing = Program::new("rpm")
        .args(["--query", "--list", "--package"])
        .arg(rpm)
        .text()?;
    require_programs(&listing.lines().map(PathBuf::from).collect::<Vec<_>>())
}

/// Whether the app has put something there; relative, because the folders above may bear its name too.
fn holds_files(data: &Path) -> Outcome<bool> {
    let found = Program::new("find")
        .args([".", "-type", "f", "-ipath", "*keystead*"])
        .dir(data)
        .text()?;
    Ok(!found.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::{files_in_listing, require_programs};
    use std::path::{Path, PathBuf};

    #[test]
    fn the_listing_of_a_package_is_understood() {
        let listing = "\
drwxr-xr-x 0/0               0 2026-01-01 00:00 ./
drwxr-xr-x 0/0               0 2026-01-01 00:00 ./usr/
drwxr-xr-x 0/0               0 2026-01-01 00:00 usr/share
-rwxr-xr-x 0/0         6600000 2026-01-01 00:00 ./usr/bin/keystead-desktop
-rw-r--r-- 0/0             100 2026-01-01 00:00 ./usr/share/applications/Keystead App.desktop
lrwxrwxrwx 0/0               0 2026-01-01 00:00 ./usr/bin/keystead -> keystead-desktop
";
        let expected = [
            "/usr",
            "/usr/share",
            "/usr/bin/keystead-desktop",
            "/usr/share/applications/Keystead App.desktop",
            "/usr/bin/keystead",
        ];
        assert_eq!(files_in_listing(listing), expected.map(PathBuf::from));
    }

    #[test]
    fn a_tool_of_the_workshop_is_not_shipped() {
        let files = |names: &[&str]| {
            names
                .iter()
                .map(|name| Path::new("/usr/bin").join(name))
                .collect::<Vec<_>>()
        };
        let programs = ["keystead", "keystead-desktop", "keystead-server"];
        assert!(require_programs(&files(&programs)).is_ok());
        let refused = require_programs(&files(&[&programs[..], &["export-bindings"]].concat())).unwrap_err();
        assert!(refused.to_string().contains("export-bindings"), "{refused}");
        assert!(require_programs(&files(&programs[..2])).is_err());
    }
}
