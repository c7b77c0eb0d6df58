//! Random interleavings of three desktops and one server, with cuts, crashes and restarts (O2, O3, O4).
//!
//! Whatever happens in between, in the end every acknowledged edit is in force or was decided against by its author,
//! each exactly once; nothing was written over that its author had not seen; and all copies are equal. Every step is
//! drawn from a seed, which a failure names. `KEYSTEAD_INTERLEAVINGS` says how many are tried.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use desk::OutboxState;
use desk::view::{EditField, KeyEditDraft, KeyText, PendingChange, PendingOperation, SignIn, SignUp, Stop};
use domain::activity::{ActivityEvent, Event, Scope};
use domain::entropy::Entropy as _;
use domain::id::{ConnectionId, KeyId, OrganizationId, SecretId};
use domain::key::KeyState;
use testkit::chance::SeededEntropy;
use testkit::desk::{PASSWORD, all};
use testkit::trouble::Gate;
use testkit::{TestDesk, TestServer};

const USUAL: u64 = 500;
/// The tests they are spread over, so that they use every processor.
const SHARES: u64 = 4;
const DESKTOPS: usize = 3;
const STEPS: u64 = 28;
const MOST_KEYS: usize = 4;

struct Chance(SeededEntropy);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        let mut bytes = [0u8; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % bound
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let bound = u64::try_from(from.len()).ok().filter(|bound| *bound > 0)?;
        from.get(usize::try_from(self.below(bound)).ok()?)
    }
}

/// A text somebody wrote into a field.
struct Intent {
    key: KeyId,
    desktop: usize,
    /// What its author saw there.
    seen: String,
    /// Its author wrote another one over it before it was sent, or decided against it.
    withdrawn: bool,
}

struct Desktop {
    desk: TestDesk,
    gate: Gate,
    connection: ConnectionId,
    /// A form that was opened some time ago.
    form: Option<(KeyId, KeyText)>,
}

struct World {
    seed: u64,
    chance: Chance,
    desktops: Vec<Desktop>,
    organization: OrganizationId,
    /// By the text, which is never written twice.
    intents: HashMap<String, Intent>,
    made: HashSet<KeyId>,
    revoked: HashSet<KeyId>,
    /// Secrets that rotations were to bring.
    rotations: HashMap<SecretId, KeyId>,
    /// How many of them were refused, and dropped.
    given_up: u32,
}

impl World {
    async fn new(server: &TestServer, seed: u64) -> Self {
        let name = format!("person{seed}");
        let email = format!("{name}@northwind.example");
        let mut desktops = Vec::new();
        let mut organization = None;
        for at in 0..DESKTOPS {
            let (desk, gate) = (TestDesk::still(), Gate::before(server.address()).await);
            let opened = if at == 0 {
                let request = SignUp {
                    url: gate.url(),
                    organization_name: name.clone(),
                    your_name: name.clone(),
                    username: name.clone(),
                    email: email.clone(),
                    password: PASSWORD.to_owned(),
                };
                desk.desk.sign_up(request).await.unwrap()
            } else {
                let request = SignIn {
                    url: gate.url(),
                    email: email.clone(),
                    password: PASSWORD.to_owned(),
                };
                desk.desk.sign_in(request).await.unwrap()
            };
            organization = Some(opened.connection.organization_id);
            desk.desk.sync_now().await.unwrap();
            desktops.push(Desktop {
                desk,
                gate,
                connection: opened.connection.id,
                form: None,
            });
        }
        Self {
            seed,
            chance: Chance(SeededEntropy::new(seed)),
            desktops,
            organization: organization.unwrap(),
            intents: HashMap::new(),
            made: HashSet::new(),
            revoked: HashSet::new(),
            rotations: HashMap::new(),
            given_up: 0,
        }
    }

    fn text(&self) -> String {
        format!("t{}", self.intents.len())
    }

    async fn step(&mut self) {
        let at = usize::try_from(self.chance.below(DESKTOPS as u64)).unwrap();
        match self.chance.below(19) {
            0..2 => self.create(at).await,
            2..4 => self.open_form(at).await,
            4..8 => self.edit(at).await,
            8 => self.revoke(at).await,
            9..14 => self.sync(at).await,
            14 => self.restart(at, false).await,
            15 | 16 => self.stop(at).await,
            17 => self.rotate(at).await,
            _ => {
                self.decide(at).await;
            }
        }
    }

    async fn create(&mut self, at: usize) {
        if self.made.len() == MOST_KEYS {
            return;
        }
        let name = self.text();
        let (_, key) = self.desktops[at].desk.create(&name).await;
        self.made.insert(key);
        self.intents.insert(
            name,
            Intent {
                key,
                desktop: at,
                seen: String::new(),
                withdrawn: false,
            },
        );
    }

    /// A key of this desktop that can be edited, and what is shown of it.
    async fn some_key(&mut self, at: usize) -> Option<(KeyId, KeyText)> {
        let rows = self.desktops[at].desk.desk.list_keys(all()).await.unwrap().rows;
        let keys: Vec<_> = rows
            .into_iter()
            .filter(|row| {
                !row.free
                    && row.state != KeyState::Revoked
                    && row.pending.as_ref().is_none_or(|mark| mark.state.goes_on())
            })
            .map(|row| {
                let text = KeyText {
                    name: row.name,
                    description: row.description,
                    requests_per_minute: row.requests_per_minute,
                    people: Vec::new(),
                    grants: Vec::new(),
                };
                (row.id, text)
            })
            .collect();
        self.chance.pick(&keys).cloned()
    }

    async fn open_form(&mut self, at: usize) {
        self.desktops[at].form = self.some_key(at).await;
    }

    async fn edit(&mut self, at: usize) {
        let form = match self.desktops[at].form.take() {
            Some(form) => Some(form),
            None => self.some_key(at).await,
        };
        let Some((key, seen)) = form else { return };
        let field = if self.chance.below(2) == 0 {
            EditField::Name
        } else {
            EditField::Description
        };
        let text = self.text();
        let mut made = seen.clone();
        *part_mut(&mut made, field) = text.clone();
        let before = part(&seen, field).to_owned();
        let pending = self.desktops[at].desk.desk.list_pending().await.unwrap();
        let draft = KeyEditDraft::of(seen, made);
        // A form that was open while the key was revoked, or came into conflict, is refused; nothing is written.
        if self.desktops[at].desk.desk.edit_key(key, draft).await.is_err() {
            return;
        }
        for change in pending.iter().filter(|change| change.key_id == key) {
            self.withdraw_unsent(change, field);
        }
        self.intents.insert(
            text,
            Intent {
                key,
                desktop: at,
                seen: before,
                withdrawn: false,
            },
        );
    }

    /// What was not sent yet is written over by its own author.
    fn withdraw_unsent(&mut self, change: &PendingChange, field: EditField) {
        if change.state != OutboxState::Waiting {
            return;
        }
        let unsent = match (&change.edit, change.operation, field) {
            (Some(edit), ..) if part(&edit.mine, field) != part(&edit.base, field) => part(&edit.mine, field),
            (None, PendingOperation::Create, EditField::Name) => change.key_name.as_str(),
            (None, PendingOperation::Create, EditField::Description) => {
                // The only text of this key and author that no entry shows.
                let written: Vec<String> = self.descriptions_of(change.key_id);
                for text in written {
                    self.withdraw(&text);
                }
                return;
            }
            _ => return,
        };
        let unsent = unsent.to_owned();
        self.withdraw(&unsent);
    }

    fn descriptions_of(&self, key: KeyId) -> Vec<String> {
        let names: HashSet<&String> = self
            .intents
            .iter()
            .filter(|(_, intent)| intent.seen.starts_with('t'))
            .map(|(text, _)| text)
            .collect();
        self.intents
            .iter()
            .filter(|(text, intent)| intent.key == key && intent.seen.is_empty() && !names.contains(text))
            .map(|(text, _)| text.clone())
            .collect()
    }

    fn withdraw(&mut self, text: &str) {
        if let Some(intent) = self.intents.get_mut(text) {
            intent.withdrawn = true;
        }
    }

    async fn revoke(&mut self, at: usize) {
        // Seldom, or nothing would be left to edit.
        if self.chance.below(3) > 0 {
            return;
        }
        if let Some((key, _)) = self.some_key(at).await
            && self.desktops[at].desk.desk.revoke_key(key, None).await.is_ok()
        {
            self.revoked.insert(key);
        }
    }

    /// Pauses what works, and resumes what is paused, as far as is seen here.
    async fn stop(&mut self, at: usize) {
        let Some((key, _)) = self.some_key(at).await else {
            return;
        };
        let desk = &self.desktops[at].desk.desk;
        let stop = if desk.key_detail(key).await.unwrap().row.state == KeyState::Paused {
            Stop::Resume
        } else {
            Stop::Pause
        };
        // What waits may have done it already.
        let _refused = desk.stop_key(key, stop).await;
    }

    async fn rotate(&mut self, at: usize) {
        let Some((key, _)) = self.some_key(at).await else {
            return;
        };
        let overlap = if self.chance.below(2) == 0 { 0 } else { 3_600 };
        // A rotation may be under way.
        if let Ok(created) = self.desktops[at].desk.desk.rotate_key(key, overlap).await {
            self.rotations.insert(created.secret_id, key);
        }
    }

    /// A round in fair or foul weather.
    async fn sync(&mut self, at: usize) {
        let weather = self.chance.below(10);
        let bytes = i64::try_from(self.chance.below(6_000)).unwrap();
        let polls = self.chance.below(40);
        let Desktop { desk, gate, .. } = &self.desktops[at];
        match weather {
            0 => gate.shut(),
            1..4 => gate.shut_after(bytes),
            _ => gate.open(),
        }
        if weather == 9 {
            ended_after(polls, desk.desk.sync_now()).await;
            self.restart(at, true).await;
        } else {
            desk.desk.sync_now().await.unwrap();
        }
        self.desktops[at].gate.open();
    }

    async fn restart(&mut self, at: usize, crashed: bool) {
        let Desktop {
            desk,
            gate,
            connection,
            ..
        } = self.desktops.remove(at);
        let desk = if crashed {
            desk.crash()
        } else {
            desk.restart().await
        };
        desk.desk.open_connection(connection).await.unwrap();
        self.desktops.insert(
            at,
            Desktop {
                desk,
                gate,
                connection,
                form: None,
            },
        );
    }

    /// Decides what is in conflict, one way or the other; whether anything was.
    async fn decide(&mut self, at: usize) -> bool {
        let pending = self.desktops[at].desk.desk.list_pending().await.unwrap();
        let Some(change) = pending
            .into_iter()
            .find(|change| change.state == OutboxState::Conflict)
        else {
            return false;
        };
        let edit = change.edit.unwrap();
        let seen = edit.theirs.clone().unwrap();
        let mut made = seen.clone();
        for field in [EditField::Name, EditField::Description] {
            let mine = part(&edit.mine, field);
            if mine == part(&edit.base, field) {
                continue;
            }
            if !edit.conflicts.contains(&field) || self.chance.below(2) == 0 {
                *part_mut(&mut made, field) = mine.to_owned();
                if let Some(intent) = self.intents.get_mut(mine) {
                    intent.seen = part(&seen, field).to_owned();
                }
            } else {
                let mine = mine.to_owned();
                self.withdraw(&mine);
            }
        }
        let desk = &self.desktops[at].desk.desk;
        desk.decide_edit(change.operation_id, KeyEditDraft::of(seen, made))
            .await
            .unwrap();
        true
    }

    /// Drops what the server refused; whether anything was.
    async fn give_up(&mut self, at: usize) -> bool {
        let pending = self.desktops[at].desk.desk.list_pending().await.unwrap();
        let Some(change) = pending
            .into_iter()
            .find(|change| change.state == OutboxState::Refused)
        else {
            return false;
        };
        // Two may rotate a key at once: the second is told that a rotation is under way.
        let rotates = change.operation == PendingOperation::Rotate;
        assert!(
            rotates || self.revoked.contains(&change.key_id),
            "{}: refused though the key is not revoked: {:?}",
            self.seed,
            change.message
        );
        self.given_up += u32::from(rotates);
        if let Some(edit) = &change.edit {
            for field in [EditField::Name, EditField::Description] {
                let mine = part(&edit.mine, field).to_owned();
                if mine != part(&edit.base, field) {
                    self.withdraw(&mine);
                }
            }
        }
        self.desktops[at]
            .desk
            .desk
            .drop_pending(change.operation_id)
            .await
            .unwrap();
        true
    }

    /// Fair weather until nothing waits anywhere.
    async fn settle(&mut self) {
        for _ in 0..50 {
            let mut busy = false;
            for at in 0..DESKTOPS {
                self.desktops[at].gate.open();
                self.desktops[at].desk.desk.sync_now().await.unwrap();
                busy |= self.decide(at).await || self.give_up(at).await;
                busy |= !self.desktops[at]
                    .desk
                    .desk
                    .list_pending()
                    .await
                    .unwrap()
                    .is_empty();
            }
            if !busy {
                break;
            }
        }
        for at in 0..DESKTOPS {
            let desk = &self.desktops[at].desk.desk;
            desk.sync_now().await.unwrap();
            let left = desk.list_pending().await.unwrap();
            assert!(
                left.is_empty(),
                "{}: desktop {at} is not done: {left:?}",
                self.seed
            );
        }
    }

    async fn check(&self, server: &TestServer) {
        let seed = self.seed;
        let mut copies = Vec::new();
        for desktop in &self.desktops {
            let rows = desktop.desk.desk.list_keys(all()).await.unwrap().rows;
            let mut rows: Vec<_> = rows
                .into_iter()
                .map(|row| (row.id, row.name, row.description, row.state, row.last_four))
                .collect();
            rows.sort_by_key(|row| row.0);
            copies.push(rows);
        }
        assert!(
            copies.iter().all(|copy| *copy == copies[0]),
            "{seed}: {copies:#?}"
        );
        let keys: HashSet<KeyId> = copies[0].iter().map(|row| row.0).collect();
        assert_eq!(keys.len(), self.made.len() + 1, "{seed}: each key once");
        assert!(self.made.is_subset(&keys), "{seed}: every key that was made");

        let record = server
            .texts("SELECT json FROM activity WHERE type LIKE 'key_%' OR type LIKE 'rotation_%' ORDER BY scope_id, sequence")
            .await;
        let mut now: HashMap<KeyId, KeyText> = HashMap::new();
        let mut told: HashMap<String, u32> = HashMap::new();
        let mut ended: HashMap<KeyId, u32> = HashMap::new();
        let mut paused: HashSet<KeyId> = HashSet::new();
        let mut rotated: HashMap<SecretId, KeyId> = HashMap::new();
        for json in record {
            let event: ActivityEvent = serde_json::from_str(&json).unwrap();
            if event.scope != Scope::Organization(self.organization) {
                continue;
            }
            match event.event {
                Event::KeyCreated { key, name, .. } => {
                    let text = KeyText {
                        name: name.clone(),
                        description: String::new(),
                        requests_per_minute: None,
                        people: Vec::new(),
                        grants: Vec::new(),
                    };
                    assert!(now.insert(key, text).is_none(), "{seed}: made twice");
                    *told.entry(name).or_default() += 1;
                }
                Event::KeyEdited {
                    key,
                    name,
                    description,
                    ..
                } => {
                    let current = now.get_mut(&key).unwrap();
                    for (field, edited) in [(EditField::Name, name), (EditField::Description, description)] {
                        let Some(edited) = edited else { continue };
                        // A description given at the making stands in no event.
                        let unknown = field == EditField::Description && current.description.is_empty();
                        assert!(
                            unknown || part(current, field) == edited.from,
                            "{seed}: the record has a gap before {}",
                            edited.to
                        );
                        self.had_seen(&edited.to, &edited.from);
                        *told.entry(edited.to.clone()).or_default() += 1;
                        *part_mut(current, field) = edited.to;
                    }
                }
                Event::KeyPaused { key, .. } => assert!(paused.insert(key), "{seed}: paused twice"),
                Event::KeyResumed { key, .. } => assert!(paused.remove(&key), "{seed}: resumed twice"),
                Event::KeyRotated { key, new, .. } => {
                    assert!(rotated.insert(new, key).is_none(), "{seed}: rotated twice");
                }
                Event::KeyRevoked { key, .. } => *ended.entry(key).or_default() += 1,
                _ => {}
            }
        }
        assert!(
            rotated
                .iter()
                .all(|(secret, key)| self.rotations.get(secret) == Some(key)),
            "{seed}: a rotation nobody wanted"
        );
        let wanted = u32::try_from(self.rotations.len()).unwrap();
        let happened = u32::try_from(rotated.len()).unwrap();
        assert_eq!(wanted, happened + self.given_up, "{seed}: each rotation once");
        for (id, name, description, state, _) in &copies[0] {
            if !self.made.contains(id) {
                continue;
            }
            assert_eq!(&now[id].name, name, "{seed}: what is shown is what was recorded");
            if !now[id].description.is_empty() {
                assert_eq!(&now[id].description, description, "{seed}");
            }
            let revoked = self.revoked.contains(id);
            assert_eq!(
                *state == KeyState::Revoked,
                revoked,
                "{seed}: every revocation is in force"
            );
            assert_eq!(
                *state == KeyState::Paused,
                paused.contains(id) && !revoked,
                "{seed}: what is shown is what was recorded"
            );
            assert_eq!(
                ended.get(id).copied().unwrap_or(0),
                u32::from(revoked),
                "{seed}: once"
            );
        }
        for (text, intent) in &self.intents {
            let times = told.get(text).copied().unwrap_or(0);
            // A description that went along with the making of its key stands in no event, but in the key.
            let went_along = copies[0].iter().any(|row| row.2 == *text) || self.followed(text);
            assert!(times <= 1, "{seed}: {text} was carried out {times} times");
            assert!(
                times == 1 || intent.withdrawn || went_along,
                "{seed}: {text} of desktop {} is lost",
                intent.desktop
            );
        }
    }

    /// Whether somebody saw this text in force, and wrote over it.
    fn followed(&self, text: &str) -> bool {
        self.intents.values().any(|intent| intent.seen == text)
    }

    /// Fails unless the author of `to` had seen `from`, as it was or through texts of theirs that were never sent.
    fn had_seen(&self, to: &str, from: &str) {
        let mut seen = self.intents[to].seen.as_str();
        while seen != from {
            let unsent = self.intents.get(seen).filter(|intent| intent.withdrawn);
            let unsent = unsent.unwrap_or_else(|| {
                panic!(
                    "{}: {to} was written over {from}, but its author saw {seen}",
                    self.seed
                )
            });
            seen = unsent.seen.as_str();
        }
    }
}

fn part(text: &KeyText, field: EditField) -> &str {
    match field {
        EditField::Name => &text.name,
        EditField::Description => &text.description,
        EditField::RequestsPerMinute | EditField::Grants => {
            unreachable!("nobody here edits limits or services")
        }
    }
}

fn part_mut(text: &mut KeyText, field: EditField) -> &mut String {
    match field {
        EditField::Name => &mut text.name,
        EditField::Description => &mut text.description,
        EditField::RequestsPerMinute | EditField::Grants => {
            unreachable!("nobody here edits limits or services")
        }
    }
}

/// Goes on with something for so many polls, and leaves it there, as a crash would. What it had begun on another thread
/// ends before anything else begins: a crash is over when the program starts again.
async fn ended_after(polls: u64, work: impl Future) {
    {
        let mut work = pin!(work);
        let mut left = polls;
        std::future::poll_fn(|context| {
            if work.as_mut().poll(context).is_ready() || left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            Poll::Pending
        })
        .await;
    }
    tokio::task::spawn_blocking(|| ()).await.unwrap();
}

fn how_many() -> u64 {
    std::env::var("KEYSTEAD_INTERLEAVINGS")
        .ok()
        .map_or(USUAL, |count| count.parse().expect("a number of interleavings"))
}

fn interleave(share: u64) {
    // One thread for what blocks: see `ended_after`.
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let server = TestServer::new().await;
            for seed in (0..how_many()).filter(|seed| seed % SHARES == share) {
                let mut world = World::new(&server, seed).await;
                for _ in 0..STEPS {
                    world.step().await;
                }
                world.settle().await;
                world.check(&server).await;
            }
        });
}

#[test]
fn o2_interleavings_lose_nothing_first_share() {
    interleave(0);
}

#[test]
fn o2_interleavings_lose_nothing_second_share() {
    interleave(1);
}

#[test]
fn o2_interleavings_lose_nothing_third_share() {
    interleave(2);
}

#[test]
fn o2_interleavings_lose_nothing_fourth_share() {
    interleave(3);
}
