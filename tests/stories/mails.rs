//! Mails of invitations: over a real mail server, and into a folder where there is none (P7).

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use desk::view::{InviteDraft, JoinWithInvitation};
use domain::role::Role;
use mailin::response::OK;
use mailin::{Action, Handler, Response, SessionBuilder};
use server::config::MailSecurity;
use testkit::desk::PASSWORD;
use testkit::server::Kind;
use testkit::{TestDesk, TestServer, wait_for};

const BOB: &str = "bob@northwind.example";

/// A mail, as the mail server got it.
#[derive(Clone, Debug, Default)]
struct Received {
    from: String,
    to: Vec<String>,
    data: String,
}

/// Keeps what it is given; turns the first of them away.
#[derive(Clone, Default)]
struct Keeping {
    now: Received,
    data: Vec<u8>,
    to_refuse: Arc<Mutex<u32>>,
    kept: Arc<Mutex<Vec<Received>>>,
}

impl Handler for Keeping {
    fn mail(&mut self, _: IpAddr, _: &str, from: &str) -> Response {
        self.now = Received {
            from: from.to_owned(),
            ..Received::default()
        };
        self.data.clear();
        OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        let mut left = self.to_refuse.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            return Response::custom(451, "try again later".to_owned());
        }
        self.now.to.push(to.to_owned());
        OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        self.data.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        self.now.data = String::from_utf8_lossy(&self.data).into_owned();
        self.kept.lock().unwrap().push(self.now.clone());
        OK
    }
}

/// A mail server on a port of its own; it ends with the test.
fn mail_server(keeping: &Keeping) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let keeping = keeping.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (connection, keeping) = (connection.unwrap(), keeping.clone());
            // Whoever hangs up in between is no failure of the server's.
            std::thread::spawn(move || converse(&connection, keeping).ok());
        }
    });
    port
}

/// One conversation over SMTP.
fn converse(connection: &TcpStream, keeping: Keeping) -> io::Result<()> {
    let from = connection.peer_addr()?.ip();
    let mut session = SessionBuilder::new("mail.test").build(from, keeping);
    let (mut lines, mut out) = (BufReader::new(connection), connection);
    let mut answer = session.greeting();
    loop {
        if answer.action != Action::NoReply {
            let mut text = Vec::new();
            answer.write_to(&mut text)?;
            out.write_all(&text)?;
        }
        if answer.action == Action::Close {
            return Ok(());
        }
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        answer = session.process(&line);
    }
}

/// The text of a mail without its line breaks for the way (quoted-printable).
fn unfolded(data: &str) -> String {
    data.replace("=\r\n", "").replace("=3D", "=")
}

/// The link in a mail.
fn link_in(data: &str) -> String {
    let text = unfolded(data);
    let start = text.find("http").expect("there is a link in the mail");
    text[start..].split_whitespace().next().unwrap().to_owned()
}

async fn invite(desk: &TestDesk, email: &str) -> Option<String> {
    let draft = InviteDraft {
        emails: vec![email.to_owned()],
        role: Role::Editor,
        groups: Vec::new(),
    };
    let report = desk.desk.invite_people(draft).await.unwrap();
    assert_eq!(report.invited[0].mailed, report.invited[0].link.is_none());
    report.invited[0].link.clone()
}

async fn joins(link: &str) -> TestDesk {
    let bob = TestDesk::new();
    let request = JoinWithInvitation {
        link: link.to_owned(),
        your_name: "Bob".to_owned(),
        username: "bob".to_owned(),
        email: BOB.to_owned(),
        password: PASSWORD.to_owned(),
    };
    bob.desk.join_with_invitation(request).await.unwrap();
    bob
}

async fn an_invitation_goes_by_mail(kind: Kind) {
    let keeping = Keeping::default();
    let port = mail_server(&keeping);
    let reserved = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let Some(server) = TestServer::with(kind, |config| {
        config.listen = address;
        config.public_url = Some(format!("http://{address}"));
        config.mail_host = Some("127.0.0.1".to_owned());
        config.mail_port = Some(port);
        config.mail_security = MailSecurity::None;
        config.mail_from = Some("Keystead <keys@northwind.example>".to_owned());
    })
    .await
    else {
        return;
    };
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    assert_eq!(
        invite(&ada, BOB).await,
        None,
        "the link goes to the invited alone"
    );
    let mail = wait_for("the mail", || async {
        keeping.kept.lock().unwrap().first().cloned()
    })
    .await;
    assert_eq!(
        (mail.from.as_str(), &*mail.to),
        ("keys@northwind.example", &[BOB.to_owned()][..])
    );
    assert!(
        mail.data
            .contains("Subject: Ada Vance invites you to Northwind Routing"),
        "{}",
        mail.data
    );
    assert!(mail.data.contains("multipart/alternative"));
    wait_for("nothing waits", || async {
        (server.number("SELECT COUNT(*) FROM mail").await == 0).then_some(())
    })
    .await;

    let link = link_in(&mail.data);
    assert!(link.starts_with(&server.url()), "{link}");
    let bob = joins(&link).await;
    bob.wait_synced().await;
    assert_eq!(bob.desk.people().await.unwrap().members.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_an_invitation_goes_by_mail_sqlite() {
    an_invitation_goes_by_mail(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_an_invitation_goes_by_mail_postgres() {
    an_invitation_goes_by_mail(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_a_mail_that_was_turned_away_waits_and_goes_with_its_invitation() {
    let keeping = Keeping::default();
    *keeping.to_refuse.lock().unwrap() = u32::MAX;
    let port = mail_server(&keeping);
    let server = TestServer::with(Kind::Sqlite, |config| {
        config.public_url = Some("https://keys.northwind.example".to_owned());
        config.mail_host = Some("127.0.0.1".to_owned());
        config.mail_port = Some(port);
        config.mail_security = MailSecurity::None;
        config.mail_from = Some("keys@northwind.example".to_owned());
    })
    .await
    .unwrap();
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    invite(&ada, BOB).await;
    wait_for("an attempt", || async {
        (server.number("SELECT COALESCE(MAX(attempts), 0) FROM mail").await == 1).then_some(())
    })
    .await;
    // Taken back with what it is about, and written anew with the new link.
    let id = ada.desk.people().await.unwrap().invitations[0].id;
    let sent = ada.desk.resend_invitation(id).await.unwrap();
    assert!(sent.mailed && sent.link.is_none());
    assert_eq!(server.number("SELECT COUNT(*) FROM mail").await, 1);
    ada.desk.cancel_invitation(id).await.unwrap();
    assert_eq!(server.number("SELECT COUNT(*) FROM mail").await, 0);
    assert!(keeping.kept.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_without_a_mail_server_mails_are_files_and_the_inviter_has_the_link() {
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("mails");
    let server = TestServer::with(Kind::Sqlite, |config| config.mail_folder = Some(mails.clone()))
        .await
        .unwrap();
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let link = invite(&ada, BOB).await.unwrap();
    let file = wait_for("the file", || async {
        let mut found = std::fs::read_dir(&mails).ok()?.filter_map(Result::ok);
        found
            .find(|entry| entry.path().extension().is_some_and(|end| end == "eml"))
            .map(|entry| entry.path())
    })
    .await;
    let data = std::fs::read_to_string(&file).unwrap();
    assert_eq!(link_in(&data), link);
    assert!(data.contains(&format!("To: {BOB}")), "{data}");

    // The page of the link, as a browser gets it.
    let page = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(&link)
        .send()
        .await
        .unwrap();
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    let text = page.text().await.unwrap();
    assert!(
        text.contains("Ada Vance invites you to Northwind Routing"),
        "{text}"
    );
    assert!(
        text.contains("b…@northwind.example") && !text.contains(BOB),
        "{text}"
    );
    assert!(!text.contains("<script"));
    joins(&link).await;
}
