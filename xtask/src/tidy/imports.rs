//! No two files import each other, directly or around, and every import comes from the file that defines the name.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::paths::{imports, mentions};
use crate::tidy::sources::{File, Package, crates, xtask};

/// The files of a library or of one program, by the path of their module.
struct Tree<'a> {
    files: BTreeMap<Vec<&'a str>, &'a File>,
}

impl<'a> Tree<'a> {
    /// The library and each program of a package.
    fn all(package: &'a Package) -> Vec<Self> {
        let mut trees: BTreeMap<&str, Self> = BTreeMap::new();
        for file in &package.files {
            let program = file.path.strip_prefix("bin/").and_then(|it| it.split_once('/'));
            let (tree, path) = program.unwrap_or(("", &file.path));
            let path = path.strip_suffix(".rs").expect("only files of Rust are read");
            let module = if ["lib", "main"].contains(&path) { "" } else { path };
            let module = module.split('/').filter(|it| !it.is_empty()).collect();
            let tree = trees.entry(tree).or_insert_with(|| Self { files: BTreeMap::new() });
            tree.files.insert(module, file);
        }
        trees.into_values().collect()
    }

    /// The module that a path leads into, and the name that it takes from there.
    fn resolve(
        &self,
        module: &[&'a str],
        path: &[String],
    ) -> Option<(Vec<&'a str>, Option<String>)> {
        let mut names = path.iter();
        let mut at = match names.next()?.as_str() {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            _ => return None,
        };
        for name in names {
            if name == "super" {
                at.pop();
                continue;
            }
            let mut inner: Vec<&str> = at.clone();
            inner.push(name);
            match self.files.keys().find(|it| **it == inner) {
                Some(it) => at.clone_from(it),
                None => return Some((at, Some(name.clone()))),
            }
        }
        Some((at, None))
    }

    /// A module that leads to others: the root, or the face of a folder.
    fn is_face(&self, module: &[&str]) -> bool {
        self.files.keys().any(|it| it.len() > module.len() && it.starts_with(module))
    }

    /// Which file needs which, and the imports that take a name from where it is not defined.
    fn read(&self) -> (Needs<'a>, Vec<String>) {
        let (mut needs, mut wrong) = (Needs::new(), Vec::new());
        for (module, file) in &self.files {
            let code = file.code();
            let mut paths = imports(&code);
            paths.extend(mentions(&code, &["crate", "super"]));
            let needed = needs.entry(&file.path).or_default();
            for path in paths {
                let Some((from, name)) = self.resolve(module, &path) else { continue };
                // Its own modules, as the root hands names on.
                if from.starts_with(module) && self.is_face(module) {
                    continue;
                }
                if name.is_some() && self.is_face(&from) {
                    wrong.push(format!("{} takes {} from a face", file.path, path.join("::")));
                }
                let from = self.files.get(&from).filter(|it| it.path != file.path);
                needed.extend(from.map(|it| it.path.as_str()));
            }
            let modules =
                code.lines().filter_map(|it| it.trim().strip_suffix(';')?.rsplit_once("mod "));
            for (_, name) in modules {
                let inner: Vec<&str> = module.iter().copied().chain([name]).collect();
                needed.extend(self.files.get(&inner).map(|it| it.path.as_str()));
            }
        }
        (needs, wrong)
    }
}

type Needs<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The files of a circle in their order, where there is one.
fn circle<'a>(needs: &Needs<'a>) -> Option<Vec<&'a str>> {
    let mut done = BTreeSet::new();
    needs.keys().find_map(|it| visit(needs, it, &mut Vec::new(), &mut done))
}

fn visit<'a>(
    needs: &Needs<'a>,
    file: &'a str,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    if let Some(start) = way.iter().position(|it| *it == file) {
        return Some(way[start..].to_vec());
    }
    if !done.insert(file) {
        return None;
    }
    way.push(file);
    let found = needs.get(file)?.iter().find_map(|it| visit(needs, it, way, done));
    way.pop();
    found
}

fn wrong(package: &Package) -> Vec<String> {
    let mut wrong = Vec::new();
    for tree in Tree::all(package) {
        let (needs, faces) = tree.read();
        wrong.extend(faces);
        wrong.extend(circle(&needs).map(|it| format!("a circle: {}", it.join(" → "))));
    }
    wrong.into_iter().map(|it| format!("{}: {it}", package.name)).collect()
}

#[test]
fn no_file_imports_another_around_or_through_a_face() {
    let mut packages = crates();
    packages.push(xtask());
    let wrong: Vec<_> = packages.iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[track_caller]
fn check(files: &[(&str, &str)], expect: &[&str]) {
    assert_eq!(wrong(&Package::made_up("x", files)), expect);
}

#[test]
fn files_in_the_order_in_which_data_pass_are_fine() {
    check(
        &[
            ("lib.rs", "mod a;\nmod b;\nmod room;\npub use crate::room::c::C;"),
            ("a.rs", "use crate::b::B;\nuse crate::room::c::{self, C};"),
            ("b.rs", "use std::fmt;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}"),
            ("room.rs", "//! A room.\n\npub(crate) mod c;"),
            ("room/c.rs", "// crate::a::A is elsewhere"),
            ("bin/x/main.rs", "mod a;\nuse crate::a::A;"),
            ("bin/x/a.rs", "use x::C;"),
        ],
        &[],
    );
}

#[test]
fn a_circle_is_found_however_long_and_however_written() {
    for last in ["use crate::a::A;", "use super::a::A;", "fn f() -> crate::a::A {}"] {
        let files = [
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::{c, d};"),
            ("c.rs", last),
            ("d.rs", ""),
        ];
        check(&files, &["x: a circle: a.rs → b.rs → c.rs"]);
    }
    check(
        &[("bin/x/main.rs", "mod a;\nstruct A;"), ("bin/x/a.rs", "use crate::A;")],
        &["x: bin/x/a.rs takes crate::A from a face", "x: a circle: bin/x/a.rs → bin/x/main.rs"],
    );
}

#[test]
fn an_import_through_the_root_or_a_face_is_found() {
    let lib = ("lib.rs", "mod a;\nmod room;\npub use crate::room::c::C;");
    let (room, c) = (("room.rs", "mod c;\npub(crate) use c::C;"), ("room/c.rs", ""));
    let found = |import: &str| {
        let wrong = wrong(&Package::made_up("x", &[lib, ("a.rs", import), room, c]));
        wrong.iter().filter(|it| it.contains("from a face")).count()
    };
    assert_eq!(found("use crate::C;"), 1);
    assert_eq!(found("use crate::room::C;"), 1);
    assert_eq!(found("use crate::room::c::C;"), 0);
    assert_eq!(found("use crate::room::c;"), 0);
}
