//! Mints in a row, each with a browser of its own: first on plain screens one after the other, then four at a time on
//! screens that are slow, drawn again while they are used, and drop the first click.
//!
//! `cargo bench -p browser-consent --bench mints-in-a-row -- MINTS FAULT…`; none of them may fail. With faults of
//! `mcp-target` named, only these are measured.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

#[path = "../tests/it/target.rs"]
mod target;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use browser_consent::{Consent, Credentials, WebDriver, consent, find_driver, with_session};
use clap::ValueEnum;
use mcp_target::{Fault, Screens};
use tokio::task::JoinSet;

use crate::target::{CLIENT, EMAIL, PASSWORD, Target};

const MINTS: usize = 100;
const DISTURBED: [Fault; 3] = [Fault::SlowScreens, Fault::Redraw, Fault::DropFirstClick];

#[tokio::main]
async fn main() -> ExitCode {
    let mints = std::env::args().find_map(|it| it.parse().ok()).unwrap_or(MINTS);
    let named: Vec<Fault> =
        std::env::args().filter_map(|it| Fault::from_str(&it, false).ok()).collect();
    let screens = Screens::value_variants();
    let failures = if named.is_empty() {
        run(mints, 1, &[Screens::Plain], &[]).await + run(mints, 4, screens, &DISTURBED).await
    } else {
        run(mints, 4, screens, &named).await
    };
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Mints `mints` times, `at_a_time` of them side by side; how many failed.
async fn run(mints: usize, at_a_time: usize, screens: &[Screens], faults: &[Fault]) -> usize {
    let mut waiting = (0..mints).map(|it| mint(screens[it % screens.len()], faults.to_vec()));
    let mut running = JoinSet::new();
    for it in waiting.by_ref().take(at_a_time) {
        running.spawn(it);
    }
    let mut times = Vec::new();
    while let Some(done) = running.join_next().await {
        match done.expect("a mint fails with an error") {
            Ok(time) => times.push(time),
            Err(error) => println!("failed: {error}"),
        }
        if let Some(it) = waiting.next() {
            running.spawn(it);
        }
    }
    times.sort_unstable();
    let (screens, faults) = (names(screens), names(faults));
    println!(
        "{} of {mints} on {} screens{}{}, {at_a_time} at a time: median {:.1} s, slowest {:.1} s",
        times.len(),
        screens,
        if faults.is_empty() { "" } else { " with " },
        faults,
        times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64(),
        times.last().copied().unwrap_or_default().as_secs_f64(),
    );
    mints - times.len()
}

/// Names as they are on the command line.
fn names(values: &[impl ValueEnum]) -> String {
    let names = values.iter().filter_map(ValueEnum::to_possible_value);
    names.map(|it| it.get_name().to_owned()).collect::<Vec<_>>().join(", ")
}

/// Starts a browser, signs in, approves, and ends the browser.
async fn mint(screens: Screens, faults: Vec<Fault>) -> Result<Duration, String> {
    let target = Target::start(screens, faults.into_iter().collect()).await;
    let credentials = Credentials::new(EMAIL.into(), PASSWORD.into());
    let mut it = Consent::new(&target.url);
    (it.credentials, it.client_name) = (Some(&credentials), Some(CLIENT));
    let folder = std::env::var_os("CHROMEWEBDRIVER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let driver = find_driver(&path, folder.as_deref()).expect("chromedriver is on the PATH");
    let webdriver = WebDriver::Driver(driver);
    let start = Instant::now();
    let code = async {
        target.code().await;
    };
    let session = with_session(&webdriver, async |client| consent(client, &it, code).await);
    match session.await {
        Ok(Ok(_)) => Ok(start.elapsed()),
        Ok(Err(error)) | Err(error) => Err(error.to_string()),
    }
}
