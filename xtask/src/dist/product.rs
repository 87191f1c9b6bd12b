//! What Cargo.toml says of the program that users run.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use mcp_loadtest::tools::child;
use serde::Deserialize;

use crate::checkout;

/// The program that a wheel and an npm package carry, and the name of the whole.
pub(crate) const NAME: &str = "mcp-loadtest";

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Product {
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) license: String,
    pub(crate) repository: String,
    pub(crate) keywords: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<serde_json::Value>,
}

impl Product {
    pub(crate) async fn read(root: &Path) -> anyhow::Result<Self> {
        let mut metadata = checkout::cargo();
        metadata.args(["metadata", "--locked", "--no-deps", "--format-version=1"]);
        metadata.current_dir(root).stdout(Stdio::piped());
        let output = child::output("cargo metadata", &mut metadata).await?;
        if !output.status.success() {
            bail!("failed to read Cargo.toml; cargo says why above");
        }
        let metadata: Metadata = serde_json::from_slice(&output.stdout)
            .context("failed to read what `cargo metadata` says")?;
        let mut packages = metadata.packages.into_iter();
        let package = packages.find(|it| it["name"] == NAME);
        let package = package.with_context(|| format!("there is no crate {NAME}"))?;
        serde_json::from_value(package)
            .with_context(|| format!("{NAME}'s Cargo.toml lacks something"))
    }
}
