//! What to do about an error of the flow, in the flags and variables of this program.

use anyhow::anyhow;
use browser_consent::{Obstacle, Problem};
use oauth_loopback::{Error, Step};

/// The error with the advice behind it, where there is one.
pub(crate) fn advised(error: Error) -> anyhow::Error {
    match advice(&error) {
        Some(it) => anyhow!("{:#}; {it}", anyhow::Error::new(error)),
        None => error.into(),
    }
}

fn advice(error: &Error) -> Option<String> {
    const CLIENT_ID: &str = "use the id of a client registered beforehand (`--client-id`)";
    let advice = match error {
        Error::PkceUnadvertised { offered: None, .. } => {
            "if it is known to support it, allow that with `--allow-unadvertised-pkce`"
        }
        Error::NoRegistration { .. } => CLIENT_ID,
        Error::Denied { error, .. } if error == "invalid_scope" => "name others (`--scope`)",
        Error::Refused(it) if it.step == Step::Registration && matches!(it.status, 401 | 403) => {
            "give it one (`LOADTEST_INITIAL_ACCESS_TOKEN`), or use the id of a client registered beforehand (`--client-id`)"
        }
        Error::Refused(it) if it.error.as_deref() == Some("invalid_redirect_uri") => CLIENT_ID,
        Error::Browser { source, .. } => return browser_advice(source.downcast_ref()?),
        _ => return None,
    };
    Some(advice.to_owned())
}

fn browser_advice(error: &browser_consent::Error) -> Option<String> {
    let problem = match error {
        browser_consent::Error::Page { problem, .. } => problem,
        browser_consent::Error::NoDriver { .. } => {
            return Some("start chromedriver there, or leave `--webdriver` out".to_owned());
        }
        _ => return None,
    };
    let advice = match &**problem {
        Problem::BadCredentials { .. } => "check LOADTEST_EMAIL and LOADTEST_PASSWORD",
        Problem::BadCode { .. } => "check LOADTEST_TOTP_SECRET and this machine's clock",
        Problem::Choice { .. } => "pass --choose NAME",
        Problem::NeedsHuman { obstacle: Obstacle::OneTimeCode } => {
            "set LOADTEST_TOTP_SECRET, or use a test account that is exempt, or bring a token"
        }
        Problem::NeedsHuman { .. } => "use a test account that is exempt, or bring a token",
        Problem::Refused { origin } => {
            return Some(format!("if it may have the credentials, pass --allow-origin {origin}"));
        }
        Problem::Scope { .. } => "request less, or allow it with --allow-scope",
        _ => return None,
    };
    Some(advice.to_owned())
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

    #[test]
    fn what_a_browser_met_is_told_with_the_flag_that_helps() {
        let error = browser_consent::Error::Page {
            title: String::new(),
            address: "https://a.example/login".to_owned(),
            problem: Box::new(Problem::Choice { names: vec!["A".to_owned(), "B".to_owned()] }),
            trail: browser_consent::Trail::default(),
            evidence: None,
        };
        let issuer = "https://a.example".to_owned();
        let error = advised(Error::Browser { issuer, source: error.into() }).to_string();
        assert!(error.ends_with("between A, B; pass --choose NAME"), "{error}");
    }
}
