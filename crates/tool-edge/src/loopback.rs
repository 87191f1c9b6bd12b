//! Which hosts are this machine.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether a host, as it stands in a URL, is this machine: an address of 127.0.0.0/8, `[::1]`, `localhost` or a name
/// under it ([RFC 6761 §6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
pub fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        return true;
    }
    let v6 = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
    host.parse::<Ipv4Addr>().is_ok_and(|it| it.is_loopback())
        || v6.parse::<Ipv6Addr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_no_other() {
        for it in
            ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST.", "api.localhost"]
        {
            assert!(is_loopback(it), "{it}");
        }
        for it in [
            "",
            "example.com",
            "localhost.example.com",
            "notlocalhost",
            "127.0.0.1.example.com",
            "128.0.0.1",
            "[::2]",
            "192.168.0.1",
        ] {
            assert!(!is_loopback(it), "{it}");
        }
    }
}
