//! The real window over 100,000 keys: how soon it is there, how soon it follows a key press, what it takes in memory, and
//! what it does when nothing happens.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::clock::Clock as _;
use server::system::SystemClock;
use stories::process::Process;
use stories::steps::{EMAIL, PASSWORD};
use stories::window::app_binary;
use stories::{Failure, Outcome, Place, Window, button, field, heading, radio};

use crate::figures::Bench;
use crate::median;

/// How often a start is measured, after one that warms the caches.
const STARTS: usize = 5;
/// How long the idle app is watched.
const IDLE: Duration = Duration::from_secs(30);
/// How long after its start the app has nothing left to do.
const SETTLED: Duration = Duration::from_secs(15);
/// How long a first sync of 100,000 keys may take here before something is wrong.
const FIRST_SYNC: Duration = Duration::from_secs(120);
/// Clock ticks of the kernel's process times, a second.
const TICKS: f64 = 100.0;

/// Types a text into the search field letter by letter, and says for each how many milliseconds went by from the key
/// press until the frame that shows the rows it leaves was painted.
const TYPE: &str = r#"
    const [text, done] = arguments;
    const field = document.querySelector("input[type=search]");
    const table = document.querySelector("[role=grid], [role=table], table");
    const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
    const painted = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
    const changed = () => new Promise((go) => {
        const watch = new MutationObserver(() => { watch.disconnect(); clearTimeout(limit); go(true); });
        const limit = setTimeout(() => { watch.disconnect(); go(false); }, 1000);
        watch.observe(table.parentElement, { subtree: true, childList: true, characterData: true, attributes: true });
    });
    (async () => {
        const took = [];
        field.focus();
        for (let end = 1; end <= text.length; end += 1) {
            const begun = performance.now();
            const change = changed();
            setter.call(field, text.slice(0, end));
            field.dispatchEvent(new InputEvent("input", { bubbles: true, data: text[end - 1] }));
            if (await change) {
                await painted();
                took.push(performance.now() - begun);
            }
            await new Promise((go) => setTimeout(go, 120));
        }
        setter.call(field, "");
        field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        done(took);
    })();
"#;

pub(crate) async fn measure(bench: &mut Bench, server: &str) -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.choose("Connect to a server").await?;
    window.ask_who_answers(server).await?;
    window.click(&radio("Sign in")).await?;
    window.fill(&field("Email"), EMAIL).await?;
    window.fill(&field("Password"), PASSWORD).await?;
    window.click(&button("Sign in")).await?;
    window.see_within(&heading("Keys"), FIRST_SYNC).await?;
    window.read_within("Synced", FIRST_SYNC).await?;
    window.quit().await?;

    let mut starts = Vec::new();
    for start in 0..=STARTS {
        let window = Window::open(&place).await?;
        let painted = painted_at(&window).await?;
        let begun = started_at(window.app())?;
        if start > 0 {
            starts.push(painted - begun);
        }
        if start == STARTS {
            window.read_within("Synced", FIRST_SYNC).await?;
            typed(bench, &window).await?;
        }
        window.quit().await?;
    }
    bench.tell("window.start_to_rows_100k", median(&mut starts), "ms", 500.0);
    by_itself(bench, &place).await
}

/// Memory, and what is done when nothing happens: of the app as a person starts it, for a driver keeps it awake.
async fn by_itself(bench: &mut Bench, place: &Place) -> Outcome {
    let app = Process::start(&place.command(app_binary()?), &place.log("by-itself"), b"")?;
    // What the start leaves to do is done by then.
    tokio::time::sleep(SETTLED).await;
    bench.tell(
        "window.memory_pss_100k",
        proportional_megabytes(app.id())?,
        "MB",
        280.0,
    );
    idle(bench, app.id()).await
}

async fn typed(bench: &mut Bench, window: &Window) -> Outcome {
    let mut took: Vec<f64> = Vec::new();
    for text in ["svc-0421", "northwind", "planner", "svc-09"] {
        took.extend(window.script_async::<Vec<f64>>(TYPE, vec![text.into()]).await?);
    }
    took.sort_by(f64::total_cmp);
    let at = took.len() * 95 / 100;
    let p95 = took
        .get(at)
        .copied()
        .ok_or_else(|| Failure::said("no key press changed the rows"))?;
    bench.tell("window.key_press_to_rows_p95", p95, "ms", 50.0);
    Ok(())
}

/// When the first rows were painted, in milliseconds since the epoch.
async fn painted_at(window: &Window) -> Outcome<f64> {
    window
        .until(
            "the first rows to be painted",
            Duration::from_secs(20),
            async || {
                window
                    .script::<Option<f64>>(
                        "const [mark] = performance.getEntriesByName('keys-painted'); \
                     return mark === undefined ? null : performance.timeOrigin + mark.startTime",
                        vec![],
                    )
                    .await
            },
        )
        .await
}

/// When a process began, in milliseconds since the epoch; exact to 10 ms.
fn started_at(process: u32) -> Outcome<f64> {
    let ticks = stat(process)?.get(19).copied().unwrap_or(0.0);
    let uptime = std::fs::read_to_string("/proc/uptime")?;
    let uptime: f64 = uptime
        .split(' ')
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0.0);
    let now = SystemClock.now().as_micros() as f64 / 1_000.0;
    Ok(now - (uptime - ticks / TICKS) * 1_000.0)
}

/// The numbers of `/proc/<id>/stat` behind the program's name: the fourth is the parent.
fn stat(process: u32) -> Outcome<Vec<f64>> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, rest) = text
        .rsplit_once(") ")
        .ok_or_else(|| Failure::said("no process"))?;
    Ok(rest
        .split(' ')
        .map(|number| number.parse().unwrap_or(0.0))
        .collect())
}

/// A process and everything below it.
fn family(process: u32) -> Outcome<Vec<u32>> {
    let mut family = HashSet::from([process]);
    loop {
        let before = family.len();
        for entry in std::fs::read_dir("/proc")?.flatten() {
            let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let Some((id, facts)) = id.and_then(|id: u32| Some((id, stat(id).ok()?))) else {
                continue;
            };
            if facts
                .get(1)
                .is_some_and(|parent| family.iter().any(|id| f64::from(*id) == *parent))
            {
                family.insert(id);
            }
        }
        if family.len() == before {
            return Ok(family.into_iter().collect());
        }
    }
}

/// Proportional set size of the app and its webview, in MB (10⁶ bytes).
fn proportional_megabytes(app: u32) -> Outcome<f64> {
    let mut kilobytes = 0.0;
    for process in family(app)? {
        let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
        kilobytes += text
            .lines()
            .find_map(|line| {
                line.strip_prefix("Pss:")?
                    .trim()
                    .split(' ')
                    .next()?
                    .parse::<f64>()
                    .ok()
            })
            .unwrap_or(0.0);
    }
    Ok(kilobytes * 1_024.0 / 1e6)
}

/// Processor time and wake-ups of the app's core while nothing happens.
async fn idle(bench: &mut Bench, app: u32) -> Outcome {
    let ticks = |app| -> Outcome<f64> {
        let mut sum = 0.0;
        for process in family(app)? {
            let facts = stat(process)?;
            sum += facts.get(11).unwrap_or(&0.0) + facts.get(12).unwrap_or(&0.0);
        }
        Ok(sum)
    };
    let (before, woken) = (ticks(app)?, wake_ups(app)?);
    tokio::time::sleep(IDLE).await;
    let (after, woken_after) = (ticks(app)?, wake_ups(app)?);
    let seconds = IDLE.as_secs_f64();
    bench.tell(
        "window.idle_cpu",
        (after - before) / TICKS / seconds * 100.0,
        "%",
        0.5,
    );
    // The server sends a keep-alive every 15 s, which wakes some threads.
    let woken: f64 = woken_after
        .iter()
        .map(|(thread, count)| count - woken.get(thread).unwrap_or(&0.0))
        .sum();
    bench.tell("window.idle_core_wake_ups", woken / seconds, "1/s", 1.0);
    Ok(())
}

/// How often each thread of a process gave the processor back by itself: each time it had been woken.
fn wake_ups(process: u32) -> Outcome<HashMap<String, f64>> {
    let mut threads = HashMap::new();
    for task in std::fs::read_dir(format!("/proc/{process}/task"))?.flatten() {
        let text = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let count = text
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok());
        if let Some(count) = count {
            threads.insert(task.file_name().display().to_string(), count);
        }
    }
    Ok(threads)
}
