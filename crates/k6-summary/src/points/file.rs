//! A file of samples as it is read: how far, and what was passed over.

use crate::error::{Error, Flaw, shown};
use crate::intake::batch::Batch;
use crate::intake::blocks::{Block, Blocks};
use crate::intake::line::Declaration;
use crate::intake::lock::lock;
use crate::intake::open::Packing;
use crate::intake::query::{Plan, breakdown_tags};
use crate::intake::series_key::SeriesKeys;
use crate::record::history::Notice;
use crate::summary::metric::Selector;
use crate::tally::submetrics::Submetrics;
use crate::tally::totals::{Declared, Totals, Unfit};
use crate::text::number::count;
use std::io;
use std::sync::Mutex;

/// More notices than these of one file are counted and not told one by one.
const MOST_NOTICES: u64 = 10;

/// What was met in a file so far.
#[derive(Debug)]
pub(crate) struct File {
    packing: Packing,
    lenient: bool,
    pub(crate) lines: u64,
    pub(crate) samples: u64,
    notices: Vec<Notice>,
    untold: u64,
    /// When the first of what it measured began and the last ended.
    span: Option<(i64, i64)>,
    /// Of what was passed over, the first, and how much there was.
    lost: Option<String>,
    losses: u64,
    /// Whether thresholds that are not in the file were spoken of.
    thresholds: bool,
    /// Whether a scenario started, and whether samples were met before that.
    started: bool,
    adrift: bool,
}

/// What is to be said of a file that was read.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) notices: Vec<Notice>,
    pub(crate) span: Option<(i64, i64)>,
    /// One sentence on what was passed over.
    pub(crate) lost: Option<String>,
}

impl File {
    pub(crate) fn new(packing: Packing, lenient: bool) -> Self {
        Self {
            packing,
            lenient,
            lines: 0,
            samples: 0,
            notices: Vec::new(),
            untold: 0,
            span: None,
            lost: None,
            losses: 0,
            thresholds: false,
            started: false,
            adrift: false,
        }
    }

    /// Counts a batch that follows on those before.
    pub(crate) fn count(
        &mut self,
        totals: &mut Totals,
        plan: &Plan,
        keys: &Mutex<SeriesKeys>,
        batch: &Batch,
    ) -> Result<(), Error> {
        for (line, flaw) in &batch.flaws {
            self.flaw(self.lines + line + 1, *flaw)?;
        }
        let mut added = 0;
        for (line, before, it) in &batch.declared {
            totals.add(plan, &lock(keys), &batch.samples[added..*before])?;
            added = *before;
            let sampled = plan.for_summary && totals.has(&it.metric);
            self.declared(totals, self.lines + line + 1, it, sampled)?;
            if plan.for_summary {
                self.thresholds(self.lines + line + 1, it);
            }
        }
        totals.add(plan, &lock(keys), &batch.samples[added..])?;
        self.span = spanned(self.span, batch.span);
        totals.span = spanned(totals.span, batch.span);
        totals.whole_seconds |= batch.whole_seconds;
        self.lines += batch.lines;
        self.started |= batch.started;
        self.adrift |= batch.adrift;
        self.samples += batch.samples.len() as u64 + batch.declared.len() as u64;
        Ok(())
    }

    /// A submetric is there because of a threshold, which k6 does not write beside it.
    fn thresholds(&mut self, line: u64, it: &Declaration) {
        let own = |it: &&String| !it.ends_with("{expected_response:true}");
        if let Some(submetric) = it.submetrics.iter().find(own)
            && !self.thresholds
        {
            self.thresholds = true;
            let submetric = shown(submetric);
            let reason = format!(
                "k6 does not write thresholds on submetrics such as {submetric} to points, so \
                 they are not judged; a summary has them"
            );
            self.notice(line, reason);
        }
    }

    /// A metric is declared once a file and of one kind in all; its thresholds and submetrics are
    /// those of all files. `sampled`: submetrics matter, and some of it was read already.
    fn declared(
        &mut self,
        totals: &mut Totals,
        line: u64,
        it: &Declaration,
        sampled: bool,
    ) -> Result<(), Error> {
        let known = totals.declared.entry(it.metric.clone()).or_insert_with(|| Declared {
            kind: it.kind,
            contains: it.contains,
            thresholds: it.thresholds.clone(),
            submetrics: Submetrics::default(),
        });
        if known.kind != it.kind {
            let (kind, before) = (it.kind.to_string(), known.kind.to_string());
            let metric = shown(&it.metric);
            return self.error(line, Error::Redeclared { line, metric, kind, before });
        }
        if known.thresholds != it.thresholds {
            known.thresholds.extend(it.thresholds.iter().cloned());
            self.error(line, Error::OtherScript { line, metric: shown(&it.metric) })?;
        }
        let mut late = None;
        for new in &it.submetrics {
            if known.submetrics.contains(new) {
                continue;
            }
            if sampled && !always_apart(new) {
                late = late.or(Some(new));
            } else {
                known.submetrics.insert(new.clone());
            }
        }
        match late {
            Some(new) => self.error(line, Error::NotToldApart { line, submetric: shown(new) }),
            None => Ok(()),
        }
    }

    pub(crate) fn flaw(&mut self, line: u64, flaw: Flaw) -> Result<(), Error> {
        self.error(line, Error::Line { line, flaw })
    }

    fn error(&mut self, line: u64, error: Error) -> Result<(), Error> {
        if !self.lenient {
            return Err(error);
        }
        self.lose(line, error.to_string());
        Ok(())
    }

    fn lose(&mut self, line: u64, reason: String) {
        self.losses += 1;
        self.lost.get_or_insert_with(|| reason.clone());
        self.notice(line, reason);
    }

    fn notice(&mut self, line: u64, reason: String) {
        if self.notices.len() as u64 == MOST_NOTICES {
            self.untold += 1;
        } else {
            self.notices.push(Notice { line: line as usize, reason });
        }
    }

    /// Takes the next lines; `false` at the end, and where a lenient reader passes over a missing one.
    pub(crate) fn take(&mut self, from: &mut Blocks<'_>, block: &mut Block) -> Result<bool, Error> {
        from.take(block).or_else(|error| self.broken(error).map(|()| false))
    }

    /// The stream ended in an error, behind its last whole line.
    pub(crate) fn broken(&mut self, source: io::Error) -> Result<(), Error> {
        let error = match self.packing {
            Packing::Plain => return Err(Error::Read(source)),
            it => Error::Packed { packing: it.to_string(), lines: self.lines, source },
        };
        if !self.lenient {
            return Err(error);
        }
        self.lose(self.lines, error.with_causes());
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Told, Error> {
        if self.samples == 0 && self.notices.is_empty() && self.lines == 0 {
            return Err(Error::Empty);
        }
        if self.adrift && !self.started {
            return Err(Error::NoStart);
        }
        if self.untold > 0 {
            let reason = format!("and {} more like these", self.untold);
            self.notices.push(Notice { line: self.lines as usize, reason });
        }
        let lost = self.lost.map(|it| match self.losses {
            1 => format!("passed over: {it}"),
            all => format!("passed over: {it}, and {} more like this", count(all - 1)),
        });
        Ok(Told { notices: self.notices, span: self.span, lost })
    }
}

/// The time that both are in.
pub(crate) fn spanned(one: Option<(i64, i64)>, other: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (one, other) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (one, other) => one.or(other),
    }
}

/// Whether a summary has this part of a metric be it declared or not.
fn always_apart(submetric: &str) -> bool {
    let Selector { base, tags } = Selector::parse(submetric);
    tags.len() == 1 && tags.keys().all(|it| breakdown_tags(&base).contains(&it.as_str()))
}

impl From<Unfit> for Error {
    fn from(Unfit { metric, value }: Unfit) -> Self {
        let metric = shown(&metric);
        match value {
            Some(value) => Self::NoBucket { metric, value },
            None => Self::TooManySamples { metric },
        }
    }
}
