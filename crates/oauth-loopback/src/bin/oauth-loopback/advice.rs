use oauth_loopback::{Error, Step};

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
        Error::Refused(it) if it.step == Step::Registration => {
            match (it.status, it.error.as_deref()) {
                (429, _) => return None,
                (401 | 403, _) => {
                    "give it one (`LOADTEST_INITIAL_ACCESS_TOKEN`), or use the id of a client registered beforehand (`--client-id`)"
                }
                (_, Some("invalid_redirect_uri")) => {
                    "use the id of a client registered beforehand (`--client-id`)"
                }
                _ => return None,
            }
        }
        _ => return None,
    })
}
