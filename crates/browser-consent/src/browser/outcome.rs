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

/// Why there is no answer.
pub(crate) enum Failure {
    Broken(Broken),
    Missed(Outcome<()>),
}

impl From<Broken> for Failure {
    fn from(it: Broken) -> Self {
        Self::Broken(it)
    }
}

impl<T> Outcome<T> {
    pub(crate) fn done(self) -> Result<T, Failure> {
        Err(Failure::Missed(match self {
            Self::Done(it) => return Ok(it),
            Self::Stale => Outcome::Stale,
            Self::Covered => Outcome::Covered,
            Self::NotNow(it) => Outcome::NotNow(it),
            Self::Dialog => Outcome::Dialog,
        }))
    }
}

pub(crate) fn outcome_of<T>(it: Result<T, Failure>) -> Result<Outcome<T>, Broken> {
    Ok(match it {
        Ok(it) => Outcome::Done(it),
        Err(Failure::Broken(it)) => return Err(it),
        Err(Failure::Missed(it)) => match it {
            Outcome::Stale => Outcome::Stale,
            Outcome::Covered => Outcome::Covered,
            Outcome::Dialog => Outcome::Dialog,
            Outcome::NotNow(it) => Outcome::NotNow(it),
            Outcome::Done(()) => Outcome::NotNow("nothing".to_owned()),
        },
    })
}

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
