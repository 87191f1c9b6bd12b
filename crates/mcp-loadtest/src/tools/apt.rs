//! Debian packages, where they can be installed without a question.

use anyhow::{Context as _, bail};
use tokio::process::Command;

use crate::console::section::{elapsing, say};
use crate::tools::child::{self, on_path, run};

/// Installs `packages` from the system's sources; `what` they are for, and the margin's word in the log.
///
/// # Errors
/// Without root or apt-get, with the command to type.
pub async fn install(what: &str, packages: &[&str]) -> anyhow::Result<()> {
    let by_hand = format!("apt-get install {}", packages.join(" "));
    if on_path("apt-get").is_none() || !rustix::process::geteuid().is_root() {
        bail!("only root can install packages here; on Debian: `sudo {by_hand}`");
    }
    let names = packages.join(" and ");
    say(what, format_args!("installing {names} with apt-get, from the system's sources"));
    elapsing(what, "installing", with_fresh_lists(packages))
        .await
        .with_context(|| format!("failed to install {names}; try `{by_hand}`"))
}

async fn with_fresh_lists(packages: &[&str]) -> anyhow::Result<()> {
    if let Ok(()) = once(packages).await {
        return Ok(());
    }
    run("apt-get update", apt_get().arg("update")).await?;
    once(packages).await
}

async fn once(packages: &[&str]) -> anyhow::Result<()> {
    let mut it = apt_get();
    it.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    run("apt-get install", &mut it).await
}

fn apt_get() -> Command {
    let mut it = child::configured("apt-get", &["APT_"]);
    it.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    it
}
