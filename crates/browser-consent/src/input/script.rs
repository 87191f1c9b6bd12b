use std::fmt;

use crate::error::Error;

/// What is to be done by hand, where the rules see no way or the wrong one.
///
/// A command is taken as soon as the page has its element; on pages that have it not, the rules go on by themselves.
/// On pages that a recipe's task matches, only its commands are taken.
#[derive(Clone, Default)]
pub struct Script {
    pub(crate) commands: Vec<Command>,
}

impl Script {
    /// Adds a step: `fill SELECTOR env:NAME`, `fill SELECTOR totp` or `click SELECTOR`, with a CSS selector.
    ///
    /// `variable` looks a name up, in the environment or wherever the secrets are.
    ///
    /// # Errors
    ///
    /// [`Error::Step`] if it cannot be read; a variable that is not set is told now and not halfway.
    pub fn step(
        &mut self,
        step: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(), Error> {
        let wrong = |reason| Error::Step { step: without_literals(step), reason };
        let (verb, rest) = step.trim().split_once(' ').ok_or_else(|| wrong(SHAPE))?;
        let (selector, act) = match verb {
            "click" => (rest.trim(), Act::Click),
            "fill" => {
                let (selector, value) = rest.trim().rsplit_once(' ').ok_or_else(|| wrong(SHAPE))?;
                let text = match (value, value.strip_prefix("env:")) {
                    ("totp", _) => Text::Code,
                    (_, Some(name)) => Text::Given(variable(name).ok_or_else(|| wrong(UNSET))?),
                    _ => return Err(wrong(LITERAL)),
                };
                (selector.trim(), Act::Fill(text))
            }
            _ => return Err(wrong(SHAPE)),
        };
        self.commands.push(Command {
            named: step.trim().to_owned(),
            page: None,
            by: By::Css,
            value: selector.to_owned(),
            act,
            optional: false,
        });
        Ok(())
    }
}

const SHAPE: &str = "it is `click SELECTOR`, `fill SELECTOR env:NAME` or `fill SELECTOR totp`";
const UNSET: &str = "its variable is not set";
const LITERAL: &str = "a value would be seen by others; name a variable with env:NAME, or say totp";

/// A step of which any word but the first may be a secret that somebody wrote there.
fn without_literals(step: &str) -> String {
    let step = step.trim();
    match step.split_once(' ') {
        Some((verb, rest)) if !rest.contains(" env:") => format!("{verb} …"),
        _ => step.to_owned(),
    }
}

/// One thing to do on a page.
#[derive(Clone)]
pub(crate) struct Command {
    /// How it was written, without secrets.
    pub(crate) named: String,
    /// The pages that it is for, with `*` as a wildcard; none is any page that has its element.
    pub(crate) page: Option<String>,
    pub(crate) by: By,
    pub(crate) value: String,
    pub(crate) act: Act,
    /// Whether it is passed over where the next one can be done.
    pub(crate) optional: bool,
}

/// How an element or an address is found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum By {
    Css,
    Id,
    Name,
    Class,
    XPath,
    /// The address has the value in it.
    Contains,
    /// The address matches the value as a regular expression.
    Match,
}

impl By {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Css => "css",
            Self::Id => "id",
            Self::Name => "name",
            Self::Class => "class",
            Self::XPath => "xpath",
            Self::Contains => "contains",
            Self::Match => "match",
        }
    }
}

#[derive(Clone)]
pub(crate) enum Act {
    Click,
    Fill(Text),
    /// Until the element is there, with a text that matches.
    Await {
        seconds: u64,
        text: Option<String>,
    },
    AwaitVisible {
        seconds: u64,
    },
    AwaitInvisible {
        seconds: u64,
    },
    /// Nothing but that the page is this one.
    Arrive,
}

/// What is typed.
#[derive(Clone)]
pub(crate) enum Text {
    Email,
    Password,
    Code,
    Given(String),
    /// What a recipe says itself, where everybody can read it.
    Written(String),
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.commands.iter().map(|it| &it.named)).finish()
    }
}

/// Whether an address, of which only what stands before the query is known, fits a pattern with `*`.
pub(crate) fn fits(pattern: &str, address: &str) -> bool {
    let pattern = pattern.split(['?', '#']).next().unwrap_or_default();
    let mut parts = pattern.split('*');
    let Some(mut rest) = address.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        (name == "SET").then(|| "s3cret".to_owned())
    }

    #[track_caller]
    fn check(step: &str, selector: &str) {
        let mut script = Script::default();
        script.step(step, variable).unwrap();
        assert_eq!(script.commands[0].value, selector);
        assert!(!format!("{script:?}").contains("s3cret"));
    }

    #[test]
    fn a_step_is_a_verb_a_selector_and_the_name_of_a_secret() {
        check("click button[type=submit]", "button[type=submit]");
        check("click form > button.primary", "form > button.primary");
        check("fill input[name=\"a b\"] env:SET", "input[name=\"a b\"]");
        check("  fill #code totp ", "#code");
    }

    #[test]
    fn a_step_that_cannot_be_read_is_told_without_its_last_word() {
        for (step, named) in [
            ("press #x", "press …"),
            ("type #p hunter2", "type …"),
            ("click", "click"),
            ("fill #x hunter2", "fill …"),
            ("fill #x correct horse battery", "fill …"),
            ("fill #x env:UNSET", "fill #x env:UNSET"),
        ] {
            let error = Script::default().step(step, variable).unwrap_err().to_string();
            assert!(error.starts_with(&format!("the step `{named}` cannot be read: ")), "{error}");
        }
    }

    #[test]
    fn addresses_are_matched_with_stars_up_to_their_query() {
        for (pattern, address, fit) in [
            ("*", "https://a.example/x", true),
            ("https://a.example/login*", "https://a.example/login/2", true),
            ("https://a.example/login?next=*", "https://a.example/login", true),
            ("*/login", "https://a.example/login", true),
            ("*/login", "https://a.example/login/2", false),
            ("https://*/x*y", "https://a.example/x/x/y", true),
            ("https://b.example/*", "https://a.example/x", false),
        ] {
            assert_eq!(fits(pattern, address), fit, "{pattern} {address}");
        }
    }
}
