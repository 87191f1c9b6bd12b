//! Links to earlier runs, as far as they can be believed.

use crate::compare::baseline::Baseline;
use crate::compare::rule::Comparison;
use crate::record::run::Run;
use crate::text::kind::Text;

/// Links to the runs that this one is compared with, each once.
///
/// A record of before may be anybody's, so that only runs of the same repository are linked.
pub(crate) fn links(run: &Run, comparison: &Comparison) -> Vec<Text> {
    let Some(own) = run.url.as_deref().and_then(repository) else { return Vec::new() };
    let mut links = Vec::new();
    for it in &comparison.scenarios {
        if let Baseline::Run { url: Some(url), .. } = &it.baseline
            && repository(url) == Some(own)
            && let Some(link) = Text::link("earlier run", url)
            && !links.contains(&link)
        {
            links.push(link);
        }
    }
    links
}

/// The repository of a run at `https://HOST/OWNER/REPO/actions/runs/RUN`, perhaps with `/attempts/ATTEMPT` behind it.
fn repository(url: &str) -> Option<&str> {
    let (repository, run) = url.split_once("/actions/runs/")?;
    let (run, attempt) = run.split_once("/attempts/").unwrap_or((run, "1"));
    let scheme = ["https://", "http://"].into_iter().find(|it| repository.starts_with(it))?;
    let names: Vec<&str> = repository[scheme.len()..].split('/').collect();
    let named = names.len() == 3 && names.iter().all(|it| !it.is_empty() && !it.starts_with('.'));
    let number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    (named && number(run) && number(attempt)).then_some(repository)
}
