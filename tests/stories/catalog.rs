//! Services, prices, and what requests cost (K5, B7).

use desk::view::{CatalogView, EstimateDraft, EstimateView, InputText};
use testkit::desk::wait_for;
use testkit::{Kind, TestDesk, TestServer};

use crate::terminal::{Terminal, on_thread};

/// Twenty-five origins to fifty destinations, a thousand times.
fn matrix(origins: &str) -> EstimateDraft {
    let input = |id: &str, text: &str| InputText {
        id: id.to_owned(),
        text: text.to_owned(),
    };
    EstimateDraft {
        service_id: "distance-matrix".to_owned(),
        model_id: "road".to_owned(),
        inputs: vec![input("origins", origins), input("destinations", "50")],
        calls: "1,000".to_owned(),
    }
}

async fn prices(desk: &TestDesk) -> CatalogView {
    wait_for("the prices are here", || async {
        desk.desk.catalog().await.ok().flatten()
    })
    .await
}

/// One call and all calls.
fn cost(estimate: &EstimateView) -> (&str, &str) {
    let cost = estimate.cost.as_ref().expect("nothing is wrong");
    (&cost.per_call.shown, &cost.total.shown)
}

async fn prices_are_worked_out_offline_as_online(kind: Kind) {
    let Some(mut server) = TestServer::on(kind).await else {
        return;
    };
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    let catalog = prices(&ada).await;
    assert_eq!(catalog.services[0].name, "Distance matrix");
    assert_eq!(
        catalog.services[0].models[0].price,
        [
            "0.001 EUR per request",
            "0.40 EUR per 1,000 cells; above 100,000: 0.30 EUR per 1,000 cells"
        ]
    );
    let online = ada.desk.estimate(matrix("25")).await.unwrap();
    assert_eq!(cost(&online), ("0.501 EUR", "501.00 EUR"));
    assert_eq!(online.cost.unwrap().counted, ["1,250 cells"]);

    server.stop().await;
    let ada = ada.restart().await;
    ada.desk.open_connection(connection).await.unwrap();
    ada.wait_offline().await;
    assert_eq!(prices(&ada).await.services.len(), catalog.services.len());
    let offline = ada.desk.estimate(matrix("25")).await.unwrap();
    assert_eq!(cost(&offline), ("0.501 EUR", "501.00 EUR"));

    // What can't be is said at its parameter, and everything at once.
    let mut wrong = matrix("many");
    wrong.inputs[1].text = "2000".to_owned();
    wrong.calls = "0".to_owned();
    let refused = ada.desk.estimate(wrong).await.unwrap();
    let problems: Vec<(Option<&str>, &str)> = refused
        .problems
        .iter()
        .map(|problem| (problem.parameter.as_deref(), problem.message.as_str()))
        .collect();
    assert_eq!(
        problems,
        [
            (
                Some("origins"),
                "Origins is a whole number; give 1 to 1,000 origins."
            ),
            (
                Some("destinations"),
                "Destinations can't be 2,000; give 1 to 1,000 destinations."
            ),
            (None, "Give a whole number of calls from 1 to 1,000,000,000."),
        ]
    );
    assert!(refused.cost.is_none());
    let mut unknown = matrix("25");
    unknown.service_id = "teleport".to_owned();
    let refusal = ada.desk.estimate(unknown).await.unwrap_err();
    assert!(
        refusal
            .to_string()
            .starts_with("there is no service “teleport”; there are distance-matrix, ")
    );
    let mut included = matrix("25");
    (included.service_id, included.model_id) = ("map-tiles".to_owned(), "vector".to_owned());
    included.inputs.clear();
    let refusal = ada.desk.estimate(included).await.unwrap_err();
    assert_eq!(refusal.code(), desk::ErrorCode::Refused, "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b7_prices_are_worked_out_offline_as_online_on_sqlite() {
    prices_are_worked_out_offline_as_online(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b7_prices_are_worked_out_offline_as_online_on_postgres() {
    prices_are_worked_out_offline_as_online(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b7_another_catalog_reaches_every_desktop_with_the_next_sync() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    assert_eq!(prices(&ada).await.currency, "EUR");

    let folder = tempfile::tempdir().unwrap();
    let services = folder.path().join("services");
    std::fs::create_dir(&services).unwrap();
    std::fs::write(folder.path().join("catalog.toml"), "currency = \"CHF\"\n").unwrap();
    let service =
        "id = \"tiles\"\nname = \"Tiles\"\npolicies = [\"free\"]\n[[models]]\nid = \"all\"\nname = \"All\"\n";
    std::fs::write(services.join("tiles.toml"), service).unwrap();
    server.stop().await;
    ada.wait_offline().await;
    server.offer(folder.path());
    server.start().await;
    ada.desk.sync_now().await.unwrap();
    wait_for("the other catalog is here", || async {
        let catalog = prices(&ada).await;
        (catalog.currency == "CHF" && catalog.services.len() == 1).then_some(())
    })
    .await;
    // A key can be made meanwhile and afterwards: prices are in nobody's way.
    ada.create("ci-deploy").await;
    ada.wait_synced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k5_b7_services_and_prices_in_a_terminal() {
    let mut server = TestServer::new().await;
    let url = server.url();
    let terminal = on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        let list = terminal.json(&["services"], "");
        assert_eq!(list["currency"], "EUR");
        assert_eq!(list["services"][0]["id"], "distance-matrix");
        assert_eq!(list["services"][0]["policies"][2]["policy"], "pay_as_you_go");
        terminal
    })
    .await;
    server.stop().await;
    on_thread(move || {
        let text = terminal.run(&["services", "list", "--offline"], "");
        let text = String::from_utf8(text.stdout).unwrap();
        assert!(
            text.contains("distance-matrix  Distance matrix  (Free, Subscription, Pay as you go)"),
            "{text}"
        );
        assert!(
            text.contains("    --param origins=25  (1 to 1,000 origins)"),
            "{text}"
        );
        assert!(text.contains("    Requests are not paid for"), "{text}");

        // The server is away: it is said, and the answer is the same.
        let arguments = [
            "services",
            "price",
            "distance-matrix",
            "road",
            "--param",
            "origins=25",
            "--param",
            "destinations=50",
            "--calls",
            "1000",
        ];
        let price = terminal.json(&arguments, "");
        assert_eq!(price["perCall"]["amount"], "0.501");
        assert_eq!(price["total"]["shown"], "501.00 EUR");
        let price = terminal.run(&arguments, "");
        assert_eq!(
            String::from_utf8(price.stdout).unwrap(),
            "0.501 EUR a request (1,250 cells)\n501.00 EUR for 1,000 requests\n"
        );
        let refused = |arguments: &[&str]| terminal.code(&[arguments, &["--offline"]].concat(), "");
        assert_eq!(
            refused(&[
                "services",
                "price",
                "distance-matrix",
                "road",
                "--param",
                "origins=5000"
            ]),
            (
                Some(2),
                "keystead: Origins can't be 5,000; give 1 to 1,000 origins.\n".to_owned()
            )
        );
        assert_eq!(
            refused(&[
                "services",
                "price",
                "distance-matrix",
                "road",
                "--param",
                "stops=3"
            ]),
            (
                Some(2),
                "keystead: There is no parameter “stops”; there are origins, destinations.\n".to_owned()
            )
        );
        assert_eq!(
            refused(&["services", "price", "distance-matrix", "rail"]),
            (
                Some(3),
                "keystead: There is no model “rail”; there are road, truck.\n".to_owned()
            )
        );
        let (code, said) = refused(&["services", "price", "map-tiles", "vector"]);
        assert_eq!(code, Some(4), "{said}");
        let (code, said) = refused(&["services", "price", "tsp", "fast", "--param", "visits"]);
        assert_eq!(code, Some(2), "{said}");
    })
    .await;
}
