//! Every planned scenario in turn: k6, then the judgement of what it left.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use k6_summary::{Measurement, Scenario, Summary, Verdict, judge};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::config::call::Call;
use crate::console::section::{say, section};
use crate::environment::readable;
use crate::interrupt::Interrupt;
use crate::scenario::bounds;
use crate::scenario::imports;
use crate::scenario::k6_run::{self, Ended, Script};
use crate::scenario::profiles::Planned;
use crate::scenario::resources;
use crate::sign_in::bearer::Bearer;
use crate::sign_in::identities::Identities;
use crate::sign_in::renewal::Renewal;
use crate::sign_in::signed_in::private;
use crate::tools::k6::K6;
use crate::tools::target;

/// The variable of ours that the scripts read and no flag sets.
const INHERITED: &str = "REQUEST_TIMEOUT_MS";

/// Above this share of the machine, other processes make a run dirty.
const NEIGHBOURS: f64 = 0.10;

/// What the scripts call a session that the server kept, which is no failed call.
const NOT_CLOSED: &str = "session not closed";

/// More calls than planned by this factor make a run dirty: the load was another one.
const MORE_THAN_PLANNED: f64 = 1.5;

/// What all scenarios of a run share.
#[derive(Debug)]
pub(crate) struct Common<'a> {
    pub(crate) k6: &'a K6,
    pub(crate) folder: &'a Path,
    /// Whether the samples are kept.
    pub(crate) points: bool,
    pub(crate) mcp_url: &'a str,
    pub(crate) bearer: &'a Bearer,
    pub(crate) renewal: Option<&'a Renewal>,
    pub(crate) profile: &'a str,
    pub(crate) protocol: &'a str,
    pub(crate) max_error_rate: f64,
    /// Whether a token that cannot be good was let in too.
    pub(crate) any_token_accepted: bool,
    /// Calls per second of all VUs, for the scripts that heed it.
    pub(crate) rate: Option<f64>,
    /// The processes of the target, where it is on this machine and they are known.
    pub(crate) targets: &'a [u32],
    /// The file by which the scripts get further tokens.
    pub(crate) signed_in: Option<&'a Path>,
    /// Tokens, of which each VU has one, in the place of the bearer.
    pub(crate) identities: Option<&'a Identities>,
    /// Whether the target is the embedded one, so that a scenario may have one of its own.
    pub(crate) is_embedded: bool,
    /// Whether there is such a process that is not known, so that nobody can be called a neighbour.
    pub(crate) unknown_neighbour: bool,
}

impl Common<'_> {
    fn expired_by(&self, then: SystemTime) -> bool {
        self.renewal.map_or_else(|| self.bearer.expired_by(then), |it| it.expired_by(then))
    }

    fn target_is_here(&self) -> bool {
        !self.targets.is_empty() || self.unknown_neighbour
    }

    fn secrets(&self) -> Vec<String> {
        let mut all = self.renewal.map(Renewal::secrets).unwrap_or_default();
        all.push(self.bearer.token.reveal().to_owned());
        let tokens = self.identities.map_or(&[][..], |it| &it.tokens);
        all.extend(tokens.iter().map(|it| it.reveal().to_owned()));
        all
    }
}

#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) dirty: Vec<String>,
}

/// Runs all of them, whatever becomes of one; after an interrupt the rest did not run.
pub(crate) async fn run_all(
    plan: &[Planned],
    common: &Common<'_>,
    interrupt: &Interrupt,
) -> Measured {
    let mut measured = Measured::default();
    for planned in plan {
        if interrupt.has_come() {
            let reason = "interrupted before it began";
            measured.scenarios.push(did_not_run(&planned.name, reason));
            continue;
        }
        let _section = section(&planned.name);
        let (scenario, others) = match run(planned, common, interrupt).await {
            Ok(it) => it,
            Err(error) => (did_not_run(&planned.name, &format!("{error:#}")), None),
        };
        let reasons = scenario.reasons.join("; ");
        let reasons = if reasons.is_empty() { reasons } else { format!(": {reasons}") };
        say(&planned.name, format_args!("{}{reasons}", scenario.verdict));
        measured.dirty.extend(beyond_plan(planned, &scenario));
        measured.scenarios.push(scenario);
        measured.dirty.extend(neighbours(&planned.name, others, common));
    }
    measured
}

/// Says of a scenario beside which other processes took a share of the machine that is too large that they did.
pub(crate) fn neighbours(name: &str, others: Option<f64>, common: &Common<'_>) -> Option<String> {
    let busy = others.filter(|it| *it > NEIGHBOURS && !common.unknown_neighbour)?;
    Some(format!("other processes took {:.0} % of the machine during {name}", busy * 100.0))
}

/// Says of a scenario that made far more calls than were planned that it did.
fn beyond_plan(planned: &Planned, scenario: &Scenario) -> Option<String> {
    let expected = planned.load?.calls?;
    let calls = scenario.calls?;
    (calls as f64 > expected * MORE_THAN_PLANNED).then(|| {
        let name = &planned.name;
        format!("{name} made {calls} calls where {expected:.0} were planned")
    })
}

/// A scenario that k6 was not even started for.
pub(crate) fn did_not_run(name: &str, reason: &str) -> Scenario {
    let mut scenario = Scenario::new(name.to_owned(), Verdict::DidNotRun);
    scenario.reasons.push(reason.to_owned());
    scenario
}

/// Runs one of them and judges it; beside it stands what other processes took of the machine.
pub(crate) async fn run(
    planned: &Planned,
    common: &Common<'_>,
    interrupt: &Interrupt,
) -> anyhow::Result<(Scenario, Option<f64>)> {
    let fingerprint = fingerprint(planned, common)?;
    let folder = common.folder.join(&planned.name);
    let made = std::fs::create_dir_all(&folder);
    made.with_context(|| format!("failed to create `{}`", folder.display()))?;
    let own_target = match planned.own_target.filter(|_| common.is_embedded) {
        Some(it) => Some(target::start_limited(it.rate_limit).await?),
        None => None,
    };
    let (mcp_url, bearer) = match &own_target {
        Some(it) => (it.resource.as_str(), ""),
        None => (common.mcp_url, common.bearer.token.reveal()),
    };
    let own_pid: Vec<u32> = own_target.iter().filter_map(|it| it.child.id()).collect();
    let mut environment = vec![
        ("MCP_URL", mcp_url.to_owned()),
        ("BEARER", bearer.to_owned()),
        ("PROFILE", common.profile.to_owned()),
        ("MCP_PROTOCOL_VERSION", common.protocol.to_owned()),
    ];
    environment.extend(own_target.as_ref().map(|_| ("OWN_TARGET", "true".to_owned())));
    environment.extend(common.signed_in.map(|it| ("SIGNED_IN_FILE", it.display().to_string())));
    if let Some(it) = common.identities.filter(|_| own_target.is_none()) {
        environment.push(("IDENTITIES_FILE", it.file.path().display().to_string()));
    }
    if let Some(it) = common.renewal.filter(|_| own_target.is_none()) {
        environment.push(("TOKEN_URL", it.url.clone()));
        environment.push(("TOKEN_SECRET", it.secret.reveal().to_owned()));
    }
    if let Some(calls) = &planned.calls {
        let file = folder.join("calls.json");
        let text = serde_json::to_vec_pretty(calls).context("failed to write the calls")?;
        let written = std::fs::write(&file, text);
        written.with_context(|| format!("failed to write `{}`", file.display()))?;
        let file = file.canonicalize().context("failed to find the calls again")?;
        environment.push(("CALLS_FILE", file.display().to_string()));
    }
    environment.extend(told(planned)?);
    environment.extend(common.rate.map(|it| ("TARGET_RPS", it.to_string())));
    environment.extend(readable(INHERITED).map(|it| (INHERITED, it)));
    let script = Script {
        k6: common.k6,
        name: &planned.name,
        file: &planned.script,
        folder: &folder,
        resources: &common.folder.join(resources::FILE),
        points: common.points,
        secrets: &|| common.secrets(),
        environment: &environment,
        planned: planned.load.map(|it| Duration::from_secs_f64(it.seconds)),
        targets: if own_target.is_some() { &own_pid } else { common.targets },
    };
    let ended = k6_run::run(&script, interrupt).await?;
    let expired = common.expired_by(SystemTime::now());
    Ok(judged(planned, &fingerprint, common, &folder, &ended, expired))
}

/// Whether k6 takes the script, told what it will be told but for the server and who asks it.
///
/// # Errors
/// What k6 says of it.
pub(crate) async fn inspect(
    k6: &K6,
    planned: &Planned,
    profile: &str,
    calls: Option<&[Call]>,
) -> anyhow::Result<()> {
    let mut environment = told(planned)?;
    let nobody = [("MCP_URL", "http://127.0.0.1/mcp"), ("BEARER", "nobody"), ("PROFILE", profile)];
    let signed_in = private(&serde_json::json!({"cookies": []}));
    let signed_in = signed_in.context("failed to write what the scripts sign in with")?;
    environment.push(("SIGNED_IN_FILE", signed_in.path().display().to_string()));
    environment.extend(nobody.map(|(name, it)| (name, it.to_owned())));
    let file = tempfile::NamedTempFile::new().context("failed to write the calls")?;
    let named = calls.filter(|_| !planned.own_calls);
    if let Some(calls) = named.or(planned.calls.as_deref()) {
        std::fs::write(file.path(), json(&calls)?).context("failed to write the calls")?;
        environment.push(("CALLS_FILE", file.path().display().to_string()));
    }
    k6_run::inspect(k6, &planned.script, &environment).await
}

/// What a script is told of its shape and limits.
fn told(planned: &Planned) -> anyhow::Result<Vec<(&'static str, String)>> {
    let scenario = planned.k6_scenario.as_ref().map(json).transpose()?;
    let thresholds = planned.thresholds.as_ref().map(json).transpose()?;
    let all = [("SCENARIO", scenario), ("THRESHOLDS", thresholds)];
    Ok(all.into_iter().filter_map(|(name, it)| Some((name, it?))).collect())
}

fn json(it: &impl Serialize) -> anyhow::Result<String> {
    serde_json::to_string(it).context("failed to write what k6 is told")
}

fn judged(
    planned: &Planned,
    fingerprint: &str,
    common: &Common<'_>,
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
    let mut measurement = Measurement::new(&planned.name, summary.as_ref());
    measurement.fingerprint = fingerprint;
    measurement.k6_exit = ended.exit_code;
    measurement.limits.max_error_rate = common.max_error_rate;
    measurement.conditions.k6_cpu_share = ended.shares.map(|it| it.k6);
    measurement.conditions.token_expired = Some(expired);
    measurement.conditions.any_token_accepted = Some(common.any_token_accepted);
    measurement.exceptions = Some((ended.log.exceptions, &ended.log.first_exception));
    let mut scenario = judge(&measurement);
    scenario.examples.clone_from(&ended.log.examples);
    // A refusal that was wanted is no failure.
    let failures = &scenario.failures;
    scenario.examples.retain(|it| it.failure == NOT_CLOSED || failures.contains_key(&it.failure));
    let mut taken = scenario.resources.unwrap_or_default();
    (taken.k6_cpu, taken.k6_memory) = (ended.shares.map(|it| it.k6), ended.memory.k6);
    taken.target_cpu = ended.shares.and_then(|it| it.target);
    taken.target_memory = ended.memory.target;
    scenario.resources = Some(taken);
    // Of a target on another machine nobody can say it, in no run.
    if planned.steady {
        bounds::hold_steady(&mut scenario, planned.load.map_or(0.0, |it| it.seconds), ended.growth);
    }
    if let Some(it) = planned.bounds.filter(|_| common.target_is_here()) {
        it.hold(&mut scenario);
    }
    if scenario.verdict == Verdict::DidNotRun {
        scenario.reasons.extend(unreadable);
        let words = ended.last_words.as_deref();
        scenario.reasons.extend(words.map(|it| format!("k6 said: {it}")));
    }
    (scenario, ended.shares.and_then(|it| it.others))
}

/// Equal when two runs measured the same: script and all that it imports, load, calls, k6's major version, platform.
fn fingerprint(planned: &Planned, common: &Common<'_>) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    for file in imports::files(&planned.script)? {
        let text = std::fs::read(&file);
        hash.update(text.with_context(|| format!("failed to read `{}`", file.display()))?);
    }
    let major = common.k6.version.split('.').next().unwrap_or_default();
    let calls = serde_json::to_string(&planned.calls).context("failed to write the calls")?;
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    // What the scripts are told, and how big the machine is.
    let identities = common.identities.map(|it| it.tokens.len());
    let inherited = (common.rate, readable(INHERITED), identities);
    let cores = std::thread::available_parallelism().map_or(0, |it| it.get());
    let protocol = common.protocol;
    hash.update(format!("{}\n{calls}\n{inherited:?}\n{major}\n{protocol}", planned.shape));
    hash.update(format!("{os} {arch} {cores}\n1"));
    Ok(hash.finalize().iter().take(4).map(|it| format!("{it:02x}")).collect())
}
