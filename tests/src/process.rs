//! A program beside the test, with everything it starts: ended by process group, never by name, and ended by the
//! system should the test itself be killed.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::failure::{Failure, Outcome};

const GRACE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(10);

/// A running program, leader of its process group.
pub struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts it. What it says goes to `log`; `input` is all it can read.
    ///
    /// # Errors
    /// That it is not installed.
    pub fn start(command: &Command, log: &Path, input: &[u8]) -> Outcome<Self> {
        let name = Path::new(command.get_program())
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let file = File::create(log)?;
        let mut bound = Command::new("setpriv");
        bound
            .args(["--pdeathsig", "TERM", "--"])
            .arg(command.get_program())
            .args(command.get_args());
        // The caller has said all there is of the environment.
        bound.env_clear();
        for (variable, value) in command.get_envs() {
            if let Some(value) = value {
                bound.env(variable, value);
            }
        }
        if let Some(folder) = command.get_current_dir() {
            bound.current_dir(folder);
        }
        let mut child = bound
            .stdin(Stdio::piped())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .map_err(|error| Failure::said(format!("{name} could not be started: {error}")))?;
        if let Some(mut pipe) = child.stdin.take() {
            // A program that has ended already is noticed where it is waited for.
            let _ended = std::io::Write::write_all(&mut pipe, input);
        }
        Ok(Self {
            child,
            name,
            log: log.to_owned(),
        })
    }

    /// Its process id, which is that of its group too.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// What the system says.
    pub fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// A failure with what it said.
    #[must_use]
    pub fn failure(&self, what: &str) -> Failure {
        Failure::said(format!("{} {what}; it said: {}", self.name, self.said().trim()))
    }

    /// Ends it at once and alone: what it started goes on.
    ///
    /// # Errors
    /// What the system says.
    pub fn leave(&mut self) -> Outcome {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it, and everything it started, to end, and waits; then makes it end.
    pub fn stop(&mut self) {
        let Some(group) = pid(self.child.id()) else { return };
        for signal in [Signal::TERM, Signal::KILL] {
            // None may be left: then there is nothing to end.
            let _gone = kill_process_group(group, signal);
            let asked = Instant::now();
            while asked.elapsed() < GRACE {
                let _reaped = self.child.try_wait();
                if group_members(self.child.id()).is_empty() {
                    return;
                }
                std::thread::sleep(POLL);
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether a process is still there and not only waiting to be forgotten.
#[must_use]
pub fn is_running(id: u32) -> bool {
    facts(id).is_some_and(|facts| facts.state != 'Z')
}

/// The children of a process that run this program.
#[must_use]
pub fn children(parent: u32, program: &Path) -> Vec<u32> {
    all()
        .filter(|id| facts(*id).is_some_and(|facts| facts.parent == parent && facts.state != 'Z'))
        .filter(|id| std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == program))
        .collect()
}

fn group_members(group: u32) -> Vec<u32> {
    all()
        .filter(|id| facts(*id).is_some_and(|facts| facts.group == group && facts.state != 'Z'))
        .collect()
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

fn all() -> impl Iterator<Item = u32> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

struct Facts {
    state: char,
    parent: u32,
    group: u32,
}

/// From /proc/…/stat; the name in parentheses may hold anything, so what follows the last one counts.
fn facts(id: u32) -> Option<Facts> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut words = rest.split_ascii_whitespace();
    Some(Facts {
        state: words.next()?.chars().next()?,
        parent: words.next()?.parse().ok()?,
        group: words.next()?.parse().ok()?,
    })
}
