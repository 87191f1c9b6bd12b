//! Deadlines for several requests together, each of which has its own.

use std::time::Duration;

use tokio::time::timeout;

use crate::error::{Error, printable};

/// For all that it takes to find an authorization server.
pub(crate) const DISCOVERY: Duration = Duration::from_secs(60);

/// For a registration, whose server may ask for a minute of patience (`Retry-After`) before it answers.
pub(crate) const REGISTRATION: Duration = Duration::from_secs(120);

/// Ends `work` after `limit` with an error that says what it was, and at which address.
pub(crate) async fn within<T>(
    limit: Duration,
    what: &'static str,
    address: &str,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let ended = timeout(limit, work).await;
    ended.unwrap_or_else(|_| Err(Error::Overdue { what, address: printable(address), limit }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_told_with_its_deadline() {
        let slow = async {
            tokio::time::sleep(DISCOVERY * 2).await;
            Ok(())
        };
        let what = "finding the authorization server of";
        let late = within(DISCOVERY, what, "https://a.example/mcp", slow).await;
        insta::assert_snapshot!(late.expect_err("it is late"), @"finding the authorization server of `https://a.example/mcp` took longer than 60 s, and was given up");
        within(DISCOVERY, what, "https://a.example/mcp", async { Ok(()) }).await.expect("at once");
    }
}
