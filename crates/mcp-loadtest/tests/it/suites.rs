//! Suites on the embedded target: every scenario in its smallest shape passes, in either kind of revision and on either k6.

use crate::program::{Sandbox, program, run};

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn the_suite_of_the_server_passes_on_the_embedded_target() {
    let passes = async |k6: &str, protocol: &str, more: &[&str]| {
        let sandbox = Sandbox::new();
        let mut command = sandbox.mcp_loadtest("run");
        command.args(["--suite", "fastmcp", "--protocol", protocol]).env("K6", program(k6));
        // The name of what no revision without sessions has stands for what it has instead.
        command.args(["--threshold", "concurrent-api{rpc:ping}: p95<500"]).args(more);
        let ended = run(&mut command).await;
        assert_eq!(ended.code, Some(0), "{protocol} on {k6}: {ended:#?}");
        let record = sandbox.record();
        let scenarios = record["scenarios"].as_array().unwrap().iter();
        let seen: Vec<_> = scenarios.map(|it| (&it["name"], &it["verdict"])).collect();
        let names = ["tool-execution", "concurrent-api", "large-payload"];
        assert_eq!(seen.len(), names.len(), "{record:#}");
        for ((name, verdict), expect) in seen.into_iter().zip(names) {
            assert_eq!((name.as_str(), verdict.as_str()), (Some(expect), Some("passed")));
        }
        assert_eq!(record["protocol"], protocol);
        // It is about this call, whatever others are named.
        let by = record["scenarios"][2]["by"].as_array().unwrap();
        assert!(by.iter().any(|it| it["tags"]["tool"] == "payload"), "{by:#?}");
    };
    passes("K6", "2025-11-25", &[]).await;
    let echo = ["--tool", "echo", "--arguments", r#"{"text": "hi"}"#];
    passes("K6_1_1", "2026-07-28", &echo).await;
}
