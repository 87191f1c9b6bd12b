//! The main job: sign in, run k6 over every scenario, judge, compare, report.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::bail;
use k6_summary::{Run, Scenario, Verdict};
use url::Url;

use crate::address::{self, series};
use crate::arguments::{Args, FailOn};
use crate::commit::commit;
use crate::console::section::{clock, say, section};
use crate::environment::{self, variable};
use crate::interrupt::{Interrupt, Interrupted};
use crate::report::folder::Folder;
use crate::report::publish::publish;
use crate::report::tracking::Tracking;
use crate::scenario::calls::Call;
use crate::scenario::preflight::{preflight, reach};
use crate::scenario::profiles::{Planned, Profiles, SIGN_IN, offer};
use crate::scenario::scripts::Scripts;
use crate::scenario::{calls, measure};
use crate::sign_in::renewal::Renewal;
use crate::tools::k6;
use crate::tools::target::{self, DemoUser};

/// What a token must live for beyond the planned load of each scenario: k6's start, and its patience at the end.
const MARGIN: Duration = Duration::from_secs(60);

/// Runs it, and keeps it below `results` unless another folder is named; the code is 0, or 3 where a run is not `passed`.
///
/// A run that breaks off before there was any load is recorded and reported too: nobody should have to notice an absence.
///
/// # Errors
/// What kept it from measuring anything, and the first place that the report did not get to.
pub async fn run(args: &Args, results: &Path, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let mut scripts = Scripts::find(args.scripts.as_deref())?;
    let profiles = Profiles::read(&scripts)?;
    let plan = profiles.plan(&mut scripts, &args.suite, &args.scenarios, &args.profile)?;
    let pool = args.calls.as_deref().map(calls::read).transpose()?;
    let url = args.target.as_deref().map(address::parse).transpose()?;
    let environment = match (&args.environment, &args.target) {
        (Some(it), _) => it.clone(),
        (None, Some(target)) => series(target)?,
        (None, None) => "embedded".to_owned(),
    };
    let remote = url.as_ref().is_some_and(|it| !address::is_loopback(it));
    announce(&plan, args, remote)?;
    args.minting.can_begin(url.is_none())?;
    let tracking = args.issue.as_ref().map(|it| Tracking::new(it, args.trusted_author.clone()));
    let tracking = tracking.transpose()?;
    if let Some(it) = &tracking {
        interrupt.or(it.check()).await?;
    }
    let folder = Folder::create(args.out.as_deref().unwrap_or(results))?;

    let started = Instant::now();
    let url = url.as_ref();
    let job = Job { args, scripts: &scripts, plan: &plan, folder: &folder, interrupt, url };
    let measured = job.measure(pool, profiles.max_error_rate).await;
    let (mut run, broke_off) = match measured {
        Ok(it) => (it, None),
        Err(error) if error.is::<Interrupted>() => {
            folder.remove_if_empty();
            return Err(error);
        }
        Err(error) => (job.broken_off(&error), Some(error)),
    };
    run.duration_s = Some(started.elapsed().as_secs_f64());
    run.environment = Some(environment);
    run.commit = match &args.commit {
        Some(it) => Some(it.clone()),
        None => commit().await,
    };
    run.url = environment::actions_run();
    run.suite = Some(args.suite.clone());
    run.profile = Some(args.profile.clone());
    let decides = matches!(args.fail_on, FailOn::Alert);
    let (comparison, published) =
        publish(&run, &folder, tracking.as_ref(), interrupt, decides).await;
    if let Some(error) = broke_off {
        if let Err(it) = published {
            say("report", format_args!("{it:#}"));
        }
        return Err(error);
    }
    published?;
    if interrupt.has_come() {
        return Err(Interrupted.into());
    }
    exit_code(&run, comparison.alerts().next().is_some(), args.fail_on)
}

struct Job<'a> {
    args: &'a Args,
    scripts: &'a Scripts,
    plan: &'a [Planned],
    folder: &'a Folder,
    interrupt: &'a Interrupt,
    /// Where the target is not the embedded one.
    url: Option<&'a Url>,
}

impl Job<'_> {
    async fn measure(&self, pool: Option<Vec<Call>>, max_error_rate: f64) -> anyhow::Result<Run> {
        let Self { args, scripts, interrupt, .. } = *self;
        let setup = section("setup");
        let http = address::http_client(self.url)?;
        if let Some(target) = &args.target {
            interrupt.or(reach(&http, address::without_workspace(target))).await?;
        }
        let k6 = interrupt.or(k6::k6()).await?;
        say("k6", &k6);
        let demo = args.target.is_none().then(DemoUser::new);
        let credentials = demo.as_ref().map(DemoUser::credentials);
        let source = interrupt.or(args.minting.source(credentials)).await?;
        let embedded = match &demo {
            Some(user) => Some(interrupt.or(target::start(user)).await?),
            None => None,
        };
        drop(setup);

        let signing_in = section("sign-in");
        let given = args.target.as_deref();
        let target = given.or(embedded.as_ref().map(|it| it.resource.as_str()));
        let target = target.expect("without --target the embedded target was started");
        let folder = self.folder.path();
        let evidence = folder.join(SIGN_IN);
        let resource = address::without_workspace(target);
        let minting =
            args.minting.mint(&http, resource, &source, self.lives_for(), &evidence, interrupt);
        let minted = minting.await?;
        let measured = async {
            let bearer = &minted.bearer;
            let mcp_url = address::with_workspace(target, bearer.workspace.as_deref())?;
            let checked = preflight(&http, &mcp_url, bearer.token.reveal());
            let server = interrupt.or(checked).await.map_err(|it| bearer.explain(it))?;
            let (protocol, tools) = (&server.protocol, server.tools.len());
            say("preflight", format_args!("the token is accepted; MCP {protocol}, {tools} tools"));
            let renewal = match minted.renewable(self.lives_for(), self.has_no_known_end()) {
                Some(grant) => Some(Renewal::start(&http, grant).await?),
                None => None,
            };
            drop(signing_in);

            let (plan, skipped) = offer(self.plan, pool.as_deref(), &server.tools);
            let common = measure::Common {
                k6: &k6,
                folder: &folder,
                points: args.points,
                mcp_url: &mcp_url,
                bearer,
                renewal: renewal.as_ref(),
                profile: &args.profile,
                protocol,
                max_error_rate,
                target_pid: embedded.as_ref().and_then(|it| it.child.id()),
                unknown_neighbour: self.url.is_some_and(address::is_loopback),
                library: &scripts.library(),
            };
            let measured = measure::run_all(&plan, &common, interrupt).await;
            let mut run = self.record(measured.scenarios);
            run.target = Some(address::without_query(&mcp_url).to_owned());
            run.k6 = Some(k6.version.clone());
            run.protocol = Some(server.protocol);
            run.server = server.server;
            run.dirty = measured.dirty;
            run.skipped = skipped;
            Ok(run)
        };
        let measured = measured.await;
        minted.forget_client(&http).await;
        measured
    }

    /// What a token must live for, as far as it is planned.
    fn lives_for(&self) -> Duration {
        let lasts =
            |it: &Planned| it.load.map_or(Duration::ZERO, |it| Duration::from_secs_f64(it.seconds));
        self.plan.iter().map(|it| lasts(it) + MARGIN).sum()
    }

    /// Whether a script says itself how long it runs.
    fn has_no_known_end(&self) -> bool {
        self.plan.iter().any(|it| it.load.is_none())
    }

    fn record(&self, scenarios: Vec<Scenario>) -> Run {
        Run::new(self.folder.id().to_owned(), self.folder.started(), scenarios)
    }

    fn broken_off(&self, error: &anyhow::Error) -> Run {
        let reason = format!("{error:#}");
        let scenarios = self.plan.iter().map(|it| measure::did_not_run(&it.name, &reason));
        let mut run = self.record(scenarios.collect());
        let target = self.args.target.as_deref();
        run.target = target.map(|it| address::without_query(it).to_owned());
        run
    }
}

fn exit_code(run: &Run, alert: bool, fail_on: FailOn) -> anyhow::Result<ExitCode> {
    if run.scenarios.is_empty() {
        bail!("nothing ran: the server offers nothing that the scenarios need");
    }
    if run.scenarios.iter().all(|it| it.verdict == Verdict::DidNotRun) {
        bail!("nothing ran: {}", run.scenarios[0].reasons.join("; "));
    }
    let bad_news = match fail_on {
        FailOn::Threshold => run.verdict != Verdict::Passed,
        FailOn::Alert => run.verdict != Verdict::Passed || alert,
        FailOn::Never => false,
    };
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
    let rate = variable("TARGET_RPS")?;
    if let Some(rate) = &rate {
        if !rate.parse::<f64>().is_ok_and(|it| it > 0.0 && it.is_finite()) {
            bail!("TARGET_RPS is `{rate}`, not a number above 0");
        }
        say(
            "plan",
            format_args!("TARGET_RPS: {rate} calls per second in the scenarios that heed it"),
        );
    }
    let unbounded =
        args.profile != "smoke" || rate.is_some() || plan.iter().any(|it| it.load.is_none());
    if remote && unbounded && !args.yes {
        bail!("this load would go to a machine that is not this one; add --yes if you may do that");
    }
    Ok(())
}
