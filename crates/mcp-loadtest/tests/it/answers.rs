//! What an answer is, read by the k6 scripts: the cases that the look before the load is held against as well.

use std::path::Path;

use mcp_loadtest::tools::child::command;
use serde_json::Value;

use crate::program::{Sandbox, program, run};

#[tokio::test]
#[ignore = "needs k6"]
async fn the_scripts_take_an_answer_for_what_the_table_says() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = include_str!("../../src/server/answer_cases.json");
    let count = serde_json::from_str::<Vec<Value>>(cases).unwrap().len();
    let script = format!(
        "import {{ failureOf }} from '{}/load-tests/lib/answer.js';
        const cases = {cases};
        export default function () {{
          for (const it of cases) {{
            const response = {{ status: it.status, body: it.body || null, error_code: it.timed_out ? 1050 : 0, headers: {{}}, timings: {{ waiting: it.begun ? 1 : 0, receiving: it.begun ? 9 : 0 }} }};
            const seen = failureOf(response, 7, Boolean(it.session));
            if (seen !== it.class) throw new Error(`${{it.why}}: ${{seen}} instead of ${{it.class}}`);
            console.log('fits');
          }}
        }}",
        home.display()
    );
    for k6 in ["K6", "K6_1_1"] {
        let sandbox = Sandbox::new();
        let file = sandbox.path("answers.js");
        std::fs::write(&file, &script).unwrap();
        let mut k6 = command(program(k6));
        k6.args(["run", "--quiet", "--no-usage-report", "--address="]).arg(&file);
        let ended = run(&mut k6).await.done();
        assert_eq!(ended.stderr.matches("fits").count(), count, "{}", ended.stderr);
    }
}
