use std::{fmt, str::FromStr};

use url::Url;

use crate::error::Error;
use crate::error::printable;

/// A repository on GitHub: `owner/repo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    owner: String,
    name: String,
}

impl Repository {
    /// The account that owns it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name, without its owner.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its issue with this number.
    pub fn issue(&self, number: u64) -> Issue {
        Issue { repository: self.clone(), number, host: None }
    }

    fn new(owner: &str, name: &str) -> Option<Self> {
        // Both become segments of a path, so that `..` or a slash must not get through.
        let is_name = |name: &str, more: &[u8]| {
            !name.is_empty()
                && name.bytes().all(|it| it.is_ascii_alphanumeric() || more.contains(&it))
        };
        let valid = is_name(owner, b"-_") && is_name(name, b"-_.") && name != "." && name != "..";
        valid.then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

impl FromStr for Repository {
    type Err = Error;

    fn from_str(given: &str) -> Result<Self, Error> {
        let parsed = given.split_once('/').and_then(|(owner, name)| Self::new(owner, name));
        parsed.ok_or_else(|| Error::NotARepository { given: printable(given) })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// An issue on GitHub: `owner/repo#12`, or its address on any host.
///
/// A pull request is an issue too; its address is understood as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    repository: Repository,
    number: u64,
    host: Option<String>,
}

impl Issue {
    /// The repository that it belongs to.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The issue's number in its repository.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The host of the address it was given by; `None` for `owner/repo#12`.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

impl FromStr for Issue {
    type Err = Error;

    fn from_str(given: &str) -> Result<Self, Error> {
        let parsed = if given.contains("://") { from_address(given) } else { from_short(given) };
        parsed.ok_or_else(|| Error::NotAnIssue { given: printable(given) })
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repository, self.number)
    }
}

fn from_short(given: &str) -> Option<Issue> {
    let (name, number) = given.split_once('#')?;
    let (owner, repo) = name.split_once('/')?;
    issue(owner, repo, number, None)
}

fn from_address(given: &str) -> Option<Issue> {
    let url = Url::parse(given).ok().filter(|it| matches!(it.scheme(), "http" | "https"))?;
    let segments: Vec<&str> = url.path_segments()?.filter(|it| !it.is_empty()).collect();
    let [owner, repo, "issues" | "pull", number] = segments[..] else { return None };
    issue(owner, repo, number, url.host_str())
}

fn issue(owner: &str, repo: &str, number: &str, host: Option<&str>) -> Option<Issue> {
    let digits = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
    let number = number.parse().ok().filter(|it| digits && *it > 0)?;
    let repository = Repository::new(owner, repo)?;
    Some(Issue { repository, number, host: host.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expect: Option<(&str, Option<&str>)>) {
        let issue = given.parse::<Issue>().ok();
        let seen = issue.as_ref().map(|it| (it.to_string(), it.host()));
        assert_eq!(seen, expect.map(|(short, host)| (short.to_owned(), host)), "{given}");
    }

    #[test]
    fn an_issue_is_named_by_owner_repository_and_number() {
        check("acme/api#12", Some(("acme/api#12", None)));
        check("a_corp/api.rs-2#1", Some(("a_corp/api.rs-2#1", None)));
    }

    #[test]
    fn an_issue_is_named_by_its_address_on_any_host() {
        check("https://github.com/acme/api/issues/12", Some(("acme/api#12", Some("github.com"))));
        check("https://git.acme.test/a/b/pull/3/", Some(("a/b#3", Some("git.acme.test"))));
        check("http://127.0.0.1:8080/a/b/issues/3", Some(("a/b#3", Some("127.0.0.1"))));
        check(
            "https://github.com/acme/api/issues/12?x=1#issuecomment-9",
            Some(("acme/api#12", Some("github.com"))),
        );
    }

    #[test]
    fn what_names_no_issue_is_refused() {
        for given in [
            "",
            "12",
            "#12",
            "acme/api",
            "acme/api#",
            "acme/api#0",
            "acme/api#-1",
            "acme/api#+1",
            "acme/api#99999999999999999999",
            "acme/api#12x",
            "acme/../api#12",
            "acme/..#12",
            "acme/a b#12",
            "acme/api/more#12",
            "https://github.com/acme/api",
            "https://github.com/acme/api/issues",
            "https://github.com/acme/api/issues/new",
            "https://github.com/acme/%2e%2e%2fapi/issues/1",
            "https://github.com/acme/api/wiki/12",
            "ftp://github.com/acme/api/issues/12",
        ] {
            check(given, None);
        }
    }

    #[test]
    fn a_repository_is_named_by_owner_and_name() {
        let repository: Repository = "acme/api.rs".parse().unwrap();
        assert_eq!(repository.issue(3).to_string(), "acme/api.rs#3");
        for given in ["", "acme", "acme/", "/api", "acme/api/x", "acme/..", "a b/c", "acme/api#1"] {
            given.parse::<Repository>().expect_err(given);
        }
    }
}
