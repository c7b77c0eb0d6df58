//! Figures: what the product takes in time and memory, beside what it may take.

use std::ffi::OsString;

use crate::exec::Program;
use crate::failure::Outcome;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the figures whose names contain this.
    name: Option<String>,
    /// A JSON line for each figure instead of a table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    for (package, binary) in [("server", "keystead-server"), ("stories", "bench")] {
        Program::cargo()
            .args([
                "build",
                "--quiet",
                "--release",
                "--package",
                package,
                "--bin",
                binary,
            ])
            .dir(&workspace.root)
            .unlimited()
            .run()?;
    }
    let release = workspace.target.join("release");
    let mut rest: Vec<OsString> = arguments.name.iter().map(OsString::from).collect();
    if arguments.json {
        rest.push("--json".into());
    }
    Program::new(release.join("bench"))
        .env("KEYSTEAD_SERVER", release.join("keystead-server"))
        .args(&rest)
        .run()
}
