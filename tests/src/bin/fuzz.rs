//! Tries inputs nobody thought of: `fuzz [TARGET] [SECONDS] [SEED]`. `cargo xtask fuzz` runs it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it reports to a terminal"
)]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use stories::fuzz::run;
use stories::fuzz::targets::Target;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let wanted = given.first().map_or("", String::as_str);
    let number = |at: usize, usual: u64| given.get(at).map_or(Ok(usual), |text| text.parse::<u64>());
    let (Ok(seconds), Ok(seed)) = (number(1, 60), number(2, 1)) else {
        eprintln!("usage: fuzz [TARGET] [SECONDS] [SEED], seconds and seed as whole numbers");
        return ExitCode::from(2);
    };
    let targets: Vec<Target> = Target::ALL
        .into_iter()
        .filter(|target| wanted.is_empty() || wanted == target.name())
        .collect();
    if targets.is_empty() {
        eprintln!("there is no target {wanted}; there are secret, catalog, jwt and scan");
        return ExitCode::from(2);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for target in targets {
        match run(target, &folder, Duration::from_secs(seconds), seed) {
            Ok(ran) => {
                println!("{}: {} inputs", target.name(), ran.tried);
                if let Some(crash) = ran.crash {
                    eprintln!("{} made it panic", crash.display());
                    return ExitCode::FAILURE;
                }
            }
            Err(error) => {
                eprintln!("the input that made it panic could not be written: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
