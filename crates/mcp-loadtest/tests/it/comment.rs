//! The whole comment as it stands on the tracking issue, and what strangers' names do to it.

use gh_comment::{Comment, Marker};
use k6_summary::{Report, Run, compare, markdown};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};

fn record(id: &str, verdict: &str, reasons: &[&str], p95: Option<f64>) -> Value {
    let latency = json!({ "min": 0.8, "avg": 1.9, "p50": p95.map(|it| it / 2.0), "p90": p95,
        "p95": p95, "p99": p95.map(|it| it * 1.5), "max": 9.0 });
    let calls = if p95.is_some() { 5123 } else { 0 };
    json!({
        "schema": 1, "id": id, "started": format!("2026-11-{id}T11:02:03Z"), "duration_s": 41.2,
        "target": "https://mcp.example.com/mcp", "environment": "staging",
        "commit": "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
        "url": format!("https://github.com/acme/api/actions/runs/4{id}/attempts/1"),
        "suite": "mcp", "profile": "full", "k6": "2.2.0", "protocol": "2025-11-25",
        "verdict": verdict, "dirty": [], "baseline_reset": null, "skipped": [],
        "scenarios": [{
            "name": "cold-start", "verdict": verdict, "reasons": reasons, "fingerprint": "9c41e0b2",
            "calls": calls, "failures": { "rate_limited": 2 }, "error_rate": 0.0004,
            "throughput": p95.map(|_| 41.7), "offered": 42.0, "latency_ms": latency,
            "by": [{ "tags": { "rpc": "initialize" }, "calls": calls, "latency_ms": latency }],
            "targets": [{ "name": "initialize p95", "limit": 500, "measured": p95, "met": p95.map(|_| true) }],
        }],
    })
}

fn parsed(record: &Value) -> Run {
    record.to_string().parse().unwrap()
}

/// The body of the comment for a record after these earlier ones.
fn comment(record: &Value, history: &[Value]) -> String {
    let run = parsed(record);
    let history: Vec<Run> = history.iter().map(parsed).collect();
    let comparison = compare(&run, &history, 0.25);
    let text = markdown(&Report::new(&run, &comparison, &history, &[]));
    let marker: Marker = "loadtest".parse().unwrap();
    let data = serde_json::to_value(&run).unwrap();
    let comment = Comment::new(text).with_data(&marker, &data);
    comment.with_key("acme/api/load-test-mcp/412/staging").body().unwrap()
}

/// Weeks of the same latency but for a little noise.
fn quiet(weeks: usize) -> Vec<Value> {
    let p95 = |week: usize| [3.1, 3.2, 3.0, 3.15][week % 4];
    (1..=weeks).map(|it| record(&format!("{it:02}"), "passed", &[], Some(p95(it)))).collect()
}

#[test]
fn the_comment_of_a_run_that_passed() {
    insta::assert_snapshot!(comment(&record("21", "passed", &[], Some(3.2)), &quiet(6)));
}

#[test]
fn the_comment_of_a_run_that_regressed() {
    insta::assert_snapshot!(comment(&record("21", "passed", &[], Some(6.4)), &quiet(6)));
}

#[test]
fn the_comment_of_a_run_that_is_invalid() {
    let reasons = ["61.3 % of the calls failed, 5 % are allowed", "most calls were rate limited"];
    insta::assert_snapshot!(comment(&record("21", "invalid", &reasons, None), &quiet(6)));
}

#[test]
fn the_comment_of_a_run_that_failed() {
    let reasons = ["crossed: mcp_call_duration{rpc:initialize} p(95)<5000"];
    insta::assert_snapshot!(comment(&record("21", "failed", &reasons, Some(5412.0)), &quiet(1)));
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "@octocat",
            "#12",
            "o/r#3",
            "GH-4",
            "https://evil.example",
            "www.evil.example",
            "a@evil.example",
            "[a](https://evil.example)",
            "![a](b)",
            "<img src=x>",
            "<details>",
            "</details>",
            "</summary>",
            "</code>",
            "<!--",
            "-->",
            "|",
            "`",
            "``",
            "\\",
            "\n",
            "\r\n",
            "\n\n# x\n\n",
            "| a | b |\n|---|---|\n",
            "&lt;",
            "&#64;octocat",
            "~~",
            "**",
            "_",
            "$x$",
            ":tada:",
            "\u{200b}",
            "\u{202e}",
            "\t",
            "é",
            " ",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|it| it.concat())
}

/// What a reader sees outside of code, the tags, the links, and the number of cells of each row.
#[derive(Debug, Default)]
struct Seen {
    text: String,
    html: String,
    links: Vec<String>,
    headings: usize,
    rows: Vec<usize>,
}

fn read(body: &str) -> Seen {
    let mut seen = Seen::default();
    let options = Options::ENABLE_TABLES | Options::ENABLE_GFM | Options::ENABLE_STRIKETHROUGH;
    for event in Parser::new_ext(body, options) {
        match event {
            Event::Text(it) => seen.text.push_str(&it),
            Event::Html(it) | Event::InlineHtml(it) => seen.html.push_str(&it),
            Event::Start(Tag::Link { dest_url: to, .. } | Tag::Image { dest_url: to, .. }) => {
                seen.links.push(to.into_string());
            }
            Event::Start(Tag::Heading { .. }) => seen.headings += 1,
            Event::Start(Tag::TableHead | Tag::TableRow) => seen.rows.push(0),
            Event::Start(Tag::TableCell) => *seen.rows.last_mut().unwrap() += 1,
            // What stands in code or ends a block joins nothing.
            Event::Code(_) | Event::End(TagEnd::Paragraph | TagEnd::TableCell) => {
                seen.text.push('\n');
            }
            _ => {}
        }
    }
    seen
}

/// Whether GitHub would make a mention, a reference or a link of something in the text.
fn is_live(text: &str) -> Option<&'static str> {
    let followed = |sign: &str, by: fn(&char) -> bool| {
        text.match_indices(sign)
            .any(|(at, _)| text[at + sign.len()..].chars().next().is_some_and(|it| by(&it)))
    };
    let found = [
        ("a mention", followed("@", |it| it.is_ascii_alphanumeric())),
        ("a reference", followed("#", char::is_ascii_digit)),
        ("a reference", followed("GH-", char::is_ascii_digit)),
        ("an address", text.contains("://") || text.contains("www.")),
    ];
    found.into_iter().find(|it| it.1).map(|it| it.0)
}

proptest! {
    #[test]
    fn no_name_of_a_stranger_mentions_links_or_breaks_anything(
        name in hostile(), reason in hostile(), tag in hostile(), class in hostile(),
        target in hostile(), about in hostile(),
    ) {
        let calm = record("21", "failed", &["reason"], Some(3.0));
        let mut it = calm.clone();
        for field in ["target", "environment", "commit", "k6", "suite", "profile"] {
            it[field] = about.clone().into();
        }
        it["dirty"] = json!([about]);
        it["skipped"] = json!([{ "name": name, "reason": reason }]);
        let scenario = &mut it["scenarios"][0];
        scenario["name"] = name.into();
        scenario["reasons"] = json!([reason]);
        scenario["by"][0]["tags"] = json!({ "tool": tag });
        scenario["failures"] = json!({ class: 2 });
        scenario["targets"][0]["name"] = target.into();
        let body = comment(&it, &[]);
        let (seen, calm) = (read(&body), read(&comment(&calm, &[])));

        prop_assert_eq!(is_live(&seen.text), None, "{}", body);
        // The address of the run is ours.
        prop_assert_eq!(&seen.links, &calm.links, "{}", body);
        prop_assert_eq!(seen.headings, 1, "{}", body);
        prop_assert_eq!(seen.rows, calm.rows, "{}", body);
        let tags = |html: &str| {
            let mut tags: Vec<String> = html.split('<').skip(1)
                .map(|it| it.split(['>', ' ']).next().unwrap_or_default().to_owned()).collect();
            tags.sort();
            tags
        };
        prop_assert_eq!(tags(&seen.html), tags(&calm.html), "{}", body);
        let marker: Marker = "loadtest".parse().unwrap();
        let run = serde_json::to_value(parsed(&it)).unwrap();
        prop_assert_eq!(marker.data(&body), Some(run));
    }
}
