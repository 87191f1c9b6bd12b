use std::{fmt, str::FromStr};

use serde::Deserialize;

use crate::error::Error;
use crate::error::printable;

/// Whose comments are believed.
///
/// Everybody may write a marker into a comment on a public issue, so that the marker proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Author {
    /// The account with this id; a login can change hands, an id cannot.
    Id(u64),
    /// The account with this login and type (`User` or `Bot`), where the id is not known.
    Login {
        /// As the REST API spells it; that of an app ends in `[bot]`.
        login: String,
        /// The `type` of the account.
        kind: String,
    },
}

impl Author {
    /// The bot that writes with a workflow's own token on github.com.
    pub const GITHUB_ACTIONS: Self = Self::Id(41_898_282);

    /// The same bot where `api` is not github.com's and its id is another one.
    pub fn github_actions(api: &url::Url) -> Self {
        if api.host_str() == Some("api.github.com") {
            return Self::GITHUB_ACTIONS;
        }
        Self::Login { login: "github-actions[bot]".to_owned(), kind: "Bot".to_owned() }
    }

    pub(crate) fn is(&self, account: &Account) -> bool {
        match self {
            Self::Id(id) => account.id == *id,
            Self::Login { login, kind } => {
                account.login.eq_ignore_ascii_case(login) && account.kind == *kind
            }
        }
    }
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "account {id}"),
            Self::Login { login, .. } => write!(f, "`{}`", printable(login)),
        }
    }
}

/// A number is an id, anything else a login.
impl FromStr for Author {
    type Err = Error;

    fn from_str(given: &str) -> Result<Self, Error> {
        if let Ok(id) = given.parse() {
            return Ok(Self::Id(id));
        }
        let app = given.strip_suffix("[bot]");
        let plain = app.unwrap_or(given);
        if plain.is_empty()
            || !plain.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
        {
            return Err(Error::BadAuthor { given: printable(given) });
        }
        let kind = if app.is_some() { "Bot" } else { "User" };
        Ok(Self::Login { login: given.to_owned(), kind: kind.to_owned() })
    }
}

/// The part of a comment's `user` that trust hangs on.
#[derive(Debug, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) login: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Account {
    /// Whether an app writes with it.
    pub(crate) fn is_bot(&self) -> bool {
        self.kind == "Bot"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: u64, login: &str, kind: &str) -> Account {
        Account { id, login: login.to_owned(), kind: kind.to_owned() }
    }

    #[test]
    fn an_id_is_believed_whatever_the_login() {
        assert!(Author::Id(7).is(&account(7, "renamed", "User")));
        assert!(!Author::Id(7).is(&account(8, "owner", "User")));
    }

    #[test]
    fn a_login_is_believed_only_with_its_type() {
        let bot: Author = "github-actions[bot]".parse().unwrap();
        assert!(bot.is(&account(1, "github-actions[bot]", "Bot")));
        assert!(!bot.is(&account(1, "github-actions[bot]", "User")));
        assert!(!bot.is(&account(1, "github-actions", "Bot")));
        assert!(!bot.is(&account(1, "other[bot]", "Bot")));
        assert!(bot.is(&account(1, "GitHub-Actions[bot]", "Bot")), "a login has no case");
    }

    #[test]
    fn the_bot_of_actions_is_known_by_id_on_github_com_alone() {
        let at = |api: &str| Author::github_actions(&api.parse().unwrap());
        assert_eq!(at("https://api.github.com"), Author::Id(41_898_282));
        assert_eq!(at("https://git.acme.test/api/v3"), "github-actions[bot]".parse().unwrap());
    }

    #[test]
    fn a_name_that_no_account_can_have_is_refused() {
        for given in ["", "[bot]", "a b", "a/b", "é"] {
            given.parse::<Author>().expect_err(given);
        }
    }
}
