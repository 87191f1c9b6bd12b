//! What is said about a run and its comparison, decided once and in no format.

use crate::compare::baseline::earlier;
use crate::compare::rule::Comparison;
use crate::points::timeline::Timeline;
use crate::record::figures::{Checks, Example};
use crate::record::run::{Run, Scenario, Verdict};
use crate::report::earlier::links;
use crate::report::row::Row;
use crate::report::sentence::{drifts, headline, legend, title};
use crate::text::kind::{Phrase, Text, Tone};
use crate::text::number::{count, time};

/// What is said about a run: [`terminal`](crate::terminal), [`markdown`](crate::markdown) and [`html`](crate::html) write it.
///
/// A terminal, which folds nothing away, leaves out the details but for targets; charts are for the page alone.
#[derive(Debug, Clone)]
pub struct Report {
    pub(crate) verdict: Verdict,
    /// Whether a scenario is worse than its noise explains.
    pub(crate) alert: bool,
    pub(crate) title: String,
    pub(crate) headline: Phrase,
    /// Bad where a run passed and yet has an alert; any other has the tone of its verdict.
    pub(crate) tone: Tone,
    pub(crate) notices: Vec<String>,
    pub(crate) facts: Vec<Phrase>,
    pub(crate) rows: Vec<Row>,
    pub(crate) legend: Vec<Phrase>,
    pub(crate) earlier: Vec<Text>,
    pub(crate) remarks: Vec<Phrase>,
    /// Where the page lies in the folder of its run, so that it can lead to what k6 left: the runs that have a page beside it.
    pub(crate) beside: Option<Vec<String>>,
}

impl Report {
    /// `history` is what the run was compared with. `timelines` may be empty: they take the points of the run, which are
    /// not always kept.
    pub fn new(
        run: &Run,
        comparison: &Comparison,
        history: &[Run],
        timelines: &[Timeline],
    ) -> Self {
        let before = earlier(run, history);
        let row = |it: &Scenario| {
            let timeline = timelines.iter().find(|timeline| timeline.scenario == it.name);
            Row::of((run, it), comparison, &before, timeline)
        };
        let alert = comparison.alerts().next().is_some();
        let alert_alone = alert && run.verdict == Verdict::Passed;
        Self {
            verdict: run.verdict,
            alert,
            tone: if alert_alone { Tone::Bad } else { Tone::Plain },
            title: title(run),
            headline: headline(run, comparison),
            notices: Vec::new(),
            facts: facts(run),
            rows: run.scenarios.iter().map(row).collect(),
            legend: legend(run, comparison),
            earlier: links(run, comparison),
            remarks: remarks(run, comparison),
            beside: None,
        }
    }

    /// For a page in the folder of its run: it leads to the summary and the log of each scenario, to the page over all runs
    /// beside that folder, and to those of the `earlier` runs, by their ids, that it is compared with.
    #[must_use]
    pub fn in_its_folder(mut self, earlier: Vec<String>) -> Self {
        self.beside = Some(earlier);
        self
    }

    /// With a sentence under the headline, such as why the comparison lacks what it should have.
    #[must_use]
    pub fn notice(mut self, sentence: &str) -> Self {
        self.notices.push(sentence.to_owned());
        self
    }
}

fn facts(run: &Run) -> Vec<Phrase> {
    let commit = run.commit.as_deref().filter(|it| is_sha(it));
    let sentence = |label, it: &str| vec![Text::Own(label), Text::Sentence(it.to_owned())];
    let facts = [
        Some(vec![Text::Sentence(time(&run.started))]),
        commit.map(|it| vec![Text::Code(it[..7].to_owned())]),
        run.target.as_ref().map(|it| vec![Text::Code(it.clone())]),
        run.k6.as_deref().map(|it| sentence("k6 ", it)),
        run.server.as_ref().map(|it| {
            let version = it.version.iter().map(|it| format!(" {it}"));
            sentence("server ", &format!("{}{}", it.name, version.collect::<String>()))
        }),
        run.protocol.as_deref().map(|it| sentence("MCP ", it)),
        run.url.as_deref().and_then(|it| Some(vec![Text::link("run", it)?])),
        Some(vec![Text::Own("record "), Text::Code(run.id.clone())]),
    ];
    facts.into_iter().flatten().collect()
}

fn is_sha(commit: &str) -> bool {
    (7..=64).contains(&commit.len()) && commit.bytes().all(|it| it.is_ascii_hexdigit())
}

/// Why a verdict is bad, what is missing, what nobody judged, what crept, what was skipped, what else ran on the machine,
/// what was accepted.
fn remarks(run: &Run, comparison: &Comparison) -> Vec<Phrase> {
    let remark = |name: &str, words: &str| {
        vec![Text::Name(name.to_owned()), Text::Own(": "), Text::Sentence(words.to_owned())]
    };
    let run_wide = |label, words: &String| vec![Text::Own(label), Text::Sentence(words.clone())];
    let mut remarks = Vec::new();
    for it in comparison.missing() {
        let missing = Text::Own(" was measured in earlier runs and is not in this one");
        remarks.push(vec![Text::Name(it.clone()), missing]);
    }
    for it in &run.scenarios {
        let words = it.reasons.iter().chain(&it.notes).chain(&it.unjudged);
        remarks.extend(words.map(|words| remark(&it.name, words)));
        remarks.extend(it.examples.iter().map(|example| remark(&it.name, &told(example))));
        remarks.extend(it.checks.as_ref().and_then(|checks| failing(&it.name, checks)));
    }
    for it in &comparison.scenarios {
        let lacking = it.cells.iter().filter(|it| it.lacking).map(|it| it.column.name());
        let lacking: Vec<&str> = lacking.collect();
        if !lacking.is_empty() {
            let words = "not measured, though earlier runs had it";
            remarks.push(remark(&it.name, &format!("{}: {words}", lacking.join(", "))));
        }
    }
    remarks.extend(drifts(comparison).map(|(name, drift)| remark(name, &drift)));
    for it in &run.skipped {
        remarks.push([vec![Text::Own("skipped ")], remark(&it.name, &it.reason)].concat());
    }
    remarks.extend(run.dirty.iter().map(|it| run_wide("dirty: ", it)));
    let accepted = run.baseline_reset.iter();
    remarks.extend(accepted.map(|it| run_wide("a new baseline was accepted: ", it)));
    remarks
}

/// What a failure of its class looked like.
fn told(it: &Example) -> String {
    let kind = it.content_type.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    let answer = match it.status {
        0 => "no HTTP answer".to_owned(),
        status => format!("HTTP {status}{kind}"),
    };
    let said = if it.said.is_empty() { String::new() } else { format!(", {}", it.said) };
    format!("{}, for example {answer}{said}", it.failure.replace('_', " "))
}

/// So many checks are named.
const NAMED: usize = 5;

/// How many checks failed, and which.
fn failing(scenario: &str, checks: &Checks) -> Option<Phrase> {
    let Checks { passed, failed, failing, .. } = checks;
    if *failed == 0 {
        return None;
    }
    let all = count(passed.saturating_add(*failed));
    let words = format!("{} of {all} checks failed", count(*failed));
    let mut phrase = vec![Text::Name(scenario.to_owned()), Text::Own(": "), Text::Sentence(words)];
    for (place, (name, it)) in failing.iter().take(NAMED).enumerate() {
        phrase.push(Text::Own(if place == 0 { ": " } else { ", " }));
        phrase.extend([Text::Name(name.clone()), Text::Own(" "), Text::Sentence(count(*it))]);
    }
    if failing.len() > NAMED {
        let more = format!("{} more", failing.len() - NAMED);
        phrase.extend([Text::Own(" and "), Text::Sentence(more)]);
    }
    Some(phrase)
}
