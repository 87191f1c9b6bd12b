//! Limits as people write them: `p95<50` for a scenario, or for one of its tools.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use serde_json::Value;

/// k6's thresholds, by the metric that they are about.
pub(crate) type Thresholds = BTreeMap<String, Vec<Value>>;

/// The trend of measured calls, in milliseconds.
const DURATION: &str = "mcp_call_duration";

/// What a limit is about: a scenario, all scenarios, or those of its calls that have a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) scenario: Option<String>,
    /// `tool` or `rpc`, and its value.
    pub(crate) tag: Option<(String, String)>,
}

/// A limit of latency and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) selector: Selector,
    /// As k6 writes it: `p(95)<50`.
    expression: String,
}

impl FromStr for Selector {
    type Err = anyhow::Error;

    /// Reads `SCENARIO`, `SCENARIO{tool:NAME}` or `SCENARIO{rpc:NAME}`; without a scenario all are meant.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (scenario, tag) = match text.split_once('{') {
            None => (text, None),
            Some((scenario, rest)) => {
                let tag = rest.strip_suffix('}').and_then(|it| it.split_once(':'));
                let tag =
                    tag.filter(|(key, value)| ["tool", "rpc"].contains(key) && !value.is_empty());
                let (key, value) = tag.with_context(|| {
                    format!("`{text}` should read like tool-call-mix{{tool:search}} or cold-start{{rpc:initialize}}")
                })?;
                (scenario, Some((key.to_owned(), value.to_owned())))
            }
        };
        let scenario = Some(scenario.trim().to_owned()).filter(|it| !it.is_empty());
        Ok(Self { scenario, tag })
    }
}

impl FromStr for Limit {
    type Err = anyhow::Error;

    /// Reads `p95<50`, with a selector before it where one is meant: `tool-call-mix{tool:search}: p95<50`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let at = text.find(['<', '>']).with_context(|| wrong(text))?;
        let colon = match text.find('}').filter(|it| *it < at) {
            Some(brace) => text[brace..at].find(':').map(|it| brace + it),
            None => text[..at].find(':'),
        };
        let (selector, limit) = colon.map_or(("", text), |it| (&text[..it], &text[it + 1..]));
        Self::new(selector.trim().parse()?, limit)
    }
}

impl Limit {
    /// The limit `p95<50` of what is selected.
    pub(crate) fn new(selector: Selector, limit: &str) -> anyhow::Result<Self> {
        Ok(Self { selector, expression: expression(limit)? })
    }

    /// Whether it is about this scenario.
    fn is_for(&self, scenario: &str) -> bool {
        self.selector.scenario.as_deref().is_none_or(|it| it == scenario)
    }

    fn metric(&self) -> String {
        match &self.selector.tag {
            Some((key, value)) => format!("{DURATION}{{{key}:{value}}}"),
            None => DURATION.to_owned(),
        }
    }
}

/// The thresholds of a scenario: its own, and in their place the limits that are given for the same calls.
///
/// A limit for all calls takes the place of every one of its own for some of them.
pub(crate) fn merged(own: &Thresholds, limits: &[Limit], scenario: &str) -> Thresholds {
    let limits: Vec<&Limit> = limits.iter().filter(|it| it.is_for(scenario)).collect();
    let mut all = own.clone();
    for it in &limits {
        if it.selector.tag.is_none() {
            all.retain(|metric, _| !metric.starts_with(DURATION));
        } else {
            all.remove(&it.metric());
        }
    }
    for it in limits {
        all.entry(it.metric()).or_default().push(Value::String(it.expression.clone()));
    }
    all
}

/// k6's own words for `p95<50`; the number is milliseconds unless it says otherwise.
fn expression(limit: &str) -> anyhow::Result<String> {
    let limit = limit.trim();
    let parts = limit.find('<').map(|it| limit.split_at(it));
    let (statistic, rest) = parts.with_context(|| wrong(limit))?;
    let (op, number) = match rest.strip_prefix("<=") {
        Some(it) => ("<=", it),
        None => ("<", &rest[1..]),
    };
    let number = number.trim();
    let (number, scale) = match (number.strip_suffix("ms"), number.strip_suffix('s')) {
        (Some(it), _) => (it, 1.0),
        (None, Some(it)) => (it, 1000.0),
        (None, None) => (number, 1.0),
    };
    let number = number.trim().parse::<f64>().ok().map(|it| it * scale);
    let number = number.filter(|it| it.is_finite() && *it > 0.0).with_context(|| wrong(limit))?;
    let statistic = statistic.trim();
    let statistic = match statistic {
        "avg" | "min" | "med" | "max" => statistic.to_owned(),
        other => {
            let percentile = other.strip_prefix('p').unwrap_or_default();
            let bare = percentile.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
            let percentile = bare.unwrap_or(percentile);
            if !percentile.parse::<f64>().is_ok_and(|it| (0.0..=100.0).contains(&it)) {
                bail!(wrong(limit));
            }
            format!("p({percentile})")
        }
    };
    Ok(format!("{statistic}{op}{number}"))
}

fn wrong(text: &str) -> String {
    format!(
        "`{text}` is no limit; it should read like p95<50, in milliseconds, of p50, p95, p99, avg, med, min or max"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<(&str, &str)>) {
        let limit = text.parse::<Limit>();
        let seen = limit.as_ref().ok().map(|it| (it.metric(), it.expression.clone()));
        let expect = expect.map(|(metric, it)| (metric.to_owned(), it.to_owned()));
        assert_eq!(seen, expect, "{text}: {limit:?}");
    }

    #[test]
    fn a_limit_is_what_k6_takes_for_one() {
        check("p95<50", Some(("mcp_call_duration", "p(95)<50")));
        check(" p(99.9) <= 1.5s ", Some(("mcp_call_duration", "p(99.9)<=1500")));
        check("tool-call-mix: avg<20ms", Some(("mcp_call_duration", "avg<20")));
        check("tool-call-mix{tool:a:b}: p95<50", Some(("mcp_call_duration{tool:a:b}", "p(95)<50")));
        check("{rpc:tools/list}:max<9", Some(("mcp_call_duration{rpc:tools/list}", "max<9")));
        for text in ["p95", "p95<", "p95<x", "p95>5", "q95<5", "p101<5", "p95<-1", "a{b:c}:p95<5"] {
            check(text, None);
        }
    }

    #[test]
    fn a_limit_takes_the_place_of_what_it_is_stricter_or_looser_than() {
        let own = |it: Value| -> Thresholds { serde_json::from_value(it).unwrap() };
        let own = own(json!({
            "http_req_failed": ["rate<0.05"],
            "mcp_call_duration{rpc:tools/call}": ["p(95)<15000"],
        }));
        let merged = |limits: &[&str]| {
            let limits: Vec<Limit> = limits.iter().map(|it| it.parse().unwrap()).collect();
            json!(merged(&own, &limits, "mix"))
        };
        assert_eq!(merged(&["other: p95<5"]), json!(own));
        assert_eq!(
            merged(&["p95<500", "mix: p99<900", "mix{tool:a}: p95<50"]),
            json!({
                "http_req_failed": ["rate<0.05"],
                "mcp_call_duration": ["p(95)<500", "p(99)<900"],
                "mcp_call_duration{tool:a}": ["p(95)<50"],
            })
        );
        assert_eq!(
            merged(&["mix{rpc:tools/call}: p95<1s"])["mcp_call_duration{rpc:tools/call}"],
            json!(["p(95)<1000"])
        );
    }
}
