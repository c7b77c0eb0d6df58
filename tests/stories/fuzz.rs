//! Inputs nobody thought of, for two seconds each; `cargo xtask fuzz` takes longer.

use std::path::Path;
use std::time::Duration;

use stories::fuzz::run;
use stories::fuzz::targets::Target;

fn a_while(target: Target) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let ran = run(target, &folder, Duration::from_secs(2), 7).unwrap();
    assert_eq!(ran.crash, None);
    assert!(ran.tried > 20, "{ran:?}");
}

#[test]
fn k2_no_text_confuses_the_reader_of_secrets() {
    a_while(Target::Secret);
}

#[test]
fn b7_no_text_confuses_the_reader_of_catalogs() {
    a_while(Target::Catalog);
}

#[test]
fn k12_no_text_confuses_the_reader_of_tokens() {
    a_while(Target::Jwt);
}

#[test]
fn k13_no_bytes_confuse_the_search() {
    a_while(Target::Scan);
}

/// What made a target panic is kept and found.
#[test]
fn what_made_a_target_panic_is_tried_first() {
    let folder = tempfile::tempdir().unwrap();
    for target in Target::ALL {
        assert_eq!(Target::from_name(target.name()), Some(target));
        let ran = run(target, folder.path(), Duration::ZERO, 1).unwrap();
        assert!(ran.tried >= 4 && ran.crash.is_none(), "{ran:?}");
    }
}
