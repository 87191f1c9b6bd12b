//! The samples of a run, and the page that shows how it went.

use std::path::Path;

use crate::program::{Sandbox, program, run};
use crate::servers::{TOKEN, mcp};

const OVER_THE_RUN: &str = "P50 and P95 over the run";

fn page(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.path("runs/latest/report.html")).unwrap()
}

#[tokio::test]
async fn points_that_cannot_be_read_cost_the_report_its_curve_and_nothing_else() {
    let sandbox = Sandbox::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../k6-summary/tests/data");
    let k6 = sandbox.fake_k6(&format!(
        "cp {}/legacy-export.json \"$summary\"\n\
         cp \"$summary\" \"$(dirname \"$summary\")/points.ndjson.gz\"",
        data.display()
    ));
    let mut command = sandbox.mcp_loadtest("run");
    command.args(["cold-start", "--target", &mcp().await, "--points"]);
    let ended = run(command.env("K6", k6).env("LOADTEST_BEARER", TOKEN)).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stderr.contains("holds no points of k6"), "{}", ended.stderr);
    assert!(!page(&sandbox).contains(OVER_THE_RUN));
}

#[tokio::test]
#[ignore = "needs k6"]
async fn points_are_kept_on_request_and_show_the_latency_over_the_run() {
    let target = mcp().await;
    for (k6, asked) in [("K6", true), ("K6_1_1", true), ("K6", false)] {
        let sandbox = Sandbox::new();
        let mut command = sandbox.mcp_loadtest("run");
        command.args(["cold-start", "--target", &target]).args(asked.then_some("--points"));
        let ended = run(command.env("K6", program(k6)).env("LOADTEST_BEARER", TOKEN)).await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        let kept = sandbox.path("runs/latest/cold-start/points.ndjson.gz").exists();
        assert_eq!(kept, asked);
        assert_eq!(page(&sandbox).matches(OVER_THE_RUN).count(), usize::from(asked), "{k6}");
    }
}
