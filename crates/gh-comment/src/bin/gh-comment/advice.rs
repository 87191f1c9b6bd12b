//! What to do about an error, in the words of this program's options and variables.

use gh_comment::Error;

/// The remedy that this program has for an error, where there is one.
pub(crate) fn advice(error: &anyhow::Error) -> Option<String> {
    match error.downcast_ref::<Error>()? {
        Error::OtherHost { host, .. } => Some(format!("set GITHUB_API_URL to the API of {host}")),
        Error::TooManyComments { .. } => {
            Some("let `--rotate-at 2000` open the next issue, or name another one".to_owned())
        }
        Error::WrongAuthor { login, .. } => Some(format!("--trusted-author {login}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: Error, expect: &str) {
        assert_eq!(advice(&error.into()).as_deref(), Some(expect));
    }

    #[test]
    fn the_remedy_is_an_option_or_a_variable_of_this_program() {
        let other = Error::OtherHost { host: "git.acme.test".into(), base: "https://a".into() };
        check(other, "set GITHUB_API_URL to the API of git.acme.test");
        let full = Error::TooManyComments { issue: "a/b#1".into(), message: "2500".into() };
        check(full, "let `--rotate-at 2000` open the next issue, or name another one");
        let (login, believed) = ("octo".to_owned(), "account 7".to_owned());
        check(Error::WrongAuthor { login, believed, posted: None }, "--trusted-author octo");
        assert_eq!(advice(&Error::Empty.into()), None);
    }
}
