use std::fmt;

/// What is wrong with a page.
///
/// What a page says is quoted on one line and cut; it is the page's word, not ours.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is a sign-in form and there are no credentials.
    #[error("it asks for a sign-in")]
    CredentialsMissing,
    /// The e-mail address or the password was not accepted; they are sent once.
    #[error("it refused the e-mail or the password and says \"{says}\"")]
    BadCredentials {
        /// The page's own words.
        says: String,
    },
    /// The sign-in form came back, and not because what was typed is not right, as far as the page says.
    #[error("the sign-in form came back{}", said(says))]
    CameBack {
        /// The page's own words, if any are new.
        says: Option<String>,
    },
    /// The one-time code was not accepted, nor the one after it.
    #[error("it refused the one-time code{}", said(says))]
    BadCode {
        /// The page's own words.
        says: Option<String>,
    },
    /// The account is locked, whatever its password.
    #[error("it says that the account is locked: \"{says}\"")]
    Locked {
        /// The page's own words.
        says: String,
    },
    /// There are several workspaces or regions to choose from.
    #[error("it lets one choose between {}", names.join(", "))]
    Choice {
        /// What there is.
        names: Vec<String>,
    },
    /// A step of the script cannot be done on its page.
    #[error("the step `{step}`: {reason}")]
    Step {
        /// The step.
        step: String,
        /// What became of it.
        reason: &'static str,
    },
    /// A policy of the authorization server keeps this user or this client out.
    #[error("a policy keeps this account from going on: \"{says}\"")]
    Policy {
        /// The page's own words.
        says: String,
    },
    /// The consent was given before, and the page does not go on.
    #[error("the consent was given before: \"{says}\"")]
    Already {
        /// The page's own words.
        says: String,
    },
    /// Only a person can go on.
    #[error("it asks for {obstacle}")]
    NeedsHuman {
        /// What is asked of them.
        obstacle: Obstacle,
    },
    /// The page is on an origin that was not allowed, so that nothing was typed or pressed.
    #[error("{origin} is not an allowed origin, nothing was typed or pressed there{}", handed_on(*is_after_sign_in))]
    Refused {
        /// The page's origin.
        origin: String,
        /// Whether it came after something was sent on an allowed page, which may have handed it on.
        is_after_sign_in: bool,
    },
    /// A form of an allowed page sends what is typed into it to an origin that was not allowed, so that nothing was typed.
    #[error(
        "its form sends what is typed to {origin}, which is not an allowed origin; nothing was typed"
    )]
    SendsElsewhere {
        /// The origin of the form's action.
        origin: String,
    },
    /// The request was opened again after a press that was lost, and the browser is not signed in any more.
    #[error(
        "it asks for the sign-in once more, after the request was opened again; the password was not typed a second time"
    )]
    SignedOut,
    /// The browser could not show the page.
    #[error("the browser could not open it: {reason}")]
    Unreachable {
        /// What a connection attempt says.
        reason: Unreachable,
    },
    /// The redirect URI was opened and nothing listened there.
    #[error("the consent was given, but nothing listens at the redirect URI")]
    NothingListened,
    /// The redirect URI was reached and the listener has not said so.
    #[error("the redirect URI was reached, but its listener did not take the answer")]
    NotHeard,
    /// The authorization server sent an error to the redirect URI.
    #[error("the authorization server refused: {says}")]
    Denied {
        /// The `error` and `error_description` parameters.
        says: String,
    },
    /// An error page of the authorization server.
    #[error("it is an error page: \"{says}\"")]
    ErrorPage {
        /// The page's own words.
        says: String,
    },
    /// The consent was given, and the page after it leads nowhere.
    #[error(
        "the consent was given, but this page does not go on to the redirect URI, so no code can come{}",
        quoted(says)
    )]
    NotRedirected {
        /// What the page is about, in its own words.
        says: Option<String>,
    },
    /// The consent page lists scopes that are not allowed, so that it was not approved.
    #[error(
        "it asks for {}, which is not allowed, so it was not approved",
        scopes.join(", ")
    )]
    Scope {
        /// What is too much.
        scopes: Vec<String>,
    },
    /// The consent page lists no scope that can be read, and only some are allowed.
    #[error(
        "it shows no scope that can be read, so that it is not known to ask for what is allowed alone, and it was not approved"
    )]
    ScopesUnread,
    /// Nothing on the page may be pressed.
    #[error("there is no way forward{}{}", quoted(says), list(candidates))]
    NoWayForward {
        /// What the page is about, in its own words.
        says: Option<String>,
        /// The buttons that were there, each with the reason against it.
        candidates: Vec<String>,
        /// The steps by which a [`Script`](crate::Script) would press one of them, as far as they can be told apart.
        steps: Vec<String>,
    },
    /// The page did nothing after a press; it is not pressed again.
    #[error("pressing \"{button}\" had no effect{}{}", quoted(says), list(console))]
    NoEffect {
        /// What is new on the page, in its own words.
        says: Option<String>,
        /// The button's label.
        button: String,
        /// The last lines of the browser's console.
        console: Vec<String>,
    },
    /// The page's own policy keeps the browser from following the redirect.
    #[error(
        "its Content-Security-Policy form-action keeps the browser from going to the redirect URI: {says}"
    )]
    FormAction {
        /// The line of the browser's console.
        says: String,
    },
    /// A field does not keep what is typed.
    #[error("the field \"{field}\" does not keep what is typed into it")]
    Unfillable {
        /// The field's name.
        field: String,
    },
    /// A text holds what a driver would press as a key, such as a line break.
    #[error("what is to be typed ({what}) has a control character in it")]
    Untypable {
        /// What would have been typed, without its text.
        what: String,
    },
    /// The page opened a dialog that is not about the consent.
    #[error("it opened a dialog: \"{says}\"")]
    Dialog {
        /// The dialog's text.
        says: String,
    },
    /// The same page came back once too often.
    #[error("it came back after every step{}", quoted(says))]
    Loop {
        /// What the page is about, in its own words.
        says: Option<String>,
    },
    /// The browser shows no page, though the time for one is over.
    #[error(
        "the browser shows no page after {seconds} s: nothing was answered, or nothing that can be shown"
    )]
    NoPage {
        /// Since the request was opened.
        seconds: u64,
    },
    /// The time was up while the browser waited for a page, or for the answer to a press.
    #[error("the server had not answered when the {seconds} s were over; the way so far: {trail}")]
    NoAnswer {
        /// The time that was given.
        seconds: u64,
        /// The pages that were seen.
        trail: String,
    },
    /// The time was up.
    #[error("the redirect URI was not reached within {seconds} s; the way so far: {trail}")]
    Deadline {
        /// The time that was given.
        seconds: u64,
        /// The pages that were seen.
        trail: String,
    },
}

/// What a connection to the address of a page says, since the browser itself does not tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Unreachable {
    /// The browser shows a page of its own, and does not say for which address.
    Unknown,
    /// The address has no host.
    NoHost,
    /// The port is open and the browser made no TLS connection.
    Tls,
    /// The port is open and no answer came.
    NoAnswer,
    /// The connection was refused.
    Refused,
    /// There is no way to the host, or no such host.
    NotFound,
    /// The host did not answer a connection attempt.
    Silent,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the browser shows an error page",
            Self::NoHost => "it has no host",
            Self::Tls => "the TLS connection failed",
            Self::NoAnswer => "the connection was closed without an answer",
            Self::Refused => "nothing listens there",
            Self::NotFound => "its host was not found or cannot be reached",
            Self::Silent => "its host does not answer",
        })
    }
}

/// What only a person can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Obstacle {
    /// To enter a one-time code, where there is no secret to make it of.
    OneTimeCode,
    /// To solve a captcha.
    Captcha,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneTimeCode => "a one-time code",
            Self::Captcha => "a captcha",
        })
    }
}

fn handed_on(is_after_sign_in: bool) -> &'static str {
    if is_after_sign_in {
        "; it came after the sign-in form was sent, and a redirect or a script may have handed that on to it"
    } else {
        ""
    }
}

fn said(says: &Option<String>) -> String {
    says.as_ref().map(|it| format!(" and says \"{it}\"")).unwrap_or_default()
}

fn quoted(says: &Option<String>) -> String {
    says.as_ref().map(|it| format!("; it says \"{it}\"")).unwrap_or_default()
}

fn list(lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { format!("; seen: {}", lines.join(", ")) }
}
