//! Points of real runs of k6, in every packing and layout: k6's own summary, bit for bit.

use crate::{fixture, summary};
use k6_summary::samples::{Distribution, PointStream};
use k6_summary::{Metric, Points, Query, Source, Summary, open};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

const STATS: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];

pub(crate) fn stream<'a>(input: impl Read + Send + 'a) -> PointStream<'a> {
    match open(input).unwrap() {
        Source::Points(it) => it,
        Source::Document(it) => panic!("a document: {it}"),
    }
}

pub(crate) fn whole(file: &Path) -> Summary {
    let mut points = Points::of_run(&Query::default());
    points.read(stream(File::open(file).unwrap())).unwrap();
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

pub(crate) fn query(metric: &str, group_by: &[&str]) -> Query {
    let group_by = group_by.iter().map(|it| (*it).to_owned()).collect();
    with(Query::of(metric), |it| it.group_by = group_by)
}

pub(crate) fn with(mut query: Query, change: impl FnOnce(&mut Query)) -> Query {
    change(&mut query);
    query
}

pub(crate) fn distributions(query: &Query, texts: &[&[u8]]) -> Vec<Distribution> {
    let mut points = Points::new(query);
    for text in texts {
        points.read(stream(*text)).unwrap();
    }
    points.distributions(&STATS)
}

pub(crate) fn bytes(name: &str) -> Vec<u8> {
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
    let mut one = Query::default();
    one.threads = 1;
    one.group_by = vec!["scenario".to_owned()];
    let expected = distributions(&one, &[&text]);
    assert!(expected.len() > 20);
    for threads in [2, 3] {
        assert_eq!(
            distributions(&with(one.clone(), |it| it.threads = threads), &[&text]),
            expected
        );
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
    let hdr = with(exact.clone(), |it| it.hdr = true);
    let form = |text: &[u8]| {
        let mut points = Points::new(&hdr);
        points.read(stream(text)).unwrap();
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
    let lenient = with(query, |it| it.lenient = true);
    let mut points = Points::new(&lenient);
    let banner = format!("\n   Grafana k6\n\n{text}     running (0m01.0s)\n");
    let notices = points.read(stream(banner.as_bytes())).unwrap();
    assert_eq!(points.distributions(&STATS), expected);
    assert_eq!(notices.len(), 2);
}
