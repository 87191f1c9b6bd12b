use std::fmt;
use std::path::Path;
use std::time::SystemTime;

use tool_edge::without_line_end;

use crate::error::Error;
use crate::input::totp::Totp;
use crate::private;

/// What the test user signs in with.
#[derive(Clone)]
pub struct Credentials {
    email: String,
    password: String,
    totp: Option<Totp>,
}

impl Credentials {
    /// Takes the e-mail address or user name, and the password; a line break at the end, as files have it, is not a part.
    pub fn new(email: String, password: String) -> Self {
        let [email, password] = [email, password].map(|mut it| {
            it.truncate(without_line_end(&it).len());
            it
        });
        Self { email, password, totp: None }
    }

    /// Adds the secret of one-time codes, in Base32 or as an `otpauth` address.
    ///
    /// # Errors
    ///
    /// [`Error::TotpSecret`] if it is neither.
    pub fn with_totp(self, secret: &str) -> Result<Self, Error> {
        let totp = Some(Totp::parse(secret).ok_or(Error::TotpSecret)?);
        Ok(Self { totp, ..self })
    }

    /// Reads a file with the lines `LOADTEST_EMAIL=…`, `LOADTEST_PASSWORD=…` and, if need be, `LOADTEST_TOTP_SECRET=…`.
    ///
    /// # Errors
    ///
    /// If others than the owner may read the file, or if a line is missing.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let text = private::read(file)?;
        let value = |wanted: &str| {
            let lines = text.lines().filter_map(|it| it.trim().split_once('='));
            let (_, value) = lines.into_iter().find(|(name, _)| name.trim() == wanted)?;
            let value = value.trim();
            let quoted = ['"', '\'']
                .into_iter()
                .find_map(|quote| value.strip_prefix(quote).and_then(|it| it.strip_suffix(quote)));
            Some(quoted.unwrap_or(value).to_owned()).filter(|it| !it.is_empty())
        };
        let needed = |name: &'static str| {
            value(name).ok_or_else(|| Error::CredentialsFile { file: file.to_owned(), name })
        };
        let it = Self::new(needed("LOADTEST_EMAIL")?, needed("LOADTEST_PASSWORD")?);
        match value("LOADTEST_TOTP_SECRET") {
            Some(secret) => it.with_totp(&secret),
            None => Ok(it),
        }
    }

    /// The e-mail address or user name.
    pub fn email(&self) -> &str {
        &self.email
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.password
    }

    pub(crate) fn has_codes(&self) -> bool {
        self.totp.is_some()
    }

    /// The one-time code of a moment.
    pub(crate) fn code(&self, at: SystemTime) -> Option<String> {
        self.totp.as_ref().map(|it| it.code(at))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}
