//! What a run that is worse than its usual noise leaves behind.

use serde_json::Value;

use crate::program::{Ended, Sandbox, run};
use crate::servers::{TOKEN, mcp};

/// Runs one scenario whose P50 takes `p50` milliseconds and its P95 twice that.
async fn run_with(sandbox: &Sandbox, target: &str, p50: u32, fail_on: &str) -> Ended {
    let summary = format!(
        r#"{{"metrics": {{
          "mcp_calls": {{"count": 300, "rate": 60}},
          "mcp_call_duration": {{"avg": {p50}, "min": 1, "med": {p50}, "max": 90, "p(95)": {}, "count": 300}}
        }}, "root_group": {{}}}}"#,
        2 * p50
    );
    let k6 = sandbox.fake_k6(&format!("cat > \"$summary\" <<'END'\n{summary}\nEND"));
    let mut command = sandbox.mcp_loadtest("run");
    command
        .args(["cold-start", "--target", target, "--fail-on", fail_on])
        .env("K6", k6)
        .env("GITHUB_ACTIONS", "true")
        .env("LOADTEST_BEARER", TOKEN);
    run(&mut command).await
}

#[tokio::test]
async fn a_run_worse_than_its_noise_is_an_alert_and_stands_in_the_page() {
    let sandbox = Sandbox::new();
    let target = mcp().await;
    let first = run_with(&sandbox, &target, 20, "alert").await;
    assert_eq!(first.code, Some(0), "{first:#?}");
    let history: String = (1..=5)
        .map(|day| {
            let mut earlier: Value = sandbox.record();
            earlier["id"] = format!("day-{day}").into();
            earlier["started"] = format!("2026-01-0{day}T00:00:00Z").into();
            format!("{earlier}\n")
        })
        .collect();
    std::fs::write(sandbox.path("runs/history.ndjson"), history).unwrap();

    for (fail_on, code) in [("never", 0), ("alert", 3)] {
        let slow = run_with(&sandbox, &target, 30, fail_on).await;
        assert_eq!(slow.code, Some(code), "{slow:#?}");
        assert!(slow.stdout.contains("alert: `cold-start` is worse than"), "{}", slow.stdout);
        let warning = "::warning title=load test::cold-start is worse than its usual noise";
        assert!(slow.stderr.contains(warning), "{}", slow.stderr);
        let page = std::fs::read_to_string(sandbox.path("runs/latest/report.html")).unwrap();
        assert!(page.contains("alert: <code>cold-start</code> is worse than its usual noise"));
        assert!(page.contains("class=\"band\"") && page.ends_with("</html>\n"));
    }
    let usual = run_with(&sandbox, &target, 21, "alert").await;
    assert_eq!(usual.code, Some(0), "{usual:#?}");
}
