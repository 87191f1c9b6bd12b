/// The `prompt` of an authorization request,
/// [OpenID Connect Core §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prompt {
    /// `consent` where `offline_access` is wanted and the server lists that page, or gave no refresh token without it; `none`
    /// for an attempt without a page; else nothing.
    #[default]
    AsNeeded,
    /// Never sent: some servers ask an administrator where `consent` is wanted.
    Omitted,
    /// Always this: `login`, `consent`, `select_account` …
    Value(String),
}
