//! What `profiles.json` says of one scenario, and what is asked of it beyond that.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::call::{Call, POOLED};
use crate::config::threshold::{Limit, Thresholds};
use crate::scenario::bounds::Demand;
use crate::scenario::load::K6Scenario;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Entry {
    pub(crate) script: String,
    /// The rpc names that count as calls.
    #[serde(default)]
    pub(crate) measured: Vec<String>,
    #[serde(default)]
    pub(crate) calls_per_iteration: Option<f64>,
    /// Seconds that a VU waits after an iteration.
    #[serde(default)]
    pub(crate) pause_s: f64,
    /// Seconds from call to call of one VU, for scenarios that pace their calls.
    #[serde(default)]
    pub(crate) pace_s: Option<f64>,
    /// Whether the calls per second of all VUs are those of TARGET_RPS, where it is set.
    #[serde(default)]
    pub(crate) target_rps: bool,
    #[serde(default)]
    pub(crate) thresholds: Thresholds,
    /// Which of the bounds on resources it is held to.
    #[serde(default)]
    pub(crate) load: Demand,
    /// The pool of tool calls, for scenarios that make some.
    #[serde(default)]
    pub(crate) calls: Option<Vec<Call>>,
    /// Whether it is about these calls, so that no others take their place.
    #[serde(default)]
    pub(crate) own_calls: bool,
    /// What it needs beyond a token and tools.
    #[serde(default)]
    pub(crate) needs: Vec<Need>,
    /// Seconds over which the beginnings of the VUs are spread, by profile.
    #[serde(default)]
    pub(crate) ramp_s: BTreeMap<String, f64>,
    /// Whether a VU makes one call, which lasts as long as the scenario.
    #[serde(default)]
    pub(crate) held: bool,
    /// Whether k6 and the target may need no more memory at its end than before.
    #[serde(default)]
    pub(crate) steady: bool,
    /// The names under which a suite counts the calls as well.
    #[serde(default)]
    #[expect(dead_code, reason = "the scripts read it")]
    metrics: Option<Metrics>,
    /// What the embedded target is like that it has for itself.
    #[serde(default)]
    pub(crate) own_target: Option<OwnTarget>,
    /// The k6 scenario object of each profile.
    #[serde(flatten)]
    pub(crate) by_profile: BTreeMap<String, K6Scenario>,
}

/// Something that not every server, or not every way to sign in, has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Need {
    /// A browser that is signed in, by whose cookies there are more tokens without a page.
    SignedIn,
    /// A token that can be renewed.
    RefreshToken,
    /// The same JSON-RPC on a WebSocket.
    Websocket,
    /// A stream of what the server says unasked.
    EventStream,
}

/// Names of k6's metrics: `SUITE_errors`, `SUITE_success_rate`, and one for the latency.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the scripts read them")]
struct Metrics {
    suite: String,
    #[serde(default)]
    duration: Option<String>,
}

/// An embedded target that one scenario has for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnTarget {
    /// Requests a minute from one address.
    pub(crate) rate_limit: NonZeroU32,
}

/// What is asked of the scenarios beyond their profile.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes<'a> {
    /// The calls that somebody named, in the place of the scenarios' own.
    pub(crate) calls: Option<&'a [Call]>,
    pub(crate) limits: &'a [Limit],
    /// Calls per second of all VUs, where a scenario heeds that.
    pub(crate) rate: Option<f64>,
    /// VUs of such a scenario.
    pub(crate) vus: Option<u64>,
    /// How long such a scenario lasts, as k6 writes it.
    pub(crate) lasts: Option<&'a str>,
}

impl Entry {
    /// The calls that it makes, where it makes calls of a pool.
    fn pool<'a>(&'a self, wishes: &Wishes<'a>) -> &'a [Call] {
        let own = self.calls.as_deref();
        own.map_or(&[], |own| wishes.calls.filter(|_| !self.own_calls).unwrap_or(own))
    }

    /// The rpcs that count as calls: those of the pool, and those that no pool can have.
    fn rpcs(&self, wishes: &Wishes<'_>) -> BTreeSet<String> {
        let pool = self.pool(wishes);
        let of_pool = pool.iter().map(|it| it.request().0.to_owned());
        let beside = |it: &&String| pool.is_empty() || !POOLED.contains(&it.as_str());
        of_pool.chain(self.measured.iter().filter(beside).cloned()).collect()
    }

    /// Its own thresholds, but for those of rpcs that it will not make.
    pub(crate) fn limits(&self, wishes: &Wishes<'_>) -> Thresholds {
        let rpcs = self.rpcs(wishes);
        let mut limits = self.thresholds.clone();
        limits.retain(|metric, _| {
            let rpc = metric.split_once("{rpc:").and_then(|(_, it)| it.strip_suffix('}'));
            rpc.is_none_or(|it| rpcs.contains(it))
        });
        limits
    }

    /// The values that a tag of its calls will have.
    pub(crate) fn tagged(&self, key: &str, wishes: &Wishes<'_>) -> BTreeSet<String> {
        match key {
            "tool" => self.pool(wishes).iter().map(|it| it.name().to_owned()).collect(),
            _ => self.rpcs(wishes),
        }
    }
}
