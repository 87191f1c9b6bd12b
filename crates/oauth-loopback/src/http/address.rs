//! What an address may be: transport, loopback, and which resource covers which server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::error::{AddressOf, Error, printable};

/// Parses an address that a server gave, and refuses it unless it is https.
///
/// http is accepted on loopback, and only when the resource itself lives there: a remote server has no business to send us
/// to a port of this machine. No server has any to send us to where [no public server is](of_no_server), nor a reason to
/// spell this machine in a way of its own.
pub(crate) fn permitted(
    what: AddressOf,
    address: &str,
    resource_on_loopback: bool,
) -> Result<Url, Error> {
    let refused =
        |address: &str, reason| Error::Address { what, address: printable(address), reason };
    let url = Url::parse(address).map_err(|_| refused(address, "it cannot be read"))?;
    if !url.username().is_empty() || url.password().is_some() {
        let host = url.host_str().unwrap_or_default();
        let shown = format!("{}://(credentials)@{host}", url.scheme());
        return Err(refused(&shown, "there are credentials in it"));
    }
    if !matches!(url.scheme(), "https" | "http") {
        return Err(refused(address, "it has another scheme"));
    }
    if let Some(reason) = url.host().map_or(Some("it has no host"), |it| elsewhere(&it)) {
        return Err(refused(address, reason));
    }
    let loopback = is_loopback(&url);
    if (loopback && !resource_on_loopback) || (url.scheme() == "http" && !loopback) {
        return Err(Error::Insecure { what, address: printable(address) });
    }
    Ok(url)
}

/// Why a host is one that no server is named by, if it is: an address as in [`of_no_server`], a v4 address in the clothes
/// of v6, or a name with a dot behind it.
fn elsewhere(host: &Host<&str>) -> Option<&'static str> {
    const METADATA_SERVER: &str = "metadata.google.internal";
    match host {
        Host::Ipv4(it) => of_no_server((*it).into()),
        Host::Ipv6(it) if it.to_ipv4_mapped().is_some() => {
            Some("its host is an address of IPv4 in the form of IPv6")
        }
        Host::Ipv6(it) => of_no_server((*it).into()),
        Host::Domain(METADATA_SERVER) => Some(METADATA),
        Host::Domain(it) => it.ends_with('.').then_some("its host ends with a dot"),
    }
}

const METADATA: &str = "it leads to the metadata of a cloud's machine";

/// Why an address leads to the own link or to nowhere, if it does: link-local, unspecified, for many, or a cloud's metadata.
pub(crate) fn of_no_server(it: IpAddr) -> Option<&'static str> {
    const METADATA_V4: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
    const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    let it = it.to_canonical();
    let link_local = match it {
        IpAddr::V4(it) => it.is_link_local(),
        IpAddr::V6(it) => it.is_unicast_link_local(),
    };
    let broadcast = it == IpAddr::V4(Ipv4Addr::BROADCAST);
    match it {
        it if it == METADATA_V4 || it == METADATA_V6 => Some(METADATA),
        _ if link_local => Some("its host is link-local, which is no place for a server"),
        it if it.is_unspecified() => Some("its host is the unspecified address"),
        it if broadcast || it.is_multicast() => Some("its host is an address of many machines"),
        _ => None,
    }
}

/// Whether the host of a URL is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(tool_edge::is_loopback)
}

/// Whether `resource`, as metadata or a token names it, covers the server at `server`: the same address, or a prefix of
/// whole path segments.
pub(crate) fn covers(resource: &str, server: &str) -> bool {
    let (Ok(resource), Ok(server)) = (Url::parse(resource), Url::parse(server)) else {
        return resource == server;
    };
    let same_place = resource.scheme() == server.scheme()
        && resource.host() == server.host()
        && resource.port_or_known_default() == server.port_or_known_default()
        && resource.username().is_empty()
        && resource.fragment().is_none()
        && (resource.query().is_none() || resource.query() == server.query());
    let mut server_segments = segments(&server);
    same_place && segments(&resource).all(|it| server_segments.next() == Some(it))
}

/// The path segments without the empty one that a trailing slash leaves.
fn segments(url: &Url) -> impl Iterator<Item = &str> {
    url.path().trim_start_matches('/').trim_end_matches('/').split('/').filter(|it| !it.is_empty())
}

/// The addresses of a metadata document: `name` inserted between host and path, with the query
/// ([RFC 9728 §3.1](https://www.rfc-editor.org/rfc/rfc9728#section-3.1)) and without it, then without the path.
pub(crate) fn inserted(base: &Url, name: &str) -> Vec<Url> {
    let path = base.path().trim_end_matches('/');
    let at = |path: String| {
        let mut url = base.clone();
        url.set_path(&path);
        url.set_query(None);
        url.set_fragment(None);
        url
    };
    let root = at(format!("/.well-known/{name}"));
    let inserted = at(format!("/.well-known/{name}{path}"));
    let mut with_query = inserted.clone();
    with_query.set_query(base.query());
    let mut all = vec![with_query, inserted, root];
    all.dedup();
    all
}

/// The addresses of an authorization server's metadata in the order of the MCP specification.
///
/// An issuer with a path is never looked up at the root, which may belong to another tenant.
pub(crate) fn server_metadata(issuer: &Url) -> Vec<Url> {
    let mut found: Vec<Url> = ["oauth-authorization-server", "openid-configuration"]
        .iter()
        .flat_map(|it| inserted(issuer, it).into_iter().next())
        .collect();
    let path = issuer.path().trim_end_matches('/');
    if !path.is_empty() {
        let mut appended = issuer.clone();
        appended.set_path(&format!("{path}/.well-known/openid-configuration"));
        appended.set_query(None);
        appended.set_fragment(None);
        found.push(appended);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_covers(resource: &str, server: &str, expected: bool) {
        assert_eq!(covers(resource, server), expected, "{resource} covers {server}");
    }

    #[test]
    fn a_resource_covers_itself_and_what_lies_under_it() {
        check_covers("https://a/mcp", "https://a/mcp", true);
        check_covers("https://a/mcp", "https://a/mcp/ws_1", true);
        check_covers("https://a/mcp/", "https://a/mcp", true);
        check_covers("https://a", "https://a/mcp", true);
        check_covers("https://A:443/mcp", "https://a/mcp", true);
    }

    #[test]
    fn a_resource_does_not_cover_a_neighbour() {
        check_covers("https://a/mc", "https://a/mcp", false);
        check_covers("https://a/mcp", "https://a/mcp2", false);
        check_covers("https://a/mcp/ws_1", "https://a/mcp", false);
        check_covers("https://b/mcp", "https://a/mcp", false);
        check_covers("http://a/mcp", "https://a/mcp", false);
        check_covers("https://a:8443/mcp", "https://a/mcp", false);
        check_covers("https://a/mcp", "https://a/mcp/../admin", false);
        check_covers("https://a/mcp?tenant=1", "https://a/mcp", false);
        check_covers("urn:mcp", "https://a/mcp", false);
    }

    #[track_caller]
    fn check_permitted(address: &str, resource_on_loopback: bool, expected: bool) {
        assert_eq!(
            permitted(AddressOf::TokenEndpoint, address, resource_on_loopback).is_ok(),
            expected,
            "{address}"
        );
    }

    #[test]
    fn http_is_for_loopback_alone() {
        check_permitted("https://a.example/token", false, true);
        check_permitted("https://a.example/token", true, true);
        check_permitted("http://a.example/token", true, false);
        for address in [
            "http://127.0.0.1:1/t",
            "http://localhost:1/t",
            "http://[::1]:1/t",
            "http://127.9.9.9/t",
        ] {
            check_permitted(address, true, true);
            check_permitted(address, false, false);
        }
        check_permitted("http://localhost.evil.example/t", true, false);
    }

    #[test]
    fn nobody_is_sent_to_the_own_link_or_to_this_machine_by_another_name() {
        for address in [
            "https://169.254.169.254/latest/meta-data",
            "https://0xa9fea9fe/latest",
            "https://[fe80::1]/t",
            "https://[fd00:ec2::254]/t",
            "https://metadata.google.internal/t",
            "http://0.0.0.0:1/t",
            "http://[::]:1/t",
            "http://[::ffff:127.0.0.1]:1/t",
            "https://[::ffff:169.254.169.254]/t",
            "http://localhost.:1/t",
            "https://224.0.0.1/t",
        ] {
            check_permitted(address, true, false);
            check_permitted(address, false, false);
        }
        check_permitted("https://10.0.0.7/t", false, true);
        check_permitted("https://2130706433/t", false, false);
    }

    #[test]
    fn what_is_wrong_with_an_address_is_told() {
        for (address, reason) in [
            ("https://169.254.1.1/t", "link-local"),
            ("https://[fe80::1]/t", "link-local"),
            ("https://169.254.169.254/t", "metadata"),
            ("https://metadata.google.internal/t", "metadata"),
            ("http://0.0.0.0:1/t", "unspecified"),
            ("https://[::ffff:127.0.0.1]/t", "in the form of IPv6"),
            ("https://[ff02::1]/t", "many machines"),
            ("https://255.255.255.255/t", "many machines"),
            ("https://a.example./t", "a dot"),
            ("https://u@a.example/t", "credentials"),
            ("ftp://a.example/t", "another scheme"),
            ("//a.example/t", "cannot be read"),
        ] {
            let refused = permitted(AddressOf::TokenEndpoint, address, true);
            let said = refused.expect_err(address).to_string();
            assert!(said.contains(reason), "{said}");
        }
    }

    #[test]
    fn credentials_in_an_address_are_not_repeated() {
        let refused = permitted(AddressOf::Resource, "https://user:hunter2@a.example/mcp", true)
            .expect_err("credentials");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    }

    #[test]
    fn only_plain_web_addresses_are_opened() {
        for address in
            ["javascript:alert(1)", "file:///etc/passwd", "a b", "$(id)", "https://u:p@a.example/t"]
        {
            check_permitted(address, true, false);
        }
    }

    #[track_caller]
    fn check_urls(found: &[Url], expected: &[&str]) {
        assert_eq!(found.iter().map(Url::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn metadata_is_looked_up_in_the_order_of_the_specification() {
        let url = |it: &str| Url::parse(it).expect("a literal URL");
        let resource = "oauth-protected-resource";
        check_urls(
            &inserted(&url("https://a/mcp/ws?x=1"), resource),
            &[
                "https://a/.well-known/oauth-protected-resource/mcp/ws?x=1",
                "https://a/.well-known/oauth-protected-resource/mcp/ws",
                "https://a/.well-known/oauth-protected-resource",
            ],
        );
        check_urls(
            &inserted(&url("https://a/"), resource),
            &["https://a/.well-known/oauth-protected-resource"],
        );
        check_urls(
            &server_metadata(&url("https://a/t1/")),
            &[
                "https://a/.well-known/oauth-authorization-server/t1",
                "https://a/.well-known/openid-configuration/t1",
                "https://a/t1/.well-known/openid-configuration",
            ],
        );
        check_urls(
            &server_metadata(&url("https://a")),
            &[
                "https://a/.well-known/oauth-authorization-server",
                "https://a/.well-known/openid-configuration",
            ],
        );
    }
}
