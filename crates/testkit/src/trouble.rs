//! The troubles of the world in small: connections that are cut, certificates nobody trusts, servers that are others.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Something that listens on loopback and ends when dropped.
pub struct Listener {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listener {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A proxy that can be shut and opened, at once or in the middle of an answer: one computer's way to the network.
pub struct Gate {
    listener: Listener,
    /// Bytes of answers that are still let through; without end when negative. Shut at nothing.
    budget: Arc<watch::Sender<i64>>,
}

impl Gate {
    /// An open gate before `server`.
    pub async fn before(server: SocketAddr) -> Self {
        let budget = Arc::new(watch::Sender::new(-1));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn({
            let budget = budget.clone();
            async move {
                while let Ok((near, _)) = listener.accept().await {
                    let budget = budget.clone();
                    tokio::spawn(async move {
                        if *budget.borrow() != 0
                            && let Ok(far) = TcpStream::connect(server).await
                        {
                            let mut shut = budget.subscribe();
                            tokio::select! {
                                () = let_through(near, far, &budget) => {}
                                _shut = shut.wait_for(|budget| *budget == 0) => {}
                            }
                        }
                    });
                }
            }
        });
        Self {
            listener: Listener { address, task },
            budget,
        }
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address)
    }

    /// Lets nothing through any more; what is under way is cut.
    pub fn shut(&self) {
        self.budget.send_replace(0);
    }

    /// Lets so many bytes of answers through, and is shut then.
    pub fn shut_after(&self, bytes: i64) {
        self.budget.send_replace(bytes);
    }

    /// Lets everything through again.
    pub fn open(&self) {
        self.budget.send_replace(-1);
    }
}

async fn let_through(mut near: TcpStream, mut far: TcpStream, budget: &watch::Sender<i64>) {
    let (mut up, mut down) = (vec![0u8; 16 * 1_024], vec![0u8; 16 * 1_024]);
    loop {
        tokio::select! {
            read = near.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                if far.write_all(&up[..count]).await.is_err() {
                    return;
                }
            }
            read = far.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                let mut through = count;
                budget.send_modify(|left| {
                    if *left >= 0 {
                        through = usize::try_from(*left).unwrap_or(0).min(count);
                        *left -= i64::try_from(through).unwrap_or(0);
                    }
                });
                if near.write_all(&down[..through]).await.is_err() || through < count {
                    return;
                }
            }
        }
    }
}

/// A proxy that cuts answers off.
pub struct CuttingProxy {
    listener: Listener,
    rule: Arc<Rule>,
}

struct Rule {
    /// Bytes of answers that are still let through to a request that contains the marker; negative lets all through.
    allowed: AtomicI64,
    cuts: AtomicU32,
    /// Whether it holds for every answer, not only the next.
    every: AtomicBool,
    /// The length of the last answer to a marked request, before it was cut.
    last: AtomicI64,
    marker: &'static str,
}

impl CuttingProxy {
    /// A proxy before `server` that, once armed, cuts the answers to requests containing `marker`.
    pub async fn before(server: SocketAddr, marker: &'static str) -> Self {
        let rule = Arc::new(Rule {
            allowed: AtomicI64::new(-1),
            cuts: AtomicU32::new(0),
            every: AtomicBool::new(false),
            last: AtomicI64::new(0),
            marker,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn({
            let rule = rule.clone();
            async move {
                while let Ok((near, _)) = listener.accept().await {
                    let rule = rule.clone();
                    tokio::spawn(async move {
                        if let Ok(far) = TcpStream::connect(server).await {
                            carry(near, far, &rule).await;
                        }
                    });
                }
            }
        });
        Self {
            listener: Listener { address, task },
            rule,
        }
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address)
    }

    /// From now on, lets only `bytes` of the next marked answer through, once.
    pub fn cut_after(&self, bytes: i64) {
        self.rule.allowed.store(bytes, Ordering::SeqCst);
    }

    /// From now on, lets nothing through of any marked answer.
    pub fn cut_all(&self) {
        self.rule.every.store(true, Ordering::SeqCst);
        self.cut_after(0);
    }

    /// How many bytes the last answer to a marked request had, before it was cut.
    #[must_use]
    pub fn last_length(&self) -> i64 {
        self.rule.last.load(Ordering::SeqCst)
    }

    /// How often it cut.
    #[must_use]
    pub fn cuts(&self) -> u32 {
        self.rule.cuts.load(Ordering::SeqCst)
    }
}

/// Carries bytes both ways until one side ends or the rule cuts.
async fn carry(mut near: TcpStream, mut far: TcpStream, rule: &Rule) {
    let (mut near_read, mut near_write) = near.split();
    let (mut far_read, mut far_write) = far.split();
    let (mut up, mut down) = (vec![0u8; 64 * 1_024], vec![0u8; 64 * 1_024]);
    let mut marked = false;
    loop {
        tokio::select! {
            read = near_read.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                let asked = String::from_utf8_lossy(&up[..count]);
                // Each request comes whole, and in one piece: they are short.
                marked = asked.contains(rule.marker);
                if far_write.write_all(&up[..count]).await.is_err() {
                    return;
                }
            }
            read = far_read.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                let allowed = rule.allowed.load(Ordering::SeqCst);
                if marked {
                    rule.last.store(i64::try_from(count).unwrap_or(i64::MAX), Ordering::SeqCst);
                }
                if marked && allowed >= 0 {
                    let through = usize::try_from(allowed).unwrap_or(0).min(count);
                    if !rule.every.load(Ordering::SeqCst) {
                        rule.allowed.store(-1, Ordering::SeqCst);
                    }
                    rule.cuts.fetch_add(1, Ordering::SeqCst);
                    let _cut = near_write.write_all(&down[..through]).await;
                    return;
                }
                if near_write.write_all(&down[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Answers every connection with these bytes and closes it: a server that is something else.
pub async fn stranger(answer: &'static [u8]) -> Listener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0u8; 4_096];
            let _asked = stream.read(&mut asked).await;
            let _answered = stream.write_all(answer).await;
            let _closed = stream.shutdown().await;
        }
    });
    Listener { address, task }
}

/// Speaks TLS with a certificate that nobody signed but itself.
pub async fn self_signed() -> Listener {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
            .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _refused = acceptor.accept(stream).await;
        }
    });
    Listener { address, task }
}
