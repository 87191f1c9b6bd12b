/// Makes a type for a secret: its `Debug` says its kind alone, and it has no `Display`.
///
/// Attributes are kept, so that it can be `Clone` or read by serde where that is wanted.
///
/// ```
/// tool_edge::secret! {
///     /// The password of the test user.
///     #[derive(Clone)]
///     pub struct Password;
/// }
///
/// let password = Password::new("correct horse");
/// assert_eq!(format!("{password:?}"), "Password(…)");
/// assert_eq!(password.reveal(), "correct horse");
/// ```
#[macro_export]
macro_rules! secret {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident;) => {
        $(#[$attribute])*
        $visibility struct $name(String);

        impl $name {
            /// Wraps a secret that came from elsewhere.
            $visibility fn new(secret: impl Into<String>) -> Self {
                Self(secret.into())
            }

            /// The secret itself, for the one place that needs it.
            $visibility fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}
