//! The page that holds a whole report.

use crate::rule::{USUAL, run, scenario};
use k6_summary::run::{Skipped, Target};
use k6_summary::{Report, Run, Timeline, Verdict, compare, html};

fn weeks(count: usize) -> Vec<Run> {
    (0..count).map(|it| run(it, vec![scenario("mix", USUAL)])).collect()
}

fn page(run: &Run, history: &[Run], timelines: &[Timeline]) -> String {
    html(&Report::new(run, &compare(run, history, 0.25), history, timelines))
}

/// Every element is closed where it should be, so that no name has opened or closed one.
#[track_caller]
fn check_well_formed(page: &str) {
    let body = page.split_once("</style>").unwrap().1;
    let mut open = vec!["html", "head"];
    for piece in body.split('<').skip(1) {
        let (tag, _text) = piece.split_once('>').unwrap_or_else(|| panic!("{piece}"));
        let name = tag.split([' ', '/']).find(|it| !it.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{piece}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
    }
    assert_eq!(open, [""; 0]);
}

#[test]
fn a_report_needs_nothing_else_and_says_the_verdict_first() {
    let now = run(20, vec![scenario("mix", [10.0, 30.0, 45.0, 50.0])]);
    let mut timeline = Timeline::default();
    timeline.scenario = "mix".to_owned();
    timeline.windows = (0..30).map(|it| (f64::from(it), 10.0, 20.0 + f64::from(it % 7))).collect();
    timeline.curve = (0..1000).map(|it| (f64::from(it) / 10.0, f64::from(it) / 20.0)).collect();
    let page = page(&now, &weeks(14), &[timeline]);
    check_well_formed(&page);
    let heading = page.split("<h1").nth(1).unwrap();
    let expected = " class=\"bad\">Passed, 1 scenario; alert: <code>mix</code> is worse than its usual noise; 2 figures are more than 25 % worse</h1>";
    assert!(heading.starts_with(expected), "{}", &heading[..300]);
    for it in ["<script", "src=", "url(", "@import", "<link", "href=\"http", "javascript:"] {
        assert!(!page.contains(it), "{it}");
    }
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("width=device-width"));
    assert_eq!(page.matches("<svg").count(), 6, "four trends, the curve, the run itself");
    assert_eq!(page.matches("outside the band").count(), 2);
}

#[test]
fn a_first_run_has_its_figures_and_no_trend() {
    let page = page(&run(20, vec![scenario("mix", USUAL)]), &[], &[]);
    check_well_formed(&page);
    assert!(!page.contains("class=\"band\""));
    assert!(page.contains("data-label=\"P95 ms\"><span>20.0</span>"), "{page}");
    assert_eq!(page.matches("<svg").count(), 1, "the curve");
}

#[test]
fn a_scenario_that_did_not_run_has_no_chart() {
    let mut now = run(20, vec![scenario("mix", USUAL)]);
    let mix = &mut now.scenarios[0];
    mix.verdict = Verdict::DidNotRun;
    mix.reasons.push("k6 was not started".to_owned());
    (mix.latency_ms, mix.throughput) = (Default::default(), None);
    now.verdict = Verdict::DidNotRun;
    let page = page(&now, &weeks(3), &[]);
    check_well_formed(&page);
    assert!(!page.contains("<svg") && page.contains("k6 was not started"), "{page}");
}

#[test]
fn names_from_strangers_stay_names_in_a_page() {
    let hostile = "</title></style><script>alert(1)</script>\" onload='x' &lt; \u{202e}\u{1b}[31m";
    let mut now = run(20, vec![scenario(hostile, USUAL)]);
    for it in [&mut now.environment, &mut now.target, &mut now.k6, &mut now.commit] {
        *it = Some(hostile.to_owned());
    }
    (now.suite, now.protocol) = (now.k6.clone(), now.k6.clone());
    (now.id, now.started) = (hostile.to_owned(), hostile.to_owned());
    now.url = Some("https://x/\"><script>".to_owned());
    now.dirty.push(hostile.to_owned());
    now.skipped.push(Skipped::new(hostile.to_owned(), hostile.to_owned()));
    let it = &mut now.scenarios[0];
    it.reasons.push(hostile.to_owned());
    it.failures.insert(hostile.to_owned(), 1);
    let mut target = Target::new(hostile.to_owned(), hostile.to_owned(), 1.0);
    (target.unit, target.measured, target.met) = (Some(hostile.to_owned()), Some(2.0), Some(false));
    it.targets.push(target);
    let tags = serde_json::json!({ "tags": { "tool": hostile } });
    it.by.push(serde_json::from_value(tags).unwrap());
    let mut earlier = now.clone();
    (earlier.id, earlier.started) = (format!("{hostile} 1"), "\"<script>".to_owned());
    let page = page(&now, &[earlier], &[]);
    check_well_formed(&page);
    assert!(!page.contains("<script") && !page.contains("onload='"), "{page}");
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    assert_eq!(page.matches("</style>").count(), 1);
}

#[test]
fn the_trend_stands_before_the_band_that_it_was_judged_by() {
    let now = run(20, vec![scenario("mix", [10.0, 30.0, 30.0, 50.0])]);
    let page = page(&now, &weeks(6), &[]);
    let figure = page.split("<figure>").nth(2).unwrap();
    let figure = figure.split("</figure>").next().unwrap();
    insta::assert_snapshot!(figure, @r#"
    <figcaption>P95 <strong>30.0 ms</strong> <span class="bad">+50 %</span> <span class="bad">⚠ outside the band</span></figcaption>
    <svg viewBox="0 0 280 150" role="img" aria-label="P95 is 30.0 ms, after 6 comparable runs, usually 20.0 ms, outside beyond 25.0 ms">
    <path class="grid" d="M44 126.0H268.0"/>
    <text x="38.0" y="129.5" text-anchor="end">0</text>
    <path class="grid" d="M44 97.0H268.0"/>
    <text x="38.0" y="100.5" text-anchor="end">10</text>
    <path class="grid" d="M44 68.0H268.0"/>
    <text x="38.0" y="71.5" text-anchor="end">20</text>
    <path class="grid" d="M44 39.0H268.0"/>
    <text x="38.0" y="42.5" text-anchor="end">30</text>
    <path class="grid" d="M44 10.0H268.0"/>
    <text x="38.0" y="13.5" text-anchor="end">40</text>
    <path class="band" d="M230.7 53.5L268.0 53.5L268.0 79.6L230.7 79.6Z"/>
    <path class="center" d="M230.7 68.0L268.0 68.0"/>
    <path class="past" d="M44.0 68.0L81.3 68.0L118.7 68.0L156.0 68.0L193.3 68.0L230.7 68.0L268.0 39.0"/>
    <circle class="past" cx="44.0" cy="68.0" r="2.5"><title>2026-01-01 03:37:00 UTC: 20.0 ms</title></circle>
    <circle class="past" cx="81.3" cy="68.0" r="2.5"><title>2026-01-08 03:37:00 UTC: 20.0 ms</title></circle>
    <circle class="past" cx="118.7" cy="68.0" r="2.5"><title>2026-01-15 03:37:00 UTC: 20.0 ms</title></circle>
    <circle class="past" cx="156.0" cy="68.0" r="2.5"><title>2026-01-22 03:37:00 UTC: 20.0 ms</title></circle>
    <circle class="past" cx="193.3" cy="68.0" r="2.5"><title>2026-02-01 03:37:00 UTC: 20.0 ms</title></circle>
    <circle class="past" cx="230.7" cy="68.0" r="2.5"><title>2026-02-08 03:37:00 UTC: 20.0 ms</title></circle>
    <circle class="now bad" cx="268.0" cy="39.0" r="5"><title>2026-06-01 03:37:00 UTC: 30.0 ms</title></circle>
    <text x="44.0" y="144.0" text-anchor="start">2026-01-01</text>
    <text x="268.0" y="144.0" text-anchor="end">2026-06-01</text>
    </svg>
    "#);
}

#[test]
fn bold_alone_is_not_as_red_as_what_is_outside() {
    // After one run nothing is usual yet, so that 50 % more is bold and no more.
    let slow = [10.0, 30.0, 30.0, 50.0];
    let cell = |weeks_before: usize| {
        let page = page(&run(20, vec![scenario("mix", slow)]), &weeks(weeks_before), &[]);
        let cell = page.split(" data-label=\"P95 ms\"").next().unwrap();
        cell.rsplit("<td class=").next().unwrap().to_owned()
    };
    assert_eq!((cell(1), cell(12)), ("\"worse\"".to_owned(), "\"bad\"".to_owned()));
}

#[test]
fn targets_are_read_without_unfolding_and_drawn_where_the_figures_are() {
    let mut now = run(20, vec![scenario("mix", USUAL)]);
    let mut target = |name: &str, limit| {
        let mut it = Target::new(name.to_owned(), "<".to_owned(), limit);
        (it.unit, it.measured, it.met) = (Some("ms".to_owned()), Some(20.0), Some(true));
        now.scenarios[0].targets.push(it);
    };
    target("calls p95", 25.0);
    target("calls p99", 5000.0);
    target("initialize p50", 11.0);
    let page = page(&now, &weeks(6), &[]);
    check_well_formed(&page);
    assert!(
        page.contains("<p>Targets: 3 met.</p>\n<ul")
            && !page.contains("<details><summary>calls, failures, targets")
    );
    let chart = |place: usize| {
        page.split("<figure>").nth(place).unwrap().split("</figure>").next().unwrap()
    };
    let drawn = |place: usize| chart(place).contains("class=\"target\"");
    assert_eq!([drawn(1), drawn(2), drawn(3)], [false, true, false], "P99's is far above");
    assert!(
        chart(3).contains("target 5,000 ms") && chart(3).contains(">40</text>"),
        "{}",
        chart(3)
    );
}

#[test]
fn every_table_has_headings_and_every_chart_words() {
    let now = run(20, vec![scenario("mix", [10.0, 30.0, 45.0, 50.0])]);
    let page = page(&now, &weeks(14), &[]);
    assert!(
        !page.contains("<th>")
            && page.contains("<th scope=\"row\" class=\"text\"><code>mix</code></th>")
    );
    for chart in page.split("<svg ").skip(1) {
        let words = chart.split("aria-label=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(words.contains(char::is_numeric), "{words}");
    }
}
