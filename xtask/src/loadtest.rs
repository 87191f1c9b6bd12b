//! The main job: sign in, run k6 over every scenario, judge, compare, report.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::bail;
use browser_consent::Credentials;
use k6_summary::{Run, Skipped, Verdict};
use url::Url;

use crate::interrupt::{Interrupt, Interrupted};
use crate::plan::{Planned, Profiles};
use crate::preflight::preflight;
use crate::progress::clock;
use crate::section::{say, section};
use crate::target::{self, DemoUser, Target};
use crate::token::Minting;
use crate::{address, calls, project, report, scenario, tools};

/// What a token must live for beyond the planned load: the preflight and k6's own start and end.
const MARGIN: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scenarios to run, by name or by the path of a k6 file of your own [default: the whole suite]
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// MCP server to test; `{workspace}` in it is filled from the token [default: the embedded target]
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Suite of scenarios
    #[arg(long, default_value = "mcp", value_name = "NAME")]
    suite: String,
    /// Amount of load: smoke (under a minute) or full (about half an hour), as eval/load-tests/profiles.json has it
    #[arg(long, default_value = "smoke", value_name = "NAME")]
    profile: String,
    /// Tracking issue that gets the report as a comment (needs GITHUB_TOKEN)
    #[arg(long, value_name = "OWNER/REPO#N")]
    issue: Option<gh_comment::Issue>,
    /// Where runs and their history are kept [default: target/loadtest]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What makes the exit code 3: a verdict other than passed, or nothing
    #[arg(long, default_value = "threshold", value_name = "WHEN")]
    fail_on: FailOn,
    /// Name under which runs are compared [default: the target's host]
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Tool calls to make instead of the demo dataset's: a JSON list of {tool, arguments, weight}
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    /// Put more than the smoke profile's load on a target that is not on this machine
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    minting: Minting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    Threshold,
    Never,
}

/// Runs it; the code is 0, or 3 where a run is not `passed`.
pub(crate) async fn run(args: &Args, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let root = project::root()?;
    let profiles = Profiles::read(&root)?;
    let plan = profiles.plan(&root, &args.suite, &args.scenarios, &args.profile)?;
    let pool = args.calls.as_deref().map(calls::read).transpose()?;
    let url = args.target.as_deref().map(address::parse).transpose()?;
    let remote = url.as_ref().is_some_and(|it| !address::is_loopback(it));
    announce(&plan, args, remote)?;
    let folder = report::Folder::create(args.out.as_deref(), &root)?;
    let started = Instant::now();

    let setup = section("setup");
    let http = project::http_client(remote)?;
    let k6 = interrupt.or(tools::k6(&root)).await?;
    say("k6", &k6);
    let demo = Demo::new(url.is_none());
    let source = interrupt.or(args.minting.source(demo.credentials())).await?;
    let embedded = match &demo {
        Demo(Some((email, password))) => {
            let program = interrupt.or(target::build()).await?;
            Some(interrupt.or(target::start(&program, &DemoUser { email, password })).await?)
        }
        Demo(None) => None,
    };
    drop(setup);

    let signing_in = section("sign-in");
    let resource = resource(args, embedded.as_ref());
    let seconds: f64 = plan.iter().filter_map(|it| Some(it.load?.seconds)).sum();
    let lives_for = Duration::from_secs_f64(seconds) + MARGIN;
    let path = folder.path();
    let evidence = path.join("sign-in");
    let bearer = args
        .minting
        .mint(
            &http,
            address::without_workspace(&resource),
            &source,
            lives_for,
            &evidence,
            interrupt,
        )
        .await?;
    let mcp_url = address::with_workspace(&resource, bearer.workspace.as_deref())?;
    let server = interrupt.or(preflight(&http, &mcp_url, bearer.token.reveal())).await?;
    let offered = server.tools.len();
    say(
        "preflight",
        format_args!("the token is accepted; MCP {}, {offered} tools", server.protocol),
    );
    drop(signing_in);

    let (plan, skipped) = offer(plan, pool.as_ref(), &server.tools);
    let load = scenario::Load {
        k6: &k6,
        folder: &path,
        mcp_url: &mcp_url,
        bearer: &bearer,
        profile: &args.profile,
        protocol: &server.protocol,
        max_error_rate: profiles.max_error_rate,
        target: embedded.as_ref().and_then(|it| it.child.id()),
        root: &root,
    };
    let measured = scenario::run_all(&plan, &load, interrupt).await?;
    drop(embedded);

    let host = url.as_ref().and_then(Url::host_str).unwrap_or("embedded");
    let environment = args.environment.as_deref().unwrap_or(host);
    let record = Run {
        duration_s: Some(started.elapsed().as_secs_f64()),
        target: Some(mcp_url),
        environment: Some(environment.to_owned()),
        commit: project::commit(&root).await,
        url: project::actions_run(),
        suite: Some(args.suite.clone()),
        profile: Some(args.profile.clone()),
        k6: Some(k6.version),
        protocol: Some(server.protocol),
        dirty: measured.dirty,
        skipped,
        ..Run::new(folder.id().to_owned(), folder.started(), measured.scenarios)
    };
    report::publish(&record, &folder, args.issue.as_ref()).await?;
    if interrupt.has_come() {
        return Err(Interrupted.into());
    }
    exit_code(&record, args.fail_on)
}

fn exit_code(run: &Run, fail_on: FailOn) -> anyhow::Result<ExitCode> {
    if run.scenarios.is_empty() {
        bail!("nothing ran: the server offers nothing that the scenarios need");
    }
    if run.scenarios.iter().all(|it| it.verdict == Verdict::DidNotRun) {
        bail!("nothing ran: {}", run.scenarios[0].reasons.join("; "));
    }
    let bad_news = run.verdict != Verdict::Passed && fail_on == FailOn::Threshold;
    Ok(if bad_news { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

/// Says what is planned; refuses much load on somebody else's machine unless told otherwise.
fn announce(plan: &[Planned], args: &Args, remote: bool) -> anyhow::Result<()> {
    for it in plan {
        let load = it.load.map_or_else(
            || "as the script itself says".to_owned(),
            |load| {
                let lasts = clock(Duration::from_secs_f64(load.seconds));
                format!("about {:.0} calls by up to {} VUs in {lasts}", load.calls, load.vus)
            },
        );
        say("plan", format_args!("{}: {load}", it.name));
    }
    let unbounded = args.profile != "smoke" || plan.iter().any(|it| it.load.is_none());
    if remote && unbounded && !args.yes {
        bail!("this load would go to a machine that is not this one; add --yes if you may do that");
    }
    Ok(())
}

/// The embedded target's user; nobody where the target is not ours.
struct Demo(Option<(&'static str, String)>);

impl Demo {
    fn new(embedded: bool) -> Self {
        let password = || format!("{:032x}", rand::random::<u128>());
        Self(embedded.then(|| ("loadtest@novamart.example", password())))
    }

    fn credentials(&self) -> Option<Credentials> {
        let (email, password) = self.0.as_ref()?;
        Some(Credentials::new((*email).to_owned(), password.clone()))
    }
}

fn resource(args: &Args, embedded: Option<&Target>) -> String {
    match (&args.target, embedded) {
        (Some(url), _) => url.clone(),
        (None, Some(target)) => target.resource.clone(),
        (None, None) => unreachable!("without --target the embedded target was started"),
    }
}

/// Leaves out what the server does not offer, with the reason.
fn offer(
    plan: Vec<Planned>,
    pool: Option<&Vec<calls::Call>>,
    tools: &std::collections::BTreeSet<String>,
) -> (Vec<Planned>, Vec<Skipped>) {
    let mut skipped = Vec::new();
    let mut kept = Vec::new();
    for mut it in plan {
        let Some(own) = it.calls.take() else {
            kept.push(it);
            continue;
        };
        let (calls, lacking) = calls::offered(pool.cloned().unwrap_or(own), tools);
        let lacking: Vec<String> = lacking.into_iter().collect();
        if calls.is_empty() {
            let reason = format!(
                "the server offers none of its tools ({}); name yours with --calls FILE",
                lacking.join(", ")
            );
            say("skipped", format_args!("{}: {reason}", it.name));
            skipped.push(Skipped { name: it.name, reason });
            continue;
        }
        for tool in lacking {
            let name = format!("{}: {tool}", it.name);
            say("skipped", format_args!("{name}: the server has no such tool"));
            skipped.push(Skipped { name, reason: "the server has no such tool".to_owned() });
        }
        it.calls = Some(calls);
        kept.push(it);
    }
    (kept, skipped)
}
