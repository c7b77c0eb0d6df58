//! What is wrong in a catalog is said by file and line, and nothing makes the reader stumble.

use std::fmt::Write as _;
use std::path::Path;

use domain::catalog::{BillingPolicy, Inputs};
use proptest::prelude::*;

use super::read::{File, read};
use super::{BUILT_IN, load};

const WHOLE: &str = "currency = \"EUR\"\n";
/// A service of one model; what a test writes takes the place of a part of it.
const SERVICE: &str = r#"id = "tsp"
name = "Round trip"
policies = ["subscription", "pay_as_you_go"]

[[models]]
id = "fast"
name = "Fast"

[[models.parameters]]
id = "visits"
name = "Visits"
unit = { one = "visit", many = "visits" }
min = 2
max = 500
default = 60

[[models.quantities]]
id = "pairs"
unit = { one = "pair", many = "pairs" }
formula = "visits * visits"

[models.price]
base = "0.01"

[[models.price.terms]]
of = "pairs"
amount = "1.20"
per = 10_000
"#;

fn file(name: &str, text: &str) -> File {
    File {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// What is said of a service, a line each.
fn said(services: &[&str]) -> String {
    let files: Vec<File> = services
        .iter()
        .enumerate()
        .map(|(at, text)| file(&format!("services/{}.toml", ["tsp", "b", "c"][at]), text))
        .collect();
    match read(&file("catalog.toml", WHOLE), &files) {
        Ok(_) => "(nothing)\n".to_owned(),
        Err(problems) => problems.iter().fold(String::new(), |mut text, problem| {
            writeln!(text, "{problem}").unwrap();
            text
        }),
    }
}

#[test]
fn b7_the_catalog_that_ships_is_right() {
    let catalog = load(None).unwrap_or_else(|error| panic!("{error}"));
    let mut text = String::new();
    for service in &catalog.services {
        let policies: Vec<&str> = service.policies.iter().map(|policy| policy.label()).collect();
        writeln!(text, "{} ({}): {}", service.name, service.id, policies.join(", ")).unwrap();
        for model in &service.models {
            let cost = model.cost(&Inputs::new(), catalog.currency);
            let cost = cost.map_or_else(|problem| problem.to_string(), |money| money.to_string());
            let most = model
                .highest_cost(catalog.currency)
                .map(|money| money.to_string());
            writeln!(
                text,
                "  {} ({}): {cost}, at the most {}",
                model.name,
                model.id,
                most.unwrap_or_default()
            )
            .unwrap();
            for line in model.price_in_words(catalog.currency) {
                writeln!(text, "    {line}").unwrap();
            }
        }
        assert_eq!(
            service.policies.contains(&BillingPolicy::PayAsYouGo),
            service.models.iter().all(|model| model.price.is_some())
        );
    }
    insta::assert_snapshot!("the_catalog_that_ships", text);
}

#[test]
fn b7_every_file_of_the_folder_is_in_the_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog");
    let mut found: Vec<String> = vec!["catalog.toml".to_owned()];
    for entry in std::fs::read_dir(folder.join("services")).unwrap() {
        found.push(format!(
            "services/{}",
            entry.unwrap().file_name().to_string_lossy()
        ));
    }
    found.sort();
    let built_in: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    assert_eq!(built_in, found);
    assert_eq!(load(Some(&folder)), load(None));
}

#[test]
fn b7_what_is_wrong_is_said_by_file_and_line() {
    assert_eq!(said(&[SERVICE]), "(nothing)\n");
    let mut text = String::new();
    for (what, from, to) in [
        ("no TOML", "min = 2", "min = "),
        ("an unknown field", "min = 2", "mni = 2"),
        ("a missing field", "name = \"Fast\"\n", ""),
        ("a wrong kind", "max = 500", "max = \"500\""),
        ("a float for money", "\"1.20\"", "1.20"),
        ("a negative price", "\"1.20\"", "\"-1.20\""),
        ("too fine a price", "\"1.20\"", "\"1.20000001\""),
        ("no amount", "\"1.20\"", "\"cheap\""),
        ("per an odd number", "per = 10_000", "per = 12"),
        (
            "an unknown name in a formula",
            "visits * visits",
            "visits * stops",
        ),
        ("no formula", "visits * visits", "visits ** 2"),
        ("a circle of one", "visits * visits", "visits * pairs"),
        ("an unknown name in the price", "of = \"pairs\"", "of = \"cells\""),
        ("an empty range", "min = 2", "min = 501"),
        ("a default outside", "default = 60", "default = 1"),
        ("a number too large", "max = 500", "max = 5_000_000_000"),
        (
            "a quantity too large",
            "max = 500\ndefault = 60",
            "max = 4_294_967_295\ndefault = 60\n\n[[models.quantities]]\nid = \"cubes\"\nunit = { one = \"cube\", many = \"cubes\" }\nformula = \"visits * visits * visits\"",
        ),
        ("a price too large", "max = 500", "max = 4_294_967_295"),
        ("an unknown policy", "\"subscription\"", "\"subscribe\""),
        ("no policy", "[\"subscription\", \"pay_as_you_go\"]", "[]"),
        ("a policy twice", "\"subscription\"", "\"pay_as_you_go\""),
        ("a price that nothing pays", "\"pay_as_you_go\"", "\"free\""),
        (
            "no price",
            "[models.price]\nbase = \"0.01\"\n\n[[models.price.terms]]\nof = \"pairs\"\namount = \"1.20\"\nper = 10_000\n",
            "",
        ),
        ("a wrong id", "id = \"tsp\"", "id = \"Round Trip\""),
        ("a wrong name", "name = \"Fast\"", "name = \"\""),
        (
            "a name turned around",
            "name = \"Fast\"",
            "name = \"Fa\\u202Est\"",
        ),
        (
            "amount and tiers",
            "per = 10_000",
            "per = 10_000\ntiers = [{ amount = \"1\" }]",
        ),
        ("neither", "amount = \"1.20\"\nper = 10_000", ""),
        (
            "tiers out of order",
            "amount = \"1.20\"\nper = 10_000",
            "tiers = [\n  { up_to = 10, amount = \"1\" },\n  { up_to = 10, amount = \"1\" },\n  { amount = \"1\" },\n]",
        ),
        (
            "a last tier that ends",
            "amount = \"1.20\"\nper = 10_000",
            "tiers = [{ up_to = 10, amount = \"1\" }]",
        ),
        (
            "a tier within that does not end",
            "amount = \"1.20\"\nper = 10_000",
            "tiers = [{ amount = \"1\" }, { amount = \"2\" }]",
        ),
        ("a name twice", "id = \"pairs\"", "id = \"visits\""),
        ("no model", &SERVICE[SERVICE.find("[[models]]").unwrap()..], ""),
    ] {
        assert!(SERVICE.contains(from), "{what}");
        writeln!(
            text,
            "{what}\n  {}",
            said(&[&SERVICE.replacen(from, to, 1)])
                .trim()
                .replace('\n', "\n  ")
        )
        .unwrap();
    }
    insta::assert_snapshot!("what_is_wrong", text);
}

#[test]
fn b7_circles_and_doubles_are_found_however_far_apart() {
    let circle = SERVICE.replace(
        "formula = \"visits * visits\"",
        "formula = \"visits + thirds\"\n\n[[models.quantities]]\nid = \"halves\"\nunit = { one = \"half\", many = \"halves\" }\n\
         formula = \"pairs + 1\"\n\n[[models.quantities]]\nid = \"thirds\"\nunit = { one = \"third\", many = \"thirds\" }\n\
         formula = \"halves * 2\"",
    );
    let twice = SERVICE.to_owned() + &SERVICE[SERVICE.find("[[models]]").unwrap()..];
    insta::assert_snapshot!(
        "circles_and_doubles",
        [said(&[&circle]), said(&[SERVICE, SERVICE]), said(&[&twice])].join("\n")
    );
}

#[test]
fn b7_quantities_may_stand_in_any_order() {
    let later = SERVICE.replace(
        "formula = \"visits * visits\"",
        "formula = \"more * 2\"\n\n[[models.quantities]]\nid = \"more\"\nunit = { one = \"x\", many = \"x\" }\nformula = \"visits + 1\"",
    );
    let catalog = read(&file("catalog.toml", WHOLE), &[file("a.toml", &later)]).unwrap();
    let model = &catalog.services[0].models[0];
    let order: Vec<&str> = model.quantities.iter().map(|of| of.id.as_str()).collect();
    assert_eq!(order, ["more", "pairs"]);
    // 61 × 2 pairs at 1.20 per 10,000, and the base.
    let cost = model.cost(&Inputs::new(), catalog.currency).unwrap();
    assert_eq!(cost.to_string(), "0.02464 EUR");
}

#[test]
fn b7_too_many_and_too_large_are_refused() {
    let many = SERVICE.replace(
        "[[models.quantities]]",
        &("[[models.parameters]]\nid = \"visits\"\n".repeat(30) + "[[models.quantities]]"),
    );
    let large = format!("{SERVICE}\n#{}", "x".repeat(300_000));
    let deep = format!("x = {}", "[".repeat(10_000));
    insta::assert_snapshot!(
        "too_many",
        [said(&[&many]), said(&[&large]), said(&[&deep])].join("\n")
    );
}

#[test]
fn b7_a_folder_that_is_none_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let said = |folder: &Path| {
        let error = load(Some(folder)).unwrap_err().to_string();
        error.replace(&folder.display().to_string(), "FOLDER")
    };
    assert_eq!(
        said(folder.path()),
        "the catalog can't be used: FOLDER/catalog.toml: there is no such file; `keystead-server catalog export FOLDER` \
         writes a catalog to begin with"
    );
    std::fs::write(folder.path().join("catalog.toml"), WHOLE).unwrap();
    assert_eq!(load(Some(folder.path())).unwrap().services, []);
    std::fs::create_dir(folder.path().join("services")).unwrap();
    std::fs::write(folder.path().join("services/a.toml"), b"\xff\xfe").unwrap();
    std::fs::write(folder.path().join("services/.b.toml"), b"\xff\xfe").unwrap();
    assert_eq!(
        said(folder.path()),
        "the catalog can't be used: FOLDER/services/a.toml: it is no text in UTF-8; save it as such"
    );
}

/// A service of the catalog that ships, changed in one place.
fn mutated() -> impl Strategy<Value = String> {
    let one = (
        0..BUILT_IN.len(),
        any::<prop::sample::Index>(),
        0usize..40,
        ".{0,12}",
    );
    let pieces = prop::sample::select(vec![
        "= 4294967295",
        "= -1",
        "= []",
        "= {}",
        "= \"\"",
        "[models.price]",
        "[[models]]",
        "= 1e9",
        "= \"-0.01\"",
        "formula = \"a\"",
        "= \"visits * pairs\"",
        "policies = []",
        "\n",
        "\"",
        "= 99999999999999999999",
    ]);
    (one, pieces, any::<bool>()).prop_map(|((which, at, cut, noise), piece, use_piece)| {
        let text = BUILT_IN[which].1;
        let mut begin = at.index(text.len());
        while !text.is_char_boundary(begin) {
            begin -= 1;
        }
        let mut end = (begin + cut).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        let put = if use_piece { piece } else { &noise };
        format!("{}{put}{}", &text[..begin], &text[end..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn b7_no_bytes_make_the_reader_stumble(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let _read = read(&file("catalog.toml", &text), &[file("a.toml", &text)]);
    }

    #[test]
    fn b7_a_changed_catalog_is_read_or_refused_with_a_line(text in mutated(), other in mutated()) {
        let files = [file("a.toml", &text), file("b.toml", &other)];
        match read(&file("catalog.toml", WHOLE), &files) {
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(problem.line >= 1 && problem.line <= 1 + text.matches('\n').count().max(other.matches('\n').count()));
                }
            }
            // What is accepted can be worked out, whatever the inputs are within their ranges.
            Ok(catalog) => for service in &catalog.services {
                for model in service.models.iter().filter(|model| model.price.is_some()) {
                    let least: Inputs = model.parameters.iter().map(|of| (of.id.clone(), of.min)).collect();
                    prop_assert!(model.cost(&least, catalog.currency).is_ok());
                    prop_assert!(model.cost(&Inputs::new(), catalog.currency).is_ok());
                    prop_assert!(model.highest_cost(catalog.currency).is_ok());
                    // And it is the same after the wire.
                    let json = serde_json::to_string(model).unwrap();
                    prop_assert_eq!(&serde_json::from_str::<domain::catalog::Model>(&json).unwrap(), model);
                }
            },
        }
    }
}
