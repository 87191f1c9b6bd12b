//! What becomes of a command to the driver.

use fantoccini::error::{CmdError, ErrorStatus};

pub(crate) const NOT_WEBDRIVER: &str = "an answer that is not WebDriver's";

/// What became of a command.
#[derive(Debug)]
pub(crate) enum Outcome<T> {
    Done(T),
    /// The element is of a document that is gone.
    Stale,
    /// Something else would have received the click.
    Covered,
    /// The page was not in a state for it, for instance between two documents.
    NotNow(String),
    /// A dialog is open and has to be answered first.
    Dialog,
}

/// A driver that failed, after which its session is of no use.
#[derive(Debug)]
pub(crate) struct Broken {
    /// What was asked of it.
    pub(crate) command: &'static str,
    /// WebDriver's error code.
    pub(crate) reason: String,
}

/// Why there is no answer: a driver that failed, or one of the others of [`Outcome`].
#[derive(Debug)]
pub(crate) enum Failure {
    Broken(Broken),
    Stale,
    Covered,
    NotNow(String),
    Dialog,
}

impl From<Broken> for Failure {
    fn from(it: Broken) -> Self {
        Self::Broken(it)
    }
}

impl<T> Outcome<T> {
    /// What was done, for `?` where several commands make one; [`caught`] is the way back.
    pub(crate) fn done(self) -> Result<T, Failure> {
        match self {
            Self::Done(it) => Ok(it),
            Self::Stale => Err(Failure::Stale),
            Self::Covered => Err(Failure::Covered),
            Self::NotNow(it) => Err(Failure::NotNow(it)),
            Self::Dialog => Err(Failure::Dialog),
        }
    }
}

/// The outcome of several commands; only a driver that failed is an error.
pub(crate) fn caught<T>(it: Result<T, Failure>) -> Result<Outcome<T>, Broken> {
    Ok(match it {
        Ok(it) => Outcome::Done(it),
        Err(Failure::Broken(it)) => return Err(it),
        Err(Failure::Stale) => Outcome::Stale,
        Err(Failure::Covered) => Outcome::Covered,
        Err(Failure::NotNow(it)) => Outcome::NotNow(it),
        Err(Failure::Dialog) => Outcome::Dialog,
    })
}

/// The outcome of one command.
pub(crate) fn outcome<T>(
    command: &'static str,
    answer: Result<T, CmdError>,
) -> Result<Outcome<T>, Broken> {
    let error = match answer {
        Ok(it) => return Ok(Outcome::Done(it)),
        Err(it) => it,
    };
    if error.is_stale_element_reference()
        || error.is_no_such_element()
        || error.is_detached_shadow_root()
    {
        return Ok(Outcome::Stale);
    }
    if matches!(&error, CmdError::Standard(it) if it.error == ErrorStatus::ElementClickIntercepted)
    {
        return Ok(Outcome::Covered);
    }
    if error.is_unexpected_alert_open() {
        return Ok(Outcome::Dialog);
    }
    // The rest of an error's text quotes the page and the driver's stack.
    match error {
        CmdError::Standard(it) if it.error == ErrorStatus::InvalidSessionId => {
            Err(Broken { command, reason: "the session is gone".into() })
        }
        CmdError::Standard(it) => Ok(Outcome::NotNow(it.error())),
        CmdError::Json(_) | CmdError::NotJson(_) | CmdError::NotW3C(_) => {
            Err(Broken { command, reason: NOT_WEBDRIVER.into() })
        }
        _ => Err(Broken { command, reason: "the connection to it is gone".into() }),
    }
}
