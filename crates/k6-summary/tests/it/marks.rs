//! How an alert reads.

use crate::runs::{record, second, worse};
use crate::terminal_and_markdown::{WIDE, markdown, terminal};
use k6_summary::{Run, compare};

#[test]
fn an_alert_comes_first_and_says_what_it_stands_on() {
    let week = |day: u8| record(&format!("day-{day:02}"), &format!("2026-11-{day:02}T11:02:03Z"));
    let history: Vec<Run> = (1..=12).map(week).collect();
    let mut run = worse();
    run.scenarios[0].latency_ms.p50 = Some(1.9);
    let comparison = compare(&run, &history, 0.25);
    insta::assert_snapshot!(terminal(&run, &comparison, WIDE), @r#"
    load test embedded mcp smoke: passed, 2 scenarios; alert: `tool-call-mix` is worse than its usual noise; 3 figures are more than 25 % worse; 1 figure is beyond the usual noise, within the tolerance of 25 %
    2026-11-21 11:02:03 UTC, a1b2c3d, http://127.0.0.1:40123/mcp, k6 2.2.0, MCP 2025-11-25, run https://ci.example/acme/api/actions/runs/412, record 20261121T110203Z-3f9a

    scenario       verdict   calls  errors        P50 ms              P95 ms              P99 ms             calls/s
    cold-start     passed      400   0.5 %  1.90 (+12 %)         3.10 (±0 %)        ~4.40 (±0 %)         12.1 (±0 %)
    tool-call-mix  passed   12,345  0.02 %   1.70 (±0 %)  **4.40 (+42 %) ⚠**  **1,234 (×281) ⚠**  **6.29 (−48 %) ⚠**

    Compared with run day-12 of 2026-11-12 11:02:03 UTC
    Bold is more than 25 % worse
    ⚠ is outside the noise band of the last 12 runs
    ~ stands on too few calls to be judged
    earlier run https://ci.example/acme/api/actions/runs/405
    `cold-start`: targets 1 met
    `tool-call-mix`: targets 1 met
    "#);
    insta::assert_snapshot!(markdown(&run, &comparison), @r#"
    ### ⚠ load test embedded mcp smoke: passed, 2 scenarios; alert: `tool-call-mix` is worse than its usual noise; 3 figures are more than 25 % worse; 1 figure is beyond the usual noise, within the tolerance of 25 %

    2026-11-21 11:02:03 UTC · `a1b2c3d` · `http://127.0.0.1:40123/mcp` · k6 2.2.0 · MCP 2025-11-25 · [run](https://ci.example/acme/api/actions/runs/412) · record `20261121T110203Z-3f9a`

    | scenario | verdict | calls | errors | P50 ms | P95 ms | P99 ms | calls/s |
    |---|---|--:|--:|--:|--:|--:|--:|
    | `cold-start` | passed | 400 | 0.5 % | 1.90 (+12 %) | 3.10 (±0 %) | \~4.40 (±0 %) | 12.1 (±0 %) |
    | `tool-call-mix` | passed | 12,345 | 0.02 % | 1.70 (±0 %) | **4.40 (+42 %) ⚠** | **1,234 (×281) ⚠** | **6.29 (−48 %) ⚠** |

    Compared with run day-12 of 2026-11-12 11:02:03 UTC. Bold is more than 25 % worse. ⚠ is outside the noise band of the last 12 runs. \~ stands on too few calls to be judged. [earlier run](https://ci.example/acme/api/actions/runs/405)

    <details><summary><code>cold-start</code></summary>

    | calls to | calls | P50 ms | P95 ms | P99 ms |
    |---|--:|--:|--:|--:|
    | `executeSQL` | 61 | 1.90 (±0 %) | \~3.30 (±0 %) | \~4.60 (±0 %) |

    Failed calls: 2 `rate_limited`.

    Offered calls/s: 12.3.

    Targets: 1 met.

    - executeSQL p95 &lt; 500 ms: met, 3.10 ms

    | noise band | now | median | ⚠ beyond | runs |
    |---|--:|--:|--:|--:|
    | P50 | 1.90 | 1.70 | 2.12 | 12 |
    | P95 | 3.10 | 3.10 | 3.88 | 12 |
    | calls/s | 12.1 | 12.1 | 9.08 | 12 |
    | errors | 0.5 % | 0.5 % | 1.5 % | 12 |

    </details>

    <details><summary><code>tool-call-mix</code></summary>

    | calls to | calls | P50 ms | P95 ms | P99 ms |
    |---|--:|--:|--:|--:|
    | `executeSQL` | 61 | 1.90 (±0 %) | \~3.30 (±0 %) | \~4.60 (±0 %) |

    Failed calls: 2 `rate_limited`.

    Offered calls/s: 12.3.

    Targets: 1 met.

    - executeSQL p95 &lt; 500 ms: met, 3.10 ms

    | noise band | now | median | ⚠ beyond | runs |
    |---|--:|--:|--:|--:|
    | P50 | 1.70 | 1.70 | 2.12 | 12 |
    | P95 | 4.40 | 3.10 | 3.88 | 12 |
    | P99 | 1,234 | 4.40 | 5.50 | 12 |
    | calls/s | 6.29 | 12.1 | 9.08 | 12 |
    | errors | 0.02 % | 0.02 % | 1 % | 12 |

    </details>
    "#);
    let usual = compare(&second(), &history, 0.25);
    assert_eq!(
        terminal(&second(), &usual, WIDE).lines().next(),
        Some(
            "load test embedded mcp smoke: passed, 2 scenarios; no change beyond the usual noise in 9 of 10 figures"
        )
    );
}
