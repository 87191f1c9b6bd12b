//! The k6 scripts as ESLint and the compiler of TypeScript read them, with the types of k6.

use std::path::Path;

use mcp_loadtest::tools::child;

use crate::program::run;
use crate::started::folder;

#[tokio::test]
#[ignore = "needs node"]
async fn the_scripts_have_nothing_that_eslint_or_typescript_objects_to() {
    let lint = folder("lint");
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/load-tests");
    let mut eslint = child::command("node");
    eslint.arg(lint.join("node_modules/eslint/bin/eslint.js")).current_dir(scripts);
    eslint.args(["--max-warnings", "0", "--config"]).arg(lint.join("eslint.config.js")).arg(".");
    let mut tsc = child::command("node");
    tsc.arg(lint.join("node_modules/typescript/bin/tsc")).arg("--project").arg(&lint);
    let (eslint, tsc) = tokio::join!(run(&mut eslint), run(&mut tsc));
    for ended in [eslint, tsc] {
        assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    }
}
