//! What runs in GitHub Actions is what was read.

use crate::tidy::sources::root;

/// The lines that use an action by anything but a commit.
fn unpinned(workflow: &str) -> Vec<&str> {
    let uses = |line: &&str| line.trim_start().trim_start_matches("- ").starts_with("uses:");
    let is_pinned = |line: &&str| {
        let pin = line.split('@').nth(1).and_then(|it| it.split_whitespace().next());
        pin.is_some_and(|it| it.len() == 40 && it.bytes().all(|it| it.is_ascii_hexdigit()))
    };
    workflow.lines().filter(uses).filter(|it| !is_pinned(it)).collect()
}

#[test]
fn actions_are_pinned_by_commit() {
    for entry in std::fs::read_dir(root().join(".github/workflows")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(unpinned(&text), [""; 0], "{}", path.display());
    }
}

#[test]
fn an_action_by_its_tag_is_found() {
    let pinned = "      - uses: a/b@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
    for (line, count) in [(pinned, 0), ("- uses: a/b@v7", 1), ("  uses: a/b", 1), ("run: x", 0)] {
        assert_eq!(unpinned(line).len(), count, "{line}");
    }
}
