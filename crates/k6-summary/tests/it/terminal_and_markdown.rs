//! What people read, as they read it.

use crate::runs::{first, second, worse};
use k6_summary::run::Skipped;
use k6_summary::{Comparison, Report, Run, Scenario, Style, Verdict, compare, judge};

const NARROW: Style = Style::plain(80);
pub(crate) const WIDE: Style = Style::plain(200);

pub(crate) fn terminal(run: &Run, comparison: &Comparison, style: Style) -> String {
    k6_summary::terminal(&Report::new(run, comparison, &[], &[]), style)
}

pub(crate) fn markdown(run: &Run, comparison: &Comparison) -> String {
    k6_summary::markdown(&Report::new(run, comparison, &[], &[]))
}

#[test]
fn a_first_run_has_nothing_to_compare_with() {
    let run = second();
    insta::assert_snapshot!(terminal(&run, &compare(&run, &[], 0.25), NARROW), @r#"
    load test embedded mcp smoke: passed, 2 scenarios
    2026-11-21 11:02:03 UTC, a1b2c3d, http://127.0.0.1:40123/mcp, k6 2.2.0, MCP
    2025-11-25, run https://ci.example/acme/api/actions/runs/412, record
    20261121T110203Z-3f9a

    scenario       verdict   calls  errors  P50 ms  P95 ms  P99 ms  calls/s
    cold-start     passed      400   0.5 %    1.70    3.10   ~4.40     12.1
    tool-call-mix  passed   12,345  0.02 %    1.70    3.10    4.40     12.1

    No earlier run to compare with
    ~ stands on too few calls to be judged
    `cold-start`: targets 1 met
    `tool-call-mix`: targets 1 met
    "#);
}

#[test]
fn what_got_worse_is_bold() {
    let run = worse();
    let comparison = compare(&run, &[first()], 0.25);
    insta::assert_snapshot!(terminal(&run, &comparison, NARROW), @r#"
    load test embedded mcp smoke: passed, 2 scenarios; 3 figures are more than 25 %
    worse
    2026-11-21 11:02:03 UTC, a1b2c3d, http://127.0.0.1:40123/mcp, k6 2.2.0, MCP
    2025-11-25, run https://ci.example/acme/api/actions/runs/412, record
    20261121T110203Z-3f9a

    scenario       verdict   calls  errors   P50 ms    P95 ms     P99 ms   calls/s
    cold-start     passed      400   0.5 %     1.50      3.10      ~4.40      12.1
                                            (−12 %)    (±0 %)     (±0 %)    (±0 %)
    tool-call-mix  passed   12,345  0.02 %     1.70  **4.40**  **1,234**  **6.29**
                                             (±0 %)   (+42 %)     (×281)   (−48 %)

    Compared with run 20261114T110203Z-11aa of 2026-11-14 11:02:03 UTC
    Bold is more than 25 % worse
    The noise band is learning: 1 of 5 runs
    ~ stands on too few calls to be judged
    earlier run https://ci.example/acme/api/actions/runs/405
    `cold-start`: targets 1 met
    `tool-call-mix`: targets 1 met
    "#);
    insta::assert_snapshot!(terminal(&run, &comparison, WIDE), @r#"
    load test embedded mcp smoke: passed, 2 scenarios; 3 figures are more than 25 % worse
    2026-11-21 11:02:03 UTC, a1b2c3d, http://127.0.0.1:40123/mcp, k6 2.2.0, MCP 2025-11-25, run https://ci.example/acme/api/actions/runs/412, record 20261121T110203Z-3f9a

    scenario       verdict   calls  errors        P50 ms            P95 ms            P99 ms           calls/s
    cold-start     passed      400   0.5 %  1.50 (−12 %)       3.10 (±0 %)      ~4.40 (±0 %)       12.1 (±0 %)
    tool-call-mix  passed   12,345  0.02 %   1.70 (±0 %)  **4.40 (+42 %)**  **1,234 (×281)**  **6.29 (−48 %)**

    Compared with run 20261114T110203Z-11aa of 2026-11-14 11:02:03 UTC
    Bold is more than 25 % worse
    The noise band is learning: 1 of 5 runs
    ~ stands on too few calls to be judged
    earlier run https://ci.example/acme/api/actions/runs/405
    `cold-start`: targets 1 met
    `tool-call-mix`: targets 1 met
    "#);
    insta::assert_snapshot!(markdown(&run, &comparison), @r#"
    ### load test embedded mcp smoke: passed, 2 scenarios; 3 figures are more than 25 % worse

    2026-11-21 11:02:03 UTC · `a1b2c3d` · `http://127.0.0.1:40123/mcp` · k6 2.2.0 · MCP 2025-11-25 · [run](https://ci.example/acme/api/actions/runs/412) · record `20261121T110203Z-3f9a`

    | scenario | verdict | calls | errors | P50 ms | P95 ms | P99 ms | calls/s |
    |---|---|--:|--:|--:|--:|--:|--:|
    | `cold-start` | passed | 400 | 0.5 % | 1.50 (−12 %) | 3.10 (±0 %) | \~4.40 (±0 %) | 12.1 (±0 %) |
    | `tool-call-mix` | passed | 12,345 | 0.02 % | 1.70 (±0 %) | **4.40 (+42 %)** | **1,234 (×281)** | **6.29 (−48 %)** |

    Compared with run 20261114T110203Z-11aa of 2026-11-14 11:02:03 UTC. Bold is more than 25 % worse. The noise band is learning: 1 of 5 runs. \~ stands on too few calls to be judged. [earlier run](https://ci.example/acme/api/actions/runs/405)

    <details><summary><code>cold-start</code></summary>

    | calls to | calls | P50 ms | P95 ms | P99 ms |
    |---|--:|--:|--:|--:|
    | `executeSQL` | 61 | 1.90 (±0 %) | \~3.30 (±0 %) | \~4.60 (±0 %) |

    Failed calls: 2 `rate_limited`.

    Offered calls/s: 12.3.

    Targets: 1 met.

    - executeSQL p95 &lt; 500 ms: met, 3.10 ms

    </details>

    <details><summary><code>tool-call-mix</code></summary>

    | calls to | calls | P50 ms | P95 ms | P99 ms |
    |---|--:|--:|--:|--:|
    | `executeSQL` | 61 | 1.90 (±0 %) | \~3.30 (±0 %) | \~4.60 (±0 %) |

    Failed calls: 2 `rate_limited`.

    Offered calls/s: 12.3.

    Targets: 1 met.

    - executeSQL p95 &lt; 500 ms: met, 3.10 ms

    </details>
    "#);
    let ansi = terminal(&run, &comparison, Style::ansi(200));
    assert!(ansi.contains("\u{1b}[1m"), "{ansi:?}");
    assert!(!ansi.contains("**"), "{ansi:?}");
}

#[test]
fn a_table_of_long_names_and_changes_fits_eighty_columns() {
    let mut run = worse();
    run.scenarios[0].name = "concurrent-sessions".to_owned();
    run.scenarios[0].latency_ms.p99 = Some(12345.6);
    run.scenarios[1].name = "a-scenario-whose-name-is-long-enough-for-two".to_owned();
    run.scenarios[1].calls = Some(1_234_567);
    run.scenarios.push(judge(&crate::measurement(None)));
    let mut earlier = first();
    earlier.scenarios[0].name = run.scenarios[0].name.clone();
    let text = terminal(&run, &compare(&run, &[earlier], 0.25), NARROW);
    let table: Vec<&str> = text.split("\n\n").nth(1).unwrap().lines().collect();
    assert!(table.iter().all(|it| it.chars().count() <= 80), "{text}");
    for figure in ["1,234,567", "~12,346", "(×2,806)", "did not run"] {
        assert!(text.contains(figure), "{figure} in\n{text}");
    }
}

#[test]
fn a_number_is_whole_in_a_terminal_of_any_width() {
    let mut run = worse();
    run.scenarios[0].calls = Some(1_234_567);
    run.scenarios[1].error_rate = Some(0.045);
    let comparison = compare(&run, &[first()], 0.25);
    let figures = ["1,234,567", "0.5 %", "1.50", "~4.40", "**1,234", "(×281)", "**6.29", "**4.5 %"];
    for width in 20..200 {
        let text = terminal(&run, &comparison, Style::plain(width));
        let table = text.split("\n\n").nth(1).unwrap();
        for figure in figures {
            assert!(table.contains(figure), "{figure} at {width}:\n{table}");
        }
    }
    let text = terminal(&run, &comparison, Style::plain(40));
    insta::assert_snapshot!(text.split("\n\n").nth(1).unwrap(), @r#"
    cold-start  passed
      calls    1,234,567
      errors   0.5 %
      P50 ms   1.50 (−12 %)
      P95 ms   3.10 (±0 %)
      P99 ms   ~4.40 (±0 %)
      calls/s  12.1 (±0 %)
    tool-call-mix  passed
      calls    12,345
      errors   **4.5 % (was 0.02 %)**
      P50 ms   1.70 (±0 %)
      P95 ms   **4.40 (+42 %)**
      P99 ms   **1,234 (×281)**
      calls/s  **6.29 (−48 %)**
    "#);
}

#[test]
fn an_invalid_run_says_why_and_is_never_bold() {
    let mut run = worse();
    let mix = &mut run.scenarios[1];
    mix.verdict = Verdict::Invalid;
    mix.reasons.push("6,200 of 12,345 calls failed (50.2 %), above the limit of 5 %".to_owned());
    mix.targets[0].met = None;
    mix.targets[0].measured = None;
    run.verdict = Verdict::worst(&run.scenarios);
    run.dirty.push("other processes took 23 % of the machine".to_owned());
    run.skipped.push(Skipped::new("runMetric".to_owned(), "no such tool".to_owned()));
    let comparison = compare(&run, &[first()], 0.25);
    assert_eq!(comparison.worse(), 0);
    insta::assert_snapshot!(terminal(&run, &comparison, NARROW), @r#"
    load test embedded mcp smoke: invalid, `tool-call-mix` did not measure the
    server; dirty, so it is no baseline; not every threshold was judged; skipped:
    `runMetric`
    2026-11-21 11:02:03 UTC, a1b2c3d, http://127.0.0.1:40123/mcp, k6 2.2.0, MCP
    2025-11-25, run https://ci.example/acme/api/actions/runs/412, record
    20261121T110203Z-3f9a

    scenario       verdict   calls  errors   P50 ms  P95 ms  P99 ms  calls/s
    cold-start     passed      400   0.5 %     1.50    3.10   ~4.40     12.1
                                            (−12 %)  (±0 %)  (±0 %)   (±0 %)
    tool-call-mix  invalid  12,345  0.02 %     1.70    4.40   1,234     6.29

    Compared with run 20261114T110203Z-11aa of 2026-11-14 11:02:03 UTC
    Bold is more than 25 % worse
    The noise band is learning: `cold-start` 1/5
    ~ stands on too few calls to be judged
    earlier run https://ci.example/acme/api/actions/runs/405
    `tool-call-mix`: 6,200 of 12,345 calls failed (50.2 %), above the limit of 5 %
    skipped `runMetric`: no such tool
    dirty: other processes took 23 % of the machine
    `cold-start`: targets 1 met
    `tool-call-mix`: targets 1 not measured
      executeSQL p95 < 500 ms: not measured
    "#);
    insta::assert_snapshot!(markdown(&run, &comparison), @r#"
    ### load test embedded mcp smoke: invalid, `tool-call-mix` did not measure the server; dirty, so it is no baseline; not every threshold was judged; skipped: `runMetric`

    2026-11-21 11:02:03 UTC · `a1b2c3d` · `http://127.0.0.1:40123/mcp` · k6 2.2.0 · MCP 2025-11-25 · [run](https://ci.example/acme/api/actions/runs/412) · record `20261121T110203Z-3f9a`

    | scenario | verdict | calls | errors | P50 ms | P95 ms | P99 ms | calls/s |
    |---|---|--:|--:|--:|--:|--:|--:|
    | `cold-start` | passed | 400 | 0.5 % | 1.50 (−12 %) | 3.10 (±0 %) | \~4.40 (±0 %) | 12.1 (±0 %) |
    | `tool-call-mix` | invalid | 12,345 | 0.02 % | 1.70 | 4.40 | 1,234 | 6.29 |

    Compared with run 20261114T110203Z-11aa of 2026-11-14 11:02:03 UTC. Bold is more than 25 % worse. The noise band is learning: `cold-start` 1/5. \~ stands on too few calls to be judged. [earlier run](https://ci.example/acme/api/actions/runs/405)

    - `tool-call-mix`: 6,200 of 12,345 calls failed (50.2 %), above the limit of 5 %
    - skipped `runMetric`: no such tool
    - dirty: other processes took 23 % of the machine

    <details><summary><code>cold-start</code></summary>

    | calls to | calls | P50 ms | P95 ms | P99 ms |
    |---|--:|--:|--:|--:|
    | `executeSQL` | 61 | 1.90 (±0 %) | \~3.30 (±0 %) | \~4.60 (±0 %) |

    Failed calls: 2 `rate_limited`.

    Offered calls/s: 12.3.

    Targets: 1 met.

    - executeSQL p95 &lt; 500 ms: met, 3.10 ms

    </details>

    <details><summary><code>tool-call-mix</code></summary>

    | calls to | calls | P50 ms | P95 ms | P99 ms |
    |---|--:|--:|--:|--:|
    | `executeSQL` | 61 | 1.90 | \~3.30 | \~4.60 |

    Failed calls: 2 `rate_limited`.

    Offered calls/s: 12.3.

    Targets: 1 not measured.

    - executeSQL p95 &lt; 500 ms: not measured

    </details>
    "#);
}

#[test]
fn a_scenario_that_did_not_run_has_dashes_and_no_zeros() {
    let mut it = crate::measurement(None);
    it.k6_exit = Some(107);
    let run = Run::new("b".to_owned(), "2026-11-21T11:02:03Z".to_owned(), vec![judge(&it)]);
    let comparison = compare(&run, &[first()], 0.25);
    insta::assert_snapshot!(terminal(&run, &comparison, NARROW), @r#"
    load test: did not run to its end: `mix`
    2026-11-21 11:02:03 UTC, record b

    scenario  verdict      calls  errors  P50 ms  P95 ms  P99 ms  calls/s
    mix       did not run      —       —       —       —       —        —

    No earlier run to compare with
    `mix`: k6 ended with exit code 107: the script threw an exception or imports
    what is not there
    "#);
    insta::assert_snapshot!(markdown(&run, &comparison), @r#"
    ### load test: did not run to its end: `mix`

    2026-11-21 11:02:03 UTC · record `b`

    | scenario | verdict | calls | errors | P50 ms | P95 ms | P99 ms | calls/s |
    |---|---|--:|--:|--:|--:|--:|--:|
    | `mix` | did not run | — | — | — | — | — | — |

    No earlier run to compare with.

    - `mix`: k6 ended with exit code 107: the script threw an exception or imports what is not there
    "#);
}

#[test]
fn names_from_strangers_stay_names() {
    let hostile = "a|b `@octocat` #12 <img src=x> [x](https://evil.example)\n\u{1b}[31mred";
    let mut run = second();
    run.target = Some("http://x/`|y".to_owned());
    run.url = Some("https://x/) [y](javascript:alert(1)".to_owned());
    run.environment = Some(hostile.to_owned());
    run.scenarios.truncate(1);
    let Scenario { name, reasons, by, targets, failures, .. } = &mut run.scenarios[0];
    hostile.clone_into(name);
    hostile.clone_into(&mut targets[0].name);
    reasons.push(hostile.to_owned());
    by[0].tags.insert("tool".to_owned(), hostile.to_owned());
    failures.insert(hostile.to_owned(), 1);
    let comparison = compare(&run, &[], 0.25);
    insta::assert_snapshot!(markdown(&run, &comparison).replace('\u{200b}', "·"), @r#"
    ### load test a\|b \`@·octocat\` #·12 &lt;img src=x&gt; \[x\](https:·//evil.example) \[31mred mcp smoke: passed, 1 scenario

    2026-11-21 11:02:03 UTC · `a1b2c3d` · ``http://x/`|y`` · k6 2.2.0 · MCP 2025-11-25 · record `20261121T110203Z-3f9a`

    | scenario | verdict | calls | errors | P50 ms | P95 ms | P99 ms | calls/s |
    |---|---|--:|--:|--:|--:|--:|--:|
    | ``a\|b `@octocat` #12 <img src=x> [x](https://evil.example) [31mred`` | passed | 400 | 0.5 % | 1.70 | 3.10 | \~4.40 | 12.1 |

    No earlier run to compare with. \~ stands on too few calls to be judged.

    - ``a|b `@octocat` #12 <img src=x> [x](https://evil.example) [31mred``: a\|b \`@·octocat\` #·12 &lt;img src=x&gt; \[x\](https:·//evil.example) \[31mred

    <details><summary><code>a|b `@octocat` #12 &lt;img src=x&gt; [x](https://evil.example) [31mred</code></summary>

    | calls to | calls | P50 ms | P95 ms | P99 ms |
    |---|--:|--:|--:|--:|
    | ``a\|b `@octocat` #12 <img src=x> [x](https://evil.example) [31mred`` | 61 | 1.90 | \~3.30 | \~4.60 |

    Failed calls: 1 ``a|b `@octocat` #12 <img src=x> [x](https://evil.example) [31mred``, 2 `rate_limited`.

    Offered calls/s: 12.3.

    Targets: 1 met.

    - a\|b \`@·octocat\` #·12 &lt;img src=x&gt; \[x\](https:·//evil.example) \[31mred &lt; 500 ms: met, 3.10 ms

    </details>
    "#);
    let terminal = terminal(&run, &comparison, WIDE);
    assert!(!terminal.contains('\u{1b}'), "{terminal:?}");
}
