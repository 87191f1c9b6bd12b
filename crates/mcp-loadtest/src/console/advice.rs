//! What to do about an error of the flow, in the flags and variables of this program.

use browser_consent::{Obstacle, Problem};
use oauth_loopback::{Error, Step};

/// What helps against the error, as far as it is one of signing in.
pub(crate) fn advice(error: &anyhow::Error) -> Option<String> {
    let known = error.chain().find_map(|it| {
        let flow = it.downcast_ref().and_then(flow_advice);
        flow.or_else(|| browser_advice(it.downcast_ref()?))
    });
    known.or_else(|| of_a_certificate(error).map(str::to_owned))
}

/// TLS says in words alone that it does not trust a certificate.
fn of_a_certificate(error: &anyhow::Error) -> Option<&'static str> {
    let is_one = error.chain().any(|it| it.to_string().contains("invalid peer certificate"));
    is_one.then_some("SSL_CERT_FILE names the certificates to trust, in PEM")
}

fn flow_advice(error: &Error) -> Option<String> {
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
        other => return other.advice().map(str::to_owned),
    };
    Some(advice.to_owned())
}

fn browser_advice(error: &browser_consent::Error) -> Option<String> {
    let problem = match error {
        browser_consent::Error::Page { problem, .. } => problem,
        browser_consent::Error::NoDriver { .. } => {
            return Some("start chromedriver there, or leave `--webdriver` out".to_owned());
        }
        other => return other.advice().map(str::to_owned),
    };
    let advice = match &**problem {
        Problem::BadCredentials { .. } | Problem::CameBack { .. } => {
            "check LOADTEST_EMAIL and LOADTEST_PASSWORD"
        }
        Problem::BadCode { .. } => "check LOADTEST_TOTP_SECRET and this machine's clock",
        Problem::Choice { .. } => "pass --choose NAME",
        Problem::NeedsHuman { obstacle: Obstacle::OneTimeCode } => {
            "set LOADTEST_TOTP_SECRET, or use a test account that is exempt, or bring a token"
        }
        Problem::NeedsHuman { .. } => "use a test account that is exempt, or bring a token",
        Problem::Refused { origin, .. } | Problem::SendsElsewhere { origin } => {
            return Some(format!("if it may have the credentials, pass --allow-origin {origin}"));
        }
        Problem::ScopesUnread => "approve it once by hand, or leave --allow-scope out",
        Problem::NoWayForward { steps, .. } if !steps.is_empty() => {
            let steps: Vec<_> = steps.iter().map(|it| format!("--step '{it}'")).collect();
            return Some(format!("if one of them approves, pass {}", steps.join(" or ")));
        }
        Problem::Scope { .. } => "request less, or allow it with --allow-scope",
        _ => return error.advice().map(str::to_owned),
    };
    Some(advice.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_flag_that_helps_and_no_flag_of_another_program() {
        let issuer = "https://a.example".to_owned();
        let error = Error::NoRegistration { issuer, documents: true }.into();
        let told = advice(&error).unwrap();
        assert_eq!(told, "use the id of a client registered beforehand (`--client-id`)");
    }

    #[test]
    fn a_certificate_that_is_not_trusted_is_told_with_what_to_set() {
        let error = anyhow::anyhow!("invalid peer certificate: UnknownIssuer");
        let error = error.context("`https://a.example/mcp` cannot be reached");
        assert!(advice(&error).unwrap().starts_with("SSL_CERT_FILE"));
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
        let error = Error::Browser { issuer, ignored: None, source: error.into() }.into();
        assert_eq!(advice(&error).unwrap(), "pass --choose NAME");
    }
}
