//! Secrets that do not print themselves.

use serde::{Deserialize, Serialize};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a secret that came from elsewhere.
            pub fn new(secret: String) -> Self {
                Self(secret)
            }

            /// The secret itself, for the one place that needs it.
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret! {
    /// The bearer token that a resource accepts.
    AccessToken
}

secret! {
    /// The token that gets the next access token.
    RefreshToken
}

secret! {
    /// The secret of a confidential client.
    ClientSecret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_its_kind_alone() {
        assert_eq!(format!("{:?}", AccessToken::new("eyJ".to_owned())), "AccessToken(…)");
        assert_eq!(format!("{:?}", RefreshToken::new("rt".to_owned())), "RefreshToken(…)");
        assert_eq!(format!("{:?}", ClientSecret::new("cs".to_owned())), "ClientSecret(…)");
    }
}
