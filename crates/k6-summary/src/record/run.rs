//! The record of one run: `run.json`, a line of the history, the payload of a comment.

use crate::error::Error;
use crate::record::figures::{Checks, Example, Latency, Resources, Sessions};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The major version of the record that this crate reads and writes.
const SCHEMA: u32 = 1;

/// One run of all its scenarios; [`run`](crate::run) has it field by field.
///
/// `None` is "not measured" or "not known" everywhere. Fields that this version does not know
/// are ignored when reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Run {
    pub schema: u32,
    /// Names the run; two records with the same id are one run.
    pub id: String,
    /// RFC 3339 in UTC, ending in `Z`.
    pub started: String,
    pub duration_s: Option<f64>,
    pub target: Option<String>,
    pub environment: Option<String>,
    pub commit: Option<String>,
    /// The address of the CI run.
    pub url: Option<String>,
    pub suite: Option<String>,
    pub profile: Option<String>,
    pub k6: Option<String>,
    pub protocol: Option<String>,
    /// What was measured, as it says itself.
    pub server: Option<Server>,
    /// The worst verdict of the scenarios.
    pub verdict: Verdict,
    /// What else took part of the machine, one sentence each. A dirty run is never a baseline.
    #[serde(default)]
    pub dirty: Vec<String>,
    /// Why somebody accepted the level of this run: drift is measured anew from here.
    pub baseline_reset: Option<String>,
    #[serde(default)]
    pub skipped: Vec<Skipped>,
    pub scenarios: Vec<Scenario>,
}

impl Run {
    /// A record of `scenarios`, with their worst verdict and all else unknown.
    pub fn new(id: String, started: String, scenarios: Vec<Scenario>) -> Self {
        Self {
            schema: SCHEMA,
            id,
            started,
            duration_s: None,
            target: None,
            environment: None,
            commit: None,
            url: None,
            suite: None,
            profile: None,
            k6: None,
            protocol: None,
            server: None,
            verdict: Verdict::worst(&scenarios),
            dirty: Vec::new(),
            baseline_reset: None,
            skipped: Vec::new(),
            scenarios,
        }
    }
}

impl Run {
    /// The address of the CI run without the attempt, as GitHub has it: equal for all attempts of one run.
    pub fn ci_run(&self) -> Option<&str> {
        let url = self.url.as_deref()?;
        Some(url.split_once("/attempts/").map_or(url, |(it, _)| it).trim_end_matches('/'))
    }
}

/// A server by its own word, the `serverInfo` of MCP's `initialize`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Server {
    pub name: String,
    pub version: Option<String>,
}

impl Server {
    pub fn new(name: String, version: Option<String>) -> Self {
        Self { name, version }
    }
}

/// One scenario: how it was judged and what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scenario {
    pub name: String,
    pub verdict: Verdict,
    /// Why the verdict is not `passed`, one short sentence each, the weightiest first.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Equal when script, load profile and generator were the same.
    #[serde(default)]
    pub fingerprint: String,
    /// Measured calls, the failed ones included.
    pub calls: Option<u64>,
    /// Failed calls by class.
    #[serde(default)]
    pub failures: BTreeMap<String, u64>,
    /// Failed calls divided by calls, 0 to 1.
    pub error_rate: Option<f64>,
    /// Successful calls per second.
    pub throughput: Option<f64>,
    /// Calls per second that were tried or should have been.
    pub offered: Option<f64>,
    /// Both are over the time between the points, since k6's own duration is not known.
    #[serde(default, skip_serializing_if = "is_false")]
    pub approximate_rates: bool,
    /// Latency of the successful calls, in milliseconds.
    #[serde(default)]
    pub latency_ms: Latency,
    /// How many calls the latency stands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
    #[serde(default)]
    pub by: Vec<Breakdown>,
    /// What the script itself looked at in the answers; it does not touch the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Checks>,
    /// What the test took of the machine, as far as it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// What became of the sessions, where they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Sessions>,
    /// What a failure of each class looked like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    #[serde(default)]
    pub targets: Vec<Target>,
    /// Thresholds that are not among the targets because nobody judged them, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unjudged: Vec<String>,
    /// What else is to be known of the figures, such as what was passed over in a file, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Names what the figures were read from: where it is the same, they are the same measurement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(it: &bool) -> bool {
    !it
}

impl Scenario {
    /// A scenario of which nothing is known but its name and verdict.
    pub fn new(name: String, verdict: Verdict) -> Self {
        Self {
            name,
            verdict,
            reasons: Vec::new(),
            fingerprint: String::new(),
            calls: None,
            failures: BTreeMap::new(),
            error_rate: None,
            throughput: None,
            offered: None,
            approximate_rates: false,
            latency_ms: Latency::default(),
            samples: None,
            by: Vec::new(),
            checks: None,
            resources: None,
            sessions: None,
            examples: Vec::new(),
            targets: Vec::new(),
            unjudged: Vec::new(),
            notes: Vec::new(),
            source: None,
        }
    }

    /// The number of calls behind the latency figures.
    pub fn successes(&self) -> Option<u64> {
        self.samples.or_else(|| Some(self.calls?.saturating_sub(self.failed())))
    }

    /// How many of its thresholds nobody judged.
    pub(crate) fn unjudged(&self) -> usize {
        self.unjudged.len() + self.targets.iter().filter(|it| it.met.is_none()).count()
    }

    pub(crate) fn failed(&self) -> u64 {
        self.failures.values().fold(0, |sum: u64, it| sum.saturating_add(*it))
    }
}

/// The part of a scenario's calls that carry the same tags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Breakdown {
    pub tags: BTreeMap<String, String>,
    pub calls: Option<u64>,
    #[serde(default)]
    pub latency_ms: Latency,
    /// How many calls the latency stands on, where it is not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
}

impl Breakdown {
    /// The calls with these tags, not measured yet.
    pub fn new(tags: BTreeMap<String, String>) -> Self {
        Self { tags, calls: None, latency_ms: Latency::default(), samples: None }
    }

    /// The number of calls behind the latency figures.
    pub(crate) fn successes(&self) -> u64 {
        self.samples.or(self.calls).unwrap_or(0)
    }
}

/// What the calls with these tags are called.
pub(crate) fn part_name(tags: &BTreeMap<String, String>) -> String {
    let named = |(tag, value): (&String, &String)| match tag.as_str() {
        "step" if value == "1" => "1 user".to_owned(),
        "step" => format!("{value} users"),
        _ => value.clone(),
    };
    tags.iter().map(named).collect::<Vec<_>>().join(" ")
}

/// A limit and what was measured against it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Target {
    pub name: String,
    /// How `measured` has to stand to `limit`: `<`, `<=`, `>`, `>=`, `==`, `!=`.
    #[serde(default = "below")]
    pub op: String,
    pub limit: f64,
    /// Of `limit` and `measured`, such as `ms`; absent for counts and shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    pub measured: Option<f64>,
    /// `None` when nobody judged it, as where nothing was measured: neither a tick nor a cross.
    pub met: Option<bool>,
}

impl Target {
    /// A limit that nothing was measured against.
    pub fn new(name: String, op: String, limit: f64) -> Self {
        Self { name, op, limit, unit: None, measured: None, met: None }
    }
}

fn below() -> String {
    "<".to_owned()
}

/// Something that the target does not offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Skipped {
    pub name: String,
    pub reason: String,
}

impl Skipped {
    /// What was not measured, and why.
    pub fn new(name: String, reason: String) -> Self {
        Self { name, reason }
    }
}

/// How a scenario or a run is judged, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It measured the server, and every threshold was kept.
    Passed,
    /// A threshold or a target was crossed.
    Failed,
    /// It measured something else than the server's speed.
    Invalid,
    /// Nothing was measured.
    DidNotRun,
}

impl Verdict {
    /// The worst verdict of `scenarios`; of none at all, [`Verdict::DidNotRun`].
    pub fn worst(scenarios: &[Scenario]) -> Self {
        scenarios.iter().map(|it| it.verdict).max().unwrap_or(Self::DidNotRun)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::DidNotRun => "did not run",
        })
    }
}

impl FromStr for Run {
    type Err = Error;

    /// Reads one record of a known schema version.
    ///
    /// # Errors
    /// [`Error::NotARecord`] and [`Error::UnknownSchema`].
    fn from_str(json: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let Version { schema } = serde_json::from_str(json).map_err(Error::NotARecord)?;
        if schema != SCHEMA {
            return Err(Error::UnknownSchema { schema, known: SCHEMA });
        }
        serde_json::from_str(json).map_err(Error::NotARecord)
    }
}
