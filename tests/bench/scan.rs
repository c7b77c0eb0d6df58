//! How fast files are searched, from the page cache.

use std::io::Write as _;
use std::time::Instant;

use desk::scan::ScanWish;
use testkit::TestDesk;

use crate::figures::Bench;
use crate::median;

const FILES: u32 = 32;
const MEGABYTES_OF_A_FILE: usize = 16;
/// A line of a log; near misses are in it, as in the logs of whoever uses such keys.
const LINE: &str =
    "2026-11-21T10:42:07Z INFO gateway request key=kst_id_0198f3 path=/v1/jobs status=200 took=41ms\n";

/// A folder of logs with a secret of nobody in each, searched by all cores.
pub(crate) async fn measure(bench: &mut Bench) {
    let folder = tempfile::tempdir().unwrap();
    let text = LINE.repeat(MEGABYTES_OF_A_FILE * 1_000_000 / LINE.len());
    for at in 0..FILES {
        let mut file = std::fs::File::create(folder.path().join(format!("{at}.log"))).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.write_all(b"kst_team_07ELSZgnu18FMTahov29GNUbipw3AH2brrpx\n")
            .unwrap();
    }
    let ada = TestDesk::new();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut speeds = Vec::new();
    // The first round fills the cache.
    for round in 0..6 {
        let begun = Instant::now();
        let wish = ScanWish::all_in(vec![folder.path().to_owned()]);
        let report = ada.desk.scan(wish, |_| {}).await.unwrap();
        let took = begun.elapsed().as_secs_f64();
        assert_eq!(report.counts.all(), FILES);
        if round > 0 {
            speeds.push(report.searched_bytes as f64 / 1e6 / took / cores as f64);
        }
    }
    bench.tell_at_least(
        "scan.megabytes_per_second_per_core",
        median(&mut speeds),
        "MB/s",
        500.0,
    );
}
