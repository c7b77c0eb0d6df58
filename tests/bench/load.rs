//! Asking, as lean as can be: the same two cores ask and answer. HTTP/1.1 over connections that stay open, requests
//! written out before the clock runs, one thread.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Which of `count` comes next: the first ones often, the last ones seldom, as keys are used (Zipf, exponent 1).
pub(crate) struct Choice {
    state: u64,
    count: usize,
}

impl Choice {
    pub(crate) const fn of(count: usize, seed: u64) -> Self {
        Self { state: seed, count }
    }

    pub(crate) fn next(&mut self) -> usize {
        // SplitMix64 (Steele et al. 2014).
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        #[expect(clippy::cast_precision_loss, reason = "53 bits of it are enough")]
        let even = (z >> 11) as f64 / (1u64 << 53) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "it lies between 1 and the count"
        )]
        let at = (self.count as f64).powf(even) as usize;
        (at - 1).min(self.count - 1)
    }
}

/// A request that asks for each secret.
pub(crate) fn requests(secrets: &[String]) -> Vec<Vec<u8>> {
    secrets
        .iter()
        .map(|secret| {
            let body = format!("{{\"secret\":\"{secret}\"}}");
            format!(
                "POST /v1/verify HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        })
        .collect()
}

/// How long an answer is that begins in `bytes`, once its head is there.
fn length(bytes: &[u8]) -> Option<usize> {
    const HEADER: &[u8] = b"content-length: ";
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
    let at = bytes[..head]
        .windows(HEADER.len())
        .position(|name| name == HEADER)
        .expect("every answer says its length");
    let digits = bytes[at + HEADER.len()..head]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
    Some(head + 4 + body)
}

/// A connection, asked one question after another.
pub(crate) struct Line {
    stream: TcpStream,
    bytes: Vec<u8>,
    filled: usize,
}

impl Line {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            bytes: vec![0; 8_192],
            filled: 0,
        }
    }

    /// The answer, head and body.
    pub(crate) fn ask(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).unwrap();
        self.filled = 0;
        loop {
            let more = self.stream.read(&mut self.bytes[self.filled..]).unwrap();
            assert!(more > 0, "the server hung up");
            self.filled += more;
            if length(&self.bytes[..self.filled]).is_some_and(|length| length <= self.filled) {
                return &self.bytes[..self.filled];
            }
        }
    }
}

pub(crate) fn says_yes(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 200") && answer.windows(12).any(|part| part == b"\"valid\":true")
}

/// How long each of `count` answers took on one connection, in microseconds, sorted.
pub(crate) fn latencies(address: SocketAddr, requests: &[Vec<u8>], count: usize, seed: u64) -> Vec<f64> {
    let mut line = Line::to(address);
    let mut choice = Choice::of(requests.len(), seed);
    let mut took = Vec::with_capacity(count);
    for round in 0..count + count / 10 {
        let request = &requests[choice.next()];
        let begun = Instant::now();
        let answer = line.ask(request);
        let time = begun.elapsed();
        assert!(says_yes(answer), "{}", String::from_utf8_lossy(answer));
        // The first tenth warms up.
        if round >= count / 10 {
            took.push(time.as_secs_f64() * 1e6);
        }
    }
    took.sort_by(f64::total_cmp);
    took
}

/// Answers a second over so many connections at once. With `once`, each request is asked once instead.
pub(crate) fn throughput(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
    time: Option<Duration>,
) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    runtime.block_on(async {
        let begun = Instant::now();
        let local = tokio::task::LocalSet::new();
        let shared: std::rc::Rc<[Vec<u8>]> = requests.into();
        let asking: Vec<_> = (0..connections)
            .map(|number| {
                let requests = shared.clone();
                local.spawn_local(async move {
                    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
                    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
                    stream.set_nodelay(true).unwrap();
                    let mut choice = Choice::of(requests.len(), number as u64 + 1);
                    let mut bytes = vec![0u8; 8_192];
                    let mut count = 0;
                    loop {
                        let at = match time {
                            Some(time) if begun.elapsed() >= time => return count,
                            Some(_) => choice.next(),
                            None => number + count * connections,
                        };
                        let Some(request) = requests.get(at) else {
                            return count;
                        };
                        stream.write_all(request).await.unwrap();
                        let mut filled = 0;
                        loop {
                            let more = stream.read(&mut bytes[filled..]).await.unwrap();
                            assert!(more > 0, "the server hung up");
                            filled += more;
                            if length(&bytes[..filled]).is_some_and(|length| length <= filled) {
                                break;
                            }
                        }
                        assert!(says_yes(&bytes[..filled]));
                        count += 1;
                    }
                })
            })
            .collect();
        local
            .run_until(async {
                let mut all = 0;
                for one in asking {
                    all += one.await.unwrap();
                }
                #[expect(clippy::cast_precision_loss, reason = "a count of seconds' requests")]
                let rate = all as f64 / begun.elapsed().as_secs_f64();
                rate
            })
            .await
    })
}
