//! What to do about an error of the flow, in the flags and variables of this program.

use anyhow::anyhow;
use oauth_loopback::{Error, Step};

/// The error with the advice behind it, where there is one.
pub(crate) fn advised(error: Error) -> anyhow::Error {
    const CLIENT_ID: &str = "use the id of a client registered beforehand (`--client-id`)";
    let advice = match &error {
        Error::PkceUnadvertised { offered: None, .. } => {
            "if it is known to support it, allow that with `--allow-unadvertised-pkce`"
        }
        Error::NoRegistration { .. } => CLIENT_ID,
        Error::Denied { error, .. } if error == "invalid_scope" => "name others (`--scope`)",
        Error::Refused(it) if it.step == Step::Registration && matches!(it.status, 401 | 403) => {
            "give it one (`LOADTEST_INITIAL_ACCESS_TOKEN`), or use the id of a client registered beforehand (`--client-id`)"
        }
        Error::Refused(it) if it.error.as_deref() == Some("invalid_redirect_uri") => CLIENT_ID,
        _ => return error.into(),
    };
    anyhow!("{:#}; {advice}", anyhow::Error::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_flag_that_helps_and_no_flag_of_another_program() {
        let issuer = "https://a.example".to_owned();
        let error = advised(Error::NoRegistration { issuer, documents: true }).to_string();
        assert!(error.ends_with("offers no registration; use the id of a client registered beforehand (`--client-id`)"), "{error}");
    }
}
