//! The icon files, from two drawings. The results are in the repository, so only who changes a drawing runs this.

use std::fs;
use std::path::Path;

use crate::failure::{Failure, Outcome};
use crate::screens;
use crate::workspace::Workspace;

/// What tauri.conf.json names, of the many that `tauri icon` makes.
const WANTED: [&str; 6] = [
    "32x32.png",
    "128x128.png",
    "128x128@2x.png",
    "icon.png",
    "icon.icns",
    "icon.ico",
];

pub(crate) fn run(workspace: &Workspace) -> Outcome {
    let icons = workspace.root.join("icons");
    let made = tempfile::tempdir().map_err(Failure::file(std::env::temp_dir()))?;
    let (all, tray) = (made.path().join("all"), made.path().join("tray"));
    draw(workspace, &icons.join("keystead.svg"), &all, &[])?;
    draw(workspace, &icons.join("tray.svg"), &tray, &["--png", "32"])?;
    for name in WANTED {
        copy(&all.join(name), &icons.join(name))?;
    }
    copy(&tray.join("32x32.png"), &icons.join("tray.png"))?;
    println!("Drew {} and tray.png in {}", WANTED.join(", "), icons.display());
    Ok(())
}

fn draw(workspace: &Workspace, drawing: &Path, output: &Path, sizes: &[&str]) -> Outcome {
    screens::tauri(workspace)?
        .arg("icon")
        .arg(drawing)
        .arg("--output")
        .arg(output)
        .args(sizes)
        .text()
        .map(drop)
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::copy(from, to).map(drop).map_err(Failure::file(from))
}
