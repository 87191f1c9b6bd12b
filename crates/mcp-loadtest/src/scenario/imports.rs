//! The files that a k6 script is made of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// What no fingerprint is to follow: shapes and thresholds of all scenarios, of which each has its own.
const PROFILES: &str = "profiles.json";

/// The script and every file of this machine that it, or one of them, names by a relative path: what it imports, and what it
/// opens.
pub(crate) fn files(script: &Path) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    let mut due = vec![script.to_owned()];
    while let Some(file) = due.pop() {
        if !files.insert(file.clone()) {
            continue;
        }
        let bytes = std::fs::read(&file);
        let bytes = bytes.with_context(|| format!("failed to read `{}`", file.display()))?;
        if !is_code(&file) {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes);
        let home = file.parent().expect("a file lies in a folder");
        due.extend(relative_paths(&text).map(|it| home.join(it)).filter(|it| it.is_file()));
    }
    files.retain(|it| it.file_name().is_none_or(|it| it != PROFILES));
    Ok(files)
}

fn is_code(file: &Path) -> bool {
    let ending = file.extension().and_then(|it| it.to_str());
    ending.is_some_and(|it| ["js", "mjs", "cjs", "ts"].contains(&it))
}

/// What stands in quotes and begins like a relative path.
fn relative_paths(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text.split(['\'', '"', '`']);
    pieces.filter(|it| (it.starts_with("./") || it.starts_with("../")) && !it.contains('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_a_script_names_belongs_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("lib")).unwrap();
        write(
            "own.js",
            "import { a } from './helper.js';\nimport x from \"./lib/x.js\";\nopen('./data.json')",
        );
        write("helper.js", "export { b } from './lib/b.ts'; import './own.js'");
        write("lib/b.ts", "open(import.meta.resolve('../profiles.json'))");
        write("lib/x.js", "import http from 'k6/http'");
        for it in ["data.json", "profiles.json", "other.js"] {
            write(it, "'./other.js'");
        }
        let found = files(&folder.path().join("own.js")).unwrap();
        let names: BTreeSet<_> = found.iter().filter_map(|it| it.file_name()?.to_str()).collect();
        assert_eq!(names, ["b.ts", "data.json", "helper.js", "own.js", "x.js"].into());
    }
}
