//! Places where a test lets the program die, as a power cut would: `FAILPOINTS='push.sent=return'` kills it there, and
//! `'push.sent=1*off->return'` the second time. Without the feature `failpoints` they are nothing.

/// Dies here when a test wants it to.
#[cfg(feature = "failpoints")]
pub fn reach(name: &'static str) {
    use std::sync::Once;

    static READ: Once = Once::new();
    READ.call_once(|| {
        if std::env::var_os("FAILPOINTS").is_some() {
            // What it holds is held until the program ends.
            std::mem::forget(fail::FailScenario::setup());
        }
    });
    fail::fail_point!(name, |_| die());
}

/// Nothing: this is no test.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub const fn reach(_name: &'static str) {}

#[cfg(feature = "failpoints")]
fn die() {
    use rustix::process::{Signal, getpid, kill_process};

    // SIGKILL: nothing is flushed, closed or unwound. It can't fail for one's own process.
    let _dead = kill_process(getpid(), Signal::KILL);
}
