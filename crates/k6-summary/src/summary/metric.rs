//! What k6 measures: counters, gauges, rates and trends.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Rate,
    Trend,
}

impl Kind {
    /// The kind of k6's own metrics and of ours, where nothing declares them.
    pub(crate) fn known(metric: &str) -> Option<Self> {
        match metric {
            "checks" | "http_req_failed" => Some(Self::Rate),
            "data_received" | "data_sent" | "dropped_iterations" | "http_reqs" | "iterations"
            | "ws_msgs_received" | "ws_msgs_sent" | "ws_sessions" | "mcp_calls"
            | "mcp_call_failures" => Some(Self::Counter),
            "vus" | "vus_max" => Some(Self::Gauge),
            "group_duration"
            | "iteration_duration"
            | "mcp_call_duration"
            | "http_req_blocked"
            | "http_req_connecting"
            | "http_req_duration"
            | "http_req_receiving"
            | "http_req_sending"
            | "http_req_tls_handshaking"
            | "http_req_waiting"
            | "ws_connecting"
            | "ws_ping"
            | "ws_session_duration"
            | "grpc_req_duration" => Some(Self::Trend),
            _ => None,
        }
    }
}

/// What the figures of a metric are, as k6 says beside them in `contains`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Contains {
    /// Milliseconds.
    Time,
    /// Bytes.
    Data,
    #[serde(other)]
    Default,
}

impl Contains {
    /// That of k6's own metrics and of ours, where no file says it.
    pub(crate) fn known(metric: &str) -> Option<Self> {
        Some(match Kind::known(metric)? {
            Kind::Trend => Self::Time,
            Kind::Counter if metric.starts_with("data_") => Self::Data,
            Kind::Counter | Kind::Gauge | Kind::Rate => Self::Default,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "a counter",
            Self::Gauge => "a gauge",
            Self::Rate => "a rate",
            Self::Trend => "a trend",
        })
    }
}

/// A metric at the end of a run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Metric {
    /// A sum, such as that of requests.
    Counter {
        /// `None` where it is not finite.
        count: Option<f64>,
        /// Per second of the run, `setup()` included.
        rate: Option<f64>,
    },
    /// The last value, and between which it lay.
    Gauge { value: Option<f64>, min: Option<f64>, max: Option<f64> },
    /// How many samples were non-zero, and how many zero. Non-zero samples of `http_req_failed`
    /// are failed requests.
    Rate { nonzero: u64, zero: u64 },
    /// A distribution.
    Trend(Trend),
}

/// A figure as a number of things; `None` where it is none.
pub(crate) fn to_count(figure: f64) -> Option<u64> {
    (figure >= 0.0 && figure.is_finite()).then(|| figure.round() as u64)
}

/// The distribution of a metric's samples; times are in milliseconds.
///
/// Every figure is `None` when k6 was not asked for it, when it was not finite, or when there was
/// no sample.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Trend {
    pub count: Option<u64>,
    pub min: Option<f64>,
    pub avg: Option<f64>,
    pub max: Option<f64>,
    pub(crate) percentiles: Percentiles,
}

impl Trend {
    pub(crate) fn is_empty(&self) -> bool {
        self.min.is_none()
            && self.avg.is_none()
            && self.max.is_none()
            && self.percentiles.0.is_empty()
    }

    /// The percentile `p` (0 to 100) as k6 computed it.
    pub fn percentile(&self, p: f64) -> Option<f64> {
        let all = &self.percentiles.0;
        let index = all.binary_search_by(|it| it.0.total_cmp(&p)).ok()?;
        Some(all[index].1)
    }
}

/// Percentiles, 0 to 100, and their values, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Percentiles(Vec<(f64, f64)>);

impl Percentiles {
    /// Of those that are there twice, such as `med` and `p(50)`, the first counts.
    pub(crate) fn of(all: impl Iterator<Item = (f64, f64)>) -> Self {
        let mut all: Vec<_> = all.collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all.dedup_by_key(|it| it.0);
        Self(all)
    }
}

/// A metric's name and the tags its samples were filtered by: `http_req_duration{scenario:x}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Selector {
    pub(crate) base: String,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Selector {
    /// Reads k6's spelling: tags are split at commas, each at its first colon, then freed of
    /// blanks and quotes.
    pub(crate) fn parse(name: &str) -> Self {
        let name = name.trim();
        let Some((base, tags)) =
            name.split_once('{').and_then(|(base, rest)| Some((base, rest.strip_suffix('}')?)))
        else {
            return Self { base: name.to_owned(), tags: BTreeMap::new() };
        };
        let bare = |it: &str| it.trim().trim_matches(['"', '\'']).to_owned();
        let tags = tags
            .split(',')
            .filter(|it| !it.trim().is_empty())
            .map(|tag| {
                let (key, value) = tag.split_once(':').unwrap_or((tag, ""));
                (bare(key), bare(value))
            })
            .collect();
        Self { base: base.trim().to_owned(), tags }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)?;
        let mut before = '{';
        for (key, value) in &self.tags {
            // Blanks at its ends are a value's own only between quotes.
            let quote = if value.trim() == value { "" } else { "\"" };
            write!(f, "{before}{key}:{quote}{value}{quote}")?;
            before = ',';
        }
        if self.tags.is_empty() { Ok(()) } else { f.write_str("}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_read_as_k6_reads_it() {
        #[track_caller]
        fn check(name: &str, base: &str, expected: &[(&str, &str)]) {
            let Selector { base: found, tags } = Selector::parse(name);
            assert_eq!(found, base, "{name}");
            let tags: Vec<_> = tags.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
            assert_eq!(tags, expected, "{name}");
            let again = Selector::parse(&Selector::parse(name).to_string());
            assert_eq!(again, Selector::parse(name), "{name}");
        }
        check("iterations", "iterations", &[]);
        check("d{rpc:tools/list}", "d", &[("rpc", "tools/list")]);
        check(
            r#" d{ rpc : "tools/list" , tool:'a' } "#,
            "d",
            &[("rpc", "tools/list"), ("tool", "a")],
        );
        check("d{tool:b,rpc:a}", "d", &[("rpc", "a"), ("tool", "b")]);
        check("d{url:http://x:1/}", "d", &[("url", "http://x:1/")]);
        check("d{}", "d", &[]);
        check("d{group:::setup}", "d", &[("group", "::setup")]);
        check("d{open", "d{open", &[]);
        check("d{a:' b '}", "d", &[("a", " b ")]);
    }
}
