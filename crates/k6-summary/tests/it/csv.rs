//! Tables for spreadsheets, out of records that may be anybody's.

use std::io::Write as _;
use std::process::{Command, Stdio};

#[test]
fn records_of_a_pipe_are_a_table_without_formulas() {
    let record = |id: &str, day: u8, name: &str| {
        format!(
            r#"{{"schema":1,"id":"{id}","started":"2026-11-{day:02}T11:02:03Z","verdict":"passed","commit":"+1;x",
            "scenarios":[{{"name":"{name}","verdict":"passed","calls":2,"failures":{{"network":1}},
            "latency_ms":{{"p50":-1.5}}}}]}}"#
        )
        .replace('\n', " ")
    };
    let ndjson = [record("b", 2, "say \\\"x\\\""), record("a", 1, "\\u0001=1+2")].join("\n");
    let mut child = Command::new(env!("CARGO_BIN_EXE_k6-summary"))
        .args(["-", "--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ndjson.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let table = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<&str> = table.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            r#"2026-11-01T11:02:03Z,a,,,,"'+1;x",,false,,'=1+2,passed,,2,1,,,,,,-1.5,,,,"#,
            r#"2026-11-02T11:02:03Z,b,,,,"'+1;x",,false,,"say ""x""",passed,,2,1,,,,,,-1.5,,,,"#,
        ]
    );
}
