//! The record as it is written down.

use crate::rule::{USUAL, run, scenario};
use crate::runs::{first, second};
use k6_summary::run::{Example, Server, Skipped, Target};
use k6_summary::{Run, read_history};
use serde_json::Value;
use std::collections::BTreeSet;

/// A record in which every field has a value.
fn full() -> Run {
    let mut run = run(1, vec![scenario("mix", USUAL)]);
    let known = || Some("known".to_owned());
    run.duration_s = Some(1.0);
    run.dirty.push("busy".to_owned());
    run.skipped.push(Skipped::new("a".to_owned(), "b".to_owned()));
    for it in [&mut run.target, &mut run.environment, &mut run.commit, &mut run.url] {
        *it = known();
    }
    for it in [&mut run.suite, &mut run.profile, &mut run.k6, &mut run.protocol] {
        *it = known();
    }
    run.baseline_reset = known();
    run.server = Some(Server::new("known".to_owned(), known()));
    let it = &mut run.scenarios[0];
    it.reasons.push("slow".to_owned());
    it.offered = Some(1.0);
    (it.approximate_rates, it.samples, it.source) = (true, Some(1), known());
    it.unjudged.push("CSV".to_owned());
    it.notes.push("passed over".to_owned());
    let checks = serde_json::json!({ "passed": 1, "failed": 1, "failing": { "failed": 1 } });
    it.checks = serde_json::from_value(checks).unwrap();
    let sessions = serde_json::json!({ "opened": 4, "closed": 1, "lost": 1, "left": 2 });
    it.sessions = serde_json::from_value(sessions).unwrap();
    let resources = serde_json::json!({ "k6_cpu": 0.1, "k6_memory": 1, "target_cpu": 0.1,
        "target_memory": 1, "vus": 1, "dropped": 1 });
    it.resources = serde_json::from_value(resources).unwrap();
    let mut example = Example::new("tool_error".to_owned(), 200);
    (example.content_type, example.said) = (known(), "db down".to_owned());
    it.examples.push(example);
    let latency = &mut it.latency_ms;
    (latency.min, latency.avg, latency.p90, latency.max) =
        (Some(1.0), Some(2.0), Some(3.0), Some(4.0));
    let part = serde_json::json!({ "tags": {}, "calls": 1, "latency_ms": {}, "samples": 1 });
    it.by.push(serde_json::from_value(part).unwrap());
    let mut target = Target::new("p95".to_owned(), "<".to_owned(), 1.0);
    (target.unit, target.measured, target.met) = (known(), Some(1.0), Some(true));
    it.targets.push(target);
    run
}

fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                found.insert(name.clone());
                names(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|it| names(it, found)),
        _ => {}
    }
}

#[test]
fn every_field_of_the_record_is_documented_and_no_other() {
    let documentation = include_str!("../../RECORD.md");
    let mut found = BTreeSet::new();
    names(&serde_json::to_value(full()).unwrap(), &mut found);
    for name in &found {
        assert!(documentation.contains(&format!("`{name}`")), "{name} is not documented");
    }
    let rows = documentation.lines().filter_map(|it| it.strip_prefix("| `")?.split('`').next());
    for name in rows {
        assert!(found.contains(name), "{name} is no field");
    }
}

#[test]
fn the_fields_that_are_required_make_a_record() {
    let least = r#"{"schema":1,"id":"a","started":"2026-11-21T11:02:03Z","verdict":"passed",
        "scenarios":[{"name":"mix","verdict":"passed","targets":[{"name":"p95","limit":1}]}]}"#;
    let run: Run = least.parse().unwrap();
    assert_eq!(run.scenarios[0].calls, None);
    for field in ["id", "started", "verdict", "scenarios", "schema"] {
        let mut record: Value = serde_json::from_str(least).unwrap();
        record.as_object_mut().unwrap().remove(field);
        record.to_string().parse::<Run>().unwrap_err();
    }
}

#[test]
fn a_record_of_tomorrow_is_read_and_one_of_another_schema_is_not() {
    let mut record = serde_json::to_value(full()).unwrap();
    record["tomorrow"] = serde_json::json!({ "a": [1] });
    record["scenarios"][0]["tomorrow"] = true.into();
    record["scenarios"][0]["latency_ms"]["p999"] = 9.0.into();
    assert_eq!(record.to_string().parse::<Run>().unwrap(), full());
    record["schema"] = 2.into();
    let error = record.to_string().parse::<Run>().unwrap_err().to_string();
    assert_eq!(error, "a record of schema 2; this version reads schema 1");
}

#[test]
fn a_record_keeps_its_figures_on_the_way_through_json() {
    let run = second();
    let json = serde_json::to_string(&run).unwrap();
    assert_eq!(json.parse::<Run>().unwrap(), run);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["scenarios"][0]["latency_ms"]["p95"], 3.1);
    assert_eq!(value["baseline_reset"], serde_json::Value::Null);
    assert_eq!(value["verdict"], "passed");
}

#[test]
fn a_history_is_one_record_or_many() {
    let (one, two) = (first(), second());
    let pretty = serde_json::to_string_pretty(&one).unwrap();
    assert_eq!(read_history(&pretty), (vec![one.clone()], Vec::new()));
    assert_eq!(read_history("").0, []);

    let line = |it: &Run| serde_json::to_string(it).unwrap();
    let unknown = line(&one).replacen(r#""schema":1"#, r#""schema":2"#, 1);
    let many = format!("{}\n\n{unknown}\nnonsense\n{}\r\n", line(&two), line(&one));
    let (runs, notices) = read_history(&many);
    assert_eq!(runs, [one, two], "oldest first");
    let notices: Vec<String> = notices.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(notices.join("\n"), @r#"
    line 3 of the history skipped: a record of schema 2; this version reads schema 1
    line 4 of the history skipped: not a record of a run: expected ident at line 1 column 2
    "#);
}
