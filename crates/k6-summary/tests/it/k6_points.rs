//! Real k6 2.2.0 and 1.1.0: the points of a run say what its own summary says, bit for bit.

use crate::k6::{binaries, serve};
use crate::points::{assert_same, names, whole};
use k6_summary::{Points, Query, Source, Summary, open};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

const STATS: &str = "avg,min,med,max,p(50),p(90),p(95),p(99),p(99.9),count";

fn command(k6: &Path, folder: &Path) -> Command {
    let config = folder.join("config.json");
    fs::write(&config, "{}").unwrap();
    let mut command = Command::new(k6);
    command
        .env_clear()
        .env("HOME", folder)
        .env("K6_NO_USAGE_REPORT", "true")
        .env("K6_AUTO_EXTENSION_RESOLUTION", "false")
        .env("K6_NEW_MACHINE_READABLE_SUMMARY", "false")
        .env("URL", serve())
        .env("ITERATIONS", "150")
        .args(["run", "--quiet", "--no-color", "--address=", "--summary-trend-stats", STATS])
        .args(["--config".as_ref(), config.as_os_str()])
        .current_dir(folder);
    command
}

fn script() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/k6/every.js").to_owned()
}

#[test]
#[ignore = "needs k6"]
fn points_say_what_the_summary_says() {
    for k6 in binaries() {
        let folder = tempfile::tempdir().unwrap();
        let output = command(&k6, folder.path())
            .args(["--out", "json=points.ndjson", "--out", "json=points.ndjson.gz"])
            .args(["--out", "csv=points.csv.gz", "--summary-export", "summary.json"])
            .arg(script())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(99), "{}", String::from_utf8_lossy(&output.stderr));
        let export = fs::read_to_string(folder.path().join("summary.json")).unwrap();
        let own: Summary = export.parse().unwrap();
        for name in ["points.ndjson", "points.ndjson.gz"] {
            let ours = whole(&folder.path().join(name));
            assert_same(&ours, &own, &names(&export));
        }
        let csv = whole(&folder.path().join("points.csv.gz"));
        assert_eq!(csv.trend("http_req_duration").unwrap().count, Some(452));
    }
}

#[test]
#[ignore = "needs k6"]
fn points_are_read_from_k6s_stdout() {
    for k6 in binaries() {
        let folder = tempfile::tempdir().unwrap();
        let quiet = if k6 == binaries()[0] { "--summary-mode=disabled" } else { "--no-summary" };
        let mut child = command(&k6, folder.path())
            .args([quiet, "--out", "json=-"])
            .arg(script())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut points = Points::of_run(&Query::default());
        let Source::Points(samples) = open(child.stdout.take().unwrap()).unwrap() else {
            panic!("no points on stdout")
        };
        points.read(samples).unwrap();
        child.wait().unwrap();
        assert_eq!(points.summary().trend("http_req_duration").unwrap().count, Some(452));
        let file = File::open(folder.path().join("config.json")).unwrap();
        assert!(matches!(open(file), Ok(Source::Document(_))));
    }
}
