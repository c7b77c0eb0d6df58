//! Ending everything that was started, by process id.
//!
//! This process adopts the orphans of its descendants (Linux' child subreaper), so a daemon that left its parent or
//! made a session of its own is still found by walking /proc, and nothing is ever ended by name. Ctrl-C, SIGTERM and
//! a closed terminal only set a flag that every wait looks at: the guards on the way out end their services in order.

use std::process::Command;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Failure, Outcome};

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Whether Ctrl-C was pressed, or the task was told to end.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// Nothing new is begun once the task was told to end.
pub(crate) fn refuse_after_interruption() -> Outcome {
    if interrupted() {
        Err(Failure::Interrupted)
    } else {
        Ok(())
    }
}

/// How a program is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// SIGTERM to it and everything it started.
    Polite,
    /// SIGINT to it alone: PostgreSQL's "fast" shutdown, where SIGTERM would wait for its clients.
    Fast,
}

#[cfg(unix)]
mod platform {
    use super::{Command, Ending, Failure, INTERRUPTED, Outcome};
    use rustix::process::{Pid, Signal, kill_process};
    use std::os::unix::process::CommandExt as _;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::time::{Duration, Instant};

    pub(crate) fn adopt_orphans_and_hear_signals() -> Outcome {
        let failed =
            |error: std::io::Error| Failure::said(format!("signals could not be attended to: {error}"));
        let flag = INTERRUPTED.get_or_init(|| Arc::new(AtomicBool::new(false)));
        for signal in [
            signal_hook::consts::SIGINT,
            signal_hook::consts::SIGTERM,
            signal_hook::consts::SIGHUP,
        ] {
            signal_hook::flag::register(signal, Arc::clone(flag)).map_err(failed)?;
        }
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
            .map_err(|error| failed(error.into()))?;
        Ok(())
    }

    /// The command again, in a process group of its own and, on Linux, ended by the system with this process.
    pub(crate) fn bound_to_this_process(command: &Command, ending: Ending) -> Command {
        let mut bound;
        if cfg!(target_os = "linux") {
            bound = Command::new("setpriv");
            bound.args(["--pdeathsig", if ending == Ending::Fast { "INT" } else { "TERM" }]);
            // What already begins with setpriv (to change the user) takes the option itself: changing the user
            // afterwards would lose it.
            if command.get_program() != "setpriv" {
                bound.arg("--").arg(command.get_program());
            }
        } else {
            bound = Command::new(command.get_program());
        }
        bound.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => bound.env(name, value),
                None => bound.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            bound.current_dir(folder);
        }
        bound.process_group(0);
        bound
    }

    /// The process and everything descended from it, the process first.
    pub(crate) fn family_of(process: u32) -> Vec<i32> {
        let mut family = vec![process.cast_signed()];
        family.extend(descendants_of(process.cast_signed()));
        family
    }

    #[cfg(target_os = "linux")]
    fn descendants_of(process: i32) -> Vec<i32> {
        let mut living = Vec::new();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(id) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<i32>().ok())
            else {
                continue;
            };
            // "id (name) state parent …"; the name may hold anything, so begin after its last parenthesis.
            let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
                continue;
            };
            let Some((_, after)) = stat.rsplit_once(')') else {
                continue;
            };
            let mut fields = after.split_ascii_whitespace();
            let (Some(state), Some(Ok(parent))) = (fields.next(), fields.next().map(str::parse::<i32>))
            else {
                continue;
            };
            if state != "Z" {
                living.push((id, parent));
            }
        }
        let mut found = vec![process];
        let mut next = 0;
        while let Some(&parent) = found.get(next) {
            found.extend(living.iter().filter(|(_, its)| *its == parent).map(|(id, _)| *id));
            next += 1;
        }
        found.split_off(1)
    }

    #[cfg(not(target_os = "linux"))]
    fn descendants_of(_process: i32) -> Vec<i32> {
        Vec::new()
    }

    impl Ending {
        pub(crate) fn ask(self, family: &[i32]) {
            match self {
                Self::Polite => signal(family, Signal::TERM),
                Self::Fast => signal(family.get(..1).unwrap_or_default(), Signal::INT),
            }
        }
    }

    pub(crate) fn kill_those_left(family: &[i32]) {
        let own = descendants_of(rustix::process::getpid().as_raw_pid());
        let left: Vec<i32> = family.iter().copied().filter(|id| own.contains(id)).collect();
        signal(&left, Signal::KILL);
    }

    pub(crate) fn end_all_descendants() {
        let own = rustix::process::getpid().as_raw_pid();
        let started = Instant::now();
        loop {
            let left = descendants_of(own);
            if left.is_empty() || started.elapsed() > Duration::from_secs(10) {
                return;
            }
            signal(
                &left,
                if started.elapsed() < Duration::from_secs(3) {
                    Signal::TERM
                } else {
                    Signal::KILL
                },
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn signal(processes: &[i32], signal: Signal) {
        for process in processes.iter().filter_map(|id| Pid::from_raw(*id)) {
            // One that has ended meanwhile needs no signal.
            let _ = kill_process(process, signal);
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use super::{Command, Ending, Outcome};

    pub(crate) fn adopt_orphans_and_hear_signals() -> Outcome {
        Ok(())
    }

    pub(crate) fn bound_to_this_process(command: &Command, _ending: Ending) -> Command {
        let mut bound = Command::new(command.get_program());
        bound.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => bound.env(name, value),
                None => bound.env_remove(name),
            };
        }
        bound
    }

    pub(crate) fn family_of(_process: u32) -> Vec<i32> {
        Vec::new()
    }

    impl Ending {
        pub(crate) fn ask(self, _family: &[i32]) {}
    }

    pub(crate) fn kill_those_left(_family: &[i32]) {}

    pub(crate) fn end_all_descendants() {}
}

pub(crate) use platform::{
    adopt_orphans_and_hear_signals, bound_to_this_process, end_all_descendants, family_of, kill_those_left,
};

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{adopt_orphans_and_hear_signals, end_all_descendants, family_of};
    use crate::exec::Program;
    use std::time::{Duration, Instant};

    fn family() -> usize {
        family_of(std::process::id()).len()
    }

    /// Needs a process of its own, as nextest gives it: the whole family of this process is ended.
    #[test]
    fn a_daemon_that_left_its_parent_is_still_ended() {
        adopt_orphans_and_hear_signals().unwrap();
        Program::new("sh")
            .args(["-c", "setsid sleep 100 >/dev/null 2>&1 & exit 0"])
            .run()
            .unwrap();
        assert_eq!(family(), 2, "the orphan is ours");
        end_all_descendants();
        assert_eq!(family(), 1, "nothing is left");
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_its_children() {
        let before = Instant::now();
        let failure = Program::new("sh")
            .args(["-c", "sleep 100 & sleep 100"])
            .limit(Duration::from_millis(200))
            .run();
        assert_eq!(
            failure.unwrap_err().to_string(),
            "`sh -c sleep 100 & sleep 100` was still running after 0.2 s and was ended."
        );
        assert!(
            before.elapsed() < Duration::from_secs(9),
            "it did not wait for the children"
        );
        assert_eq!(family(), 1, "nothing is left");
    }
}
