//! What is planned, as it is said before there is load.

use std::time::Duration;

use crate::arguments::LoadTest;
use crate::console::section::{clock, say};
use crate::scenario::entry::Need;
use crate::scenario::load::Load;
use crate::scenario::profiles::Planned;

/// Says what is planned.
pub(crate) fn announce(plan: &[Planned], test: &LoadTest) {
    for it in plan {
        say("plan", format_args!("{}: {}", it.name, it.load.map_or_else(own_words, planned)));
        if signs_in(it) {
            say(
                "plan",
                format_args!(
                    "{}: the load-test user is given token after token, without a page; the server keeps these grants until they end or their client is deleted",
                    it.name
                ),
            );
        }
    }
    if let Some(rate) = test.pace.rate {
        let heed = "calls per second in the scenarios that heed it";
        say("plan", format_args!("{rate} {heed}"));
    }
}

/// Whether it gets tokens of its own.
pub(crate) fn signs_in(planned: &Planned) -> bool {
    planned.needs.contains(&Need::SignedIn)
}

fn own_words() -> String {
    "as the script itself says".to_owned()
}

fn planned(load: Load) -> String {
    let calls = load.calls.map_or_else(
        || "calls as fast as they are answered".to_owned(),
        |it| format!("about {it:.0} calls"),
    );
    // Where nothing pauses, only the server says how long it takes.
    let lasts = (load.seconds > 0.0).then(|| clock(Duration::from_secs_f64(load.seconds)));
    let lasts = lasts.map_or_else(String::new, |it| format!(" in {it}"));
    format!("{calls} by up to {} VUs{lasts}", load.vus)
}

/// Whether more is planned than what smoke is: half a minute of at most 30 calls a second.
pub(crate) fn goes_beyond_smoke(plan: &[Planned], test: &LoadTest) -> bool {
    let is_small = |load: Load| {
        load.seconds <= 120.0
            && load.vus <= 30
            && load.calls.is_some_and(|it| it <= 1200.0)
            && load.per_second.is_some()
    };
    test.profile != "smoke" || !plan.iter().all(|it| it.load.is_some_and(is_small))
}
