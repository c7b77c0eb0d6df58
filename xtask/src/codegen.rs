//! What is written by the code itself and kept in the repository, so that a change of it is seen in review.

use std::fs;
use std::path::Path;

use crate::exec::Program;
use crate::failure::{Failure, Outcome};
use crate::workspace::Workspace;

/// The commands and types of the shell, as the screens see them.
const BINDINGS: &str = "ui/src/ipc/bindings.ts";
/// The server's routes, as the world sees them.
const OPENAPI: &str = "docs/openapi.json";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail when what is there is not what would be written.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    if arguments.check {
        check(workspace)
    } else {
        write(workspace, &workspace.root)
    }
}

/// Fails when a generated file is out of date.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let fresh = tempfile::tempdir().map_err(Failure::file(std::env::temp_dir()))?;
    write(workspace, fresh.path())?;
    let stale: Vec<&str> = [BINDINGS, OPENAPI]
        .into_iter()
        .filter(|file| fs::read(fresh.path().join(file)).ok() != fs::read(workspace.root.join(file)).ok())
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(Failure::said(format!(
        "{} is out of date. Run `cargo xtask codegen` and commit it.",
        stale.join(" and ")
    )))
}

/// Writes the generated files below `root`.
fn write(workspace: &Workspace, root: &Path) -> Outcome {
    let path = |file: &str| {
        let path = root.join(file);
        let folder = path.parent().unwrap_or(root);
        fs::create_dir_all(folder)
            .map_err(Failure::file(folder))
            .map(|()| path)
    };
    workspace.build_all()?;
    Program::new(workspace.debug_binary("export-bindings")?)
        .arg(path(BINDINGS)?)
        .run()?;
    let openapi = Program::new(workspace.debug_binary("keystead-server")?)
        .arg("openapi")
        .text()?;
    let file = path(OPENAPI)?;
    fs::write(&file, openapi).map_err(Failure::file(file))
}
