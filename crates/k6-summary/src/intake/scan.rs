//! From a block of lines to the samples in it.

use crate::error::Flaw;
use crate::intake::blocks::{Block, TOO_LONG};
use crate::intake::line::{self, Declaration, Line, Parts, Point};
use crate::intake::part::Part;
use crate::intake::query::Plan;
use crate::intake::series_key::{Key, Leaves, divided};
use crate::intake::tag_cache::Blobs;
use crate::intake::timestamp::Clock;
use crate::summary::metric::Selector;
use memchr::memchr;
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

/// What a thread remembers from block to block.
pub(crate) struct Scanner<'a> {
    plan: &'a Plan,
    leaves: &'a Mutex<Leaves>,
    /// By which tags the metrics are divided, where that is each metric's own affair.
    pub(crate) divisions: HashMap<String, BTreeSet<String>>,
    /// How the wanted lines begin, where one metric is wanted.
    only: Option<(Vec<u8>, usize)>,
    metrics: Vec<Known>,
    /// The places of their names.
    places: HashMap<Box<[u8]>, usize>,
    last: usize,
    blobs: Blobs,
    windows: HashMap<(u32, u32), u32>,
    clock: Clock,
}

/// A metric that was met.
struct Known {
    name: Vec<u8>,
    /// By the number of the tags.
    leaves: Vec<u32>,
    /// Which metric came after this one the last time.
    follower: usize,
}

/// Beyond these, of which k6 itself has some thirty, points are read as any other line.
const MOST_METRICS: usize = 1024;

const UNKNOWN: u32 = u32::MAX;
const UNWANTED: u32 = u32::MAX - 1;

impl<'a> Scanner<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        leaves: &'a Mutex<Leaves>,
        divisions: HashMap<String, BTreeSet<String>>,
    ) -> Self {
        let only = plan.metric.as_ref().map(|it| {
            let whole = line::beginning_of(&it.base);
            (whole, line::BEGINNING.len() + it.base.len() + 1)
        });
        Self {
            plan,
            leaves,
            divisions,
            only,
            metrics: Vec::new(),
            places: HashMap::new(),
            last: 0,
            blobs: Blobs::default(),
            windows: HashMap::new(),
            clock: Clock::default(),
        }
    }

    /// Reads all lines of a block.
    pub(crate) fn block(&mut self, block: &Block, part: &mut Part) {
        part.started = block.start.is_some();
        if block.too_long {
            part.flaws.push((0, TOO_LONG));
            part.lines = 1;
            return;
        }
        let mut rest = block.lines();
        while let Some(end) = memchr(b'\n', rest) {
            self.line(&rest[..end], block.start, part);
            part.lines += 1;
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            self.unended_line(rest, block.start, part);
            part.lines += 1;
        }
    }

    fn line(&mut self, line: &[u8], start: Option<i64>, part: &mut Part) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let parts = match &self.only {
            Some((whole, name)) => match line.strip_prefix(whole.as_slice()) {
                Some(rest) => Parts::after_name(&line[line::BEGINNING.len()..*name - 1], rest),
                None if line.starts_with(line::BEGINNING)
                    && !line.starts_with(&whole[..*name])
                    && line.ends_with(b"}") =>
                {
                    // A point of another metric, as nearly all lines are.
                    return;
                }
                None => None,
            },
            None => Parts::of(line),
        };
        let sample = match parts {
            Some(parts) => self.parts(&parts, line, start, part),
            None => self.json(line, start, part),
        };
        match sample {
            Ok(Some(sample)) => part.samples.push(sample),
            Ok(None) => {}
            Err(flaw) => part.flaws.push((part.lines, flaw)),
        }
    }

    /// A point taken apart by position, whose tags are read only if they are new.
    fn parts(
        &mut self,
        parts: &Parts<'_>,
        line: &[u8],
        start: Option<i64>,
        part: &mut Part,
    ) -> Result<Option<(u32, f64)>, Flaw> {
        let Some(metric) = self.metric(parts.metric) else {
            return self.json(line, start, part);
        };
        let tags = self.blobs.number(parts.tags).map(|it| it as usize);
        let known = tags.and_then(|it| self.metrics[metric].leaves.get(it).copied());
        let leaf = match known {
            Some(leaf) if leaf != UNKNOWN => leaf,
            _ => {
                let Line::Point(point) = line::read(line)? else { return Err(Flaw::NotK6) };
                let leaf = self.leaf(&point);
                if let Some(tags) = tags {
                    let leaves = &mut self.metrics[metric].leaves;
                    leaves.resize(leaves.len().max(tags + 1), UNKNOWN);
                    leaves[tags] = leaf;
                }
                leaf
            }
        };
        let leaf = self.timed(leaf, parts.time, start, part)?;
        Ok(leaf.map(|it| (it, parts.value)))
    }

    /// Any other line.
    fn json(
        &mut self,
        line: &[u8],
        start: Option<i64>,
        part: &mut Part,
    ) -> Result<Option<(u32, f64)>, Flaw> {
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        match line::read(line)? {
            Line::Point(point) => {
                let leaf = self.leaf(&point);
                let leaf = self.timed(leaf, point.time.as_bytes(), start, part)?;
                Ok(leaf.map(|it| (it, point.value)))
            }
            Line::Declaration(it) => {
                if self.plan.whole {
                    self.divide(&it);
                }
                part.declared.push((part.lines, part.samples.len(), it));
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
            && let Some(metric) = self.places.get(it.metric.as_bytes())
        {
            self.metrics[*metric].leaves.clear();
        }
    }

    /// The place of a metric; `None` where there is no room to remember it.
    fn metric(&mut self, name: &[u8]) -> Option<usize> {
        if let Some(last) = self.metrics.get(self.last) {
            let guess = last.follower;
            if self.metrics[guess].name == name {
                self.last = guess;
                return Some(guess);
            }
        }
        let found = match self.places.get(name) {
            Some(place) => *place,
            None if self.metrics.len() == MOST_METRICS => return None,
            None => {
                let place = self.metrics.len();
                self.metrics.push(Known { name: name.into(), leaves: Vec::new(), follower: 0 });
                self.places.insert(name.into(), place);
                place
            }
        };
        self.metrics[self.last].follower = found;
        self.last = found;
        Some(found)
    }

    /// The leaf that a point belongs to, without regard to its moment.
    pub(crate) fn leaf(&self, point: &Point<'_>) -> u32 {
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
            None if self.plan.whole => match self.divisions.get(&*point.metric) {
                Some(tags) => tags,
                None => &self.plan.division(&point.metric, &BTreeSet::new()),
            },
            None => &self.plan.group_by,
        };
        let tags = divided(&point.tags, by);
        let metric = self.plan.metric.as_ref().map(ToString::to_string);
        let metric = metric.unwrap_or_else(|| point.metric.to_string());
        let key = Key { metric, tags, window: None };
        self.leaves.lock().expect("no thread panics with the keys in hand").number(key)
    }

    /// The leaf of the point's window, or none if the point is not wanted or lies in the warm-up.
    fn timed(
        &mut self,
        leaf: u32,
        time: &[u8],
        start: Option<i64>,
        part: &mut Part,
    ) -> Result<Option<u32>, Flaw> {
        if leaf == UNWANTED || !self.plan.timed() {
            return Ok((leaf != UNWANTED).then_some(leaf));
        }
        let moment = self.clock.nanos(time).ok_or(Flaw::NotK6)?;
        Ok(self.placed(leaf, moment, start, part))
    }

    /// The same with a moment in nanoseconds.
    pub(crate) fn placed(
        &mut self,
        leaf: u32,
        moment: i64,
        start: Option<i64>,
        part: &mut Part,
    ) -> Option<u32> {
        if leaf == UNWANTED {
            return None;
        }
        if start.is_none() && self.plan.since_start() && !part.adrift {
            // These are measured whether anything runs or not.
            let leaves = self.leaves.lock().expect("no thread panics with the keys in hand");
            part.adrift = !matches!(leaves.key(leaf).metric.as_str(), "vus" | "vus_max");
        }
        let since = start.map_or(-1, |it| moment.saturating_sub(it));
        if since < self.plan.skip {
            return None;
        }
        part.span = Some(match part.span {
            Some((first, last)) => (first.min(moment), last.max(moment)),
            None => (moment, moment),
        });
        let Some(length) = self.plan.window else { return Some(leaf) };
        let window = u32::try_from(since.max(0) / length).unwrap_or(u32::MAX);
        Some(*self.windows.entry((leaf, window)).or_insert_with(|| {
            let mut leaves = self.leaves.lock().expect("no thread panics with the keys in hand");
            let key = Key { window: Some(window), ..leaves.key(leaf).clone() };
            leaves.number(key)
        }))
    }

    /// The last line of a file may be cut short, of whichever metric it is.
    fn unended_line(&mut self, line: &[u8], start: Option<i64>, part: &mut Part) {
        match line::read(line.trim_ascii()) {
            Err(Flaw::NotJson { .. }) if line.trim_ascii().starts_with(b"{") => {
                part.flaws.push((part.lines, Flaw::CutShort));
            }
            _ => self.line(line, start, part),
        }
    }
}
