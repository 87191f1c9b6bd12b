//! The submetrics of a metric, found by the tags of a sample.

use crate::summary::metric::Selector;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Names as their scripts spell them, and a tree of their tags.
///
/// A sample goes down the tree by the tags it has, so that one among many submetrics costs no more
/// than one among few.
#[derive(Debug, Clone, Default)]
pub(crate) struct Submetrics {
    names: BTreeSet<String>,
    root: Node,
}

/// What has the tags on the way here.
#[derive(Debug, Clone, Default)]
struct Node {
    is_submetric: bool,
    /// By the next tag, in the order of their names.
    children: HashMap<(String, String), Self>,
}

impl Submetrics {
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(crate) fn insert(&mut self, name: String) {
        let tags = Selector::parse(&name).tags;
        let node =
            tags.into_iter().fold(&mut self.root, |it, tag| it.children.entry(tag).or_default());
        node.is_submetric = true;
        self.names.insert(name);
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.names.iter()
    }

    /// The tags of each submetric that a sample with `tags` is part of.
    pub(crate) fn of(&self, tags: &BTreeMap<String, String>) -> Vec<BTreeMap<String, String>> {
        let tags: Vec<(String, String)> =
            tags.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut found = Vec::new();
        self.root.collect(&tags, &mut Vec::new(), &mut found);
        found
    }
}

impl Node {
    fn collect(
        &self,
        tags: &[(String, String)],
        way: &mut Vec<(String, String)>,
        found: &mut Vec<BTreeMap<String, String>>,
    ) {
        if self.is_submetric {
            found.push(way.iter().cloned().collect());
        }
        if self.children.is_empty() {
            return;
        }
        for (at, tag) in tags.iter().enumerate() {
            if let Some(next) = self.children.get(tag) {
                way.push(tag.clone());
                next.collect(&tags[at + 1..], way, found);
                way.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_part_of_those_whose_tags_it_has_all() {
        let mut all = Submetrics::default();
        for name in
            ["d{}", "d{a:1}", "d{b:2}", "d{b:2, a:1}", "d{ a:1,c:3 }", "d{a:2}", "d{a:1,b:9}"]
        {
            all.insert(name.to_owned());
        }
        let of = |tags: &[(&str, &str)]| {
            let tags = tags.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
            let found = all.of(&tags).into_iter();
            found
                .map(|tags| Selector { base: "d".to_owned(), tags }.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&[]), ["d"]);
        assert_eq!(
            of(&[("a", "1"), ("b", "2"), ("z", "")]),
            ["d", "d{a:1}", "d{a:1,b:2}", "d{b:2}"]
        );
        assert_eq!(of(&[("c", "3")]), ["d"]);
        assert_eq!(of(&[("a", "1"), ("c", "3")]), ["d", "d{a:1}", "d{a:1,c:3}"]);
    }
}
