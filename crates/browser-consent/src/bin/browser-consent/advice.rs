//! What to do about an error: an option or a variable of this program, or what the library knows.

use browser_consent::{Error, Obstacle, Problem};

pub(crate) fn advice(error: &Error) -> Option<String> {
    let problem = match error {
        Error::Page { problem, .. } => problem,
        Error::TotpSecret => return Some("check LOADTEST_TOTP_SECRET".to_owned()),
        Error::NoDriver { .. } => {
            return Some("start chromedriver there, or leave --webdriver out".to_owned());
        }
        Error::OtherUser => {
            return Some(
                "name another file with --storage-state, or sign in with its user".to_owned(),
            );
        }
        other => return other.advice().map(str::to_owned),
    };
    let advice = match &**problem {
        Problem::CredentialsMissing => "set LOADTEST_EMAIL and LOADTEST_PASSWORD",
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
        Problem::Scope { .. } => "request less, or allow it with --allow-scope",
        Problem::ScopesUnread => "approve it once by hand, or leave --allow-scope out",
        Problem::NoWayForward { steps, .. } if !steps.is_empty() => {
            let steps: Vec<_> = steps.iter().map(|it| format!("--step '{it}'")).collect();
            return Some(format!("if one of them approves, pass {}", steps.join(" or ")));
        }
        Problem::NoAnswer { .. } | Problem::NoPage { .. } => {
            "if it is slow and not stuck, raise --timeout"
        }
        _ => return error.advice().map(str::to_owned),
    };
    Some(advice.to_owned())
}

#[cfg(test)]
mod tests {
    use browser_consent::Trail;

    use super::*;

    #[track_caller]
    fn check(problem: Problem, expected: Option<&str>) {
        let error = Error::Page {
            title: String::new(),
            address: String::new(),
            problem: Box::new(problem),
            trail: Trail::default(),
            evidence: None,
        };
        assert_eq!(advice(&error).as_deref(), expected);
    }

    #[test]
    fn what_an_option_or_a_variable_mends_is_told_with_its_name() {
        check(Problem::CredentialsMissing, Some("set LOADTEST_EMAIL and LOADTEST_PASSWORD"));
        check(Problem::Choice { names: Vec::new() }, Some("pass --choose NAME"));
        check(
            Problem::Refused {
                origin: "https://login.example".to_owned(),
                is_after_sign_in: false,
            },
            Some("if it may have the credentials, pass --allow-origin https://login.example"),
        );
        check(
            Problem::NeedsHuman { obstacle: Obstacle::Captcha },
            Some("use a test account that is exempt, or bring a token"),
        );
        check(Problem::Loop { says: None }, Some("is the session's cookie accepted?"));
        check(Problem::NotHeard, None);
        assert_eq!(advice(&Error::TotpSecret).as_deref(), Some("check LOADTEST_TOTP_SECRET"));
    }
}
