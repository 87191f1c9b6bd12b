//! Benchmarks: they print absolutes and assert ratios, and are run by a person who asks, not by CI.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use crate::checkout;
use crate::needs::{install, words};
use mcp_loadtest::interrupt::Interrupt;
use mcp_loadtest::tools::child;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which one; without a name they are listed
    name: Option<String>,
    /// Arguments of the benchmark itself, after `--`
    #[arg(last = true)]
    arguments: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Bench {
    name: String,
    package: String,
    /// What it says that it needs, as the reasons of ignored tests do.
    needs: Vec<String>,
}

#[expect(clippy::print_stdout, reason = "the list is what was asked for")]
pub(crate) async fn run(args: &Args, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let root = checkout::root()?;
    let benches = benches(&root)?;
    let Some(name) = &args.name else {
        for it in &benches {
            println!("{} ({})", it.name, it.package);
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some(bench) = benches.iter().find(|it| it.name == *name) else {
        let names: Vec<&str> = benches.iter().map(|it| it.name.as_str()).collect();
        bail!("there is no benchmark `{name}`; there are: {}", names.join(", "));
    };
    let mut command = checkout::cargo();
    command.args(["bench", "--locked", "--package", &bench.package, "--bench", name, "--"]);
    let needs = words(bench.needs.iter().map(String::as_str));
    let variables = interrupt.or(install(&needs, |_| false, &root)).await?;
    command.args(&args.arguments).envs(variables).current_dir(&root);
    let output = interrupt.or(child::output("cargo bench", &mut command)).await?;
    Ok(if output.status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every `benches/NAME.rs` of a crate.
fn benches(root: &Path) -> anyhow::Result<Vec<Bench>> {
    let mut found = Vec::new();
    for package in files(&root.join("crates"))? {
        let folder = package.join("benches");
        if !folder.is_dir() {
            continue;
        }
        for file in files(&folder)? {
            if file.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&file)
                    .with_context(|| format!("failed to read `{}`", file.display()))?;
                let needs = text.lines().filter_map(|it| it.strip_prefix("// needs "));
                let needs = needs.map(str::to_owned).collect();
                found.push(Bench { name: name(&file), package: name(&package), needs });
            }
        }
    }
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("failed to read `{}`", folder.display()))?;
    Ok(entries.filter_map(|it| Some(it.ok()?.path())).collect())
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_below_benches_is_a_benchmark_of_its_crate() {
        let root = tempfile::tempdir().unwrap();
        for it in ["crates/a/benches/mint.rs", "crates/a/src/lib.rs", "crates/b/benches/x/y.txt"] {
            let path = root.path().join(it);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "//! Mints.\n// needs k6 and wrk\n").unwrap();
        }
        let needs = vec!["k6 and wrk".to_owned()];
        let mint = Bench { name: "mint".to_owned(), package: "a".to_owned(), needs };
        assert_eq!(benches(root.path()).unwrap(), [mint]);
    }
}
