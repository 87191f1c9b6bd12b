//! What a run needs, installed before there is any secret.

use std::process::ExitCode;

use crate::console::section::say;
use crate::interrupt::Interrupt;
use crate::tools::{browser, k6};

/// Finds or installs k6 and a browser.
///
/// # Errors
/// Where one of them is not there and cannot be had; what to do is in the error.
pub async fn run(interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    say("k6", interrupt.or(k6::k6()).await?);
    let driver = interrupt.or(browser::driver()).await?;
    say("browser", driver.program.display());
    Ok(ExitCode::SUCCESS)
}
