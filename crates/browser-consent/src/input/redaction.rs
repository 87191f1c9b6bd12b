//! Text from a server on its way to a terminal or a file.

use std::time::{Duration, SystemTime};

use tool_edge::{Secrets, is_hidden};
use url::Url;

use crate::address::without_values;
use crate::input::credentials::Credentials;
use crate::input::script::{Act, Script, Text};

/// What must not occur in anything that is written or said.
pub(crate) struct Redaction {
    secrets: Secrets,
    /// What the one-time codes are made of, which are good for as long as they are typed.
    credentials: Option<Credentials>,
}

impl Redaction {
    /// Knows the credentials, and those values of the authorization request that are good for one use.
    pub(crate) fn new(
        url: &Url,
        credentials: Option<&Credentials>,
        script: Option<&Script>,
    ) -> Self {
        const PUBLIC: &[&str] = &[
            "client_id",
            "redirect_uri",
            "scope",
            "resource",
            "response_type",
            "code_challenge_method",
            "ui_locales",
            "prompt",
        ];
        let mut secrets: Vec<String> = url
            .query_pairs()
            .filter(|(name, value)| !PUBLIC.contains(&name.as_ref()) && value.len() >= 8)
            .map(|(_, value)| value.into_owned())
            .collect();
        if let Some(it) = credentials {
            secrets.extend([it.reveal().to_owned(), it.email().to_owned()]);
        }
        let commands = script.into_iter().flat_map(|it| &it.commands);
        secrets.extend(commands.filter_map(|it| match &it.act {
            // What is shorter occurs everywhere and keeps no secret.
            Act::Fill(Text::Given(it)) if it.len() >= 4 => Some(it.clone()),
            _ => None,
        }));
        let credentials = credentials.filter(|it| it.has_codes()).cloned();
        Self { secrets: Secrets::new(secrets), credentials }
    }

    /// One line of at most `length` characters, without what a terminal hides and without what is secret.
    pub(crate) fn clean(&self, text: &str, length: usize) -> String {
        // Both before and after: a secret may have two spaces in it, and a page may break one over two lines.
        let codes = self.codes();
        let strike = |text: &str| codes.strike(&self.secrets.strike(text));
        let text = strike(text).split_whitespace().collect::<Vec<_>>().join(" ");
        let mut text = strike(&text);
        for name in ["code=", "state=", "token="] {
            text = without_values(&text, name);
        }
        text.retain(|it| !is_hidden(it));
        if text.chars().count() > length {
            text = text.chars().take(length).chain(['…']).collect();
        }
        text
    }

    /// Whether something secret is in a text that is about to be kept.
    pub(crate) fn occurs_in(&self, text: &str) -> bool {
        self.secrets.occur_in(text) || self.codes().occur_in(text)
    }

    /// The one-time codes that may have been typed in the last minute, or that a server may still take.
    fn codes(&self) -> Secrets {
        let now = SystemTime::now();
        let moments = [-60_i64, -30, 0, 30].map(|it| {
            let time = Duration::from_secs(it.unsigned_abs());
            if it < 0 { now - time } else { now + time }
        });
        let codes = moments.into_iter().filter_map(|it| self.credentials.as_ref()?.code(it));
        Secrets::new(codes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_control_characters_do_not_get_through() {
        let url =
            Url::parse("https://auth.example/authorize?state=s3cr3t-state&client_id=public-name")
                .unwrap();
        let credentials = Credentials::new("a@b.example".into(), "hunter2".into());
        let redaction = Redaction::new(&url, Some(&credentials), None);
        let text = "bad\u{1b}\u{61c}[2J  a@b.example\nhunter2 s3cr3t-state public-name";
        assert_eq!(redaction.clean(text, 100), "bad[2J … … … public-name");
        assert_eq!(redaction.clean("abcdef", 3), "abc…");
        assert_eq!(
            redaction.clean("at /cb?code=XYZ&x=1, state=Q", 100),
            "at /cb?code=…&x=1, state=…"
        );
        assert_eq!(redaction.clean("/u/a%40b.example", 100), "/u/…");
        let with_codes = credentials.with_totp("JBSWY3DPEHPK3PXP").unwrap();
        let code = with_codes.code(SystemTime::now()).unwrap();
        let redaction = Redaction::new(&url, Some(&with_codes), None);
        assert_eq!(redaction.clean(&format!("Wrong code {code}"), 100), "Wrong code …");
        assert!(redaction.occurs_in(&code));
        assert!(redaction.occurs_in("…hunter2…") && !redaction.occurs_in("public-name"));
    }
}
