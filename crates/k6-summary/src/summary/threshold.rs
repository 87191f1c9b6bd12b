//! k6's thresholds as targets: `p(95)<500` on `mcp_call_duration{rpc:initialize}`.

use crate::record::run::Target;
use crate::summary::metric::{Contains, Metric, Selector};
use crate::summary::wire::{Entry, Summary, Threshold};
use crate::text::number::{figure, limit};

/// A threshold and what became of it.
pub(crate) struct Outcome {
    /// `None` where the expression is none that k6 documents.
    pub(crate) target: Option<Target>,
    /// The threshold as its script spells it.
    pub(crate) source: String,
    /// `None` where nobody judged it.
    pub(crate) crossed: Option<bool>,
}

impl Outcome {
    /// One sentence on a crossed threshold.
    pub(crate) fn reason(&self) -> String {
        let missed = self.target.as_ref().and_then(missed);
        missed.unwrap_or_else(|| format!("the threshold {} was crossed", self.source))
    }
}

/// One sentence on a missed target, where it is known by how much.
pub(crate) fn missed(it: &Target) -> Option<String> {
    let unit = it.unit.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    let measured = figure(it.measured?, it.unit.is_some());
    let limit = limit(it.limit);
    Some(format!("{} is {measured}{unit}, the target is {} {limit}{unit}", it.name, it.op))
}

/// Every threshold that can fail, in the order of the metrics' names.
pub(crate) fn outcomes(summary: &Summary) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (selector, entry) in summary.entries() {
        for threshold in &entry.thresholds {
            let expression = Expression::parse(&threshold.source);
            let holds_always = expression.as_ref().is_some_and(Expression::never_fails);
            if holds_always && threshold.crossed != Some(true) {
                continue;
            }
            outcomes.push(Outcome {
                target: expression.map(|it| it.target(selector, entry, threshold)),
                source: format!("{} {}", subject(selector), threshold.source),
                crossed: threshold.crossed,
            });
        }
    }
    outcomes
}

/// Whether k6 finds the threshold crossed at the end, by what its points tell.
///
/// `None` where it is none that k6 documents, and where it is about a rate per second: over how long is not in the points.
pub(crate) fn crossed(source: &str, metric: &Metric) -> Option<bool> {
    let it = Expression::parse(source)?;
    if matches!(metric, Metric::Counter { .. }) && it.aggregation == "rate" {
        return None;
    }
    let measured = match (it.measured(metric), metric) {
        (Some(measured), _) => measured,
        // k6 keeps a rate without samples and takes anything else without samples for 0.
        (None, Metric::Rate { .. }) => return Some(false),
        // A sum beyond all numbers is not known to keep anything.
        (None, Metric::Counter { count: None, .. }) => return Some(true),
        (None, _) => 0.0,
    };
    Some(!kept(measured, it.op, it.limit)?)
}

/// Whether a figure stands to a limit as it has to; `None` where that is not known.
pub(crate) fn kept(measured: f64, op: &str, limit: f64) -> Option<bool> {
    Some(match op {
        "<" => measured < limit,
        "<=" => measured <= limit,
        ">" => measured > limit,
        ">=" => measured >= limit,
        "==" => measured == limit,
        "!=" => measured != limit,
        _ => return None,
    })
}

/// The percentile that a threshold asks for, 0 to 100.
pub(crate) fn percentile_asked(source: &str) -> Option<f64> {
    let aggregation = Expression::parse(source)?.aggregation;
    aggregation.strip_prefix("p(")?.strip_suffix(')')?.parse().ok()
}

struct Expression<'a> {
    aggregation: &'a str,
    op: &'a str,
    limit: f64,
}

impl<'a> Expression<'a> {
    fn parse(source: &'a str) -> Option<Self> {
        let at = source.find(['<', '>', '=', '!'])?;
        let (aggregation, rest) = source.split_at(at);
        let end = rest.find(|it| !matches!(it, '<' | '>' | '=' | '!'))?;
        let (op, limit) = rest.split_at(end);
        let op = if op == "===" { "==" } else { op };
        Some(Self { aggregation: aggregation.trim(), op, limit: limit.trim().parse().ok()? })
    }

    /// `max>=0` and its like stand in a script only to have a submetric in the summary.
    fn never_fails(&self) -> bool {
        self.op == ">=" && self.limit <= 0.0 || self.op == ">" && self.limit < 0.0
    }

    fn target(&self, selector: &Selector, entry: &Entry, threshold: &Threshold) -> Target {
        let aggregation = self.aggregation.replace("p(", "p").replace(')', "");
        let unmeasured = match &entry.metric {
            Metric::Trend(trend) => trend.count == Some(0) || trend.is_empty(),
            Metric::Rate { nonzero, zero } => nonzero.saturating_add(*zero) == 0,
            // As k6 writes a part that was never met.
            Metric::Gauge { value, min: Some(0.0), max: Some(0.0) } => {
                value.is_none() || !selector.tags.is_empty()
            }
            Metric::Gauge { value, .. } => value.is_none(),
            // Of nothing there are 0.
            Metric::Counter { count, .. } => count.is_none(),
        };
        Target {
            name: format!("{} {aggregation}", subject(selector)),
            op: self.op.to_owned(),
            limit: self.limit,
            unit: self.unit(selector, entry),
            measured: self.measured(&entry.metric).filter(|_| !unmeasured),
            met: threshold.crossed.filter(|_| !unmeasured).map(|it| !it),
        }
    }

    fn unit(&self, selector: &Selector, entry: &Entry) -> Option<String> {
        let unit = match entry.contains.or_else(|| Contains::known(&selector.base))? {
            Contains::Time => "ms",
            Contains::Data => "B",
            Contains::Default => return None,
        };
        match (&entry.metric, self.aggregation) {
            (Metric::Rate { .. }, _) | (Metric::Trend(_), "count") => None,
            (Metric::Counter { .. }, "rate") => Some(format!("{unit}/s")),
            _ => Some(unit.to_owned()),
        }
    }

    fn measured(&self, metric: &Metric) -> Option<f64> {
        match metric {
            Metric::Counter { count, rate } => match self.aggregation {
                "count" => *count,
                "rate" => *rate,
                _ => None,
            },
            Metric::Gauge { value, .. } => *value,
            Metric::Rate { nonzero, zero } => {
                let total = nonzero.saturating_add(*zero);
                (total > 0).then(|| *nonzero as f64 / total as f64)
            }
            Metric::Trend(trend) => match self.aggregation {
                "min" => trend.min,
                "avg" => trend.avg,
                "max" => trend.max,
                "count" => trend.count.map(|it| it as f64),
                "med" => trend.percentile(50.0),
                it => trend.percentile(it.strip_prefix("p(")?.strip_suffix(')')?.parse().ok()?),
            },
        }
    }
}

/// What the threshold is about: the RPC or tool of our own metrics, else k6's own name.
fn subject(selector: &Selector) -> String {
    let values: Vec<&str> = selector.tags.values().map(String::as_str).collect();
    match selector.base.as_str() {
        "mcp_call_duration" if values.is_empty() => "calls".to_owned(),
        "mcp_call_duration" => values.join(" "),
        base if values.is_empty() => base.to_owned(),
        base => {
            let tags: Vec<String> =
                selector.tags.iter().map(|(key, value)| format!("{key}:{value}")).collect();
            format!("{base}{{{}}}", tags.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_with_blanks_and_without() {
        #[track_caller]
        fn check(source: &str, expected: Option<(&str, &str, f64)>) {
            let found = Expression::parse(source).map(|it| (it.aggregation, it.op, it.limit));
            assert_eq!(found, expected, "{source}");
        }
        check("p(95)<500", Some(("p(95)", "<", 500.0)));
        check(" p(99.9) <= 1.5e3 ", Some(("p(99.9)", "<=", 1500.0)));
        check("rate===1", Some(("rate", "==", 1.0)));
        check("count!=0", Some(("count", "!=", 0.0)));
        check("max>=0", Some(("max", ">=", 0.0)));
        check("p(95)", None);
        check("p(95)<", None);
        check("p(95)<fast", None);
    }

    #[test]
    fn only_a_bound_that_everything_keeps_never_fails() {
        for (source, never) in [
            ("max>=0", true),
            ("count>=0", true),
            ("max>=-1", true),
            ("min>-1", true),
            ("count>0", false),
            ("count>=1", false),
            ("count<1", false),
        ] {
            assert_eq!(Expression::parse(source).unwrap().never_fails(), never, "{source}");
        }
    }
}
