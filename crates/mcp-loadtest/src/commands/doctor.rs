//! Everything but the load: is there what a run needs, and would its calls be answered?

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use k6_summary::Run;
use oauth_loopback::{discover, discover_at};
use serde_json::{Value, json};
use tool_edge::printable_within;

use crate::address;
use crate::arguments::{LoadTest, LoadTestArgs};
use crate::commands::finding::{
    Finding, Findings, Mark, broken_token, last_good_run, lifetime, rate_limits,
};
use crate::config::call::Call;
use crate::console::section::{brief, clock, counted, say};
use crate::console::stdout::line;
use crate::interrupt::Interrupt;
use crate::report::folder::earlier;
use crate::report::tracking::{ROTATE_AT, Tracking};
use crate::run::suite;
use crate::scenario::measure::inspect;
use crate::scenario::offer::{check, offered, writing};
use crate::scenario::preflight::reach;
use crate::scenario::profiles::{Planned, Profiles, lives_for};
use crate::scenario::scripts::Scripts;
use crate::server::client::{Endpoint, Session};
use crate::server::door::door;
use crate::server::refused::Refused;
use crate::sign_in::by_browser::Minted;
use crate::sign_in::minting::{Asked, Source};
use crate::tools::target::{self, DemoUser};
use crate::tools::{browser, k6};

/// What `doctor` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    load_test: LoadTestArgs,
    /// Call tools that do not say that they only read, on a target that is not on this machine
    #[arg(long)]
    yes: bool,
    /// Print the findings as one JSON list, with `check`, `result` (ok, warning, failure), `seen` and `remedy`
    #[arg(long)]
    json: bool,
}

/// Looks at everything in the order in which a run needs it; the code is 3 where something would fail.
///
/// # Errors
/// An interrupt, or an output that cannot be written.
pub async fn run(args: &Args, results: &Path, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let mut findings = Findings { all: Vec::new(), as_json: args.json };
    examine(args, results, interrupt, &mut findings).await?;
    let all = findings.all;
    if args.json {
        let text = serde_json::to_string_pretty(&all).context("failed to write the findings")?;
        line(&text)?;
    }
    let count = |mark| all.iter().filter(|it| it.result == mark).count();
    let (failures, warnings) = (count(Mark::Failure), count(Mark::Warning));
    say("doctor", format_args!("{} checks, {failures} failures, {warnings} warnings", all.len()));
    Ok(if failures > 0 { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

async fn examine(
    args: &Args,
    results: &Path,
    interrupt: &Interrupt,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let configured = args.load_test.merged(None).and_then(|test| {
        let mut scripts = Scripts::find(test.scripts.as_deref())?;
        let profiles = Profiles::read(&scripts)?;
        let (suite, profile) = (&test.suite, &test.profile);
        let plan = profiles.plan(&mut scripts, suite, &test.scenarios, profile, &test.wishes())?;
        let url = test.target.as_deref().map(address::parse).transpose()?;
        let environment = test.environment()?;
        Ok((test, plan, url, environment, scripts))
    });
    let configured = findings.take("configuration", configured, |(test, plan, ..)| {
        let names = plan.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
        format!("{}: {names}", test.target.as_deref().unwrap_or("the embedded target"))
    })?;
    // The scripts are there for as long as this is held.
    let Some((test, plan, url, environment, _scripts)) = configured else { return Ok(()) };

    look_at_k6(&test, &plan, interrupt, findings).await?;
    let http = address::http_client(url.as_ref())?;
    let may_write = args.yes || url.as_ref().is_none_or(address::is_loopback);
    server(&test, &plan, &http, results, may_write, interrupt, findings).await?;

    let mut runs = earlier(test.out.as_deref().unwrap_or(results));
    if let Some(issue) = &test.issue {
        let tracking = Tracking::new(issue, test.trusted_author.clone());
        if let Some(it) = findings.take("issue token", tracking, |_| "there is one".to_owned())? {
            let scenarios: Vec<Value> = plan.iter().map(|it| json!({"name": it.name})).collect();
            let planned = json!({"environment": environment, "suite": suite(&test, &plan),
                "profile": test.profile, "scenarios": scenarios});
            runs.extend(tracking_issue(&it, &planned, interrupt, findings).await?);
        }
    }
    findings.add(last_good_run(&runs, &environment, Timestamp::now().as_second()))
}

/// Whether k6 is there, and takes each script that is planned.
async fn look_at_k6(
    test: &LoadTest,
    plan: &[Planned],
    interrupt: &Interrupt,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    const CHECK: &str = "k6";
    match interrupt.or(k6::find()).await {
        Ok(None) => findings.add(Finding::warning(
            CHECK,
            "it is not installed yet",
            "a run installs it, as does `mcp-loadtest setup`",
        )),
        found => {
            let found = found.map(|it| it.expect("the other arm has the rest"));
            let Some(k6) = findings.take(CHECK, found, ToString::to_string)? else { return Ok(()) };
            for it in plan {
                let taken =
                    interrupt.or(inspect(&k6, it, &test.profile, test.calls.as_deref())).await;
                findings.take("script", taken, |()| format!("k6 takes {}", it.name))?;
            }
            Ok(())
        }
    }
}

/// From the server's door to its answer to each call.
async fn server(
    test: &LoadTest,
    plan: &[Planned],
    http: &reqwest::Client,
    results: &Path,
    may_write: bool,
    interrupt: &Interrupt,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let demo = test.target.is_none().then(DemoUser::new);
    let embedded = match &demo {
        Some(user) => {
            let started = interrupt.or(target::start(user)).await;
            let started = findings.take("embedded target", started, |it| it.resource.clone())?;
            let Some(it) = started else { return Ok(()) };
            Some(it)
        }
        None => None,
    };
    let target = test.target.as_deref().or(embedded.as_ref().map(|it| it.resource.as_str()));
    let target = target.expect("without a target the embedded one was started");
    let resource = address::without_workspace(target);
    let reached = interrupt.or(reach(http, resource)).await;
    if findings.take("server", reached, |()| "a connection can be made".to_owned())?.is_none() {
        return Ok(());
    }

    let user = test.minting.can_begin(demo.is_some());
    if findings.take("test user", user, |()| "named, or a token is brought".to_owned())?.is_none() {
        return Ok(());
    }
    let credentials = demo.as_ref().map(DemoUser::credentials);
    if test.minting.needs_a_browser(credentials.is_some())? {
        match browser::find() {
            Some(it) => findings.add(Finding::ok("browser", it.program.display().to_string()))?,
            None => {
                let remedy =
                    Some("`mcp-loadtest setup` installs it, or says what to type".to_owned());
                findings.add(Finding::failure(
                    "browser",
                    "there is none with a WebDriver",
                    remedy,
                ))?;
                return Ok(());
            }
        }
    }
    let source = interrupt.or(test.minting.source(credentials)).await;
    let Some(source) = findings.take("sign-in source", source, |it| it.to_string())? else {
        return Ok(());
    };
    if matches!(source, Source::Browser(..)) {
        let discovered = interrupt.or(async {
            Ok(match test.minting.issuer() {
                Some(issuer) => discover_at(http, resource, issuer).await?,
                None => discover(http, resource).await?,
            })
        });
        let discovered = discovered.await;
        let seen = findings
            .take("discovery", discovered, |it| format!("issuer {}", brief(it.issuer())))?;
        if seen.is_none() {
            return Ok(());
        }
    }
    let evidence = results.join("sign-in");
    let lifetime = Duration::ZERO;
    let asked = Asked { http, resource, source: &source, lifetime, evidence: &evidence };
    let minting = test.minting.mint(&asked, interrupt);
    let minted = findings.take("sign-in", minting.await, |it| it.bearer.describe())?;
    let Some(mut minted) = minted else { return Ok(()) };
    let looked = async {
        lasts(&mut minted, lives_for(plan), http, interrupt, findings).await?;
        let mcp_url = address::with_workspace(target, minted.bearer.workspace.as_deref())?;
        let endpoint = Endpoint {
            http,
            url: &mcp_url,
            bearer: minted.bearer.token.reveal(),
            revision: test.protocol.as_deref(),
        };
        let opened = interrupt.or(endpoint.open()).await.map_err(|it| minted.bearer.explain(it));
        let opened = findings.take("MCP session", opened, |it| {
            let server = it.server.as_ref();
            let server =
                server.map_or_else(|| "a server without a name".to_owned(), |it| brief(&it.name));
            format!("{server}, MCP {}", it.protocol)
        })?;
        let Some(mut session) = opened else { return Ok(()) };
        let protocol = session.protocol.clone();
        let asked = tools(&mut session, test, plan, may_write, interrupt, findings).await;
        session.close().await;
        asked?;
        if endpoint.bearer.is_empty() {
            return Ok(());
        }
        let endpoint = Endpoint { revision: Some(&protocol), ..endpoint };
        let door = interrupt.or(async { Ok(door(endpoint).await) }).await?;
        findings.add(broken_token(door))
    };
    let looked = looked.await;
    minted.forget_client(http).await;
    looked
}

/// Whether the token lives as long as is planned, and can be renewed where it does not.
async fn lasts(
    minted: &mut Minted,
    needed: Duration,
    http: &reqwest::Client,
    interrupt: &Interrupt,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    const CHECK: &str = "renewal";
    let too_short = minted.bearer.ends_within(needed);
    findings.add(lifetime(minted.bearer.left(), needed))?;
    let grant = minted.grant.as_mut().filter(|it| it.token.refresh_token.is_some());
    let Some(grant) = grant else {
        let seen = "there is no refresh token";
        return findings.add(if too_short {
            let remedy =
                format!("ask for a token that is good for {}, or plan less", clock(needed));
            Finding::failure(CHECK, seen, Some(remedy))
        } else {
            Finding::ok(CHECK, format!("{seen}, and none is needed"))
        });
    };
    let renewed = interrupt.or(async { Ok(grant.refresh(http).await?) }).await;
    if findings
        .take(CHECK, renewed, |()| "the refresh token gave a new token".to_owned())?
        .is_some()
    {
        minted.bearer.token = grant.token.access_token.clone();
    }
    Ok(())
}

/// The tools against the calls, each call once, and the limits that the server announces meanwhile.
async fn tools(
    session: &mut Session<'_>,
    test: &LoadTest,
    plan: &[Planned],
    may_write: bool,
    interrupt: &Interrupt,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    const CHECK: &str = "tools";
    let listed = interrupt.or(session.tools()).await;
    let Some(tools) = findings.take(CHECK, listed, |it| counted(it.len(), "tool"))? else {
        return Ok(());
    };
    let named = test.calls.as_deref();
    if let Some(it) = named {
        let fits = check(it, &tools);
        let fits =
            findings.take("named calls", fits, |()| "there is a tool for each".to_owned())?;
        if fits.is_none() {
            return Ok(());
        }
    }
    let offered = offered(plan, named, &tools)?;
    for it in &offered.skipped {
        findings.add(Finding::warning(
            "skipped",
            format!("{}: {}", it.name, it.reason),
            "name calls of your own in loadtest.json",
        ))?;
    }
    let mut calls: Vec<&Call> = Vec::new();
    for call in offered.plan.iter().filter_map(|it| it.calls.as_ref()).flatten() {
        if !calls.iter().any(|it| it.request() == call.request()) {
            calls.push(call);
        }
    }
    let writing = writing(&offered.plan, &tools);
    for call in calls {
        const CHECK: &str = "call";
        let arguments = Value::Object(call.arguments.clone()).to_string();
        let named = format!("`{}` {}", brief(call.name()), printable_within(&arguments, 80));
        if writing.contains(&call.name()) && !may_write {
            let seen = format!(
                "{named} not tried: the tool does not say that it only reads (`readOnlyHint`)"
            );
            findings.add(Finding::warning(
                CHECK,
                seen,
                "--yes tries it, and a run needs --yes too",
            ))?;
            continue;
        }
        match interrupt.or(session.call(call)).await {
            Err(error) if error.is::<Refused>() => {
                let remedy = Some("see whether its arguments are right".to_owned());
                let seen = format!("{named}: {error}");
                findings.add(Finding::failure(CHECK, seen, remedy))?;
            }
            other => drop(findings.take(CHECK, other, |_| format!("{named} is answered"))?),
        }
    }
    let most = plan.iter().filter_map(|it| it.load?.per_second).max_by(f64::total_cmp);
    findings.add(rate_limits(session.limits.as_deref(), most))
}

/// Whether a report could be posted, and the runs that are on record there.
async fn tracking_issue(
    tracking: &Tracking<'_>,
    planned: &Value,
    interrupt: &Interrupt,
    findings: &mut Findings,
) -> anyhow::Result<Vec<Run>> {
    const CHECK: &str = "tracking issue";
    let examined = interrupt.or(async { Ok(tracking.examine().await?) }).await;
    match examined {
        Ok(it) => {
            let left = ROTATE_AT.saturating_sub(it.comments);
            let seen = format!(
                "{} may be commented on; {} comments, room for {left}",
                it.issue, it.comments
            );
            findings.add(if it.is_open {
                Finding::ok(CHECK, seen)
            } else {
                Finding::warning(
                    CHECK,
                    format!("{seen}; it is closed"),
                    "open it again, or name another",
                )
            })?;
        }
        Err(error) => {
            findings.take(CHECK, Err::<(), _>(error), |()| String::new())?;
            return Ok(Vec::new());
        }
    }
    let key = match tracking.key(planned) {
        Some(it) => format!("one comment for `{it}`"),
        None => "one comment a run".to_owned(),
    };
    findings.add(Finding::ok("comment", key))?;
    let earlier = interrupt.or(tracking.earlier()).await;
    let earlier =
        findings.take("earlier runs", earlier, |it| format!("{} are read from it", it.len()))?;
    Ok(earlier.unwrap_or_default())
}
