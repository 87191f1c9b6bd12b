use std::fmt;

/// What the test user signs in with.
pub struct Credentials {
    email: String,
    password: String,
}

impl Credentials {
    /// Takes the e-mail address or user name, and the password.
    pub fn new(email: String, password: String) -> Self {
        Self { email, password }
    }

    /// The e-mail address or user name.
    pub fn email(&self) -> &str {
        &self.email
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}
