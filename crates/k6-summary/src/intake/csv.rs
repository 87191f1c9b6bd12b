//! `--out csv`: the columns are named in its first line; the kinds of metrics are not written.
//!
//! A row is a line: a value with a line break in it is a flaw, as is a quote that is not closed, so
//! that neither takes what follows with it.

use crate::error::Flaw;
use crate::intake::batch::Batch;
use crate::intake::blocks::{Block, TOO_LONG};
use crate::intake::line::{Point, Tags};
use crate::intake::scan::{Scanner, lasts};
use crate::intake::timestamp::Clock;
use memchr::memchr;
use std::borrow::Cow;

type Row<'a> = Vec<Cow<'a, str>>;

/// What is known from row to row.
pub(crate) struct Rows<'a> {
    scanner: Scanner<'a>,
    columns: Vec<String>,
    /// The timestamp of the first point of a scenario.
    start: Option<i64>,
    clock: Clock,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(scanner: Scanner<'a>) -> Self {
        Self { scanner, columns: Vec::new(), start: None, clock: Clock::default() }
    }

    /// Reads all rows of a block.
    pub(crate) fn block(&mut self, block: &Block, batch: &mut Batch) {
        if block.too_long {
            batch.flaws.push((0, TOO_LONG));
            batch.lines = 1;
        }
        let mut rest = block.lines();
        while !rest.is_empty() {
            let end = memchr(b'\n', rest);
            let line = &rest[..end.unwrap_or(rest.len())];
            let flaw = self.row(line.strip_suffix(b"\r").unwrap_or(line), batch).err();
            // The last line of a file may be cut short.
            let flaw = flaw.map(|it| if end.is_none() { Flaw::CutShort } else { it });
            batch.flaws.extend(flaw.map(|it| (batch.lines, it)));
            batch.lines += 1;
            rest = end.map_or(&[], |it| &rest[it + 1..]);
        }
        batch.started = self.start.is_some();
    }

    fn row(&mut self, line: &[u8], batch: &mut Batch) -> Result<(), Flaw> {
        if line.is_empty() {
            return Ok(());
        }
        let row = std::str::from_utf8(line).ok().and_then(fields).ok_or(Flaw::NotK6)?;
        if self.columns.is_empty() {
            self.columns = row.into_iter().map(Cow::into_owned).collect();
            return Ok(());
        }
        if row.len() != self.columns.len() {
            return Err(Flaw::CutShort);
        }
        let point = point(&self.columns, &row).ok_or(Flaw::NotK6)?;
        let (timestamp, unit) = timestamp(&point.time, &mut self.clock).ok_or(Flaw::NotK6)?;
        batch.whole_seconds |= unit == SECOND;
        if self.start.is_none() && self.is_of_scenario(&point) {
            self.start = Some(timestamp);
        }
        let series = self.scanner.series(&point);
        let took = lasts(point.metric.as_bytes()).then_some(point.value);
        if let Some(series) = self.scanner.placed(series, (timestamp, took), self.start, batch) {
            batch.samples.push((series, point.value));
        }
        Ok(())
    }

    /// Where there is no column for it, the group tells, which is empty but in `setup()`. Metrics
    /// of k6 itself have no group.
    fn is_of_scenario(&self, point: &Point<'_>) -> bool {
        let has = |it: &str| self.columns.iter().any(|column| column == it);
        if has("scenario") {
            return point.tags.contains_key("scenario");
        }
        has("group")
            && point.tags.get("group").is_none_or(|it| it != "::setup")
            && !matches!(&*point.metric, "vus" | "vus_max")
    }
}

/// A row by [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180); `None` where a quote is not closed
/// or stands in the midst of a value.
fn fields(line: &str) -> Option<Row<'_>> {
    let (mut row, mut rest) = (Vec::new(), line);
    loop {
        let after = match rest.strip_prefix('"') {
            None => {
                let (field, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                if field.contains('"') {
                    return None;
                }
                row.push(Cow::Borrowed(field));
                after
            }
            Some(quoted) => {
                let mut end = quoted.find('"')?;
                while quoted[end + 1..].starts_with('"') {
                    end += 2 + quoted[end + 2..].find('"')?;
                }
                row.push(match &quoted[..end] {
                    it if it.contains('"') => Cow::Owned(it.replace("\"\"", "\"")),
                    it => Cow::Borrowed(it),
                });
                &quoted[end + 1..]
            }
        };
        if after.is_empty() {
            return Some(row);
        }
        rest = after.strip_prefix(',')?;
    }
}

/// A row as a point; an empty column is a tag that is not there.
fn point<'a>(columns: &'a [String], row: &'a Row<'_>) -> Option<Point<'a>> {
    let (mut metric, mut time, mut value) = (None, None, None);
    let mut tags = Tags::new();
    for (column, field) in columns.iter().zip(row).filter(|it| !it.1.is_empty()) {
        let field: &str = field;
        match column.as_str() {
            "metric_name" => metric = Some(field),
            "timestamp" => time = Some(field),
            "metric_value" => value = field.parse().ok().filter(|it: &f64| it.is_finite()),
            "metadata" => {}
            "extra_tags" => {
                tags.extend(field.split('&').filter_map(|it| {
                    let (name, value) = it.split_once('=')?;
                    Some((Cow::Borrowed(name), Cow::Borrowed(value)))
                }));
            }
            name => drop(tags.insert(Cow::Borrowed(name), Cow::Borrowed(field))),
        }
    }
    Some(Point { metric: metric?.into(), time: time?.into(), value: value?, tags })
}

const SECOND: i64 = 1_000_000_000;

/// In whichever form `K6_CSV_TIME_FORMAT` asked for, which is told by the number of digits; with the unit it is in.
fn timestamp(text: &str, clock: &mut Clock) -> Option<(i64, i64)> {
    match text.parse::<i64>() {
        Ok(it) => {
            let unit = match it.unsigned_abs() {
                0..100_000_000_000 => SECOND,
                100_000_000_000..100_000_000_000_000 => 1_000_000,
                100_000_000_000_000..100_000_000_000_000_000 => 1_000,
                _ => 1,
            };
            Some((it.checked_mul(unit)?, unit))
        }
        // RFC 3339 with a fraction or without.
        Err(_) => {
            Some((clock.nanos(text.as_bytes())?, if text.contains('.') { 1 } else { SECOND }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_read_in_every_form_that_k6_has() {
        let nanos = 1_795_283_772_389_971_143;
        for (text, unit) in [
            ("1795283772", SECOND),
            ("1795283772389", 1_000_000),
            ("1795283772389971", 1_000),
            ("1795283772389971143", 1),
            ("2026-11-21T17:56:12.389971143Z", 1),
            ("2026-11-21T17:56:12Z", SECOND),
        ] {
            let expected = (nanos / unit * unit, unit);
            assert_eq!(timestamp(text, &mut Clock::default()), Some(expected), "{text}");
        }
        assert_eq!(timestamp("noon", &mut Clock::default()), None);
    }

    #[test]
    fn a_row_is_read_with_its_quotes() {
        for (line, expected) in [
            ("a,b", Some(vec!["a", "b"])),
            (",a,", Some(vec!["", "a", ""])),
            (r#""a,b","",c"#, Some(vec!["a,b", "", "c"])),
            (r#""say ""hi""","""""#, Some(vec!["say \"hi\"", "\""])),
            (r#""say ""hi""",""""#, None),
            (r#""open"#, None),
            (r#"a"b,c"#, None),
            (r#""a"b,c"#, None),
        ] {
            let found = fields(line);
            let found: Option<Vec<&str>> =
                found.as_ref().map(|it| it.iter().map(|it| &**it).collect());
            assert_eq!(found, expected, "{line}");
        }
    }
}
