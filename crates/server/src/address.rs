//! Where a request comes from.
//!
//! The peer's address, unless the peer is a trusted proxy: then `X-Forwarded-For` is read from its right end, where
//! the nearest proxy wrote, up to the first address that is no trusted proxy. What stands further left anybody could
//! have written.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;

use crate::app::App;
use crate::refusal::Refusal;

/// The client's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    /// What attempts are counted by: an IPv4 address, or the /64 an IPv6 customer has to themselves.
    pub(crate) fn household(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let ConnectInfo(peer) = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .ok_or_else(Refusal::internal)?;
        Ok(Self(client(
            peer.ip().to_canonical(),
            &parts.headers,
            &app.config.trusted_proxies,
        )))
    }
}

fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut client = peer;
    let lines: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|line| line.to_str().ok())
        .collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(&client) {
            break;
        }
        let hop = hop.trim();
        let parsed = hop
            .parse::<IpAddr>()
            .or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()));
        let Ok(address) = parsed else { break };
        client = address.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_trusted() {
        assert_eq!(through("203.0.113.9", &["198.51.100.7"], &[]), "203.0.113.9");
        assert_eq!(
            through("203.0.113.9", &["198.51.100.7"], &["10.0.0.0/8"]),
            "203.0.113.9"
        );
    }

    #[test]
    fn a_trusted_proxy_tells_the_nearest_address_it_did_not_make_up() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(through("10.0.0.1", &["198.51.100.7"], &trusted), "198.51.100.7");
        assert_eq!(
            through("10.0.0.1", &["6.6.6.6, 198.51.100.7, 10.1.1.1"], &trusted),
            "198.51.100.7"
        );
        assert_eq!(
            through("10.0.0.1", &["6.6.6.6", "198.51.100.7"], &trusted),
            "198.51.100.7"
        );
        assert_eq!(
            through("10.0.0.1", &["198.51.100.7:4711"], &trusted),
            "198.51.100.7"
        );
        assert_eq!(through("10.0.0.1", &["rubbish"], &trusted), "10.0.0.1");
        assert_eq!(through("10.0.0.1", &[], &trusted), "10.0.0.1");
        assert_eq!(through("fd00::1", &["2001:db8::5"], &trusted), "2001:db8::5");
    }

    #[test]
    fn a_household_is_an_ipv4_address_or_a_64() {
        let household = |text: &str| ClientAddress(text.parse().unwrap()).household().to_string();
        assert_eq!(household("198.51.100.7"), "198.51.100.7");
        assert_eq!(household("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
