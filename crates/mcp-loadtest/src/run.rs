//! The main job: sign in, run k6 over every scenario, judge, compare, report.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use k6_summary::{Comparison, Run, Scenario, Verdict};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tool_edge::Secrets;
use url::Url;

use crate::address;
use crate::arguments::{Args, LoadTest};
use crate::commit::commit;
use crate::config::file::FailOn;
use crate::console::section::{counted, say, section};
use crate::environment;
use crate::interrupt::{Interrupt, Interrupted};
use crate::plan::{announce, goes_beyond_smoke, signs_in};
use crate::report::folder::Folder;
use crate::report::publish::publish;
use crate::report::tracking::Tracking;
use crate::scenario::breakpoint;
use crate::scenario::measure;
use crate::scenario::needs::{self, Lacking};
use crate::scenario::preflight::{Preflight, preflight, reach};
use crate::scenario::profiles::{Planned, Profiles, SIGN_IN, lives_for};
use crate::scenario::scripts::Scripts;
use crate::server::client::Endpoint;
use crate::server::door::Door;
use crate::sign_in::by_browser::Minted;
use crate::sign_in::identities::Identities;
use crate::sign_in::minting::Asked;
use crate::sign_in::renewal::Renewal;
use crate::tools::k6;
use crate::tools::listener::listeners;
use crate::tools::target::{self, DemoUser};

/// Runs it, and keeps it below `results` unless another folder is named; the code is 0, or 3 where a run is not `passed`.
///
/// A run that breaks off before there was any load is recorded and reported too: nobody should have to notice an absence.
///
/// # Errors
/// What kept it from measuring anything, and the first place that the report did not get to.
pub async fn run(args: &Args, results: &Path, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let test = args.load_test()?;
    let mut scripts = Scripts::find(test.scripts.as_deref())?;
    let profiles = Profiles::read(&scripts)?;
    let wishes = test.wishes();
    let plan = profiles.plan(&mut scripts, &test.suite, &test.scenarios, &test.profile, &wishes)?;
    let url = test.target.as_deref().map(address::parse).transpose()?;
    let environment = test.environment()?;
    let remote = url.as_ref().is_some_and(|it| !address::is_loopback(it));
    announce(&plan, &test);
    let is_large =
        args.breakpoint.is_some() || plan.iter().any(signs_in) || goes_beyond_smoke(&plan, &test);
    if remote && !args.yes && is_large {
        bail!("this load would go to a machine that is not this one; add --yes if you may do that");
    }
    test.minting.can_begin(url.is_none())?;
    let tracking = test.issue.as_ref().map(|it| Tracking::new(it, test.trusted_author.clone()));
    let tracking = tracking.transpose()?;
    if let Some(it) = &tracking {
        interrupt.or(it.check()).await?;
    }
    let folder = Folder::create(test.out.as_deref().unwrap_or(results))?;

    let url = url.as_ref();
    let max_error_rate = test.max_error_rate.unwrap_or(profiles.max_error_rate);
    let job =
        Job { args, test: &test, plan: &plan, folder: &folder, interrupt, url, max_error_rate };
    let measured = job.measure().await;
    let (mut run, broke_off) = match measured {
        Ok(it) => (it, None),
        Err(error) if error.is::<Interrupted>() => {
            folder.remove_if_empty();
            return Err(error);
        }
        Err(error) => (job.broken_off(&error), Some(error)),
    };
    run.environment = Some(environment);
    run.commit = match &args.commit {
        Some(it) => Some(it.clone()),
        None => commit().await,
    };
    run.url = environment::actions_run();
    run.suite = Some(match &args.breakpoint {
        Some(_) => "breakpoint".to_owned(),
        None => suite(&test, &plan),
    });
    run.profile = Some(test.profile.clone());
    let decides = matches!(test.fail_on, FailOn::Alert);
    let keyed = key_of(&run, &plan);
    let (comparison, published) =
        publish(&run, &keyed, &folder, tracking.as_ref(), interrupt, decides).await;
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
    exit_code(&run, &comparison, test.fail_on)
}

/// The suite, or the names of the scenarios that were named instead: what is run again under that name is the same.
pub(crate) fn suite(test: &LoadTest, plan: &[Planned]) -> String {
    if test.scenarios.is_empty() {
        return test.suite.clone();
    }
    plan.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join("+")
}

/// What the key of a comment is made of: the scenarios are those that were planned, whatever became of them.
fn key_of(run: &Run, plan: &[Planned]) -> Value {
    let scenarios: Vec<Value> = plan.iter().map(|it| json!({"name": it.name})).collect();
    json!({"id": run.id, "environment": run.environment, "suite": run.suite, "profile": run.profile,
        "scenarios": scenarios})
}

/// Files for the scripts, and what is lacking for some of them.
#[derive(Debug, Default)]
struct Further {
    signed_in: Option<NamedTempFile>,
    identities: Option<Identities>,
    lacking: Lacking,
}

struct Job<'a> {
    args: &'a Args,
    test: &'a LoadTest,
    plan: &'a [Planned],
    folder: &'a Folder,
    interrupt: &'a Interrupt,
    /// Where the target is not the embedded one.
    url: Option<&'a Url>,
    max_error_rate: f64,
}

impl Job<'_> {
    async fn measure(&self) -> anyhow::Result<Run> {
        let Self { args, test, interrupt, .. } = *self;
        let setup = section("setup");
        let http = address::http_client(self.url)?;
        if let Some(target) = &test.target {
            interrupt.or(reach(&http, address::without_workspace(target))).await?;
        }
        let k6 = interrupt.or(k6::k6()).await?;
        say("k6", &k6);
        for it in self.plan {
            let calls = test.calls.as_deref();
            interrupt.or(measure::inspect(&k6, it, &test.profile, calls)).await?;
        }
        let demo = test.target.is_none().then(DemoUser::new);
        let credentials = demo.as_ref().map(DemoUser::credentials);
        let source = interrupt.or(test.minting.source(credentials)).await?;
        let embedded = match &demo {
            Some(user) => Some(interrupt.or(target::start(user)).await?),
            None => None,
        };
        drop(setup);

        // What a run needed and had to install is no part of how long it took.
        let started = Instant::now();
        let signing_in = section("sign-in");
        let given = test.target.as_deref();
        let target = given.or(embedded.as_ref().map(|it| it.resource.as_str()));
        let target = target.expect("without --target the embedded target was started");
        let folder = self.folder.path();
        let evidence = folder.join(SIGN_IN);
        let resource = address::without_workspace(target);
        let lifetime = lives_for(self.plan);
        let asked = Asked { http: &http, resource, source: &source, lifetime, evidence: &evidence };
        let minted = test.minting.mint(&asked, interrupt).await?;
        let further = self.further(&minted, &asked).await;
        let measured = async {
            let further = further.as_ref().map_err(|it| anyhow::anyhow!("{it:#}"))?;
            let bearer = &minted.bearer;
            let mcp_url = address::with_workspace(target, bearer.workspace.as_deref())?;
            let fresh = address::fresh_http_client(self.url)?;
            let may_write = args.yes || self.url.is_none_or(address::is_loopback);
            let endpoint = Endpoint {
                http: &http,
                url: &mcp_url,
                bearer: bearer.token.reveal(),
                revision: test.protocol.as_deref(),
            };
            let lacking = further.lacking.clone();
            let calls = test.calls.as_deref();
            let checked = preflight(endpoint, &fresh, self.plan, lacking, calls, may_write);
            let seen = interrupt.or(checked).await.map_err(|it| bearer.explain(it))?;
            self.tell(&seen);
            let renewal = match minted.renewable(lives_for(self.plan), self.has_no_known_end()) {
                Some(grant) => Some(Renewal::start(&http, grant).await?),
                None => None,
            };
            drop(signing_in);

            let is_here = self.url.is_some_and(address::is_loopback);
            let targets = match (&embedded, args.target_pid, self.url) {
                (Some(it), ..) => it.child.id().into_iter().collect(),
                (None, Some(pid), _) => vec![pid],
                (None, None, Some(url)) if is_here => {
                    listeners(url.port_or_known_default().unwrap_or_default())
                }
                (None, None, _) => Vec::new(),
            };
            let common = measure::Common {
                k6: &k6,
                folder: &folder,
                points: args.points,
                mcp_url: &mcp_url,
                bearer,
                renewal: renewal.as_ref(),
                profile: &test.profile,
                protocol: &seen.protocol,
                max_error_rate: self.max_error_rate,
                rate: test.pace.rate,
                any_token_accepted: seen.door == Door::AnyToken,
                targets: &targets,
                unknown_neighbour: is_here && targets.is_empty(),
                signed_in: further.signed_in.as_ref().map(NamedTempFile::path),
                identities: further.identities.as_ref(),
                is_embedded: embedded.is_some(),
            };
            let measured = match (&args.breakpoint, &seen.plan[..]) {
                (Some(_), [planned]) => breakpoint::find(planned, &common, interrupt).await,
                _ => measure::run_all(&seen.plan, &common, interrupt).await,
            };
            let mut run = self.record(measured.scenarios);
            run.target = Some(address::without_query(&mcp_url).to_owned());
            run.k6 = Some(k6.version.clone());
            run.protocol = Some(seen.protocol);
            run.server = seen.server;
            run.dirty = measured.dirty;
            if seen.door == Door::Open && !test.minting.is_anonymous() {
                run.dirty.push(
                    "nobody is asked for a token, so that no authentication was measured; --anonymous says that this is meant"
                        .to_owned(),
                );
            }
            run.skipped = seen.skipped;
            run.duration_s = Some(started.elapsed().as_secs_f64());
            Ok(run)
        };
        let measured = measured.await;
        minted.forget_client(&http).await;
        if let Ok(Further { identities: Some(it), .. }) = &further {
            it.forget_clients(&http).await;
        }
        measured
    }

    /// What is made of the sign-in beyond its token, where that is asked for.
    async fn further(&self, minted: &Minted, asked: &Asked<'_>) -> anyhow::Result<Further> {
        let Self { args, test, interrupt, .. } = *self;
        let mut further = Further::default();
        let signs_in = self.plan.iter().any(signs_in);
        let identities = args.identities.filter(|it| *it > 1);
        if !signs_in && identities.is_none() {
            return Ok(further);
        }
        let (mut again, mut client) = (None, None);
        if let (Some(signed_in), Some(grant)) = (&minted.signed_in, &minted.grant) {
            let http = signed_in.http_client(address::builder(self.url))?;
            let another =
                interrupt.or(async { Ok(signed_in.authorize(&http, grant).await) }).await?;
            client = another.is_ok().then_some((signed_in, http));
            let written = another.and_then(|_| signed_in.file(grant));
            again = Some(written.map(|it| further.signed_in = Some(it)));
        }
        further.lacking = needs::of_the_sign_in(minted, again.as_ref());
        if let Some(number) = identities {
            let client = client.as_ref().map(|(signed_in, http)| (*signed_in, http));
            let minting = (&test.minting, asked);
            let all = Identities::mint(number, minted, client, minting, interrupt).await?;
            further.identities = Some(all);
        }
        Ok(further)
    }

    /// Says what was found.
    fn tell(&self, seen: &Preflight) {
        let (protocol, tools) = (&seen.protocol, seen.tools.len());
        let door = match seen.door {
            Door::Guarded => "the token is accepted, and a broken one is not",
            Door::AnyToken => "any token is accepted",
            Door::Open => "nobody is asked for a token",
            Door::Unknown => {
                "the token is accepted; whether a broken one is could not be found out"
            }
        };
        say("preflight", format_args!("{door}; MCP {protocol}, {}", counted(tools, "tool")));
        if let Some(other) = seen.other {
            say(
                "preflight",
                format_args!("MCP {other} is spoken there too; --protocol {other} tests that"),
            );
        }
        let (strangers, connections) = seen.strangers;
        if strangers > 0 {
            say(
                "preflight",
                format_args!(
                    "on {strangers} of {connections} new connections the open session was not known, as by instances without shared sessions behind a balancer"
                ),
            );
        }
        for it in &seen.skipped {
            say("skipped", format_args!("{}: {}", it.name, it.reason));
        }
    }

    /// Whether a script says itself how long it runs.
    fn has_no_known_end(&self) -> bool {
        self.plan.iter().any(|it| it.load.is_none())
    }

    fn record(&self, scenarios: Vec<Scenario>) -> Run {
        Run::new(self.folder.id().to_owned(), self.folder.started(), scenarios)
    }

    fn broken_off(&self, error: &anyhow::Error) -> Run {
        // A query can hold a key.
        let query = self.url.and_then(Url::query).unwrap_or_default();
        let reason = Secrets::new([query]).strike(&format!("{error:#}"));
        let scenarios = self.plan.iter().map(|it| measure::did_not_run(&it.name, &reason));
        let mut run = self.record(scenarios.collect());
        let target = self.test.target.as_deref();
        run.target = target.map(|it| address::without_query(it).to_owned());
        run
    }
}

fn exit_code(run: &Run, comparison: &Comparison, fail_on: FailOn) -> anyhow::Result<ExitCode> {
    if run.scenarios.is_empty() {
        bail!("nothing ran: the server offers nothing that the scenarios need");
    }
    if run.scenarios.iter().all(|it| it.verdict == Verdict::DidNotRun) {
        bail!("nothing ran: {}", run.scenarios[0].reasons.join("; "));
    }
    // A scenario that earlier runs had and this one lacks may be the one that would have failed.
    let is_bad = run.verdict != Verdict::Passed || !comparison.missing().is_empty();
    let bad_news = match fail_on {
        FailOn::Threshold => is_bad,
        FailOn::Alert => is_bad || comparison.alerts().next().is_some(),
        FailOn::Never => false,
    };
    Ok(if bad_news { ExitCode::from(3) } else { ExitCode::SUCCESS })
}
