//! Running programs: in the foreground within a time limit, or as a service beside it.
//!
//! Nothing waits forever: every wait looks at the clock and at whether Ctrl-C was pressed, and ends the program
//! together with everything it started.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};
use crate::tree::{self, Ending};

/// How long a program may take when nothing else is said.
const DEFAULT_LIMIT: Duration = Duration::from_secs(20 * 60);
/// How long a program may take to end itself when asked.
const GRACE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// A program to be run.
#[derive(Debug)]
pub(crate) struct Program {
    command: Command,
    limit: Option<Duration>,
    stubborn: bool,
}

impl Program {
    pub(crate) fn new(name: impl AsRef<OsStr>) -> Self {
        Self {
            command: Command::new(name),
            limit: Some(DEFAULT_LIMIT),
            stubborn: false,
        }
    }

    /// The cargo that runs this task.
    pub(crate) fn cargo() -> Self {
        let mut program = Self::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
        // Set by `cargo run` for this process alone; a build script that looks at them would be built anew each time.
        for name in [
            "CARGO_MANIFEST_DIR",
            "CARGO_MANIFEST_PATH",
            "CARGO_PKG_NAME",
            "CARGO_PKG_VERSION",
        ] {
            program.command.env_remove(name);
        }
        program
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Replaces the default limit of twenty minutes.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// For programs a person uses: they end when the person ends them.
    pub(crate) fn unlimited(mut self) -> Self {
        self.limit = None;
        self
    }

    /// For what must be put back in order, whatever happened before.
    pub(crate) fn even_when_interrupted(mut self) -> Self {
        self.stubborn = true;
        self
    }

    /// Neither shows what the program says nor gives it anything to read.
    pub(crate) fn silent(mut self) -> Self {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self
    }

    /// The command line, for messages.
    pub(crate) fn line(&self) -> String {
        let mut line = Path::new(self.command.get_program())
            .file_name()
            .unwrap_or(self.command.get_program())
            .to_string_lossy()
            .into_owned();
        for argument in self.command.get_args() {
            line.push(' ');
            line.push_str(&argument.to_string_lossy());
        }
        line
    }

    /// Runs it; any exit but success is a failure.
    pub(crate) fn run(self) -> Outcome {
        let line = self.line();
        let status = self.status()?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::Ended {
                command: line,
                status: describe(status),
            })
        }
    }

    /// Runs it; an exit code other than 0 becomes that of the task.
    pub(crate) fn run_and_pass_on_its_code(self) -> Outcome {
        let line = self.line();
        let status = self.status()?;
        match status.code() {
            Some(0) => Ok(()),
            Some(code) => Err(Failure::ExitCode(u8::try_from(code).unwrap_or(1))),
            None => Err(Failure::Ended {
                command: line,
                status: describe(status),
            }),
        }
    }

    /// Runs it and tells how it ended.
    pub(crate) fn status(self) -> Outcome<ExitStatus> {
        let limit = self.limit;
        let mut running = self.start()?;
        running.wait(limit)
    }

    /// Runs it and returns what it wrote to standard output; what it wrote to standard error is shown on failure.
    pub(crate) fn text(mut self) -> Outcome<String> {
        let line = self.line();
        let (mut output, mut errors) = (unnamed_file()?, unnamed_file()?);
        self.command
            .stdin(Stdio::null())
            .stdout(duplicate(&output)?)
            .stderr(duplicate(&errors)?);
        let status = self.status()?;
        if !status.success() {
            let errors = read_back(&mut errors)?;
            let status = describe(status);
            return Err(if errors.trim().is_empty() {
                Failure::Ended {
                    command: line,
                    status,
                }
            } else {
                Failure::said(format!("`{line}` ended with {status}:\n{}", errors.trim_end()))
            });
        }
        read_back(&mut output)
    }

    /// Starts it in the foreground of this task; the caller waits. Dropped, it is ended.
    pub(crate) fn start(mut self) -> Outcome<Running> {
        let stubborn = self.stubborn;
        if !stubborn {
            tree::refuse_after_interruption()?;
        }
        let line = self.line();
        let program = self.command.get_program().to_string_lossy().into_owned();
        let child = self
            .command
            .spawn()
            .map_err(|source| Failure::NotStarted { program, source })?;
        Ok(Running {
            child,
            line,
            ending: Ending::Polite,
            stubborn,
        })
    }

    /// Starts it as a service: out of reach of the terminal's Ctrl-C (so that what uses it can end first), and ended
    /// by the system should this task be killed. What it says goes to `log`.
    pub(crate) fn start_service(self, log: &Path, input: &[u8], ending: Ending) -> Outcome<Service> {
        tree::refuse_after_interruption()?;
        let file = File::create(log).map_err(Failure::file(log))?;
        let line = self.line();
        let mut command = tree::bound_to_this_process(&self.command, ending);
        command
            .stdin(Stdio::piped())
            .stdout(duplicate(&file)?)
            .stderr(file);
        let program = self.command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .spawn()
            .map_err(|source| Failure::NotStarted { program, source })?;
        if let Some(mut pipe) = child.stdin.take() {
            // A service that has already ended is noticed when it does not become ready, with its log.
            let _ = pipe.write_all(input);
        }
        Ok(Service {
            running: Running {
                child,
                line,
                ending,
                stubborn: false,
            },
            log: log.to_path_buf(),
        })
    }
}

/// A program that is running. Dropped, it is ended with everything it started.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    line: String,
    ending: Ending,
    stubborn: bool,
}

impl Running {
    /// Waits until it ends, the limit is reached or Ctrl-C is pressed; in the latter cases it is ended.
    pub(crate) fn wait(&mut self, limit: Option<Duration>) -> Outcome<ExitStatus> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                // A Ctrl-C at the terminal reaches the program as well: its end is then no failure of its own.
                if !self.stubborn {
                    tree::refuse_after_interruption()?;
                }
                return Ok(status);
            }
            if !self.stubborn && tree::interrupted() {
                self.end();
                return Err(Failure::Interrupted);
            }
            if let Some(limit) = limit.filter(|limit| started.elapsed() > *limit) {
                self.end();
                return Err(Failure::TooLong {
                    command: self.line.clone(),
                    limit,
                });
            }
            std::thread::sleep(POLL);
        }
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        self.child
            .try_wait()
            .map_err(|error| Failure::said(format!("`{}` could not be waited for: {error}", self.line)))
    }

    /// Asks it to end, then makes it.
    pub(crate) fn end(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let family = tree::family_of(self.child.id());
        self.ending.ask(&family);
        let asked = Instant::now();
        while asked.elapsed() < GRACE {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            std::thread::sleep(POLL);
        }
        tree::kill_those_left(&family);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// A program that others use. Dropped, it is ended.
#[derive(Debug)]
pub(crate) struct Service {
    running: Running,
    log: PathBuf,
}

impl Service {
    /// Waits until `ready` answers; a service that ends instead, or takes longer, fails with its log.
    pub(crate) fn until<T>(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut(&Path) -> Outcome<Option<T>>,
    ) -> Outcome<T> {
        let started = Instant::now();
        loop {
            if let Some(answer) = ready(&self.log)? {
                return Ok(answer);
            }
            tree::refuse_after_interruption()?;
            let name = self.running.line.split(' ').next().unwrap_or_default().to_owned();
            if let Some(status) = self.running.ended()? {
                return Err(self.failure(&format!("{name} ended at once with {}", describe(status))));
            }
            if started.elapsed() > limit {
                return Err(self.failure(&format!(
                    "{name} was not ready after {}",
                    crate::failure::spell(limit)
                )));
            }
            std::thread::sleep(POLL);
        }
    }

    fn failure(&self, what: &str) -> Failure {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let log = log.trim();
        let said = if log.is_empty() {
            "It said nothing.".to_owned()
        } else {
            format!("It said:\n{log}")
        };
        Failure::said(format!("{what}. {said}"))
    }
}

/// Waits for something that is not a program.
pub(crate) fn until<T>(
    limit: Duration,
    what: &str,
    mut ready: impl FnMut() -> Outcome<Option<T>>,
) -> Outcome<T> {
    let started = Instant::now();
    loop {
        if let Some(answer) = ready()? {
            return Ok(answer);
        }
        tree::refuse_after_interruption()?;
        if started.elapsed() > limit {
            return Err(Failure::said(format!(
                "{what} after {}.",
                crate::failure::spell(limit)
            )));
        }
        std::thread::sleep(POLL * 5);
    }
}

/// Whether a program of this name can be found.
pub(crate) fn is_installed(name: &str) -> bool {
    let named = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(&named).is_file())
}

pub(crate) fn describe(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}

fn unnamed_file() -> Outcome<File> {
    tempfile::tempfile().map_err(Failure::file(std::env::temp_dir()))
}

fn duplicate(file: &File) -> Outcome<File> {
    file.try_clone().map_err(Failure::file("a temporary file"))
}

fn read_back(file: &mut File) -> Outcome<String> {
    let mut bytes = Vec::new();
    file.rewind()
        .and_then(|()| file.read_to_end(&mut bytes))
        .map_err(Failure::file("a temporary file"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
