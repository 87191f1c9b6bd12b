//! The environment: what a variable is worth, and which variables nobody else may see.

use std::env::{self, VarError};
use std::ffi::OsString;

/// The variables in which secrets reach these tools. No program that a tool starts gets them, unless it is given one on
/// purpose.
pub const SECRET_VARIABLES: [&str; 10] = [
    "LOADTEST_PASSWORD",
    "LOADTEST_BEARER",
    "LOADTEST_TOTP_SECRET",
    "LOADTEST_CLIENT_SECRET",
    "LOADTEST_INITIAL_ACCESS_TOKEN",
    "LOADTEST_HMAC_KEY",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
];

/// The variables that a program of any kind may need and nobody keeps a secret in: where things are, which language is
/// spoken, how the screen and the network are reached.
///
/// A program that handles what strangers send is started with these and no others.
pub fn harmless_variables() -> impl Iterator<Item = (OsString, OsString)> {
    env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_harmless))
}

fn is_harmless(name: &str) -> bool {
    const NAMES: [&str; 23] = [
        "ALL_PROXY",
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "HOME",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "LANG",
        "LANGUAGE",
        "LD_LIBRARY_PATH",
        "LOGNAME",
        "NO_PROXY",
        "PATH",
        "SHELL",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TEMP",
        "TERM",
        "TMP",
        "TMPDIR",
        "TZ",
        "USER",
        "WAYLAND_DISPLAY",
        "XAUTHORITY",
    ];
    const BEGINNINGS: [&str; 3] = ["FONTCONFIG_", "LC_", "XDG_"];
    let is_proxy = name.ends_with("_proxy") && NAMES.contains(&&*name.to_ascii_uppercase());
    is_proxy || NAMES.contains(&name) || BEGINNINGS.iter().any(|it| name.starts_with(it))
}

/// A variable holds bytes that are no UTF-8 text; they are not shown, since they may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnicode {
    /// Name of the variable.
    pub name: String,
}

impl std::fmt::Display for NotUnicode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is no UTF-8 text", self.name)
    }
}

impl std::error::Error for NotUnicode {}

/// The value of an environment variable; `None` where it is not set, empty or blank.
///
/// Line breaks at its end are no part of it, as in a shell's `$(…)`: a secret that was pasted or read from a file often
/// has one. All other white space is kept.
///
/// # Errors
/// [`NotUnicode`].
pub fn variable(name: &str) -> Result<Option<String>, NotUnicode> {
    match env::var(name) {
        Ok(it) => Ok(value(&it)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(NotUnicode { name: name.to_owned() }),
    }
}

fn value(given: &str) -> Option<String> {
    let value = without_line_end(given);
    (!value.trim().is_empty()).then(|| value.to_owned())
}

/// A value without the line breaks at its end, which a file or a secret store adds and nobody means.
pub fn without_line_end(given: &str) -> &str {
    given.trim_end_matches(['\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_at_the_end_is_no_part_of_a_value() {
        assert_eq!(value("secret\r\n").as_deref(), Some("secret"));
        assert_eq!(value(" two words "), Some(" two words ".to_owned()));
        assert_eq!(value("a\nb\n").as_deref(), Some("a\nb"));
    }

    #[test]
    fn no_secret_is_harmless_whatever_its_name() {
        for it in SECRET_VARIABLES.iter().chain(&["AWS_SECRET_ACCESS_KEY", "TENANT", "path", ""]) {
            assert!(!is_harmless(it), "{it}");
        }
        for it in ["PATH", "https_proxy", "LC_ALL", "XDG_CACHE_HOME", "HOME"] {
            assert!(is_harmless(it), "{it}");
        }
    }

    #[test]
    fn a_blank_variable_is_not_set() {
        for it in ["", "\n", " \t\r\n"] {
            assert_eq!(value(it), None, "{it:?}");
        }
        assert_eq!(variable("TOOL_EDGE_NOBODY_SETS_THIS"), Ok(None));
        assert!(variable("PATH").unwrap().is_some());
    }
}
