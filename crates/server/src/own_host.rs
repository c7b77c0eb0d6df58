//! A server for this computer alone answers only to this computer's names.
//!
//! A page in the person's browser can point a name of its own at 127.0.0.1 (DNS rebinding) and then speak to a server
//! there as if it were its own. What it can't change is the name in its requests. A server that listens on loopback and
//! has no reverse proxy before it therefore refuses every other name.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header;
use axum::http::uri::Authority;
use protocol::problem::ProblemCode;

use crate::config::Config;
use crate::refusal::Refusal;

/// Refuses a request that names another computer, where the server is for this one alone.
pub(crate) fn check(config: &Config, request: &Request) -> Result<(), Refusal> {
    let alone = config.listen.ip().is_loopback() && config.trusted_proxies.is_empty();
    if alone && !asked(request).is_none_or(|authority| is_this_computer(authority.host())) {
        return Err(Refusal::new(
            ProblemCode::Refused,
            "this server serves this computer only, as localhost or 127.0.0.1; to serve others, name the reverse \
             proxy before it with --trusted-proxy",
        ));
    }
    Ok(())
}

/// The host that was asked: the authority of HTTP/2, or the `Host` of HTTP/1.1. HTTP/1.0 may have neither.
fn asked(request: &Request) -> Option<Authority> {
    let host = request.headers().get(header::HOST);
    request.uri().authority().cloned().or_else(|| {
        // What can't be read is nobody's name.
        host.map(|host| Authority::try_from(host.as_bytes()).unwrap_or(Authority::from_static("unreadable")))
    })
}

fn is_this_computer(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_this_computer;

    #[test]
    fn only_names_of_this_computer_pass() {
        for host in [
            "localhost",
            "LOCALHOST",
            "keys.localhost",
            "127.0.0.1",
            "127.8.0.1",
            "[::1]",
        ] {
            assert!(is_this_computer(host), "{host}");
        }
        for host in [
            "attacker.example",
            "localhost.attacker.example",
            "10.0.0.7",
            "[fe80::1]",
            "",
        ] {
            assert!(!is_this_computer(host), "{host}");
        }
    }
}
