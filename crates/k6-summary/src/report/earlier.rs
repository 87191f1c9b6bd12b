//! Links to earlier runs, as far as they can be believed.

use crate::compare::baseline::Baseline;
use crate::compare::rule::Comparison;
use crate::record::run::Run;
use crate::text::kind::Text;

/// Links to the runs that this one is compared with, each once.
///
/// A record of before may be anybody's, so that only runs of the same repository are linked.
pub(crate) fn links(run: &Run, comparison: &Comparison) -> Vec<Text> {
    let Some(runs) = run.url.as_deref().and_then(runs_of) else { return Vec::new() };
    let mut links = Vec::new();
    for it in &comparison.scenarios {
        if let Baseline::Run { url: Some(url), .. } = &it.baseline
            && runs_of(url) == Some(runs)
            && let Some(link) = Text::link("earlier run", url)
            && !links.contains(&link)
        {
            links.push(link);
        }
    }
    links
}

/// What the addresses of all runs of a repository begin with: `https://HOST/OWNER/REPO/actions/runs/`.
fn runs_of(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let [host, owner, repo, "actions", "runs", run, ..] = rest.split('/').collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let dots = |it: &str| it.is_empty() || it.starts_with('.');
    let attempt = &rest[[host, owner, repo, "actions/runs/"].join("/").len()..];
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let plain = attempt == run
        || attempt.split_once("/attempts/").is_some_and(|it| it.0 == run && digits(it.1));
    let is_run = digits(run) && plain && ![host, owner, repo].iter().any(|it| dots(it));
    is_run.then(|| &url[..url.len() - attempt.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: Option<&str>) {
        assert_eq!(runs_of(url), expected, "{url}");
    }

    #[test]
    fn only_runs_of_one_repository_have_the_same_beginning() {
        let runs = "https://github.com/acme/api/actions/runs/";
        check("https://github.com/acme/api/actions/runs/412", Some(runs));
        check("https://github.com/acme/api/actions/runs/412/attempts/2", Some(runs));
        for url in [
            "https://github.com.evil.example/x",
            "https://github.com/acme/api/actions/runs/../../../../mallory/x",
            "https://github.com/acme/api/actions/runs/412/../../../../mallory",
            "https://github.com/acme/api/actions/runs/412?x#y",
            "https://github.com/../api/actions/runs/412",
            "javascript://github.com/acme/api/actions/runs/412",
        ] {
            check(url, None);
        }
        let other = "https://github.com/mallory/api/actions/runs/412";
        assert_ne!(runs_of(other), Some(runs));
    }
}
