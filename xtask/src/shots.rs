//! Pictures of the screens, for looking at and for the user guide.

use std::fs;

use crate::display::Display;
use crate::exec::Program;
use crate::failure::{Failure, Outcome};
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the screens whose names contain one of these.
    filters: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    workspace.build_all()?;
    let folder = workspace.target.join("shots");
    fs::create_dir_all(&folder).map_err(Failure::file(&folder))?;
    let display = Display::start()?;
    display
        .dress(Program::new(workspace.debug_binary("shots")?))
        .env("KEYSTEAD_APP", workspace.debug_binary("keystead-desktop")?)
        .env("KEYSTEAD_CLI", workspace.debug_binary("keystead")?)
        .env("KEYSTEAD_SHOTS", &folder)
        .args(&arguments.filters)
        .run()?;
    let pictures = fs::read_dir(&folder)
        .map_err(Failure::file(&folder))?
        .flatten()
        .count();
    println!("{pictures} pictures in {}", folder.display());
    Ok(())
}
