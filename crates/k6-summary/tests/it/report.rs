//! One report in three inks: what one of them says, the others say.

use crate::runs::{record, second};
use crate::terminal_and_markdown::WIDE;
use k6_summary::{Report, Run, Verdict, compare, html, markdown, terminal};
use serde_json::Value;

/// The same report for the terminal, for GitHub and as a page, as one reads it there.
fn inks(report: &Report) -> [String; 3] {
    let unescaped = |it: &str| {
        it.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    };
    let page = html(report);
    let page = page.split_once("<main>").unwrap().1;
    let page: Vec<&str> =
        page.split('<').map(|it| it.split_once('>').map_or(it, |it| it.1)).collect();
    let markdown: String =
        markdown(report).chars().filter(|it| !"\\`*\u{200b}".contains(*it)).collect();
    [terminal(report, WIDE).replace('`', ""), unescaped(&markdown), unescaped(&page.concat())]
}

#[track_caller]
fn check(report: &Report, words: &str) {
    for (ink, text) in ["terminal", "markdown", "html"].iter().zip(inks(report)) {
        let text = text.to_lowercase();
        assert!(text.contains(&words.to_lowercase()), "{ink} lacks `{words}`:\n{text}");
    }
}

/// A run that is worse in every way, after months in which it crept; no field of it is empty.
fn everything() -> (Run, Vec<Run>) {
    let slower = |run: &mut Run, by: f64| {
        for it in run.scenarios.iter_mut().map(|it| &mut it.latency_ms) {
            (it.p50, it.p95) = (it.p50.map(|it| it * by), it.p95.map(|it| it * by));
        }
    };
    let week = |week: u8| {
        let (month, day) = (1 + week / 4, 1 + 7 * (week % 4));
        let started = format!("2026-{month:02}-{day:02}T11:02:03Z");
        let mut run = record(&format!("week-{week:02}"), &started);
        run.url = Some(format!("https://ci.example/acme/api/actions/runs/1{week:02}"));
        slower(&mut run, if week < 10 { 1.0 } else { 1.4 });
        run
    };
    let mut run = second();
    slower(&mut run, 2.5);
    run.scenarios[0].throughput = Some(6.1);
    run.baseline_reset = Some("the new cache is slower on purpose".to_owned());
    run.server = serde_json::from_str(r#"{ "name": "shop", "version": "3.1" }"#).unwrap();
    run.dirty.push("other processes took 23 % of the machine".to_owned());
    run.skipped.push(
        serde_json::from_str(r#"{ "name": "runMetric", "reason": "no such tool" }"#).unwrap(),
    );
    for it in &mut run.scenarios {
        it.reasons.push(format!("1 threshold of {} was crossed", it.name));
        let open =
            r#"{ "name": "list p95", "unit": "ms", "limit": 9, "measured": 12, "met": false }"#;
        it.targets.push(serde_json::from_str(open).unwrap());
        it.targets.push(serde_json::from_str(&open.replace("false", "null")).unwrap());
        it.verdict = Verdict::Failed;
        it.samples = it.successes();
        it.source = Some("9c41e0b2".to_owned());
        it.notes.push("passed over: line 7".to_owned());
        it.unjudged.push("thresholds on one submetric are not in points".to_owned());
    }
    run.scenarios[1].approximate_rates = true;
    for (it, failed) in run.scenarios.iter_mut().zip([3, 4]) {
        let checks =
            serde_json::json!({ "passed": 1, "failed": failed, "failing": { "has rows": failed } });
        it.checks = serde_json::from_value(checks).unwrap();
    }
    run.verdict = Verdict::Failed;
    (run, (0..16).map(week).collect())
}

fn report(run: &Run, history: &[Run]) -> Report {
    Report::new(run, &compare(run, history, 0.25), history, &[])
}

#[test]
fn every_remark_is_in_every_ink() {
    let (run, history) = everything();
    let fields = serde_json::to_value(&run).unwrap();
    let empty = |it: &Value| it.is_null() || it.as_array().is_some_and(Vec::is_empty);
    for fields in [&fields, &fields["scenarios"][0]] {
        let fields = fields.as_object().unwrap();
        assert_eq!(fields.iter().find(|it| empty(it.1)), None, "the fixture lacks a field");
    }
    let comparison = compare(&run, &history, 0.25);
    assert!(comparison.alerts().count() == 2, "{comparison:?}");
    let report = report(&run, &history).notice("Earlier runs could not be read.");
    for it in [
        "load test embedded mcp smoke",
        "failed, cold-start, tool-call-mix missed a target; dirty, so it is no baseline; alert: cold-start, tool-call-mix are worse than their usual noise; 5 figures are more than 25 % worse; 7 of 9 checks failed; not every threshold was judged; skipped: runMetric",
        "cold-start: 3 of 4 checks failed: has rows 3",
        "cold-start: thresholds on one submetric are not in points",
        "cold-start: passed over: line 7",
        "Earlier runs could not be read.",
        "2026-11-21 11:02:03 UTC",
        "a1b2c3d",
        "http://127.0.0.1:40123/mcp",
        "k6 2.2.0",
        "MCP 2025-11-25",
        "record 20261121T110203Z-3f9a",
        "12,345",
        "(+79 %)",
        "Compared with run week-15 of 2026-04-22 11:02:03 UTC",
        "Bold is more than 25 % worse",
        "⚠ is outside the noise band of the last 12 runs",
        "~ stands on too few calls to be judged",
        "≈ is over the time from the first call to the last",
        "≈12.1",
        "The P50 of all scenarios moved",
        "earlier run",
        "cold-start: 1 threshold of cold-start was crossed",
        "tool-call-mix: 1 threshold of tool-call-mix was crossed",
        "skipped runMetric: no such tool",
        "dirty: other processes took 23 % of the machine",
        "a new baseline was accepted: the new cache is slower on purpose",
        "1 met, 1 missed, 1 not judged",
        "list p95 < 9 ms: missed, 12.0 ms",
        "list p95 < 9 ms: not judged, 12.0 ms",
    ] {
        check(&report, it);
    }
}

#[test]
fn what_crept_is_in_every_ink() {
    let (mut run, history) = everything();
    run.baseline_reset = None;
    check(&report(&run, &history), "cold-start: P50 drifted +40 % since 2026-01-01 11:02:03 UTC");
}

#[test]
fn details_are_the_same_wherever_they_fold() {
    let (run, history) = everything();
    let [_, markdown, page] = inks(&report(&run, &history));
    for it in
        ["executeSQL", "Failed calls: 2 rate_limited.", "Offered calls/s: 12.3.", "noise band"]
    {
        assert!(markdown.contains(it) && page.contains(it), "{it} in\n{markdown}\n{page}");
    }
}

#[test]
fn a_run_is_linked_in_every_ink_and_that_of_another_repository_in_none() {
    let (run, mut history) = everything();
    let texts = |history: &[Run]| {
        let report = report(&run, history);
        [terminal(&report, WIDE), markdown(&report), html(&report)]
    };
    for text in texts(&history) {
        assert!(text.contains("https://ci.example/acme/api/actions/runs/412"), "{text}");
        assert!(text.contains("https://ci.example/acme/api/actions/runs/115"), "{text}");
    }
    let attempt = "https://ci.example/acme/api/actions/runs/115/attempts/2";
    history[15].url = Some(attempt.to_owned());
    assert!(texts(&history).iter().all(|it| it.contains(attempt)));
    for foreign in [
        "https://ci.example/mallory/api/actions/runs/115",
        "https://ci.example.evil.example/x",
        "https://ci.example/acme/api/actions/runs/../../../../mallory/x",
        "https://ci.example/acme/api/actions/runs/115/../../../../mallory",
        "https://ci.example/acme/api/actions/runs/115?x#y",
        "https://ci.example/../api/actions/runs/115",
        "javascript://ci.example/acme/api/actions/runs/115",
    ] {
        history[15].url = Some(foreign.to_owned());
        for text in texts(&history) {
            assert!(text.contains("week-15") && !text.contains("earlier run"), "{foreign}: {text}");
        }
    }
}

#[test]
fn only_a_plain_web_address_is_linked() {
    let mut run = second();
    run.url = Some("https://ci.example/runs/412?a=b&c=d#e".to_owned());
    check(&report(&run, &[]), "run");
    let page = html(&report(&run, &[]));
    assert!(
        page.contains("<a href=\"https://ci.example/runs/412?a=b&amp;c=d#e\">run</a>"),
        "{page}"
    );
    let odd = ["javascript:alert(1)", "https://x/) [y](z", "https://x/ y", "https://x/\"><script>"];
    for address in odd.into_iter().chain(["/runs/1", ""]) {
        run.url = Some(address.to_owned());
        let report = report(&run, &[]);
        assert!(!html(&report).contains("<a ") && !markdown(&report).contains("[run]"));
        assert!(address.is_empty() || !terminal(&report, WIDE).contains(address), "{address}");
    }
}

#[test]
fn a_commit_that_is_none_is_in_no_ink() {
    let mut run = second();
    for commit in ["mainline", "a1b2c3", "", "ééééééé"] {
        run.commit = Some(commit.to_owned());
        for text in inks(&report(&run, &[])) {
            assert!(commit.is_empty() || !text.contains(&commit[..6]), "{text}");
        }
    }
}
