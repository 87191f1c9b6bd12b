//! Other tools, asked the same question.

use crate::{Answer, Row, input};
use anyhow::{Context as _, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What is put into a Python of its own in the tool cache.
const PACKAGES: [&str; 2] = ["duckdb==2.0.0", "orjson==3.13.0"];

/// The time is that of the query, without starting Python and loading DuckDB.
const ASK_DUCKDB: &str = "
import duckdb, sys, time
db = duckdb.connect(config={'threads': 2})
db.execute('SET enable_progress_bar = false')
start = time.perf_counter()
rows = db.execute(\"\"\"
  SELECT data.tags.scenario, quantile_cont(data.value, [0.5, 0.95, 0.99])
  FROM read_json(?, format='newline_delimited', columns={metric: 'VARCHAR', type: 'VARCHAR',
    data: 'STRUCT(value DOUBLE, tags STRUCT(scenario VARCHAR))'})
  WHERE metric = 'http_req_duration' AND type = 'Point' GROUP BY 1\"\"\", [sys.argv[1]]).fetchall()
print('seconds', time.perf_counter() - start)
for scenario, values in rows:
    print(scenario, *values)
";

/// Every line through orjson; the time is without starting Python.
const ASK_ORJSON: &str = "
import orjson, sys, time
from collections import defaultdict
start = time.perf_counter()
groups = defaultdict(list)
with open(sys.argv[1], 'rb') as lines:
    for line in lines:
        point = orjson.loads(line)
        if point['type'] == 'Point' and point['metric'] == 'http_req_duration':
            data = point['data']
            groups[data['tags'].get('scenario')].append(data['value'])
def percentile(samples, p):
    i = p * (len(samples) - 1)
    low, high = int(i), min(int(i) + 1, len(samples) - 1)
    return samples[low] + (samples[high] - samples[low]) * (i - low)
for samples in groups.values():
    samples.sort()
rows = [(it, [percentile(s, p) for p in (0.5, 0.95, 0.99)]) for it, s in groups.items()]
print('seconds', time.perf_counter() - start)
for scenario, values in rows:
    print(scenario, *values)
";

/// jq only finds the values, sorts none of them and prints them.
const ASK_JQ: &str = r#"select(.type == "Point" and .metric == "http_req_duration")
    | "\(.data.tags.scenario) \(.data.value)""#;

/// A Python with the packages, made once for each version of them.
pub(crate) fn python() -> anyhow::Result<PathBuf> {
    let name = PACKAGES.join("-").replace("==", "-");
    let home = input::cache()?.join(format!("bench-{name}"));
    let (python, complete) = (home.join("bin/python"), home.join("complete"));
    if !complete.exists() {
        println!("installing {} into {}", PACKAGES.join(" and "), home.display());
        let mut venv = Command::new("python3");
        output(venv.args(["-m", "venv", "--clear"]).arg(&home))?;
        let mut pip = Command::new(&python);
        output(pip.args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
        std::fs::write(&complete, "")?;
    }
    Ok(python)
}

type Told = (Row, Option<Answer>);

pub(crate) fn wc(file: &Path) -> anyhow::Result<Told> {
    let (seconds, lines) = timed(Command::new("wc").arg("-l").arg(file))?;
    ensure!(!lines.is_empty(), "wc counted nothing");
    Ok((Row { tool: "wc -l", threads: 1, seconds, peak_mib: None }, None))
}

pub(crate) fn zcat(file: &Path) -> anyhow::Result<Told> {
    let start = Instant::now();
    let mut zcat = Command::new("zcat").arg(file).stdout(Stdio::piped()).spawn()?;
    let lines = zcat.stdout.take().context("stdout was asked to be a pipe")?;
    output(Command::new("wc").arg("-l").stdin(lines))?;
    ensure!(zcat.wait()?.success(), "zcat failed");
    let seconds = start.elapsed().as_secs_f64();
    Ok((Row { tool: "zcat | wc -l", threads: 2, seconds, peak_mib: None }, None))
}

pub(crate) fn duckdb(python: &Path, file: &Path) -> anyhow::Result<Told> {
    ask_python("DuckDB read_json", 2, python, ASK_DUCKDB, file)
}

pub(crate) fn orjson(python: &Path, file: &Path) -> anyhow::Result<Told> {
    ask_python("Python, orjson", 1, python, ASK_ORJSON, file)
}

fn ask_python(
    tool: &'static str,
    threads: u32,
    python: &Path,
    program: &str,
    file: &Path,
) -> anyhow::Result<Told> {
    let text = output(Command::new(python).arg("-c").arg(program).arg(file))?;
    let (seconds, rows) = text.split_once('\n').context("no answer")?;
    let seconds = seconds.strip_prefix("seconds ").context("no time")?.parse()?;
    Ok((Row { tool, threads, seconds, peak_mib: None }, Some(parse(rows)?)))
}

pub(crate) fn jq(file: &Path) -> anyhow::Result<Told> {
    let mut jq = Command::new("jq");
    let (seconds, rows) =
        timed(jq.arg("-r").arg(ASK_JQ).arg(file)).context("jq is one of the peers; install it")?;
    let mut groups: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in rows.lines() {
        let (scenario, value) = row.split_once(' ').context("no value")?;
        groups.entry(scenario).or_default().push(value.parse()?);
    }
    let mut answer = Answer::new();
    for (scenario, mut samples) in groups.into_iter().filter(|it| it.0 != "null") {
        samples.sort_by(f64::total_cmp);
        let percentile = |p: f64| {
            let i = p * (samples.len() - 1) as f64;
            let (low, high) = (samples[i as usize], samples[(i.ceil()) as usize]);
            low + (high - low) * i.fract()
        };
        answer.insert(scenario.to_owned(), [0.50, 0.95, 0.99].map(percentile));
    }
    Ok((Row { tool: "jq", threads: 1, seconds, peak_mib: None }, Some(answer)))
}

/// Lines of a scenario and its three percentiles.
pub(crate) fn parse(rows: &str) -> anyhow::Result<Answer> {
    let mut answer = Answer::new();
    for row in rows.lines() {
        let fields: Vec<&str> = row.split(' ').collect();
        let [scenario, p50, p95, p99] = fields.as_slice() else { anyhow::bail!("a row is {row}") };
        if *scenario != "None" {
            answer.insert((*scenario).to_owned(), [p50.parse()?, p95.parse()?, p99.parse()?]);
        }
    }
    Ok(answer)
}

fn timed(command: &mut Command) -> anyhow::Result<(f64, String)> {
    let start = Instant::now();
    let text = output(command)?;
    Ok((start.elapsed().as_secs_f64(), text))
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("failed to start {name}"))?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
