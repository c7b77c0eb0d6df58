//! The screens in ui/: their npm packages, and the bundle the app embeds. Both are renewed only when what they are
//! made from has changed; the stamps lie inside node_modules, so they vanish with what they vouch for.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::exec::{Program, is_installed};
use crate::failure::{Failure, Outcome};
use crate::workspace::Workspace;

/// The oldest Node.js the build tools run on.
const OLDEST_NODE: u32 = 20;

/// Installs those of the screens, and those of the OpenID provider that stories talk to.
pub(crate) fn install_packages(workspace: &Workspace) -> Outcome {
    install_in(&workspace.ui(), "ui")?;
    install_in(&workspace.root.join("tests/provider"), "tests/provider")
}

fn install_in(folder: &Path, name: &str) -> Outcome {
    let lock = folder.join("package-lock.json");
    if !lock.is_file() {
        return Err(Failure::said(format!(
            "{} is missing. Run `npm install` in {name}/ once and commit it.",
            lock.display()
        )));
    }
    let now = fingerprint(&[folder.join("package.json"), lock])?;
    let stamp = stamp(folder, "packages");
    if fs::read_to_string(&stamp).is_ok_and(|then| then == now) {
        return Ok(());
    }
    require_node()?;
    println!("Installing npm packages in {name}/");
    npm(folder, &["ci", "--no-audit", "--no-fund", "--loglevel=error"]).run()?;
    write_stamp(&stamp, &now)
}

pub(crate) fn build(workspace: &Workspace) -> Outcome {
    let ui = workspace.ui();
    let mut sources = Vec::new();
    collect_sources(&ui, &mut sources)?;
    let now = fingerprint(&sources)?;
    let stamp = stamp(&ui, "screens");
    let built = ui.join("dist/index.html");
    if built.is_file() && fs::read_to_string(&stamp).is_ok_and(|then| then == now) {
        return Ok(());
    }
    println!("Building the screens");
    npm(&ui, &["run", "build"]).run()?;
    if !built.is_file() {
        return Err(Failure::said(format!(
            "`npm run build` left no {}. Look at vite.config.ts.",
            built.display()
        )));
    }
    write_stamp(&stamp, &now)
}

/// A program of npm in ui/.
pub(crate) fn npm(ui: &Path, arguments: &[&str]) -> Program {
    Program::new("npm")
        .args(arguments)
        .dir(ui)
        .env("NO_UPDATE_NOTIFIER", "1")
        .limit(Duration::from_secs(15 * 60))
}

/// The Tauri command line that the screens' package.json brings along.
pub(crate) fn tauri(workspace: &Workspace) -> Outcome<Program> {
    let path = workspace.ui().join("node_modules/.bin/tauri");
    if !path.exists() {
        return Err(Failure::said(
            "ui/node_modules has no `tauri`. Add @tauri-apps/cli 2.12 to the devDependencies of ui/package.json.",
        ));
    }
    Ok(Program::new(path))
}

fn require_node() -> Outcome {
    let advice = format!("Install Node.js {OLDEST_NODE} or newer, with npm.");
    if !is_installed("node") || !is_installed("npm") {
        return Err(Failure::said(format!(
            "the screens are built with Node.js, which is not here. {advice}"
        )));
    }
    let version = Program::new("node")
        .arg("--version")
        .limit(Duration::from_secs(60))
        .text()?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= OLDEST_NODE) {
        return Ok(());
    }
    Err(Failure::said(format!(
        "Node.js {} is too old. {advice}",
        version.trim()
    )))
}

fn stamp(ui: &Path, name: &str) -> PathBuf {
    ui.join("node_modules/.keystead").join(name)
}

fn write_stamp(stamp: &Path, content: &str) -> Outcome {
    let folder = stamp.parent().unwrap_or(stamp);
    fs::create_dir_all(folder).map_err(Failure::file(folder))?;
    fs::write(stamp, content).map_err(Failure::file(stamp))
}

/// Every file the build may read: all of ui/ but what is made or fetched.
fn collect_sources(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let entry = entry.map_err(Failure::file(folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type().map_err(Failure::file(entry.path()))?.is_dir() {
            if !name.starts_with("dist") && !matches!(&*name, "node_modules" | "coverage" | ".svelte-kit") {
                collect_sources(&entry.path(), files)?;
            }
        } else if !name.ends_with(".test.ts") {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// A fingerprint of names and contents; times are not trusted, since a clone sets them anew.
fn fingerprint(files: &[PathBuf]) -> Outcome<String> {
    let mut files: Vec<&PathBuf> = files.iter().collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        fs::read(file).map_err(Failure::file(file))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::{collect_sources, fingerprint};
    use std::fs;

    #[test]
    fn the_fingerprint_follows_sources_and_nothing_else() {
        let ui = tempfile::tempdir().unwrap();
        let fingerprint_now = || {
            let mut files = Vec::new();
            collect_sources(ui.path(), &mut files).unwrap();
            fingerprint(&files).unwrap()
        };
        fs::create_dir_all(ui.path().join("src/kit")).unwrap();
        fs::create_dir_all(ui.path().join("dist")).unwrap();
        fs::write(ui.path().join("src/kit/Button.svelte"), "one").unwrap();
        let first = fingerprint_now();
        fs::write(ui.path().join("dist/index.html"), "made").unwrap();
        fs::write(ui.path().join("src/kit/Button.test.ts"), "not in the bundle").unwrap();
        assert_eq!(fingerprint_now(), first);
        fs::write(ui.path().join("src/kit/Button.svelte"), "two").unwrap();
        assert_ne!(fingerprint_now(), first);
    }
}
