//! From a block of lines to the samples in it.

use crate::error::Flaw;
use crate::intake::batch::Batch;
use crate::intake::blocks::{Block, TOO_LONG};
use crate::intake::line::{self, Declaration, Line, Point, RawPoint};
use crate::intake::lock::lock;
use crate::intake::query::Plan;
use crate::intake::series_key::{SeriesKey, SeriesKeys, divided};
use crate::intake::tag_cache::TagCache;
use crate::intake::timestamp::Clock;
use crate::summary::metric::Selector;
use memchr::memchr;
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

/// What a thread remembers from block to block.
pub(crate) struct Scanner<'a> {
    plan: &'a Plan,
    keys: &'a Mutex<SeriesKeys>,
    /// By which tags the metrics are divided, where that is each metric's own affair.
    pub(crate) divisions: HashMap<String, BTreeSet<String>>,
    /// How the wanted lines begin, where one metric is wanted.
    only: Option<(Vec<u8>, usize)>,
    metrics: Vec<Known>,
    /// The indices of their names.
    indices: HashMap<Box<[u8]>, usize>,
    last: usize,
    tag_cache: TagCache,
    windows: HashMap<(u32, u32), u32>,
    clock: Clock,
}

/// A metric that was met.
struct Known {
    name: Vec<u8>,
    /// Whether its samples say how long something took that ended at their timestamp.
    lasts: bool,
    /// By the number of the tags.
    series: Vec<u32>,
    /// Which metric came after this one the last time.
    follower: usize,
}

/// Beyond these, of which k6 itself has some thirty, points are read as any other line.
const MOST_METRICS: usize = 1024;

/// Whether the samples of a metric say how long something took that began when the run did.
pub(crate) fn lasts(metric: &[u8]) -> bool {
    matches!(metric, b"iteration_duration" | b"http_req_duration" | b"mcp_call_duration")
}

const UNKNOWN: u32 = u32::MAX;
const UNWANTED: u32 = u32::MAX - 1;

impl<'a> Scanner<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        keys: &'a Mutex<SeriesKeys>,
        divisions: HashMap<String, BTreeSet<String>>,
    ) -> Self {
        let only = plan.metric.as_ref().map(|it| {
            let beginning = line::beginning_of(&it.base);
            (beginning, line::BEGINNING.len() + it.base.len() + 1)
        });
        Self {
            plan,
            keys,
            divisions,
            only,
            metrics: Vec::new(),
            indices: HashMap::new(),
            last: 0,
            tag_cache: TagCache::default(),
            windows: HashMap::new(),
            clock: Clock::default(),
        }
    }

    /// Reads all lines of a block.
    pub(crate) fn block(&mut self, block: &Block, batch: &mut Batch) {
        batch.started = block.start.is_some();
        if block.too_long {
            batch.flaws.push((0, TOO_LONG));
            batch.lines = 1;
            return;
        }
        let mut rest = block.lines();
        while let Some(end) = memchr(b'\n', rest) {
            self.line(&rest[..end], block.start, batch);
            batch.lines += 1;
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            self.unended_line(rest, block.start, batch);
            batch.lines += 1;
        }
    }

    fn line(&mut self, line: &[u8], start: Option<i64>, batch: &mut Batch) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let raw = match &self.only {
            Some((beginning, name)) => match line.strip_prefix(beginning.as_slice()) {
                Some(rest) => RawPoint::after_name(&line[line::BEGINNING.len()..*name - 1], rest),
                None if line.starts_with(line::BEGINNING)
                    && !line.starts_with(&beginning[..*name])
                    && line.ends_with(b"}") =>
                {
                    // A point of another metric, as nearly all lines are.
                    return;
                }
                None => None,
            },
            None => RawPoint::of(line),
        };
        let sample = match raw {
            Some(raw) => self.raw_point(&raw, line, start, batch),
            None => self.json(line, start, batch),
        };
        match sample {
            Ok(Some(sample)) => batch.samples.push(sample),
            Ok(None) => {}
            Err(flaw) => batch.flaws.push((batch.lines, flaw)),
        }
    }

    /// A point taken apart by position, whose tags are read only if they are new.
    fn raw_point(
        &mut self,
        raw: &RawPoint<'_>,
        line: &[u8],
        start: Option<i64>,
        batch: &mut Batch,
    ) -> Result<Option<(u32, f64)>, Flaw> {
        let Some(metric) = self.metric(raw.metric) else {
            return self.json(line, start, batch);
        };
        let tags = self.tag_cache.number(raw.tags).map(|it| it as usize);
        let known = tags.and_then(|it| self.metrics[metric].series.get(it).copied());
        let series = match known {
            Some(series) if series != UNKNOWN => series,
            _ => {
                let Line::Point(point) = line::read(line)? else { return Err(Flaw::NotK6) };
                let series = self.series(&point);
                if let Some(tags) = tags {
                    let known = &mut self.metrics[metric].series;
                    known.resize(known.len().max(tags + 1), UNKNOWN);
                    known[tags] = series;
                }
                series
            }
        };
        let took = self.metrics[metric].lasts.then_some(raw.value);
        let series = self.timed(series, (raw.time, took), start, batch)?;
        Ok(series.map(|it| (it, raw.value)))
    }

    /// Any other line.
    fn json(
        &mut self,
        line: &[u8],
        start: Option<i64>,
        batch: &mut Batch,
    ) -> Result<Option<(u32, f64)>, Flaw> {
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        match line::read(line)? {
            Line::Point(point) => {
                let series = self.series(&point);
                let took = lasts(point.metric.as_bytes()).then_some(point.value);
                let series = self.timed(series, (point.time.as_bytes(), took), start, batch)?;
                Ok(series.map(|it| (it, point.value)))
            }
            Line::Declaration(it) => {
                if self.plan.for_summary {
                    self.divide(&it);
                }
                batch.declared.push((batch.lines, batch.samples.len(), it));
                Ok(None)
            }
        }
    }

    /// From here on the metric is divided by the tags of its submetrics.
    fn divide(&mut self, it: &Declaration) {
        let tags = self.plan.division(&it.metric, &it.submetrics);
        // Those of the files before stay: their submetrics go on.
        let known = self.divisions.entry(it.metric.clone()).or_default();
        let before = known.len();
        known.extend(tags);
        if known.len() > before
            && let Some(metric) = self.indices.get(it.metric.as_bytes())
        {
            self.metrics[*metric].series.clear();
        }
    }

    /// The index of a metric; `None` where there is no room to remember it.
    fn metric(&mut self, name: &[u8]) -> Option<usize> {
        if let Some(last) = self.metrics.get(self.last) {
            let guess = last.follower;
            if self.metrics[guess].name == name {
                self.last = guess;
                return Some(guess);
            }
        }
        let found = match self.indices.get(name) {
            Some(index) => *index,
            None if self.metrics.len() == MOST_METRICS => return None,
            None => {
                let index = self.metrics.len();
                let (lasts, series) = (lasts(name), Vec::new());
                self.metrics.push(Known { name: name.into(), lasts, series, follower: 0 });
                self.indices.insert(name.into(), index);
                index
            }
        };
        self.metrics[self.last].follower = found;
        self.last = found;
        Some(found)
    }

    /// The series that a point belongs to, without regard to its timestamp.
    pub(crate) fn series(&self, point: &Point<'_>) -> u32 {
        let by = match &self.plan.metric {
            Some(Selector { base, .. }) if *base != point.metric => return UNWANTED,
            Some(Selector { tags, .. }) => {
                let fits = |it: (&String, &String)| {
                    point.tags.get(it.0.as_str()).is_some_and(|value| value == it.1)
                };
                if !tags.iter().all(fits) {
                    return UNWANTED;
                }
                &self.plan.group_by
            }
            None if self.plan.for_summary => match self.divisions.get(&*point.metric) {
                Some(tags) => tags,
                None => &self.plan.division(&point.metric, &BTreeSet::new()),
            },
            None => &self.plan.group_by,
        };
        let tags = divided(&point.tags, by);
        let metric = self.plan.metric.as_ref().map(ToString::to_string);
        let metric = metric.unwrap_or_else(|| point.metric.to_string());
        let key = SeriesKey { metric, tags, window: None };
        lock(self.keys).number(key)
    }

    /// The series of the point's window, or none if the point is not wanted or lies in the warm-up.
    fn timed(
        &mut self,
        series: u32,
        (time, took): (&[u8], Option<f64>),
        start: Option<i64>,
        batch: &mut Batch,
    ) -> Result<Option<u32>, Flaw> {
        if series == UNWANTED || !self.plan.timed() {
            return Ok((series != UNWANTED).then_some(series));
        }
        let timestamp = self.clock.nanos(time).ok_or(Flaw::NotK6)?;
        Ok(self.placed(series, (timestamp, took), start, batch))
    }

    /// The same with a timestamp in nanoseconds, and how many milliseconds what ended then had taken.
    pub(crate) fn placed(
        &mut self,
        series: u32,
        (timestamp, took): (i64, Option<f64>),
        start: Option<i64>,
        batch: &mut Batch,
    ) -> Option<u32> {
        if series == UNWANTED {
            return None;
        }
        if start.is_none() && self.plan.since_start() && !batch.adrift {
            // These are measured whether anything runs or not.
            let keys = lock(self.keys);
            batch.adrift = !matches!(keys.key(series).metric.as_str(), "vus" | "vus_max");
        }
        let since = start.map_or(-1, |it| timestamp.saturating_sub(it));
        if since < self.plan.skip {
            return None;
        }
        let began = took.map_or(timestamp, |it| timestamp.saturating_sub((it * 1e6) as i64));
        // What began in the warm-up is counted from its end.
        let began =
            if self.plan.skip > 0 { began.max(timestamp - since + self.plan.skip) } else { began };
        batch.span = Some(match batch.span {
            Some((first, last)) => (first.min(began), last.max(timestamp)),
            None => (began, timestamp),
        });
        let Some(length) = self.plan.window else { return Some(series) };
        let window = u32::try_from(since.max(0) / length).unwrap_or(u32::MAX);
        Some(*self.windows.entry((series, window)).or_insert_with(|| {
            let mut keys = lock(self.keys);
            let key = SeriesKey { window: Some(window), ..keys.key(series).clone() };
            keys.number(key)
        }))
    }

    /// The last line of a file may be cut short, of whichever metric it is.
    fn unended_line(&mut self, line: &[u8], start: Option<i64>, batch: &mut Batch) {
        match line::read(line.trim_ascii()) {
            Err(Flaw::NotJson { .. }) if line.trim_ascii().starts_with(b"{") => {
                batch.flaws.push((batch.lines, Flaw::CutShort));
            }
            _ => self.line(line, start, batch),
        }
    }
}
