//! Any command in the surroundings that tests have: to look into a failure, or to try something that must not touch
//! the user's own keychain and settings.

use std::ffi::OsString;

use crate::display::Display;
use crate::exec::Program;
use crate::failure::{Failure, Outcome};
use crate::postgres::Postgres;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Start a PostgreSQL too, and name it in KEYSTEAD_TEST_POSTGRES.
    #[arg(long)]
    postgres: bool,
    /// The command and its arguments, after `--`.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Arguments {
    pub(crate) fn wants_postgres(&self) -> bool {
        self.postgres
    }
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let (program, rest) = arguments
        .command
        .split_first()
        .ok_or_else(|| Failure::said("name a command after `--`."))?;
    let postgres = arguments.postgres.then(Postgres::start).transpose()?;
    let display = Display::start()?;
    let mut program = display.dress(Program::new(program)).args(rest).unlimited();
    if let Some(postgres) = &postgres {
        program = program.env("KEYSTEAD_TEST_POSTGRES", postgres.url());
    }
    program.run_and_pass_on_its_code()
}
