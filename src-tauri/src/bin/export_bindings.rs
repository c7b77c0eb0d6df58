//! Writes the TypeScript side of the commands: `export-bindings PATH`.
#![expect(clippy::print_stderr, reason = "a tool that says what went wrong")]

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: export-bindings PATH");
        return ExitCode::from(2);
    };
    match keystead_desktop::export_bindings(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}
