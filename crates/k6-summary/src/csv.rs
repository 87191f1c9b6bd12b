//! `--out csv`: the columns are named in its first line; the kinds of metrics are not written.

use crate::Error;
use crate::file::File;
use crate::history::Notice;
use crate::intake::Samples;
use crate::line::{Flaw, Point, Tags};
use crate::moment::Clock;
use crate::points::Points;
use crate::scan::{Part, Scanner};
use csv::{ErrorKind, ReaderBuilder, StringRecord};
use std::borrow::Cow;
use std::collections::HashMap;

/// Rows that are counted at once.
const PART: usize = 4096;

/// Reads a file to its end.
pub(crate) fn read(
    points: &mut Points,
    samples: Samples<'_>,
    mut file: File,
) -> Result<Vec<Notice>, Error> {
    let Points { plan, leaves, tally, .. } = points;
    let mut rows = ReaderBuilder::new().has_headers(true).from_reader(samples.input);
    let columns = match rows.headers() {
        Ok(it) => it.clone(),
        Err(error) => return flawed(&mut file, error).and_then(|()| file.finish()),
    };
    file.lines = 1;
    let mut scanner = Scanner::new(plan, leaves, HashMap::new());
    let (mut part, mut start, mut clock) = (Part::default(), None, Clock::default());
    let mut row = StringRecord::new();
    loop {
        match rows.read_record(&mut row) {
            Ok(false) => break,
            Ok(true) => {
                let line = row.position().map_or(0, csv::Position::line);
                match point(&columns, &row).and_then(|it| Some((moment(&it.time, &mut clock)?, it)))
                {
                    Some((moment, it)) => {
                        if start.is_none() && it.tags.contains_key("scenario") {
                            start = Some(moment);
                        }
                        let leaf = scanner.leaf(&it);
                        if let Some(leaf) = scanner.placed(leaf, moment, start, &mut part) {
                            part.samples.push((leaf, it.value));
                        }
                    }
                    None => file.flaw(line, Flaw::NotK6)?,
                }
                part.lines += 1;
            }
            Err(error) => {
                file.count(tally, plan, leaves, &std::mem::take(&mut part))?;
                let read = matches!(error.kind(), ErrorKind::Io(_));
                flawed(&mut file, error)?;
                if read {
                    break;
                }
                file.lines += 1;
            }
        }
        if part.lines as usize == PART {
            file.count(tally, plan, leaves, &std::mem::take(&mut part))?;
        }
    }
    file.count(tally, plan, leaves, &part)?;
    file.finish()
}

fn flawed(file: &mut File, error: csv::Error) -> Result<(), Error> {
    let line = error.position().map_or(file.lines + 1, csv::Position::line);
    match error.into_kind() {
        ErrorKind::Io(error) => file.broken(error),
        ErrorKind::UnequalLengths { .. } => file.flaw(line, Flaw::CutShort),
        _ => file.flaw(line, Flaw::NotK6),
    }
}

/// A row as a point; an empty column is a tag that is not there.
fn point<'a>(columns: &'a StringRecord, row: &'a StringRecord) -> Option<Point<'a>> {
    let (mut metric, mut time, mut value) = (None, None, None);
    let mut tags = Tags::new();
    for (column, field) in columns.iter().zip(row).filter(|it| !it.1.is_empty()) {
        match column {
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
            _ => drop(tags.insert(Cow::Borrowed(column), Cow::Borrowed(field))),
        }
    }
    Some(Point { metric: metric?.into(), time: time?.into(), value: value?, tags })
}

/// In whichever form `K6_CSV_TIME_FORMAT` asked for, which is told by the number of digits.
fn moment(text: &str, clock: &mut Clock) -> Option<i64> {
    match text.parse::<i64>() {
        Ok(it) => {
            let unit = match it.unsigned_abs() {
                0..100_000_000_000 => 1_000_000_000,
                100_000_000_000..100_000_000_000_000 => 1_000_000,
                100_000_000_000_000..100_000_000_000_000_000 => 1_000,
                _ => 1,
            };
            it.checked_mul(unit)
        }
        Err(_) => clock.nanos(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_every_form_that_k6_has() {
        let nanos = 1_795_283_772_389_971_143;
        for (text, expected) in [
            ("1795283772", nanos / 1_000_000_000 * 1_000_000_000),
            ("1795283772389", nanos / 1_000_000 * 1_000_000),
            ("1795283772389971", nanos / 1_000 * 1_000),
            ("1795283772389971143", nanos),
            ("2026-11-21T17:56:12.389971143Z", nanos),
        ] {
            assert_eq!(moment(text, &mut Clock::default()), Some(expected), "{text}");
        }
        assert_eq!(moment("noon", &mut Clock::default()), None);
    }
}
