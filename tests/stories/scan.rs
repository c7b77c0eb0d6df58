//! Files and folders are inspected offline (K13): whatever lies there, to the end, or until it is cancelled.

use std::io::{self, Read, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use desk::scan::{Only, ScanWish};
use desk::view::{ScanProgress, ScanReport, SkipReason, Verdict};
use desk::{Desk, DeskError};
use testkit::{TestDesk, TestServer};

/// How late a cancellation may take effect and progress be told.
const PROMPT: Duration = Duration::from_millis(100);
/// A whole secret of nobody.
const NOBODYS: &str = "kst_team_07ELSZgnu18FMTahov29GNUbipw3AH2brrpx";

async fn scan(desk: &TestDesk, wish: ScanWish) -> ScanReport {
    desk.desk.scan(wish, |_| {}).await.unwrap()
}

fn below(folder: &Path) -> ScanWish {
    ScanWish::all_in(vec![folder.to_owned()])
}

fn reading(source: impl Read + Send + 'static) -> ScanWish {
    ScanWish {
        input: Some(("standard input".to_owned(), Box::new(source))),
        ..ScanWish::all_in(Vec::new())
    }
}

/// The findings as lines: path below the folder, place, verdict.
fn lines(report: &ScanReport, folder: &Path) -> Vec<String> {
    let line = |path: &str, finding: &desk::view::ScanFinding| {
        let path = Path::new(path).strip_prefix(folder).unwrap().display();
        let place = match (finding.line, finding.column) {
            (Some(line), Some(column)) => format!("{line}:{column}"),
            _ => format!("@{}", finding.offset),
        };
        let name = finding.key_name.as_deref().unwrap_or("nobody");
        format!(
            "{path} {place} {:?} {name} works={}",
            finding.verdict, finding.works
        )
    };
    report
        .files
        .iter()
        .flat_map(|file| file.findings.iter().map(|finding| line(&file.path, finding)))
        .collect()
}

#[tokio::test]
async fn k13_a_folder_is_inspected_without_the_network() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (works, _) = ada.create("ci-deploy").await;
    let (ended, revoked) = ada.create("old").await;
    ada.wait_synced().await;
    ada.desk.revoke_key(revoked, None).await.unwrap();
    ada.wait_synced().await;
    server.stop().await;
    ada.desk.sync_now().await.unwrap();
    ada.wait_offline().await;

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir(root.join("src")).unwrap();
    std::fs::write(root.join(".env"), format!("# ключ\nKEY={works}\nOLD={ended}\n")).unwrap();
    std::fs::write(
        root.join("src/app.py"),
        format!("a = '{works}'  # kst_team_…\nb = '{NOBODYS}'"),
    )
    .unwrap();
    std::fs::write(
        root.join("src/core"),
        [b"\0\xff".as_slice(), works.as_bytes()].concat(),
    )
    .unwrap();
    let report = scan(&ada, below(root)).await;
    assert_eq!(
        lines(&report, root),
        [
            ".env 2:5 Known ci-deploy works=true",
            ".env 3:5 Known old works=false",
            "src/app.py 1:6 Known ci-deploy works=true",
            "src/app.py 1:56 Malformed nobody works=false",
            "src/app.py 2:6 Unknown nobody works=false",
            "src/core @2 Known ci-deploy works=true",
        ]
    );
    let counts = report.counts;
    assert_eq!(
        (counts.working, counts.ended, counts.unknown, counts.malformed),
        (3, 1, 1, 1)
    );
    let names: Vec<&str> = report.keys.iter().map(|key| key.row.name.as_str()).collect();
    assert_eq!(names, ["ci-deploy", "old"]);
    assert!(report.offline_since.is_some() && report.copy_problem.is_none() && !report.is_incomplete());
    let first = &report.files[0].findings[0];
    assert!(
        first.sentence.contains("it worked at the last sync"),
        "{}",
        first.sentence
    );
    // One secret is told again by its fingerprint, and by nothing else of it.
    assert_eq!(first.fingerprint, report.files[2].findings[0].fingerprint);
    let json = serde_json::to_string(&report).unwrap();
    for secret in [&works, &ended, NOBODYS] {
        assert!(!json.contains(&secret[12..secret.len() - 6]), "{json}");
        assert!(
            !report.files[0].findings[0]
                .fingerprint
                .contains(&crypto::token::SecretHash::of(secret).to_string())
        );
    }

    let known = ScanWish {
        only: Only::Known,
        ..below(root)
    };
    assert!(
        scan(&ada, known)
            .await
            .files
            .iter()
            .flat_map(|file| &file.findings)
            .all(|finding| finding.verdict == Verdict::Known)
    );
    let whole = ScanWish {
        only: Only::Whole,
        ..below(root)
    };
    assert_eq!(scan(&ada, whole).await.counts.malformed, 0);
}

#[tokio::test]
async fn k13_a_hostile_tree_is_inspected_to_its_end() {
    let ada = TestDesk::new();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    // Links in a circle, to a device, to nothing; a pipe and a socket, which nobody answers.
    std::fs::create_dir(root.join("circle")).unwrap();
    symlink("..", root.join("circle/up")).unwrap();
    symlink("itself", root.join("itself")).unwrap();
    symlink("/dev/zero", root.join("zero")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    // Two hundred folders deep, and a name that is no text.
    let deep = (0..200).fold(root.to_owned(), |path, _| path.join("d"));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("secret"), NOBODYS).unwrap();
    let odd = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff\xfe".as_slice());
    std::fs::write(root.join(Path::new::<std::ffi::OsStr>(odd)), NOBODYS).unwrap();
    // Ten gigabytes of nothing, and a secret at the end of them.
    let mut sparse = std::fs::File::create(root.join("sparse")).unwrap();
    sparse.set_len(10_000_000_000).unwrap();
    io::Seek::seek(&mut sparse, io::SeekFrom::End(0)).unwrap();
    sparse.write_all(NOBODYS.as_bytes()).unwrap();
    // A file that opens and does not read, and one that is closed to everybody but root.
    let closed = root.join("closed");
    std::fs::write(&closed, NOBODYS).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = std::fs::File::open(&closed).is_ok();

    let paths = vec![root.to_owned(), "/proc/self/mem".into(), root.join("none")];
    let report = scan(&ada, ScanWish::all_in(paths)).await;
    let skips = report.skip_counts;
    assert_eq!((skips.links, skips.special, skips.too_large), (4, 2, 1));
    assert_eq!(skips.unreadable, if is_root { 2 } else { 3 });
    assert_eq!(report.counts.unknown, if is_root { 3 } else { 2 });
    assert!(report.is_incomplete());
    let said = |name: &str| -> (SkipReason, String) {
        let skipped = report
            .skipped
            .iter()
            .find(|skipped| skipped.path.ends_with(name))
            .unwrap();
        (skipped.reason, skipped.sentence.clone())
    };
    assert_eq!(
        said("sparse"),
        (
            SkipReason::TooLarge,
            "Not searched: its 10000000045 bytes are more than the limit of 1000000000.".to_owned()
        )
    );
    assert_eq!(
        said("/none"),
        (
            SkipReason::Unreadable,
            "Not searched: there is nothing of this name.".to_owned()
        )
    );
    assert_eq!(said("/mem").0, SkipReason::Unreadable);
    assert_eq!(said("pipe").0, SkipReason::Special);
    assert_eq!(said("up").0, SkipReason::Link);

    // A link that is given itself is followed, once.
    let door = root.join("door");
    symlink(deep.parent().unwrap(), &door).unwrap();
    assert_eq!(
        lines(&scan(&ada, below(&door)).await, &door),
        ["d/secret 1:1 Unknown nobody works=false"]
    );
    // Within the limit a large file is read to its end, in the memory that was there.
    sparse.set_len(2_000_000_000).unwrap();
    io::Seek::seek(&mut sparse, io::SeekFrom::End(0)).unwrap();
    sparse.write_all(NOBODYS.as_bytes()).unwrap();
    let before = resident_bytes();
    let mut most = before;
    let wish = ScanWish {
        most_bytes: u64::MAX,
        ..below(&root.join("sparse"))
    };
    let report = ada
        .desk
        .scan(wish, |_| most = most.max(resident_bytes()))
        .await
        .unwrap();
    assert_eq!(report.files[0].findings[0].offset, 2_000_000_000);
    assert!(most - before < 16_000_000, "{before} {most}");
}

/// Memory of this process, from Linux.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

/// A source without an end, which says nothing.
struct Hanging(mpsc::Receiver<()>);
impl Read for Hanging {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        let _end = self.0.recv();
        Ok(0)
    }
}

/// Cancels a search as soon as it is told of; how long it went on, and what it answered.
async fn cancelled(desk: &TestDesk, wish: ScanWish) -> (Duration, ScanReport) {
    let canceller = desk.desk.clone();
    let mut at = None;
    let report = desk
        .desk
        .scan(wish, |_| {
            at.get_or_insert_with(|| {
                canceller.cancel_scan();
                Instant::now()
            });
        })
        .await
        .unwrap();
    (at.unwrap().elapsed(), report)
}

#[tokio::test(flavor = "multi_thread")]
async fn k13_a_search_is_cancelled_at_once() {
    let ada = TestDesk::new();
    let (took, report) = cancelled(&ada, reading(io::repeat(b'k'))).await;
    assert!(report.cancelled && took < PROMPT, "{took:?}");
    // Also where the disk hangs.
    let (_never, hangs) = mpsc::channel();
    let (took, report) = cancelled(&ada, reading(Hanging(hangs))).await;
    assert!(report.cancelled && took < PROMPT, "{took:?}");
    // What was found is answered, and another search ends this one.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), NOBODYS).unwrap();
    let (told, mut telling) = tokio::sync::mpsc::unbounded_channel();
    let desk = ada.desk.clone();
    let endless = ScanWish {
        paths: vec![folder.path().to_owned()],
        ..reading(io::repeat(b'k'))
    };
    let first = tokio::spawn(async move {
        desk.scan(endless, move |progress| told.send(progress).unwrap())
            .await
    });
    while telling.recv().await.unwrap().findings == 0 {}
    assert_eq!(scan(&ada, below(folder.path())).await.counts.unknown, 1);
    let first = first.await.unwrap().unwrap();
    assert!(first.cancelled);
    assert_eq!(first.counts.unknown, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn k13_progress_is_told_all_along() {
    let ada = TestDesk::new();
    let folder = tempfile::tempdir().unwrap();
    for name in 0..50 {
        std::fs::write(folder.path().join(name.to_string()), NOBODYS).unwrap();
    }
    let canceller = ada.desk.clone();
    let mut told: Vec<(Instant, ScanProgress)> = Vec::new();
    let wish = ScanWish {
        paths: vec![folder.path().to_owned()],
        ..reading(io::repeat(b'k'))
    };
    let desk = ada.desk.clone();
    desk.scan(wish, |progress| {
        told.push((Instant::now(), progress));
        if told.len() == 12 {
            canceller.cancel_scan();
        }
    })
    .await
    .unwrap();
    for pair in told.windows(2) {
        let [(before, less), (after, more)] = pair else {
            unreachable!()
        };
        assert!(*after - *before < PROMPT, "{:?}", *after - *before);
        assert!(more.bytes >= less.bytes && more.files >= less.files && more.findings >= less.findings);
    }
    let (_, last) = told.last().unwrap();
    assert_eq!((last.total_files, last.findings), (Some(50), 50));
    assert!(
        told.windows(2).all(|pair| pair[1].1.bytes > pair[0].1.bytes),
        "bytes are told as they are read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn k13_o5_a_search_ends_when_keystead_locks() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let wish = desk::view::LockWish {
        after_minutes: Some(5),
        on_sleep: false,
        passphrase: Some("seven unrelated words".to_owned()),
        current: None,
    };
    ada.desk.set_lock(wish).await.unwrap();
    let locking = ada.desk.clone();
    let mut once = Some(move || tokio::spawn(async move { locking.lock_now().await.map(drop) }));
    let answer = Desk::scan(&ada.desk, reading(io::repeat(b'k')), move |_| {
        if let Some(lock) = once.take() {
            drop(lock());
        }
    })
    .await;
    assert!(matches!(answer, Err(DeskError::Locked)));
    assert!(matches!(
        ada.desk.scan(reading(io::empty()), |_| {}).await,
        Err(DeskError::Locked)
    ));
    server.stop().await;
}
