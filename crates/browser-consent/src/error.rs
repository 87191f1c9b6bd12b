use std::io;
use std::path::PathBuf;

use crate::problem::Problem;
use crate::visits::Trail;

/// Why the redirect URI was not reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The driver program does not start.
    #[error("{} does not start", program.display())]
    DriverStart {
        /// The driver.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The driver program started and never said on which port it listens.
    #[error("{} did not say that it serves", program.display())]
    DriverSilent {
        /// The driver.
        program: PathBuf,
    },
    /// A driver on another machine, to which everything that is typed would go in clear text.
    #[error("the driver at {url} is on another machine, and secrets would go there in clear text")]
    RemoteDriver {
        /// The driver's address.
        url: String,
    },
    /// Nobody answers at the address of a running driver.
    #[error("no WebDriver answers at {url}")]
    NoDriver {
        /// The driver's address.
        url: String,
    },
    /// The driver finds no browser.
    #[error("the driver found no browser")]
    NoBrowser,
    /// Driver and browser are of different versions.
    #[error("chromedriver {driver} cannot drive browser {browser}")]
    VersionMismatch {
        /// The version that the driver wants.
        driver: String,
        /// The version that the browser has.
        browser: String,
    },
    /// The browser does not start.
    #[error("the browser did not start: {reason}")]
    BrowserStart {
        /// The first line of what the driver says.
        reason: String,
    },
    /// The browser takes too long to start, or ended as soon as it was started.
    #[error("the browser did not start within {seconds} s")]
    SessionSlow {
        /// The time that was given.
        seconds: u64,
    },
    /// The driver failed at a command, or did not answer.
    #[error("at {address}: the driver failed at {command}: {reason}; the way so far: {trail}")]
    Driver {
        /// What was asked of it.
        command: &'static str,
        /// WebDriver's error code.
        reason: String,
        /// The page's address without its query.
        address: String,
        /// The way to the page.
        trail: Trail,
    },
    /// The secret of one-time codes cannot be read.
    #[error("the secret of one-time codes is neither Base32 nor an otpauth address")]
    TotpSecret,
    /// A file with credentials lacks one.
    #[error("{} has no line {name}=…", file.display())]
    CredentialsFile {
        /// The file.
        file: PathBuf,
        /// What is missing.
        name: &'static str,
    },
    /// A file with secrets may be read by others.
    #[error("{} may be read by others (mode {mode:o})", file.display())]
    FileMode {
        /// The file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file cannot be read or written.
    #[error("{} cannot be read or written", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A saved state is not of the shape that Playwright writes.
    #[error(
        "{} is not a storage state: it has no list of `cookies` as Playwright writes it",
        file.display()
    )]
    StorageState {
        /// The file.
        file: PathBuf,
    },
    /// A saved state of somebody else, with whom the browser would be signed in.
    #[error("the storage state is of another user than the credentials are")]
    OtherUser,
    /// The browser keeps its cookies to itself.
    #[error(
        "this browser does not hand out all its cookies; a storage state needs Chromium or Chrome"
    )]
    NoStorageState,
    /// A step cannot be read.
    #[error("the step `{step}` cannot be read: {reason}")]
    Step {
        /// The step as it was given, which holds no secret.
        step: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A recipe cannot be read.
    #[error("the recipe cannot be read: {reason}")]
    Recipe {
        /// What is wrong, and where.
        reason: String,
    },
    /// Credentials would cross the network in clear.
    #[error("credentials are not typed on {origin}: plain http is for loopback addresses alone")]
    Insecure {
        /// The origin that was given.
        origin: String,
    },
    /// A page on which there is no way forward.
    #[error("{}: {problem}{}", on_page(title, address), kept(evidence.as_ref()))]
    Page {
        /// The page's title.
        title: String,
        /// The page's address without its query.
        address: String,
        /// What is wrong.
        problem: Box<Problem>,
        /// The way to the page.
        trail: Trail,
        /// The folder with the screenshot and the report.
        evidence: Option<PathBuf>,
    },
}

fn on_page(title: &str, address: &str) -> String {
    if title.is_empty() { format!("at {address}") } else { format!("at {address} (\"{title}\")") }
}

fn kept(evidence: Option<&PathBuf>) -> String {
    evidence
        .map(|it| format!("; what the page looked like is in {}", it.display()))
        .unwrap_or_default()
}
