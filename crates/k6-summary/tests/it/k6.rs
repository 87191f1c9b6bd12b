//! Real k6 against a server of our own: our figures are k6's own, to the last bit.

use crate::measurement;
use k6_summary::{Summary, Verdict, judge};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

const STATS: &str = "avg,min,med,max,p(50),p(90),p(95),p(99),count";

/// Answers every request with 200 until the test's process ends.
pub(crate) fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    url
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")?;
    }
}

/// Runs a script of `tests/k6` and returns k6's exit code, its export, and what `handleSummary`
/// was given, if the script has one.
fn run(k6: &Path, script: &str, env: &[(&str, &str)]) -> (i32, Summary, Option<String>) {
    let dir = tempfile::tempdir().unwrap();
    let (export, handed) = (dir.path().join("export.json"), dir.path().join("handed.json"));
    let config = dir.path().join("config.json");
    fs::write(&config, "{}").unwrap();
    let status = Command::new(k6)
        .env_clear()
        .env("HOME", dir.path())
        .env("K6_NO_USAGE_REPORT", "true")
        .env("K6_AUTO_EXTENSION_RESOLUTION", "false")
        .env("K6_NEW_MACHINE_READABLE_SUMMARY", "false")
        .env("HANDLE_SUMMARY", &handed)
        .env("URL", serve())
        .envs(env.iter().copied())
        .args(["run", "--quiet", "--no-color", "--address=", "--summary-trend-stats", STATS])
        .args(["--config".as_ref(), config.as_os_str()])
        .args(["--summary-export".as_ref(), export.as_os_str()])
        .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/k6").join(script))
        .output()
        .unwrap();
    let code = status.status.code().unwrap();
    let json = fs::read_to_string(&export)
        .unwrap_or_else(|_| panic!("exit {code}: {}", String::from_utf8_lossy(&status.stderr)));
    (code, json.parse().unwrap(), fs::read_to_string(handed).ok())
}

pub(crate) fn binaries() -> Vec<PathBuf> {
    ["K6", "K6_1_1"]
        .iter()
        .map(|name| std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set")).into())
        .collect()
}

#[test]
#[ignore = "needs k6"]
fn our_figures_are_k6s_own() {
    for k6 in binaries() {
        let (code, summary, handed) = run(&k6, "timed.js", &[]);
        assert_eq!(code, 0);
        let own: serde_json::Value = serde_json::from_str(&handed.unwrap()).unwrap();
        let scenario = judge(&measurement(Some(&summary)));
        assert_eq!(scenario.verdict, Verdict::Passed, "{:?}", scenario.reasons);
        let figure = |name: &str| own[name].as_f64().filter(|it| *it > 0.0);
        let latency = scenario.latency_ms;
        assert_eq!(scenario.calls.map(|it| it as f64), figure("calls"));
        assert_eq!((latency.p50, latency.p90), (figure("p50"), figure("p90")));
        assert_eq!((latency.p95, latency.p99), (figure("p95"), figure("p99")));
        assert_eq!((latency.min, latency.max), (figure("min"), figure("max")));
        assert_eq!(latency.avg, figure("avg"));
        assert_eq!(scenario.by[0].latency_ms.p95, figure("list_p95"));
        let rate = figure("rate").unwrap();
        assert!((scenario.offered.unwrap() / rate - 1.0).abs() < 1e-12);
        assert!(figure("p95").is_some() && rate > 0.0, "{own}");
    }
}

#[test]
#[ignore = "needs k6"]
fn the_export_and_the_object_of_one_run_agree() {
    for k6 in binaries() {
        let (code, summary, handed) = run(&k6, "calls.js", &[("LIMIT", "100")]);
        assert_eq!(code, 99);
        let handed: Summary = handed.unwrap().parse().unwrap();
        let (mut export, mut object) =
            (judge(&measurement(Some(&summary))), judge(&measurement(Some(&handed))));
        assert_eq!(export.verdict, Verdict::Failed, "{:?}", export.reasons);
        assert_eq!(export.calls, Some(200));
        // The one has the window from a counter and its rate, the other in milliseconds.
        let near = |a: Option<f64>, b: Option<f64>| (a.unwrap() / b.unwrap() - 1.0).abs() < 1e-9;
        assert!(near(export.throughput, object.throughput));
        assert!(near(export.offered, object.offered));
        for it in [&mut export, &mut object] {
            (it.throughput, it.offered) = (None, None);
        }
        assert_eq!(export, object);
    }
}

#[test]
#[ignore = "needs k6"]
fn a_dead_server_does_not_pass() {
    for k6 in binaries() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let (_, summary, _) = run(&k6, "own.js", &[("URL", &url)]);
        let scenario = judge(&measurement(Some(&summary)));
        assert_eq!(scenario.verdict, Verdict::Invalid, "{:?}", scenario.reasons);
        assert_eq!((scenario.calls, scenario.latency_ms.p95), (Some(30), None));
    }
}
