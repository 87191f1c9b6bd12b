//! The pages of a run, looked at by a browser.

use std::path::Path;

use crate::program::{Sandbox, program, run};
use crate::servers::{TOKEN, mcp};
use crate::started::folder;
use mcp_loadtest::tools::{browser, child};

/// Where the rules write what they found.
const FOUND: (&str, &str) = ("<pre id=\"found\">", "</pre>");

/// A copy of the page that looks at itself; its policy would not let a script run.
fn looking_at_itself(page: &str, rules: &str) -> String {
    let policy = "<meta http-equiv=\"Content-Security-Policy\"";
    let (before, rest) = page.split_once(policy).expect("the page has a policy");
    let (_, rest) = rest.split_once('>').unwrap();
    let script = "axe.run().then((it) => {
        document.getElementById('found').textContent = JSON.stringify(it.violations) + it.passes.length;
    });";
    let (begin, end) = FOUND;
    let rules = rules.replace("</script>", "<\\/script>");
    let probe = format!("{begin}{end}<script>{rules}</script><script>{script}</script></body>");
    format!("{before}{}", rest.replace("</body>", &probe))
}

/// What the rules find on a page at this size: the violations, and how many rules were kept.
async fn violations(page: &Path, size: &str, dark: bool) -> (String, usize) {
    let driver = browser::driver().await.unwrap();
    let mut chromium = child::command(driver.browser.expect("a browser beside its driver"));
    let scheme = format!("--blink-settings=preferredColorScheme={}", u8::from(!dark));
    chromium
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", &scheme])
        .args(["--virtual-time-budget=20000", &format!("--window-size={size}")])
        .arg(format!("--user-data-dir={}", page.with_extension("profile").display()))
        .arg(format!("file://{}", page.display()));
    let dom = run(&mut chromium).await.done().stdout;
    let (_, found) = dom.split_once(FOUND.0).unwrap_or_else(|| panic!("{dom}"));
    let found = found.split_once(FOUND.1).unwrap().0;
    let end = found.rfind(']').unwrap_or_else(|| panic!("nothing was found out: {found}")) + 1;
    (found[..end].to_owned(), found[end..].parse().unwrap())
}

/// The width and height of a picture, out of its header.
fn size_of(png: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[tokio::test]
#[ignore = "needs k6, a browser and node"]
async fn everybody_can_read_the_pages_on_a_desk_and_on_a_phone_light_and_dark() {
    let sandbox = Sandbox::new();
    for load in [&["tool-call-mix", "--for", "2s"][..], &["concurrent-sessions", "--points"]] {
        let mut command = sandbox.mcp_loadtest("run");
        command.args(load).args(["--target", &mcp().await, "--calls", &calls(&sandbox)]);
        // One that is missed has a color of its own.
        command.args(["--threshold", "{rpc:tools/call}: p95<0.01"]);
        let ended = run(command.env("K6", program("K6")).env("LOADTEST_BEARER", TOKEN)).await;
        assert_eq!(ended.code, Some(3), "{ended:#?}");
    }
    let rules = folder("axe").join("node_modules/axe-core/axe.min.js");
    let rules = std::fs::read_to_string(rules).unwrap();
    for (name, marks) in [("runs/latest/report.html", "<svg"), ("runs/history.html", "report.html")]
    {
        let page = std::fs::read_to_string(sandbox.path(name)).unwrap();
        assert!(page.contains(marks), "{name}");
        let copy = sandbox.path("page.html");
        std::fs::write(&copy, looking_at_itself(&page, &rules)).unwrap();
        for size in ["1280,1800", "390,1800"] {
            for dark in [false, true] {
                let (found, kept) = violations(&copy, size, dark).await;
                assert_eq!(found, "[]", "{name} {size} {dark}");
                assert!(kept > 5, "{name}: {kept} rules");
            }
        }
    }
    let driver = browser::driver().await.unwrap();
    for (width, height) in [(1280, 1800), (390, 1800)] {
        let picture = sandbox.path("page.png");
        let mut chromium = child::command(driver.browser.clone().unwrap());
        chromium
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
            .args([
                format!("--window-size={width},{height}"),
                format!("--screenshot={}", picture.display()),
            ])
            .arg(format!("--user-data-dir={}", sandbox.path("profile").display()))
            .arg(format!("file://{}", sandbox.path("runs/latest/report.html").display()));
        run(&mut chromium).await.done();
        let png = std::fs::read(&picture).unwrap();
        assert_eq!(size_of(&png), (width, height));
        // A page of one color packs into almost nothing.
        assert!(png.len() > 20_000, "{} bytes", png.len());
    }
}

fn calls(sandbox: &Sandbox) -> String {
    let path = sandbox.path("calls.json");
    std::fs::write(&path, r#"[{"tool": "echo"}]"#).unwrap();
    path.display().to_string()
}
