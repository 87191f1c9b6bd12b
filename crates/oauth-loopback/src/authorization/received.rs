//! A callback that arrived at a web server of the caller's own.

use crate::authorization::code::AuthorizationCode;
use crate::authorization::request::AuthorizationRequest;
use crate::authorization::response::Parameters;
use crate::error::Error;

/// What a callback turned out to be.
#[derive(Debug)]
pub enum Received {
    /// The one that was waited for, with a code.
    Code(Box<AuthorizationCode>),
    /// Another one, which any page and any process can send; the request waits on.
    Other {
        /// The request that the callback does not belong to.
        request: Box<AuthorizationRequest>,
        /// What is wrong with the callback.
        reason: &'static str,
    },
}

impl AuthorizationRequest {
    /// Takes a callback that arrived elsewhere: its address, its path with the query, or the query alone.
    ///
    /// It is held against the state and the issuer as one of a [`LoopbackListener`](crate::LoopbackListener) is.
    ///
    /// # Errors
    /// [`Error::Denied`] when the server says so, [`Error::CallbackIssuer`], [`Error::NoCode`].
    pub fn receive(self, callback: &str) -> Result<Received, Error> {
        let judged = Parameters::parse(query(callback)).and_then(|it| it.judge(&self.expectation));
        let code = match judged {
            Ok(it) => it?,
            Err(reason) => return Ok(Received::Other { request: Box::new(self), reason }),
        };
        let Self { redirect_uri, verifier, nonce, endpoint, .. } = self;
        let code = AuthorizationCode { code, redirect_uri, verifier, nonce, endpoint };
        Ok(Received::Code(Box::new(code)))
    }
}

fn query(callback: &str) -> &str {
    let callback = callback.split('#').next().unwrap_or_default();
    match callback.split_once('?') {
        // In a query a question mark is a letter like any other.
        Some((before, query)) if !before.contains(['=', '&']) => query,
        _ => callback,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_an_address_a_path_or_a_query() {
        for it in [
            "https://app.example/callback?code=a?b&state=c",
            "/callback?code=a?b&state=c#_=_",
            "?code=a?b&state=c",
            "code=a?b&state=c",
        ] {
            assert_eq!(query(it), "code=a?b&state=c", "{it}");
        }
        assert_eq!(query("https://app.example/callback?"), "");
    }
}
