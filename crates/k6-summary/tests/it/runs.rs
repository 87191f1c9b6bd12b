//! Runs as they are read.

use k6_summary::Run;

/// A record with every field that people read, enough calls for a P99.
pub(crate) fn record(id: &str, started: &str) -> Run {
    let ci_run = if id == "20261121T110203Z-3f9a" { 412 } else { 405 };
    let json = serde_json::json!({
        "schema": 1, "id": id, "started": started, "duration_s": 41.2,
        "target": "http://127.0.0.1:40123/mcp", "environment": "embedded", "commit": "a1b2c3d4e5f6",
        "url": format!("https://ci.example/acme/api/actions/runs/{ci_run}"), "suite": "mcp", "profile": "smoke", "k6": "2.2.0",
        "protocol": "2025-11-25", "verdict": "passed", "dirty": [], "baseline_reset": null,
        "skipped": [], "a field of tomorrow": true,
        "scenarios": [scenario("cold-start", 400), scenario("tool-call-mix", 12345)],
    });
    json.to_string().parse().unwrap()
}

fn scenario(name: &str, calls: u64) -> serde_json::Value {
    serde_json::json!({
        "name": name, "verdict": "passed", "reasons": [], "fingerprint": "9c41e0b2",
        "calls": calls, "failures": { "rate_limited": 2 }, "error_rate": 2.0 / calls as f64,
        "throughput": 12.1, "offered": 12.3,
        "latency_ms": { "min": 0.8, "avg": 1.9, "p50": 1.7, "p90": 2.6, "p95": 3.1, "p99": 4.4, "max": 9.0 },
        "by": [{ "tags": { "tool": "executeSQL" }, "calls": 61, "latency_ms": { "p50": 1.9, "p95": 3.3, "p99": 4.6 } }],
        "targets": [{ "name": "executeSQL p95", "unit": "ms", "limit": 500, "measured": 3.1, "met": true }],
    })
}

pub(crate) fn first() -> Run {
    record("20261114T110203Z-11aa", "2026-11-14T11:02:03Z")
}

pub(crate) fn second() -> Run {
    record("20261121T110203Z-3f9a", "2026-11-21T11:02:03Z")
}

pub(crate) fn worse() -> Run {
    let mut run = second();
    run.scenarios[0].latency_ms.p50 = Some(1.5);
    run.scenarios[1].latency_ms.p95 = Some(4.4);
    run.scenarios[1].latency_ms.p99 = Some(1234.5);
    run.scenarios[1].throughput = Some(6.29);
    run
}
