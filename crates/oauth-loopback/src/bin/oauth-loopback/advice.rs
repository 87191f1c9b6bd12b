use oauth_loopback::{Error, Step};

const NO_RESOURCE: &str = "for a server that knows no resources, name the authorization server in its place (`--issuer`) and the scopes (`--scope`)";

/// What to do about an error, in the flags and variables of this program.
pub(crate) fn advice(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::PkceUnadvertised { offered: None, .. } => {
            "if it is known to support it, allow that with `--allow-unadvertised-pkce`"
        }
        Error::NoRegistration { documents: true, .. } => {
            "use the id of a client registered beforehand (`--client-id`), or a client ID metadata document (`--client-metadata-url`)"
        }
        Error::NoRegistration { .. } => {
            "use the id of a client registered beforehand (`--client-id`)"
        }
        Error::Denied { error, .. } if error == "invalid_scope" => "name others (`--scope`)",
        Error::Denied { error, .. } if error == "invalid_target" => NO_RESOURCE,
        Error::Refused(it) if it.error.as_deref() == Some("invalid_target") => NO_RESOURCE,
        Error::AddedScope { source, .. } => return advice(source),
        Error::TokenAudience { found: None, .. } => {
            "the scopes that were registered may have taken the place of those that the server gives every client, and the audience with them: use the id of a client registered beforehand (`--client-id`)"
        }
        Error::OtherIssuer { .. } => {
            "if it is the same server, spell it as the resource does (`--issuer`)"
        }
        Error::NoResourceMetadata { .. } => {
            "check that it is the address of the MCP server; where the authorization server is known, name it instead (`--issuer`)"
        }
        Error::Refused(it) if it.step == Step::Registration => match it.error.as_deref() {
            _ if it.status == 429 || it.status >= 500 => return None,
            _ if it.wants_initial_access_token() => {
                "give it one (`LOADTEST_INITIAL_ACCESS_TOKEN`), or use the id of a client registered beforehand (`--client-id`)"
            }
            Some("invalid_redirect_uri") => {
                "name another (`--redirect-uri http://localhost:PORT/callback`), or use the id of a client registered beforehand (`--client-id`)"
            }
            Some("insufficient_scope" | "invalid_scope") => {
                "name others (`--scope`), or use the id of a client registered beforehand (`--client-id`)"
            }
            _ => "use the id of a client registered beforehand (`--client-id`)",
        },
        other => return other.advice(),
    })
}
