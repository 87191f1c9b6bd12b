use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use oauth_loopback::{AddressOf, ClientInformation, Discovery, Error, Step};
use tool_edge::printable_within;

use crate::arguments::Doctor;

/// A finding: what was looked at, whether it will do, and what was seen or which requirement failed.
struct Finding {
    what: &'static str,
    mark: Mark,
    seen: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Ok,
    Note,
    Fail,
}

/// Says what a client sees of a server before anyone signs in.
pub(crate) fn examine(discovered: Result<Discovery, Error>, it: &Doctor) -> anyhow::Result<()> {
    let findings = match discovered {
        Ok(mut discovery) => {
            discovery.allow_unadvertised_pkce = it.allow_unadvertised_pkce;
            found(&discovery, it)
        }
        Err(error) => failed(&error, it.resource.is_some()),
    };
    let mut stdout = io::stdout();
    for Finding { what, mark, seen } in &findings {
        let mark = match mark {
            Mark::Ok => "ok",
            Mark::Note => "note",
            Mark::Fail => "FAIL",
        };
        writeln!(stdout, "{mark:4}  {what:30}  {seen}").context("failed to write to stdout")?;
    }
    let failures = findings.iter().filter(|it| it.mark == Mark::Fail).count();
    if failures > 0 {
        bail!("{failures} of {} findings will not do for a sign-in", findings.len());
    }
    Ok(())
}

const CHALLENGE: &str = "challenge of the resource";
const RESOURCE: &str = "protected resource metadata";
const SERVER: &str = "authorization server metadata";

/// The steps before the one that failed, and that one with the requirement; without a resource there is but the last.
fn failed(error: &Error, of_a_resource: bool) -> Vec<Finding> {
    const STEPS: [&str; 3] = [CHALLENGE, RESOURCE, SERVER];
    let (at, requirement) = requirement(error);
    let (first, at) = if of_a_resource { (0, at) } else { (2, 2) };
    let mut findings: Vec<Finding> = STEPS[first..at]
        .iter()
        .map(|what| Finding { what, mark: Mark::Ok, seen: "conforms".to_owned() })
        .collect();
    let mut seen = chain(error);
    if let Some(it) = requirement {
        seen += &format!(" [{it}]");
    }
    findings.push(Finding { what: STEPS[at], mark: Mark::Fail, seen });
    findings
}

fn chain(error: &Error) -> String {
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(it) = source {
        said += &format!(": {it}");
        source = it.source();
    }
    said
}

/// At which step discovery failed, and what the specification wants there.
fn requirement(error: &Error) -> (usize, Option<&'static str>) {
    const HTTPS: &str =
        "MCP authorization, Communication Security: every endpoint is https, except on loopback";
    match error {
        Error::NoResource { .. } => (0, None),
        Error::NoResourceMetadata { .. } => (
            1,
            Some(
                "MCP authorization, Protected Resource Metadata Discovery: a 401 names it in WWW-Authenticate, or it is at the well-known address (RFC 9728 section 3)",
            ),
        ),
        Error::ResourceMismatch { .. } => {
            (1, Some("RFC 9728 section 3.3: the resource is that of the server that was asked"))
        }
        Error::OtherIssuer { .. } => (1, None),
        Error::NoAuthorizationServer { .. } => {
            (1, Some("MCP authorization: authorization_servers names at least one"))
        }
        Error::NoServerMetadata { .. } => (
            2,
            Some(
                "MCP authorization, Authorization Server Metadata Discovery: RFC 8414 or OpenID Connect Discovery",
            ),
        ),
        Error::IssuerMismatch { .. } => {
            (2, Some("RFC 8414 section 3.3: the issuer is identical to the one that was asked"))
        }
        Error::Address { what, .. } | Error::Insecure { what, .. } => (
            match what {
                AddressOf::Resource => 0,
                AddressOf::ResourceMetadata => 1,
                _ => 2,
            },
            Some(HTTPS),
        ),
        Error::Request { step, .. }
        | Error::Unanswered { step, .. }
        | Error::TooLarge { step, .. }
        | Error::Redirected { step, .. }
        | Error::Malformed { step, .. } => (
            match step {
                Step::Resource => 0,
                Step::ResourceMetadata => 1,
                _ => 2,
            },
            None,
        ),
        _ => (2, None),
    }
}

fn found(discovery: &Discovery, it: &Doctor) -> Vec<Finding> {
    let server = &discovery.authorization_server;
    let list = |it: &Option<Vec<String>>| it.as_ref().map(|it| shown(&it.join(" ")));
    let mut findings = Vec::new();
    let mut add = |what, mark, seen: String| findings.push(Finding { what, mark, seen });

    if let Some(resource) = &discovery.resource {
        match (&discovery.challenge_scope, discovery.challenged) {
            (Some(it), _) => add(CHALLENGE, Mark::Ok, format!("wants the scope `{}`", shown(it))),
            (None, true) => add(CHALLENGE, Mark::Ok, "names no scope".to_owned()),
            (None, false) => add(
                CHALLENGE,
                Mark::Note,
                "there is none; the metadata was found at its well-known address".to_owned(),
            ),
        }
        add(RESOURCE, Mark::Ok, format!("resource `{}`", shown(resource)));
    }
    add(SERVER, Mark::Ok, format!("issuer `{}`", shown(discovery.issuer())));
    match &server.authorization_endpoint {
        Some(it) => add("authorization endpoint", Mark::Ok, shown(it)),
        None => add("authorization endpoint", Mark::Fail, "none [RFC 8414 section 2]".to_owned()),
    }
    add("token endpoint", Mark::Ok, shown(&server.token_endpoint));

    let methods = list(&server.code_challenge_methods_supported);
    let s256 = server
        .code_challenge_methods_supported
        .as_ref()
        .is_some_and(|it| it.iter().any(|it| it == "S256"));
    match (s256, methods) {
        (true, it) => add("PKCE", Mark::Ok, it.unwrap_or_default()),
        (false, None) if it.allow_unadvertised_pkce => {
            add("PKCE", Mark::Note, "not advertised, which is allowed here".to_owned());
        }
        (false, it) => add(
            "PKCE",
            Mark::Fail,
            format!(
                "{} [MCP authorization, Authorization Code Protection: code_challenge_methods_supported lists S256]",
                it.unwrap_or_else(|| "not advertised".to_owned())
            ),
        ),
    }
    let (mark, seen) = registration(discovery, it);
    add("client registration", mark, seen);

    let scope = discovery.scope(&[]);
    add(
        "scope to ask for",
        Mark::Ok,
        match scope.as_slice() {
            [] => "none is named, so the server chooses".to_owned(),
            it => shown(&it.join(" ")),
        },
    );
    let offline = scope.iter().any(|it| it == "offline_access");
    add(
        "refresh token",
        if offline { Mark::Ok } else { Mark::Note },
        match offline {
            true => "offline_access is offered".to_owned(),
            false => "offline_access is not offered; there may be none".to_owned(),
        },
    );
    match server.authorization_response_iss_parameter_supported {
        Some(true) => add("iss in the callback", Mark::Ok, "announced".to_owned()),
        _ => add(
            "iss in the callback",
            Mark::Note,
            "not announced; mix-up attacks are not noticed by it (RFC 9207)".to_owned(),
        ),
    }
    match &server.revocation_endpoint {
        Some(it) => add("revocation", Mark::Ok, shown(it)),
        None => add("revocation", Mark::Note, "not offered".to_owned()),
    }
    findings
}

fn registration(discovery: &Discovery, it: &Doctor) -> (Mark, String) {
    let server = &discovery.authorization_server;
    let documents = server.client_id_metadata_document_supported == Some(true);
    if let Some(id) = &it.client_id {
        return (Mark::Ok, format!("registered beforehand as `{}`", shown(id)));
    }
    if let Some(url) = &it.client_metadata_url
        && documents
    {
        return match ClientInformation::from_metadata_url(url) {
            Ok(_) => (Mark::Ok, format!("client ID metadata document {}", shown(url))),
            Err(it) => {
                (Mark::Fail, format!("{it} [MCP authorization, Client ID Metadata Documents]"))
            }
        };
    }
    let also = if documents { "; client ID metadata documents are read too" } else { "" };
    match &server.registration_endpoint {
        Some(it) => (Mark::Ok, format!("{}{also}", shown(it))),
        None if documents => (
            Mark::Fail,
            "by client ID metadata document alone; give --client-metadata-url".to_owned(),
        ),
        None => (
            Mark::Fail,
            "not offered; give --client-id [MCP authorization, Client Registration Approaches]"
                .to_owned(),
        ),
    }
}

/// Text of a server as a finding shows it.
fn shown(text: &str) -> String {
    printable_within(text, 300)
}
