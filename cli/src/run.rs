//! `keystead run`: a command with secrets in its environment, and in nobody else's (K17).
//!
//! What the command prints comes through [`crate::veil`]. Everything else is its own: standard input, signals, exit code.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;

use crypto::secret::Secret;
use desk::{Desk, DeskError};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::arguments::Run;
use crate::look::Wanted;
use crate::output::Output;
use crate::veil::Veil;
use crate::{exit, keys};

/// Bytes of output taken at a time.
const CHUNK: usize = 64 * 1_024;

pub(crate) async fn run(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    run: Run,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let mut variables: Vec<(String, Secret)> = Vec::new();
    for asked in &run.keys {
        let (key, variable) = parts(asked);
        let key = keys::find(desk, key).await?.row;
        let variable = match variable {
            Some(variable) => variable.to_owned(),
            None => variable_of(&key.name).ok_or_else(|| DeskError::Input {
                field: "key",
                message: format!(
                    "no variable can be named after {0}; say which, like --key \"{0}=TOKEN\"",
                    key.name
                ),
            })?,
        };
        if variables.iter().any(|(taken, _)| *taken == variable) {
            return Err(DeskError::Input {
                field: "key",
                message: format!(
                    "two keys go into {variable}; say another variable for one, like --key NAME=ENV"
                ),
            });
        }
        variables.push((variable, desk.secret_to_use(key.id).await?));
    }
    // Before the command begins: a signal that comes at once is the command's already.
    let signals = Signals::listen().map_err(|error| unattended(&error))?;
    let child = start(&run.command, &variables);
    if !wanted.offline {
        // The server is told of the run while the command runs; where it can't be, the next sync does.
        let desk = desk.clone();
        tokio::spawn(async move { desk.sync_now().await });
    }
    let veil = Veil::over(variables.into_iter().map(|(_, secret)| secret));
    match child {
        Ok(child) => attend(child, signals, Arc::new(veil)).await,
        Err(error) => {
            let command = run
                .command
                .first()
                .map(|command| command.to_string_lossy())
                .unwrap_or_default();
            output.say(&format!("keystead: {command} could not be started: {error}"));
            Ok(match error.kind() {
                ErrorKind::NotFound => exit::NO_COMMAND.into(),
                _ => exit::NOT_EXECUTABLE.into(),
            })
        }
    }
}

/// The key that is meant, and the variable, where one is said.
fn parts(asked: &str) -> (&str, Option<&str>) {
    match asked.rsplit_once('=') {
        Some((key, variable)) if is_variable(variable) => (key, Some(variable)),
        _ => (asked, None),
    }
}

fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The variable that is named after a key.
fn variable_of(name: &str) -> Option<String> {
    let variable: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    (is_variable(&variable) && variable.contains(|c: char| c != '_')).then_some(variable)
}

fn start(command: &[OsString], variables: &[(String, Secret)]) -> io::Result<Child> {
    let [program, arguments @ ..] = command else {
        return Err(ErrorKind::NotFound.into());
    };
    Command::new(program)
        .args(arguments)
        .envs(
            variables
                .iter()
                .map(|(variable, secret)| (variable, secret.expose())),
        )
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Passes output and signals on until the command has ended and all it printed is out.
async fn attend(mut child: Child, signals: Signals, veil: Arc<Veil>) -> Result<ExitCode, DeskError> {
    let printed = [
        child.stdout.take().map(|source| {
            let veil = veil.clone();
            spawn_blocking(move || pass(source, &mut io::stdout().lock(), &veil))
        }),
        child.stderr.take().map(|source| {
            let veil = veil.clone();
            spawn_blocking(move || pass(source, &mut io::stderr().lock(), &veil))
        }),
    ];
    let status = signals.wait(child).await.map_err(|error| unattended(&error))?;
    for printed in printed.into_iter().flatten() {
        // It ends by itself, and a panic has been told.
        let _ended = printed.await;
    }
    Ok(code(status))
}

/// Passes a stream on as it comes. It ends with the stream, or when nobody reads on; the command then learns of that as
/// it would without us.
fn pass(mut source: impl Read, target: &mut impl Write, veil: &Veil) {
    let mut veiled = veil.stream();
    let mut buffer = Zeroizing::new(vec![0; CHUNK]);
    let mut shown = Vec::new();
    loop {
        match source.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
            Ok(got) => {
                veiled.pass(&buffer[..got], &mut shown);
                if put(target, &mut shown).is_err() {
                    return;
                }
            }
        }
    }
    veiled.end(&mut shown);
    // Where nobody reads on, there is nothing left to say.
    let _nobody_reads = put(target, &mut shown);
}

fn put(target: &mut impl Write, shown: &mut Vec<u8>) -> io::Result<()> {
    target.write_all(shown)?;
    shown.clear();
    target.flush()
}

fn unattended(error: &io::Error) -> DeskError {
    DeskError::Unexpected(format!("the command could not be attended: {error}"))
}

/// The signals that are passed on.
#[cfg(unix)]
struct Signals {
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
    hang_up: Signal,
    user_1: Signal,
    user_2: Signal,
}

#[cfg(unix)]
impl Signals {
    /// Takes them from here on; they end us no more.
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            user_1: signal(SignalKind::user_defined1())?,
            user_2: signal(SignalKind::user_defined2())?,
        })
    }

    /// Waits for the command, and passes on the signals that we are sent.
    async fn wait(mut self, mut child: Child) -> io::Result<ExitStatus> {
        use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

        let pid = Pid::from_child(&child);
        // Its number stays its own until it is asked for its status below: no signal goes to a stranger.
        let mut ended = spawn_blocking(move || {
            while matches!(
                waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT),
                Err(rustix::io::Errno::INTR)
            ) {}
        });
        loop {
            let (heard, of_terminal) = tokio::select! {
                _ = &mut ended => return child.wait(),
                _ = self.interrupt.recv() => (Signal::INT, true),
                _ = self.quit.recv() => (Signal::QUIT, true),
                _ = self.terminate.recv() => (Signal::TERM, false),
                _ = self.hang_up.recv() => (Signal::HUP, false),
                _ = self.user_1.recv() => (Signal::USR1, false),
                _ = self.user_2.recv() => (Signal::USR2, false),
            };
            // Ctrl-C goes to all of the terminal's foreground: the command has it already.
            if !(of_terminal && in_foreground()) {
                // It may have ended meanwhile.
                let _gone = kill_process(pid, heard);
            }
        }
    }
}

/// Whether the terminal's keys send their signals to this process and what it started.
#[cfg(unix)]
fn in_foreground() -> bool {
    std::fs::File::open("/dev/tty")
        .ok()
        .and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok())
        .is_some_and(|group| group == rustix::process::getpgrp())
}

/// Ctrl-C goes to the command as well; we stay until it has ended.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for the command.
    async fn wait(self, mut child: Child) -> io::Result<ExitStatus> {
        let mut ended = spawn_blocking(move || child.wait());
        loop {
            tokio::select! {
                status = &mut ended => return status.map_err(io::Error::other)?,
                _ = tokio::signal::ctrl_c() => {}
            }
        }
    }
}

/// The command's exit code; 128 and the number of the signal that ended it.
fn code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return exit::SIGNALLED
            .saturating_add(u8::try_from(signal).unwrap_or(0))
            .into();
    }
    status
        .code()
        .map_or(exit::FAILED, |code| {
            u8::try_from(code & 0xFF).unwrap_or(exit::FAILED)
        })
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k17_a_variable_is_named_after_the_key() {
        assert_eq!(variable_of("ci-deploy").as_deref(), Some("CI_DEPLOY"));
        assert_eq!(variable_of("Stage 2").as_deref(), Some("STAGE_2"));
        assert_eq!(variable_of("2nd"), None);
        assert_eq!(variable_of("ключ"), None);
    }

    #[test]
    fn k17_a_variable_can_be_said() {
        assert_eq!(parts("ci-deploy"), ("ci-deploy", None));
        assert_eq!(parts("ci-deploy=TOKEN"), ("ci-deploy", Some("TOKEN")));
        assert_eq!(parts("a=b c"), ("a=b c", None));
        assert_eq!(parts("a=b c=T1"), ("a=b c", Some("T1")));
    }
}
