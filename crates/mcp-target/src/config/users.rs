use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

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
    /// The secret of one-time passwords in base32, [RFC 6238](https://www.rfc-editor.org/rfc/rfc6238); not asked for if `None`.
    pub totp: Option<Password>,
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
    pub(crate) totp_key: Option<Vec<u8>>,
}

pub(crate) struct Accounts {
    by_key: HashMap<String, Arc<Account>>,
    by_subject: HashMap<String, Arc<Account>>,
}

impl Accounts {
    /// # Errors
    /// The secret of a user's one-time passwords is not base32.
    pub(crate) fn new(users: Vec<User>) -> io::Result<Self> {
        let mut it = Self { by_key: HashMap::new(), by_subject: HashMap::new() };
        for user in users {
            let account = Arc::new(Account::new(user)?);
            it.by_key.insert(account.key.clone(), account.clone());
            it.by_subject.insert(account.subject.clone(), account);
        }
        Ok(it)
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

impl Account {
    fn new(it: User) -> io::Result<Self> {
        let key = it.email.to_lowercase();
        let digest: [u8; 32] = Sha256::digest(&key).into();
        let subject = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let not_base32 = || {
            let text = "the secret of a user's one-time passwords is not base32";
            io::Error::new(io::ErrorKind::InvalidInput, text)
        };
        let totp = it.totp.map(|it| base32(it.reveal()).ok_or_else(not_base32));
        Ok(Self {
            totp_key: totp.transpose()?,
            subject: format!("user-{subject}"),
            password_hash: Sha256::digest(it.password.reveal()).into(),
            email: it.email,
            key,
            workspace: it.workspace,
        })
    }
}

/// [RFC 4648 §6](https://www.rfc-editor.org/rfc/rfc4648#section-6), as people copy it: in any case, with spaces, without padding.
fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for char in text.trim_end_matches('=').bytes().filter(|it| !matches!(it, b' ' | b'-')) {
        let value = match char.to_ascii_uppercase() {
            it @ b'A'..=b'Z' => it - b'A',
            it @ b'2'..=b'7' => it - b'2' + 26,
            _ => return None,
        };
        (bits, held) = ((bits << 5 | u32::from(value)) & 0xfff, held + 5);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).expect("eight bits"));
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(email: &str, password: &str, expect: Option<&str>) {
        let user = User::new("Ada@example.org", "correct", "ws-1");
        let account = Accounts::new(vec![user]).unwrap().sign_in(email, password);
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
    }

    #[test]
    fn a_secret_is_base32_in_any_case() {
        assert_eq!(base32("GEZDGNBVGY3TQOJQ"), Some(b"1234567890".to_vec()));
        assert_eq!(base32("gezd gnbv gy3t qojq"), Some(b"1234567890".to_vec()));
        assert_eq!(base32("MY======"), Some(b"f".to_vec()));
        assert_eq!(base32("1"), None);
        assert_eq!(base32(""), None);
    }
}
