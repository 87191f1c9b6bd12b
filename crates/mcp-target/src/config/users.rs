use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD_NOCASE;
use ring::hmac;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;

/// Someone who may sign in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct User {
    /// What is typed at the login page; compared without case.
    pub email: String,
    /// What is typed beside it.
    pub password: Password,
    /// The `workspace_id` claim of this user's access tokens.
    pub workspace: String,
    /// What one-time passwords are made of; without it none is asked for.
    pub totp: Option<TotpSecret>,
}

impl User {
    /// Someone who signs in with `email` and `password` and works in `workspace`.
    pub fn new(
        email: impl Into<String>,
        password: impl Into<Password>,
        workspace: impl Into<String>,
    ) -> Self {
        let (email, password, workspace) = (email.into(), password.into(), workspace.into());
        Self { email, password, workspace, totp: None }
    }

    /// The same user, who is asked for a one-time password too.
    pub fn totp(self, secret: TotpSecret) -> Self {
        Self { totp: Some(secret), ..self }
    }
}

/// The secret of time-based one-time passwords, [RFC 6238](https://www.rfc-editor.org/rfc/rfc6238), that does not print
/// itself.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret {
    key: Vec<u8>,
    pub(crate) algorithm: hmac::Algorithm,
    pub(crate) digits: u32,
    /// How long one password is that of the moment, in seconds.
    pub(crate) period: u64,
}

/// The longest time of one password, in seconds.
pub(crate) const MAX_PERIOD: u64 = 300;

impl TotpSecret {
    /// Reads base32 as [`from_base32`](Self::from_base32) does, or the whole `otpauth` address of a QR code.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.starts_with("otpauth:") {
            return Self::from_base32(text);
        }
        let url = Url::parse(text).ok().filter(|it| it.host_str() == Some("totp"))?;
        let get = |name: &str| url.query_pairs().find(|(it, _)| it == name).map(|(_, it)| it);
        let mut it = Self::from_base32(&get("secret")?)?;
        if let Some(digits) = get("digits") {
            it.digits = digits.parse().ok().filter(|it| (6..=8).contains(it))?;
        }
        if let Some(period) = get("period") {
            it.period = period.parse().ok().filter(|it| (1..=MAX_PERIOD).contains(it))?;
        }
        if let Some(algorithm) = get("algorithm") {
            it.algorithm = match algorithm.to_ascii_uppercase().as_str() {
                "SHA1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                "SHA256" => hmac::HMAC_SHA256,
                "SHA512" => hmac::HMAC_SHA512,
                _ => return None,
            };
        }
        Some(it)
    }

    /// Reads what an authenticator app is given: base32 in either case, with or without spaces and padding.
    pub fn from_base32(text: &str) -> Option<Self> {
        let mut rules = BASE32_NOPAD_NOCASE.specification();
        rules.ignore.push_str(" -");
        rules.check_trailing_bits = false;
        let encoding = rules.encoding().expect("the rules are those of base32");
        let key = encoding.decode(text.trim_end().trim_end_matches('=').as_bytes()).ok()?;
        let algorithm = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
        (!key.is_empty()).then_some(Self { key, algorithm, digits: 6, period: 30 })
    }

    /// The secret in clear.
    pub fn reveal(&self) -> &[u8] {
        &self.key
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

/// A password that does not print itself.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// The password in clear.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(it: String) -> Self {
        Self(it)
    }
}

impl From<&str> for Password {
    fn from(it: &str) -> Self {
        Self(it.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// A user as the authorization server knows one: without the password in clear.
pub(crate) struct Account {
    pub(crate) email: String,
    /// The address in lower case, by which it is found.
    pub(crate) key: String,
    pub(crate) subject: String,
    pub(crate) workspace: String,
    password_hash: [u8; 32],
    /// What one-time passwords are made of.
    pub(crate) totp: Option<TotpSecret>,
}

pub(crate) struct Accounts {
    by_key: HashMap<String, Arc<Account>>,
    by_subject: HashMap<String, Arc<Account>>,
}

impl Accounts {
    pub(crate) fn new(users: Vec<User>) -> Self {
        let mut it = Self { by_key: HashMap::new(), by_subject: HashMap::new() };
        for user in users {
            let account = Arc::new(Account::from(user));
            it.by_key.insert(account.key.clone(), account.clone());
            it.by_subject.insert(account.subject.clone(), account);
        }
        it
    }

    /// The account with this key.
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Account>> {
        self.by_key.get(key)
    }

    /// The account that tokens call by this subject.
    pub(crate) fn with_subject(&self, subject: &str) -> Option<&Arc<Account>> {
        self.by_subject.get(subject)
    }

    /// The account of `email` if `password` is its own.
    ///
    /// One round of SHA-256 and no more: this measures a server, and keeps no password at rest.
    pub(crate) fn sign_in(&self, email: &str, password: &str) -> Option<Arc<Account>> {
        let given: [u8; 32] = Sha256::digest(password).into();
        let account = self.by_key.get(&email.trim().to_lowercase());
        let expected = account.map_or([0; 32], |it| it.password_hash);
        let same = bool::from(given.ct_eq(&expected));
        account.filter(|_| same).cloned()
    }
}

impl From<User> for Account {
    fn from(it: User) -> Self {
        let key = it.email.to_lowercase();
        let digest: [u8; 32] = Sha256::digest(&key).into();
        let subject = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Self {
            totp: it.totp,
            subject: format!("user-{subject}"),
            password_hash: Sha256::digest(it.password.reveal()).into(),
            email: it.email,
            key,
            workspace: it.workspace,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(email: &str, password: &str, expect: Option<&str>) {
        let user = User::new("Ada@example.org", "correct", "ws-1");
        let account = Accounts::new(vec![user]).sign_in(email, password);
        assert_eq!(account.as_ref().map(|it| it.workspace.as_str()), expect);
    }

    #[test]
    fn a_password_opens_only_its_own_account() {
        check("ada@example.org", "correct", Some("ws-1"));
        check(" ADA@EXAMPLE.ORG ", "correct", Some("ws-1"));
        check("ada@example.org", "Correct", None);
        check("ada@example.org", "", None);
        check("eve@example.org", "correct", None);
    }

    #[test]
    fn a_password_does_not_print_itself() {
        assert_eq!(format!("{:?}", Password::from("hunter2")), "Password(..)");
        let secret = TotpSecret::from_base32("JBSWY3DPEHPK3PXP").unwrap();
        assert_eq!(format!("{secret:?}"), "TotpSecret(..)");
    }

    #[test]
    fn a_totp_secret_is_read_as_apps_are_given_it() {
        for (text, expect) in [
            ("MZXW6YTBOI======", Some("foobar")),
            ("mzxw 6ytb oi", Some("foobar")),
            ("MZXW6YTB", Some("fooba")),
            ("", None),
            ("====", None),
            ("MZXW6YT1", None),
            ("MZXW=6YT", None),
        ] {
            let secret = TotpSecret::from_base32(text);
            assert_eq!(
                secret.as_ref().map(TotpSecret::reveal),
                expect.map(str::as_bytes),
                "{text}"
            );
        }
    }

    #[test]
    fn an_otpauth_address_that_says_something_else_is_refused() {
        for text in [
            "",
            "not base32!",
            "18",
            "otpauth://hotp/x?secret=GEZDGNBV",
            "otpauth://totp/x",
            "otpauth://totp/x?secret=GEZDGNBV&digits=9",
            "otpauth://totp/x?secret=GEZDGNBV&period=0",
            "otpauth://totp/x?secret=GEZDGNBV&algorithm=MD5",
        ] {
            assert!(TotpSecret::parse(text).is_none(), "{text}");
        }
    }
}
