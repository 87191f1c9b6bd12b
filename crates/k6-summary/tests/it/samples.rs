//! Points of real runs of k6, in every packing and layout: k6's own summary, bit for bit.

use crate::{fixture, summary};
use k6_summary::samples::{Distribution, Samples};
use k6_summary::{Error, Metric, Notice, Points, Query, Source, Summary, open};
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::Path;
use std::time::Duration;

const STATS: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];

pub(crate) fn samples<'a>(input: impl Read + Send + 'a) -> Samples<'a> {
    match open(input).unwrap() {
        Source::Samples(it) => it,
        Source::Document(it) => panic!("a document: {it}"),
    }
}

pub(crate) fn whole(file: &Path) -> Summary {
    let mut points = Points::of_run(&Query::default());
    points.read(samples(File::open(file).unwrap())).unwrap();
    points.summary()
}

/// Everything in k6's own summary is in ours, to the last bit where both say it.
#[track_caller]
pub(crate) fn assert_same(ours: &Summary, own: &Summary, names: &[String]) {
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        let own = own.metric(name).unwrap();
        let ours = ours.metric(name).unwrap_or_else(|| panic!("{name} is not in ours"));
        match (ours, own) {
            (Metric::Trend(ours), Metric::Trend(own)) => {
                assert_eq!(ours.count, own.count, "{name}");
                assert_eq!((ours.min, ours.avg, ours.max), (own.min, own.avg, own.max), "{name}");
                for p in STATS {
                    assert_eq!(ours.percentile(p), own.percentile(p), "P{p} of {name}");
                }
            }
            (Metric::Counter { count: ours, .. }, Metric::Counter { count: own, .. }) => {
                assert_eq!(ours, own, "{name}");
            }
            (Metric::Gauge { value, min, .. }, Metric::Gauge { value: own, min: own_min, .. }) => {
                // k6 1.1 takes 0 for the largest of negative values.
                assert_eq!((value, min), (own, own_min), "{name}");
            }
            (ours, own) => assert_eq!(ours, own, "{name}"),
        }
    }
}

pub(crate) fn names(summary: &str) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(summary).unwrap();
    json["metrics"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_summary_of_points_is_k6s_own() {
    for version in ["", "-1.1"] {
        let own = format!("points-summary{version}.json");
        let names = names(&fs::read_to_string(fixture(&own)).unwrap());
        let own = summary(&own);
        for packing in [".ndjson", ".ndjson.gz", ".ndjson.zst"] {
            let file = fixture(&format!("points{version}{packing}"));
            if file.exists() {
                assert_same(&whole(&file), &own, &names);
            }
        }
    }
}

fn query(metric: &str, group_by: &[&str]) -> Query {
    Query {
        metric: Some(metric.to_owned()),
        group_by: group_by.iter().map(|it| (*it).to_owned()).collect(),
        ..Query::default()
    }
}

fn distributions(query: &Query, texts: &[&[u8]]) -> Vec<Distribution> {
    let mut points = Points::new(query);
    for text in texts {
        points.read(samples(*text)).unwrap();
    }
    points.distributions(&STATS)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).unwrap()
}

#[test]
fn csv_says_the_same_to_six_decimals() {
    for version in ["", "-1.1"] {
        let query = query("http_req_duration", &["scenario", "tool"]);
        let points = distributions(&query, &[&bytes(&format!("points{version}.ndjson"))]);
        let csv = distributions(&query, &[&bytes(&format!("points{version}.csv"))]);
        assert_eq!(points.len(), 3, "{points:?}");
        assert_eq!(csv, points);
        let tool = points.iter().find_map(|it| it.tags.get("tool")).unwrap();
        assert_eq!(tool, "say \"hi\"\\ü|");
    }
}

#[test]
fn csv_is_judged_by_the_metrics_whose_kinds_are_known() {
    let (csv, points) = (whole(&fixture("points.csv")), whole(&fixture("points.ndjson")));
    for name in ["http_reqs", "mcp_calls", "mcp_call_duration{rpc:tools/list}", "http_req_failed"] {
        let (csv, points) = (csv.metric(name).unwrap(), points.metric(name).unwrap());
        match (csv, points) {
            (Metric::Counter { count, .. }, Metric::Counter { count: expected, .. }) => {
                assert_eq!(count, expected, "{name}");
            }
            _ => assert_eq!(csv, points, "{name}"),
        }
    }
    assert!(csv.metric("sizes").is_none());
}

#[test]
fn threads_and_packings_do_not_change_a_bit() {
    let text = bytes("points.ndjson").repeat(60);
    let one = Query { threads: 1, group_by: vec!["scenario".to_owned()], ..Query::default() };
    let expected = distributions(&one, &[&text]);
    assert!(expected.len() > 20);
    for threads in [2, 3] {
        assert_eq!(distributions(&Query { threads, ..one.clone() }, &[&text]), expected);
    }
    // As `zstd` and `gzip` append to a file.
    for packing in ["points.ndjson.gz", "points.ndjson.zst"] {
        assert_eq!(distributions(&one, &[&bytes(packing).repeat(60)]), expected, "{packing}");
    }
}

#[test]
fn parts_of_a_run_have_the_percentiles_of_the_whole() {
    let text = String::from_utf8(bytes("points.ndjson")).unwrap();
    let (declared, points): (Vec<_>, Vec<_>) =
        text.lines().partition(|it| it.starts_with("{\"type\":\"Metric\""));
    let part = |lines: &[&str]| [declared.join("\n"), lines.join("\n")].join("\n") + "\n";
    let (first, rest) = points.split_at(points.len() / 3);
    let query = query("http_req_duration", &["scenario"]);
    let whole = distributions(&query, &[text.as_bytes()]);
    let merged = distributions(&query, &[part(first).as_bytes(), part(rest).as_bytes()]);
    assert_eq!(merged, whole);
}

#[test]
fn histograms_merge_in_any_order_and_say_what_they_are() {
    let (a, b) = (bytes("points.ndjson"), bytes("points-1.1.ndjson"));
    let exact = query("http_req_duration", &["scenario"]);
    let hdr = Query { hdr: true, ..exact.clone() };
    let form = |text: &[u8]| {
        let mut points = Points::new(&hdr);
        points.read(samples(text)).unwrap();
        points.histograms_ndjson()
    };
    let (first, second) = (form(&a), form(&b));
    assert!(first.lines().chain(second.lines()).all(|it| it.len() < 8192), "{first}");
    let merged = distributions(&hdr, &[first.as_bytes(), second.as_bytes()]);
    assert_eq!(merged, distributions(&hdr, &[second.as_bytes(), first.as_bytes()]));
    assert_eq!(merged, distributions(&exact, &[first.as_bytes(), &b]));
    for (near, exact) in merged.iter().zip(distributions(&exact, &[&a, &b])) {
        assert!(!near.exact && exact.exact);
        assert_eq!((near.count, near.min, near.max), (exact.count, exact.min, exact.max));
        for ((_, near), (p, exact)) in near.percentiles.iter().zip(&exact.percentiles) {
            assert!((near - exact).abs() <= exact * 0.001, "P{p}: {near} for {exact}");
        }
    }
}

#[test]
fn the_warm_up_is_counted_from_the_first_point_of_a_scenario() {
    let point = |metric: &str, second: u32, tags: &str| {
        format!(
            "{{\"metric\":\"{metric}\",\"type\":\"Point\",\"data\":{{\"time\":\"2026-11-21T10:00:{second:02}.5+01:00\",\
             \"value\":{second},\"tags\":{{{tags}}}}}}}\n"
        )
    };
    let text = point("d", 0, "\"group\":\"::setup\"")
        + &point("other", 10, "\"scenario\":\"a\"")
        + &(10..30).map(|it| point("d", it, "\"scenario\":\"a\"")).collect::<String>()
        + &point("d", 31, "\"group\":\"::teardown\"");
    let mut query = query("d", &[]);
    query.skip = Duration::from_secs(15);
    let seen = &distributions(&query, &[text.as_bytes()])[0];
    assert_eq!((seen.count, seen.min, seen.max), (6, 25.0, 31.0));
    let reordered: String = text
        .lines()
        .map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap().to_string() + "\n")
        .collect();
    assert_eq!(&distributions(&query, &[reordered.as_bytes()])[0], seen);
    let without = text.replace("\"scenario\":\"a\"", "\"group\":\"\"");
    assert_eq!(&distributions(&query, &[without.as_bytes()])[0], seen);
    query.skip = Duration::ZERO;
    query.window = Some(Duration::from_secs(10));
    let windows: Vec<_> = distributions(&query, &[text.as_bytes()])
        .iter()
        .map(|it| (it.from_s.unwrap(), it.count))
        .collect();
    assert_eq!(windows, [(0.0, 11), (10.0, 10), (20.0, 1)]);
}

#[test]
fn a_filter_takes_the_samples_whose_tags_are_all_equal() {
    let own = summary("points-summary.json");
    let name = "http_req_duration{ expected_response:true, scenario:browse }";
    let seen = distributions(&query(name, &[]), &[&bytes("points.ndjson")]);
    let expected = own.trend("http_req_duration{scenario:browse,expected_response:true}").unwrap();
    assert_eq!((seen.len(), Some(seen[0].count)), (1, expected.count));
    assert_eq!(seen[0].percentiles[2].1, expected.percentile(95.0).unwrap());
    assert_eq!(distributions(&query("nothing", &[]), &[&bytes("points.ndjson")]), []);
}

#[test]
fn any_order_of_keys_and_blanks_is_read() {
    let text = String::from_utf8(bytes("points.ndjson")).unwrap();
    let reordered: String = text
        .lines()
        .map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap().to_string() + " \r\n\r\n")
        .collect();
    assert!(reordered.starts_with("{\"data\":"), "{reordered}");
    let query = query("http_req_duration", &["scenario", "method"]);
    let expected = distributions(&query, &[text.as_bytes()]);
    assert_eq!(distributions(&query, &[reordered.as_bytes()]), expected);
    let marked = [b"\xef\xbb\xbf", text.replace('\n', "\r\n").as_bytes()].concat();
    assert_eq!(distributions(&query, &[&marked]), expected);
    // A banner, as k6 prints it where points go to stdout without `--quiet`.
    let lenient = Query { lenient: true, ..query };
    let mut points = Points::new(&lenient);
    let banner = format!("\n   Grafana k6\n\n{text}     running (0m01.0s)\n");
    let notices = points.read(samples(banner.as_bytes())).unwrap();
    assert_eq!(points.distributions(&STATS), expected);
    assert_eq!(notices.len(), 2);
}

#[track_caller]
pub(crate) fn check(text: impl AsRef<[u8]>, expected: &str) -> Vec<Notice> {
    let text = text.as_ref();
    let read = |lenient: bool| {
        let query = Query { lenient, ..query("http_req_duration", &[]) };
        let mut points = Points::new(&query);
        let read = points.read(samples(Cursor::new(text)));
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
    points.read(samples(text.as_bytes())).is_err()
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
        let error = points.read(samples(cut)).unwrap_err();
        let Error::Packed { packing, lines, .. } = &error else { panic!("{error:?}") };
        assert_eq!(packing, name);
        assert!(
            *lines > 39 * 200
                && (*lines as usize) < expected.iter().filter(|it| **it == b'\n').count()
        );
        let mut points = Points::new(&Query { lenient: true, ..query("http_req_duration", &[]) });
        let notices = points.read(samples(cut)).unwrap();
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
    points.read(samples(header.as_bytes())).unwrap();
    assert_eq!(points.distributions(&[50.0]), []);
}

#[test]
fn what_a_histogram_cannot_hold_is_refused() {
    let mut points = Points::new(&Query { hdr: true, ..Query::default() });
    let error = points.read(samples(bytes("points.ndjson").as_slice())).unwrap_err();
    assert!(matches!(error, Error::NoBucket { .. }), "{error}");
}
