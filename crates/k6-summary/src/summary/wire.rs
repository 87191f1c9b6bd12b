//! k6's three summary formats, told apart by content and normalized here and nowhere else.
//!
//! | | `--summary-export` | `handleSummary(data)` | machine-readable 1.0.0 |
//! |---|---|---|---|
//! | metrics | object by name | object by name | array under `results` |
//! | figures | beside `thresholds` | under `values` | under `values` |
//! | kind | to be seen from the keys | `type` | `type` |
//! | threshold | `true` is crossed | `{"ok": true}` is kept | absent |
//! | rate | `passes`, `fails` | `passes`, `fails` | `matches`, `total` |
//! | percentile | `p(95)`, `med` | `p(95)`, `med` | `p95`, `med`; no P99 |
//! | counter's rate | yes | yes | absent |
//! | duration of the run | absent | milliseconds | seconds |
//! | when it ended | absent | absent | `generated_at` |
//! | what a metric is of | absent | `contains` | `contains` |
//! | checks by name | objects in `root_group` | arrays in `root_group` | array under `results` |
//!
//! A trend without samples has zeros for figures in all of them and is known by `count` 0. Where
//! `count` was not asked for, a trend of nothing but zeros counts as not measured. So does an
//! `http_req_duration` of nothing but zeros: k6 notes 0 ms for a request that reached no server.

use crate::error::{Error, shown};
use crate::intake::timestamp::Clock;
use crate::summary::metric::{Contains, Kind, Metric, Percentiles, Selector, Trend, to_count};
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What k6 wrote at the end of a run, whichever of its formats it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    entries: BTreeMap<Selector, Entry>,
    duration_s: Option<f64>,
    ended: Option<SystemTime>,
    k6: Option<String>,
    pub(crate) checks: Checked,
    pub(crate) rate_time: RateTime,
    /// What else is to be known of the figures, one sentence each.
    pub(crate) notes: Vec<String>,
    /// Which thresholds cannot be in the file, one sentence each.
    pub(crate) unjudged: Vec<String>,
}

/// Over how long the rates per second are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateTime {
    /// As long as the run took.
    OfRun,
    /// From the first point to the last, which is nearly that.
    OfPoints,
    Unknown,
}

/// How often each check held, and how often it did not.
pub(crate) type Checked = BTreeMap<String, (u64, u64)>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) metric: Metric,
    pub(crate) contains: Option<Contains>,
    pub(crate) thresholds: Vec<Threshold>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) source: String,
    /// `None` where nobody judged it.
    pub(crate) crossed: Option<bool>,
}

impl Summary {
    /// The metric or submetric of this name; blanks and quotes between its braces do not matter.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.entries.get(&Selector::parse(name)).map(|it| &it.metric)
    }

    /// The metric of this name if it is a trend.
    pub fn trend(&self, name: &str) -> Option<&Trend> {
        match self.metric(name)? {
            Metric::Trend(trend) => Some(trend),
            _ => None,
        }
    }

    /// How long the run took, in seconds, `setup()` included.
    ///
    /// The export does not say, so there it is a counter's count divided by its rate.
    pub fn duration_s(&self) -> Option<f64> {
        self.duration_s.or_else(|| {
            self.entries.values().find_map(|it| match it.metric {
                Metric::Counter { count, rate: Some(rate) } if rate > 0.0 => Some(count? / rate),
                _ => None,
            })
        })
    }

    /// When the run ended, where the format has it.
    pub fn ended(&self) -> Option<SystemTime> {
        self.ended
    }

    /// The version of k6, where the format has it.
    pub fn k6(&self) -> Option<&str> {
        self.k6.as_deref()
    }

    /// A summary that was put together from points.
    ///
    /// What else is known of it is for who has the points to say.
    pub(crate) fn of(mut entries: BTreeMap<Selector, Entry>, duration_s: Option<f64>) -> Self {
        entries.iter_mut().for_each(|(selector, it)| forget_unreached(selector, it));
        Self {
            entries,
            duration_s,
            ended: None,
            k6: None,
            checks: Checked::new(),
            rate_time: RateTime::OfRun,
            notes: Vec::new(),
            unjudged: Vec::new(),
        }
    }

    /// The count of a counter, which k6 leaves out as long as it is 0; `None` is not known.
    pub(crate) fn count(&self, name: &str) -> Option<f64> {
        match self.metric(name) {
            Some(Metric::Counter { count, .. }) => *count,
            Some(_) => None,
            None => Some(0.0),
        }
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Selector, &Entry)> {
        self.entries.iter()
    }
}

impl FromStr for Summary {
    type Err = Error;

    /// Reads a summary of any of k6's formats.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Json`], [`Error::Points`], [`Error::NotASummary`], [`Error::UnknownVersion`] and
    /// [`Error::Metric`].
    fn from_str(json: &str) -> Result<Self, Error> {
        let json = json.trim_start_matches('\u{feff}').trim();
        if json.is_empty() {
            return Err(Error::Empty);
        }
        let document: Value = match serde_json::from_str(json) {
            Ok(it) => it,
            Err(_) if json.lines().next().is_some_and(is_point) => return Err(Error::Points),
            Err(error) => return Err(Error::Json(error)),
        };
        if document["metric"].is_string() && document["type"].is_string() {
            return Err(Error::Points);
        }
        if let Value::Array(metrics) = &document["results"]["metrics"] {
            return machine_readable(&document, metrics);
        }
        let (Value::Object(metrics), true) =
            (&document["metrics"], document["root_group"].is_object())
        else {
            return Err(Error::NotASummary);
        };
        let entries = metrics
            .iter()
            .map(|(name, it)| {
                let entry = if it.get("values").is_some() { described(it) } else { flat(it) };
                let entry =
                    entry.map_err(|source| Error::Metric { metric: shown(name), source })?;
                Ok(keyed(name, entry))
            })
            .collect::<Result<BTreeMap<_, _>, Error>>()?;
        let duration_s = document["state"]["testRunDurationMs"].as_f64().map(|it| it / 1000.0);
        let mut checks = Checked::new();
        group(&document["root_group"], &mut checks);
        Ok(Self { checks, ..Self::of(entries, duration_s) })
    }
}

fn is_point(line: &str) -> bool {
    #[derive(Deserialize)]
    struct Line<'a> {
        r#type: &'a str,
        metric: Option<&'a str>,
    }
    serde_json::from_str(line)
        .is_ok_and(|it: Line<'_>| it.metric.is_some() && matches!(it.r#type, "Metric" | "Point"))
}

fn keyed(name: &str, mut entry: Entry) -> (Selector, Entry) {
    let selector = Selector::parse(name);
    forget_unreached(&selector, &mut entry);
    (selector, entry)
}

fn forget_unreached(selector: &Selector, entry: &mut Entry) {
    if selector.base == "http_req_duration"
        && let Metric::Trend(trend) = &mut entry.metric
        && trend.max == Some(0.0)
    {
        *trend = Trend { count: trend.count, ..Trend::default() };
    }
}

type Figures = BTreeMap<String, Option<f64>>;

/// An entry of `--summary-export`.
fn flat(entry: &Value) -> serde_json::Result<Entry> {
    #[derive(Deserialize)]
    struct Flat {
        #[serde(default)]
        thresholds: BTreeMap<String, bool>,
        #[serde(flatten)]
        figures: Figures,
    }
    let Flat { thresholds, figures } = Flat::deserialize(entry)?;
    let has = |it: &str| figures.contains_key(it);
    let kind = if has("passes") && has("fails") {
        Kind::Rate
    } else if has("count") && has("rate") {
        Kind::Counter
    } else if has("value") {
        Kind::Gauge
    } else {
        Kind::Trend
    };
    let thresholds = thresholds
        .into_iter()
        .map(|(source, crossed)| Threshold { source, crossed: Some(crossed) })
        .collect();
    Ok(Entry { metric: metric(kind, &figures)?, contains: None, thresholds })
}

/// An entry that names its own type.
fn described(entry: &Value) -> serde_json::Result<Entry> {
    #[derive(Deserialize)]
    struct Described {
        r#type: Kind,
        contains: Option<Contains>,
        values: Figures,
        #[serde(default)]
        thresholds: BTreeMap<String, Outcome>,
    }
    #[derive(Deserialize)]
    struct Outcome {
        ok: bool,
    }
    let it = Described::deserialize(entry)?;
    let thresholds = it
        .thresholds
        .into_iter()
        .map(|(source, Outcome { ok })| Threshold { source, crossed: Some(!ok) })
        .collect();
    Ok(Entry { metric: metric(it.r#type, &it.values)?, contains: it.contains, thresholds })
}

fn machine_readable(document: &Value, metrics: &[Value]) -> Result<Summary, Error> {
    let version = document["version"].as_str().unwrap_or("unnamed");
    if version.split('.').next() != Some("1") {
        return Err(Error::UnknownVersion { version: shown(version) });
    }
    let checks = document["results"]["checks"]["metrics"].as_array();
    let entries = metrics
        .iter()
        .chain(checks.into_iter().flatten())
        .map(|it| {
            let name = it["name"].as_str().ok_or(Error::NotASummary)?;
            let entry =
                described(it).map_err(|source| Error::Metric { metric: shown(name), source })?;
            Ok(keyed(name, entry))
        })
        .collect::<Result<BTreeMap<_, _>, Error>>()?;
    let mut checked = Checked::new();
    each_check(&document["results"]["checks"]["results"], &mut checked);
    Ok(Summary {
        ended: document["metadata"]["generated_at"].as_str().and_then(time),
        k6: document["metadata"]["k6_version"].as_str().map(shown),
        checks: checked,
        unjudged: vec![
            "k6's machine-readable summary holds no thresholds, so none was judged".to_owned(),
        ],
        ..Summary::of(entries, document["config"]["duration"].as_f64())
    })
}

fn time(text: &str) -> Option<SystemTime> {
    let nanos = u64::try_from(Clock::default().nanos(text.as_bytes())?).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_nanos(nanos))
}

/// The checks of a group and of those in it.
fn group(it: &Value, checked: &mut Checked) {
    each_check(&it["checks"], checked);
    items(&it["groups"]).for_each(|it| group(it, checked));
}

/// Checks of the same name in different groups are one.
fn each_check(checks: &Value, checked: &mut Checked) {
    for it in items(checks) {
        if let (Some(name), Some(passes), Some(fails)) =
            (it["name"].as_str(), it["passes"].as_u64(), it["fails"].as_u64())
        {
            let sums = checked.entry(name.to_owned()).or_default();
            *sums = (sums.0.saturating_add(passes), sums.1.saturating_add(fails));
        }
    }
}

/// What an array holds, or an object by whatever names.
fn items(of: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match of {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(items) => Box::new(items.values()),
        _ => Box::new(std::iter::empty()),
    }
}

fn metric(kind: Kind, figures: &Figures) -> serde_json::Result<Metric> {
    let figure = |name: &str| figures.get(name).copied().flatten();
    let number = |name: &str| figure(name).and_then(to_count);
    Ok(match kind {
        Kind::Counter => Metric::Counter { count: figure("count"), rate: figure("rate") },
        Kind::Gauge => {
            Metric::Gauge { value: figure("value"), min: figure("min"), max: figure("max") }
        }
        Kind::Rate => {
            let nonzero = number("matches").or_else(|| number("passes"));
            let zero = number("fails").or_else(|| number("total")?.checked_sub(nonzero?));
            // k6 counts samples one by one, so these are numbers, whatever the samples are.
            let (Some(nonzero), Some(zero)) = (nonzero, zero) else {
                return Err(serde_json::Error::custom("a rate without the numbers of its samples"));
            };
            Metric::Rate { nonzero, zero }
        }
        Kind::Trend => Metric::Trend(trend(figures)),
    })
}

fn trend(figures: &Figures) -> Trend {
    let figure = |name: &str| figures.get(name).copied().flatten();
    let count = figure("count").and_then(to_count);
    let only_zeros =
        figures.iter().filter(|it| it.0 != "count").all(|(_, figure)| *figure == Some(0.0));
    if count == Some(0) || count.is_none() && only_zeros {
        return Trend { count, ..Trend::default() };
    }
    let percentiles =
        figures.iter().filter_map(|(name, figure)| Some((parse_percentile(name)?, (*figure)?)));
    let percentiles = Percentiles::of(percentiles);
    Trend { count, min: figure("min"), avg: figure("avg"), max: figure("max"), percentiles }
}

/// `p(95)`, `p95` or `med` as a number.
fn parse_percentile(name: &str) -> Option<f64> {
    if name == "med" {
        return Some(50.0);
    }
    let number = name.strip_prefix('p')?;
    let number = number.strip_prefix('(').and_then(|it| it.strip_suffix(')')).unwrap_or(number);
    number.trim().parse().ok()
}
