//! Files of samples that are not whole, or not k6's alone: an error with its line, or a notice.

use crate::points::{bytes, distributions, query, stream, with};
use k6_summary::{Error, Notice, Points, Query, Source, Summary, open};
use std::io::Cursor;

#[track_caller]
pub(crate) fn check(text: impl AsRef<[u8]>, expected: &str) -> Vec<Notice> {
    let text = text.as_ref();
    let read = |lenient: bool| {
        let query = with(query("http_req_duration", &[]), |it| it.lenient = lenient);
        let mut points = Points::new(&query);
        let read = points.read(stream(Cursor::new(text)));
        read.map(|notices| (notices, points.distributions(&[50.0])))
    };
    let error = read(false).unwrap_err();
    assert_eq!(error.to_string(), expected);
    let (notices, distributions) = read(true).unwrap();
    assert_eq!(distributions.len(), 1, "nothing was counted");
    assert!(notices[0].reason.starts_with(expected), "{notices:?}");
    notices
}

const POINT: &str = r#"{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-21T17:56:12.38Z","value":2.5,"tags":{"scenario":"a"}}}
"#;

#[test]
fn a_flaw_is_an_error_with_its_line_or_a_notice() {
    let other = POINT.replace("duration", "blocked");
    check(
        format!("{POINT}{other}ok\n{POINT}"),
        "line 3 is not JSON (column 1), so it is no point of k6",
    );
    check(format!("{POINT}{{\"a\":1}}\n"), "line 2 is no point of k6");
    check(format!("{POINT}3\n"), "line 2 is no point of k6");
    let huge = POINT.replace("2.5", "1e400");
    check(format!("{POINT}{huge}"), "line 2 has a number beyond what a sample can be");
    for value in ["\"2.5\"", "null", "NaN", "01", "2."] {
        let odd = POINT.replace("2.5", value);
        assert!(check_line(&odd), "{value}");
    }
    for cut in 1..POINT.len() - 2 {
        let text = format!("{POINT}{}", &POINT[..cut]);
        check(text, "line 2 is cut short, as by a full disk or a killed k6");
    }
    let cut = format!("{POINT}{}", &other[..100]);
    check(cut, "line 2 is cut short, as by a full disk or a killed k6");
}

fn check_line(line: &str) -> bool {
    let text = format!("{POINT}{line}");
    let mut points = Points::new(&query("http_req_duration", &[]));
    points.read(stream(text.as_bytes())).is_err()
}

#[test]
fn words_of_others_before_the_first_point_are_flaws_and_no_other_kind_of_file() {
    let first = "line 1 is not JSON (column 1), so it is no point of k6";
    let reordered = serde_json::from_str::<serde_json::Value>(POINT).unwrap().to_string();
    let log = r#"{"level":"info","msg":"starting"}"#;
    for length in [0, 300 << 10, 3 << 19] {
        let lines = "Starting, please wait …\n".repeat(1 + length / 20);
        check(format!("{lines}{POINT}"), first);
        check(format!("{lines}{log}\n{reordered}\n"), first);
        let lines = format!("{log}\n").repeat(1 + length / log.len());
        check(format!("{lines}{reordered}\n"), "line 1 is no point of k6");
    }
    check(format!("{}\n{POINT}", "x".repeat(1 << 20)), first);
    let too_much = format!("{}{POINT}", "much ado\n".repeat(2 << 20));
    assert!(matches!(open(too_much.as_bytes()).unwrap(), Source::Document(_)));
}

#[test]
fn a_long_line_is_passed_over_and_not_kept() {
    let long = format!("{POINT}{}\n{POINT}", "x".repeat(100 << 20));
    let notices = check(long, "line 2 is longer than 4 MB, as no point of k6 is");
    assert_eq!(notices.len(), 1);
}

#[test]
fn a_packed_stream_that_breaks_off_is_counted_as_far_as_it_goes() {
    let expected = bytes("points.ndjson").repeat(40);
    for (packing, name) in [("points.ndjson.gz", "gzip"), ("points.ndjson.zst", "zstd")] {
        let whole = bytes(packing).repeat(40);
        let cut = &whole[..whole.len() - 1000];
        let mut points = Points::new(&query("http_req_duration", &[]));
        let error = points.read(stream(cut)).unwrap_err();
        let Error::Packed { packing, lines, .. } = &error else { panic!("{error:?}") };
        assert_eq!(packing, name);
        assert!(
            *lines > 39 * 200
                && (*lines as usize) < expected.iter().filter(|it| **it == b'\n').count()
        );
        let mut points =
            Points::new(&with(query("http_req_duration", &[]), |it| it.lenient = true));
        let notices = points.read(stream(cut)).unwrap();
        assert!(notices[0].reason.contains("breaks off after line"), "{notices:?}");
        assert!(points.distributions(&[50.0])[0].count >= 39 * 14);
        assert!(
            matches!(open(&whole[..20]), Err(Error::Packed { lines: 0, .. })) || name == "zstd"
        );
    }
}

#[test]
fn a_metric_is_declared_in_one_way() {
    let declared = r#"{"type":"Metric","data":{"name":"http_req_duration","type":"trend","contains":"time","thresholds":[],"submetrics":null},"metric":"http_req_duration"}
"#;
    let gauge = declared.replace("trend", "gauge");
    check(
        format!("{declared}{POINT}{gauge}"),
        "line 3 declares http_req_duration as a gauge, and before it was a trend",
    );
    let twice = format!("{declared}{POINT}{declared}{POINT}");
    assert_eq!(distributions(&query("http_req_duration", &[]), &[twice.as_bytes()])[0].count, 2);
}

#[test]
fn a_file_without_points_is_none() {
    for text in ["", "\n\n", "\u{feff}"] {
        let Source::Document(document) = open(text.as_bytes()).unwrap() else { panic!("{text:?}") };
        assert!(matches!(document.parse::<Summary>(), Err(Error::Empty)), "{text:?}");
    }
    let header = "metric_name,timestamp,metric_value,extra_tags,metadata\n";
    let mut points = Points::new(&query("http_req_duration", &[]));
    points.read(stream(header.as_bytes())).unwrap();
    assert_eq!(points.distributions(&[50.0]), []);
}

#[test]
fn what_a_histogram_cannot_hold_is_refused() {
    let mut points = Points::new(&with(Query::default(), |it| it.hdr = true));
    let error = points.read(stream(bytes("points.ndjson").as_slice())).unwrap_err();
    assert!(matches!(error, Error::NoBucket { .. }), "{error}");
}
