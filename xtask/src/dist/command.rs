//! What `cargo xtask dist` is told, and what it does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use data_encoding::HEXLOWER;
use mcp_loadtest::console::section::say;
use mcp_loadtest::interrupt::Interrupt;
use sha2::{Digest as _, Sha256};

use crate::checkout;
use crate::dist::build::PROGRAMS;
use crate::dist::pack::read;
use crate::dist::platform::Platform;
use crate::dist::product::Product;
use crate::dist::{archive, build, npm, wheel};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Platform to build for [default: this machine's; on Linux with musl, so that the programs run on any Linux]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Folder with programs that are built already, to be packed as they are
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// Folder to write to [default: target/dist]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: &Args, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let root = checkout::root()?;
    let platform = match &args.target {
        Some(triple) => Platform::find(triple)?,
        None if args.programs.is_some() => Platform::built_here()?,
        None => Platform::released_here()?,
    };
    let out = args.out.clone().unwrap_or_else(|| checkout::target_dir(&root).join("dist"));
    let programs = match &args.programs {
        Some(folder) => built(folder)?,
        None => interrupt.or(build::programs(&root, platform)).await?,
    };
    print(&pack(&root, platform, &programs, &out).await?);
    Ok(ExitCode::SUCCESS)
}

/// The folder, if every program is in it.
fn built(folder: &Path) -> anyhow::Result<PathBuf> {
    if let Some(missing) = PROGRAMS.iter().find(|it| !folder.join(it).is_file()) {
        bail!(
            "`{}` has no {missing}; `cargo build --workspace --bins` builds all programs into target/debug, or leave \
             --programs out to have them built for a release",
            folder.display()
        );
    }
    Ok(folder.to_owned())
}

/// Writes every package of a platform, each with its checksum beside it, and returns the packages.
pub(crate) async fn pack(
    root: &Path,
    platform: &Platform,
    programs: &Path,
    out: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let product = Product::read(root).await?;
    fs::create_dir_all(out).with_context(|| format!("failed to create `{}`", out.display()))?;
    let release = format!("{} for {}", product.version, platform.triple);
    say("pack", format_args!("{release}, out of `{}`", programs.display()));
    let mut packages = vec![
        archive::write(root, &product, platform, programs, out)?,
        wheel::write(root, &product, platform, programs, out)?,
    ];
    packages.extend(npm::write(root, &product, platform, programs, out)?);
    for it in &packages {
        let length = checksum(it)?;
        say("pack", format_args!("`{}`, {} kB", it.display(), length.div_ceil(1000)));
    }
    Ok(packages)
}

/// Writes what `sha256sum --check` reads, and returns the length of the file.
fn checksum(file: &Path) -> anyhow::Result<usize> {
    let content = read(file)?;
    let name = file.file_name().unwrap_or_default().display();
    let line = format!("{}  {name}\n", HEXLOWER.encode(&Sha256::digest(&content)));
    let sum = file.with_file_name(format!("{name}.sha256"));
    fs::write(&sum, line).with_context(|| format!("failed to write `{}`", sum.display()))?;
    Ok(content.len())
}

#[expect(clippy::print_stdout, reason = "where they are is what a script goes on with")]
fn print(packages: &[PathBuf]) {
    for it in packages {
        println!("{}", it.display());
    }
}
