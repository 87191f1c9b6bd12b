//! Every planned scenario in turn: k6, then the judgement of what it left.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use k6_summary::{Conditions, Limits, Measurement, Scenario, Summary, Verdict, judge};
use sha2::{Digest as _, Sha256};

use crate::bearer::Bearer;
use crate::interrupt::Interrupt;
use crate::k6::{self, Ended, Job};
use crate::plan::Planned;
use crate::project::variable;
use crate::section::{say, section};
use crate::tools::K6;

/// Above this share of the machine, other processes make a run dirty.
const NEIGHBOURS: f64 = 0.10;

/// What all scenarios of a run share.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) k6: &'a K6,
    pub(crate) folder: &'a Path,
    pub(crate) mcp_url: &'a str,
    pub(crate) bearer: &'a Bearer,
    pub(crate) profile: &'a str,
    pub(crate) protocol: &'a str,
    pub(crate) max_error_rate: f64,
    pub(crate) target: Option<u32>,
    pub(crate) root: &'a Path,
}

#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) dirty: Vec<String>,
}

/// Runs all of them, whatever becomes of one; after an interrupt the rest did not run.
pub(crate) async fn run_all(
    plan: &[Planned],
    load: &Load<'_>,
    interrupt: &Interrupt,
) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    for planned in plan {
        let fingerprint = fingerprint(planned, load)?;
        if interrupt.has_come() {
            let reason = "interrupted before it began";
            measured.scenarios.push(did_not_run(&planned.name, reason));
            continue;
        }
        let _section = section(&planned.name);
        let (scenario, others) = run(planned, &fingerprint, load, interrupt).await?;
        let reasons = scenario.reasons.join("; ");
        let reasons = if reasons.is_empty() { reasons } else { format!(": {reasons}") };
        say(&planned.name, format_args!("{}{reasons}", scenario.verdict));
        measured.scenarios.push(scenario);
        if let Some(share) = others.filter(|it| *it > NEIGHBOURS) {
            let percent = share * 100.0;
            let name = &planned.name;
            measured
                .dirty
                .push(format!("other processes took {percent:.0} % of the machine during {name}"));
        }
    }
    Ok(measured)
}

/// A scenario that k6 was not even started for.
pub(crate) fn did_not_run(name: &str, reason: &str) -> Scenario {
    let nothing = Measurement {
        name,
        fingerprint: "",
        summary: None,
        k6_exit: None,
        limits: Limits::default(),
        conditions: Conditions::default(),
    };
    Scenario { reasons: vec![reason.to_owned()], ..judge(&nothing) }
}

async fn run(
    planned: &Planned,
    fingerprint: &str,
    load: &Load<'_>,
    interrupt: &Interrupt,
) -> anyhow::Result<(Scenario, Option<f64>)> {
    let folder = load.folder.join(&planned.name);
    let made = std::fs::create_dir_all(&folder);
    made.with_context(|| format!("failed to create `{}`", folder.display()))?;
    let mut environment = vec![
        ("MCP_URL", load.mcp_url.to_owned()),
        ("BEARER", load.bearer.token.reveal().to_owned()),
        ("PROFILE", load.profile.to_owned()),
        ("MCP_PROTOCOL_VERSION", load.protocol.to_owned()),
    ];
    if let Some(calls) = &planned.calls {
        let file = folder.join("calls.json");
        let text = serde_json::to_vec_pretty(calls).context("failed to write the calls")?;
        let written = std::fs::write(&file, text);
        written.with_context(|| format!("failed to write `{}`", file.display()))?;
        let file = file.canonicalize().context("failed to find the calls again")?;
        environment.push(("CALLS_FILE", file.display().to_string()));
    }
    let job = Job {
        k6: load.k6,
        name: &planned.name,
        script: &planned.script,
        folder: &folder,
        environment: &environment,
        planned: planned.load.map(|it| Duration::from_secs_f64(it.seconds)),
        target: load.target,
    };
    let ended = k6::run(&job, interrupt).await?;
    let expired = load.bearer.expired_by(SystemTime::now());
    Ok(judged(planned, fingerprint, load, &folder, &ended, expired))
}

fn judged(
    planned: &Planned,
    fingerprint: &str,
    load: &Load<'_>,
    folder: &Path,
    ended: &Ended,
    expired: bool,
) -> (Scenario, Option<f64>) {
    let path = folder.join("summary.json");
    let summary = std::fs::read_to_string(&path).ok().map(|it| it.parse::<Summary>());
    let (summary, unreadable) = match summary {
        Some(Ok(it)) => (Some(it), None),
        Some(Err(error)) => (None, Some(format!("`{}`: {error}", path.display()))),
        None => (None, None),
    };
    let conditions =
        Conditions { k6_cpu_share: ended.shares.map(|it| it.k6), token_expired: Some(expired) };
    let mut scenario = judge(&Measurement {
        name: &planned.name,
        fingerprint,
        summary: summary.as_ref(),
        k6_exit: ended.exit,
        limits: limits(load),
        conditions,
    });
    if scenario.verdict == Verdict::DidNotRun {
        scenario.reasons.extend(unreadable);
        let words = ended.last_words.as_deref();
        scenario.reasons.extend(words.map(|it| format!("k6 said: {it}")));
    }
    (scenario, ended.shares.map(|it| it.others))
}

fn limits(load: &Load<'_>) -> Limits {
    Limits { max_error_rate: load.max_error_rate, ..Limits::default() }
}

/// Equal when two runs measured the same: script and its library, load, calls, k6's major version, platform.
fn fingerprint(planned: &Planned, load: &Load<'_>) -> anyhow::Result<String> {
    let mut files = vec![planned.script.clone()];
    let lib = load.root.join("eval/load-tests/lib");
    let mut library: Vec<_> = std::fs::read_dir(&lib)
        .with_context(|| format!("failed to read `{}`", lib.display()))?
        .filter_map(|it| Some(it.ok()?.path()))
        .collect();
    library.sort();
    files.extend(library);
    let mut hash = Sha256::new();
    for file in files {
        let text = std::fs::read(&file);
        hash.update(text.with_context(|| format!("failed to read `{}`", file.display()))?);
    }
    let major = load.k6.version.split('.').next().unwrap_or_default();
    let calls = serde_json::to_string(&planned.calls).context("failed to write the calls")?;
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let rate = variable("TARGET_RPS").unwrap_or_default();
    hash.update([&planned.shape, &calls, &rate, major, os, arch, "1"].join("\n"));
    Ok(hash.finalize().iter().take(4).map(|it| format!("{it:02x}")).collect())
}
