//! What a sign-in and a consent take, beside the round trips that they cannot do without, and beside Playwright.
//!
//! `cargo bench -p browser-consent --bench consent -- ROUNDS`; every round measures each of them once.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

#[path = "consent/ours.rs"]
mod ours;
#[path = "consent/playwright.rs"]
mod playwright;
#[path = "consent/raw.rs"]
mod raw;
#[path = "../tests/it/target.rs"]
mod target;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use browser_consent::{Driver, find_driver};
use mcp_target::{Faults, Screens};

use crate::playwright::Playwright;
use crate::target::Target;

const ROUNDS: usize = 15;
/// The goal, over the raw round trips.
const RATIO: f64 = 1.15;
const MARGIN_MS: f64 = 25.0;

/// What one round took, in milliseconds.
#[derive(Clone, Copy)]
struct Round {
    /// Until there is a tab to work in.
    open: f64,
    /// From the authorization request to the code, with sign-in and consent.
    sign_in: f64,
    /// From the authorization request to the code, by who is signed in.
    consent: f64,
    /// Until the browser is gone.
    close: f64,
}

impl Round {
    fn whole(&self) -> f64 {
        self.open + self.sign_in + self.close
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let rounds = std::env::args().find_map(|it| it.parse().ok()).unwrap_or(ROUNDS);
    let driver = driver();
    let target = Target::start(Screens::Plain, Faults::default()).await;
    let mut playwright = Playwright::start(driver.browser.as_deref());
    if playwright.is_none() {
        println!("Playwright is not measured: it needs node and npm on PATH");
    }
    let (mut ours, mut raw, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    // The first round is for the caches.
    for round in 0..=rounds {
        let mine = ours::round(&driver, &target).await;
        let floor = raw::round(&driver, &target).await;
        let other = match &mut playwright {
            Some(it) => Some(it.round(&target).await),
            None => None,
        };
        if round > 0 {
            ours.push(mine);
            raw.push(floor);
            theirs.extend(other);
        }
    }

    println!("medians of {rounds} rounds, ms");
    println!(
        "{:<18}{:>8}{:>10}{:>10}{:>8}{:>8}",
        "", "open", "sign-in", "consent", "close", "whole"
    );
    for (name, rounds) in
        [("browser-consent", &ours), ("raw round trips", &raw), ("Playwright", &theirs)]
    {
        if !rounds.is_empty() {
            println!(
                "{name:<18}{:>8.0}{:>10.0}{:>10.0}{:>8.0}{:>8.0}",
                median(rounds, |it| it.open),
                median(rounds, |it| it.sign_in),
                median(rounds, |it| it.consent),
                median(rounds, |it| it.close),
                median(rounds, Round::whole),
            );
        }
    }
    let ratio = |name: &str, figure: fn(&Round) -> f64| {
        let (mine, floor) = (median(&ours, figure), median(&raw, figure));
        let limit = RATIO * floor + MARGIN_MS;
        let share = mine / floor;
        println!("{name}: {share:.2} of the raw round trips, {mine:.0} ms of {limit:.0} ms");
        mine <= limit
    };
    // Of a consent by who is signed in the two more looks at the page are a large part, so there is no goal for it.
    ratio("consent", |it| it.consent);
    if ratio("sign-in", |it| it.sign_in) & ratio("whole", Round::whole) {
        return ExitCode::SUCCESS;
    }
    println!(
        "the goal of a sign-in and of the whole is {RATIO} of the raw round trips and {MARGIN_MS} ms"
    );
    ExitCode::FAILURE
}

fn driver() -> Driver {
    let folder = std::env::var_os("CHROMEWEBDRIVER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_driver(&path, folder.as_deref()).expect("chromedriver is on the PATH")
}

fn median(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// What it takes to do something.
async fn timed<T>(it: impl Future<Output = T>) -> (f64, T) {
    let start = Instant::now();
    let done = tokio::time::timeout(Duration::from_secs(60), it).await;
    (start.elapsed().as_secs_f64() * 1000.0, done.expect("a minute is enough for anything here"))
}
