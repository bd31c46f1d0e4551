//! Which requests are answered: only those that the lab's own pages send, or a person by a link or by hand.
//!
//! A page of another origin can make a browser send requests here, and by letting its own name point here (DNS rebinding) even
//! read the answers. So:
//!
//! 1. *The `Host` is an address, `localhost`, or a name that was given.* A rebound name is none of these. An address cannot be
//!    rebound. Unless remote visitors are allowed, the address is one of the loopback.
//! 2. *An `Origin`, where there is one, is this host's.*
//! 3. *`Sec-Fetch-Site`, where there is one, says that the request comes from here or from the person*; a link from elsewhere
//!    may open a page, and nothing else.
//! 4. *What changes something is JSON by `POST`*, which no form can send and no other origin may without asking first; nobody
//!    answers that it may.

use std::net::{IpAddr, Ipv6Addr};

use crate::server::http::{Head, Method};

/// Who may ask.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    /// Hosts that are not this machine may connect.
    pub(super) allow_remote: bool,
    /// Names by which the lab may be called, beside `localhost`.
    pub(super) names: Vec<String>,
}

/// Why a request is not answered: the status and a sentence.
pub(super) type Refusal = (u16, &'static str);

const HOST: Refusal = (
    421,
    "this lab answers to its address and to `localhost` only: open it by the address that it printed, or name the host with \
     `--name`",
);
const ORIGIN: Refusal = (403, "this request comes from a page of another origin");
const MEDIA_TYPE: Refusal = (415, "send application/json");
const METHOD: Refusal = (405, "only GET, HEAD and POST are answered");

impl Guard {
    /// Whether the request may be answered.
    pub(super) fn check(&self, head: &Head) -> Result<(), Refusal> {
        let hosts: Vec<&[u8]> = head.fields("host").collect();
        let [host] = hosts[..] else { return Err(HOST) };
        let host = std::str::from_utf8(host).map_err(|_| HOST)?;
        if !self.is_known(host) {
            return Err(HOST);
        }
        if let Some(origin) = head.field("origin") {
            let is_own = origin
                .strip_prefix(b"http://")
                .is_some_and(|origin| origin.eq_ignore_ascii_case(host.as_bytes()));
            if !is_own {
                return Err(ORIGIN);
            }
        }
        let is_read = matches!(head.method(), Method::Get | Method::Head);
        if let Some(site) = head.field("sec-fetch-site") {
            let opens_page = is_read
                && head.field("sec-fetch-mode") == Some(b"navigate")
                && head.field("sec-fetch-dest") == Some(b"document")
                && !head.path().starts_with("/api/");
            if !matches!(site, b"same-origin" | b"none") && !opens_page {
                return Err(ORIGIN);
            }
        }
        if is_read {
            return Ok(());
        }
        if head.method() != Method::Post {
            return Err(METHOD);
        }
        let media_type = head.field("content-type").unwrap_or_default();
        let media_type = media_type.split(|byte| *byte == b';').next().unwrap_or_default();
        match media_type.trim_ascii().eq_ignore_ascii_case(b"application/json") {
            true => Ok(()),
            false => Err(MEDIA_TYPE),
        }
    }

    /// Whether a `Host` with or without a port is one of ours.
    fn is_known(&self, host: &str) -> bool {
        let Some(name) = without_port(host) else { return false };
        let address = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(inside) => inside.parse::<Ipv6Addr>().map(IpAddr::V6).ok(),
            None => name.parse::<std::net::Ipv4Addr>().map(IpAddr::V4).ok(),
        };
        match address {
            Some(address) => self.allow_remote || address.is_loopback(),
            None => {
                name.eq_ignore_ascii_case("localhost")
                    || self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
            }
        }
    }
}

fn without_port(host: &str) -> Option<&str> {
    let end = host.rfind(']').map_or(0, |end| end + 1);
    match host[end..].find(':') {
        None => Some(host),
        Some(colon) => {
            let port = &host[end + colon + 1..];
            let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            is_port.then(|| &host[..end + colon])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let guard = Guard { names: vec!["lab.example".to_owned()], ..Guard::default() };
        for known in
            ["localhost", "LOCALHOST:8090", "127.0.0.1:8090", "127.8.9.1", "[::1]:80", "lab.example:8090"]
        {
            assert!(guard.is_known(known), "{known}");
        }
        for other in [
            "evil.example",
            "localhost.evil.example",
            "192.168.1.2:8090",
            "[::2]",
            "",
            "localhost:",
            "127.0.0.1:x",
            "[::1",
            "127.0.0.1.evil.example",
        ] {
            assert!(!guard.is_known(other), "{other}");
        }
        let open = Guard { allow_remote: true, names: Vec::new() };
        assert!(
            open.is_known("192.168.1.2:8090")
                && open.is_known("[fe80::1]:1")
                && !open.is_known("evil.example")
        );
    }
}
