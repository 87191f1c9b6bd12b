//! The summary that k6 would have written, out of points.
//!
//! Every figure is k6's own to the last bit, but for rates per second: their denominator, the
//! duration of the run, is not in the points, so it is the time from the beginning of the first request or iteration to
//! the last point. Such a rate is approximate: no threshold and no rate of a summary is held against it.

use crate::error::shown;
use crate::intake::series_key::SeriesKey;
use crate::points::reader::Points;
use crate::summary::metric::{Kind, Metric, Percentiles, Selector, Trend};
use crate::summary::threshold;
use crate::summary::wire::{Entry, RateTime, Summary, Threshold};
use crate::tally::sums::Sums;
use crate::tally::totals::{Aggregate, Declared};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const WHOLE_SECONDS: &str = "calls/s is not known, since the timestamps are whole seconds: K6_CSV_TIME_FORMAT=unix_nano has finer ones";

/// The percentiles that are computed in any case.
const USUAL: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];

impl Points {
    /// What k6 would have written at the end of all files together; the points are of
    /// [`Points::of_run`].
    ///
    /// Thresholds are judged anew, over everything. k6 does not write those on submetrics into
    /// points, so they are not among them. CSV does not name the kinds of metrics: those of
    /// custom ones are not known, and they are left out.
    pub fn summary(&mut self) -> Summary {
        self.totals.sort(self.plan.sorters);
        let seconds = self.span().map(|(first, last)| last.saturating_sub(first) as f64 / 1e9);
        let seconds = seconds.filter(|it| *it > 0.0);
        let rated = seconds.is_some() && !self.totals.whole_seconds && !self.apart;
        let over = seconds.filter(|_| rated);
        let mut entries = BTreeMap::new();
        for (key, aggregate) in &self.totals.aggregates {
            let Some(kind) = self.totals.kind(&key.metric) else { continue };
            let declared = self.totals.declared.get(&key.metric).filter(|_| key.tags.is_empty());
            let sources: Vec<&String> = declared.iter().flat_map(|it| &it.thresholds).collect();
            let metric = self.metric(kind, aggregate, &sources, over);
            let judged = |source: &String| {
                let crossed = threshold::crossed(source, &metric);
                Threshold { source: source.clone(), crossed }
            };
            let thresholds = sources.into_iter().map(judged).collect();
            let SeriesKey { metric: base, tags, .. } = key.clone();
            let contains = self.totals.declared.get(&base).and_then(|it| it.contains);
            entries.insert(Selector { base, tags }, Entry { metric, contains, thresholds });
        }
        for (name, Declared { kind, contains, thresholds, submetrics }) in &self.totals.declared {
            let none = |thresholds: Vec<Threshold>| Entry {
                metric: nothing(*kind),
                contains: *contains,
                thresholds,
            };
            for selector in submetrics.names().map(|it| Selector::parse(it)) {
                entries.entry(selector).or_insert_with(|| none(Vec::new()));
            }
            // All its samples may lie in the warm-up.
            let unmet = thresholds.iter().cloned();
            let unmet = unmet.map(|source| Threshold { source, crossed: None });
            entries.entry(Selector::parse(name)).or_insert_with(|| none(unmet.collect()));
        }
        let checks = entries.iter().filter_map(|(selector, it)| match it.metric {
            Metric::Rate { nonzero, zero } if selector.base == "checks" => {
                Some((selector.tags.get("check")?.clone(), (nonzero, zero)))
            }
            _ => None,
        });
        let checks = checks.collect();
        let mut summary = Summary::of(entries, seconds);
        summary.checks = checks;
        summary.rate_time = if rated { RateTime::OfPoints } else { RateTime::Unknown };
        summary.unjudged = self.unjudged();
        summary.notes.clone_from(&self.notes);
        if self.totals.whole_seconds {
            summary.notes.push(WHOLE_SECONDS.to_owned());
        }
        summary
    }

    /// Which thresholds are not in the files, one sentence each.
    fn unjudged(&self) -> Vec<String> {
        let submetrics = self.totals.declared.values().flat_map(|it| it.submetrics.names());
        let own: Vec<String> = submetrics
            .filter(|it| !it.ends_with("{expected_response:true}"))
            .map(|it| shown(it))
            .collect();
        let on_submetrics = match own.as_slice() {
            [] => None,
            [first] => Some(first.clone()),
            [first, rest @ ..] => Some(format!("{first} and {} more", rest.len())),
        };
        let csv = self.any_csv.then(|| "CSV holds no thresholds, so none was judged".to_owned());
        let on_submetrics = on_submetrics
            .map(|it| format!("points hold no thresholds on {it}, so those were not judged"));
        csv.into_iter().chain(on_submetrics).collect()
    }

    /// When the first request or iteration began; `None` before any was read, or where a query did not ask
    /// for timestamps.
    pub fn started(&self) -> Option<SystemTime> {
        let (first, _) = self.span()?;
        UNIX_EPOCH.checked_add(Duration::from_nanos(u64::try_from(first).ok()?))
    }

    fn span(&self) -> Option<(i64, i64)> {
        self.totals.span
    }

    fn metric(
        &self,
        kind: Kind,
        aggregate: &Aggregate,
        sources: &[&String],
        seconds: Option<f64>,
    ) -> Metric {
        let Sums { count, nonzero, sum, min, max, last } = self.totals.sums(aggregate);
        match kind {
            Kind::Counter => {
                let count = Some(sum).filter(|it| it.is_finite());
                Metric::Counter { count, rate: count.zip(seconds).map(|(sum, s)| sum / s) }
            }
            Kind::Gauge => Metric::Gauge { value: Some(last), min: Some(min), max: Some(max) },
            Kind::Rate => Metric::Rate { nonzero, zero: count - nonzero },
            Kind::Trend => {
                let mut asked = USUAL.to_vec();
                asked.extend(sources.iter().filter_map(|it| threshold::percentile_asked(it)));
                let percentile = |p: f64| Some((p, self.totals.percentile(aggregate, p)?));
                Metric::Trend(Trend {
                    count: Some(count),
                    min: Some(min),
                    avg: Some(sum / count as f64),
                    max: Some(max),
                    percentiles: Percentiles::of(asked.into_iter().filter_map(percentile)),
                })
            }
        }
    }
}

/// A submetric without samples.
fn nothing(kind: Kind) -> Metric {
    match kind {
        Kind::Counter => Metric::Counter { count: Some(0.0), rate: Some(0.0) },
        Kind::Gauge => Metric::Gauge { value: None, min: None, max: None },
        Kind::Rate => Metric::Rate { nonzero: 0, zero: 0 },
        Kind::Trend => Metric::Trend(Trend { count: Some(0), ..Trend::default() }),
    }
}
