//! How the width of the noise band trades false alarms for what is seen: a table and a figure for the documentation.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use k6_summary::simulation::{PROFILES, Profile, Rates, rates};

use crate::checkout;
use mcp_loadtest::console::section::say;

const WEEKS: u32 = 2000;
const SEED: u64 = 1;

/// By how much one scenario became slower; 1 is not at all.
const STEPS: [f64; 4] = [1.0, 1.25, 1.5, 2.0];

/// The step that the figure shows.
const SHOWN: f64 = 1.5;

/// The width that the rule has.
const CHOSEN: f64 = 3.0;

const SIGMAS: [f64; 9] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];

/// Of one profile of noise and one step, at each width of the band.
#[derive(Debug)]
struct Sweep {
    profile: &'static str,
    step: f64,
    rates: Vec<Rates>,
}

/// Writes both into `docs/`.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let docs = checkout::root()?.join("docs");
    let sweeps = sweeps();
    for (name, text) in [("roc.csv", csv(&sweeps)), ("roc.svg", svg(&sweeps))] {
        write(&docs.join(name), &text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = std::fs::write(path, text);
    written.with_context(|| format!("failed to write `{}`", path.display()))?;
    say("roc", path.display());
    Ok(())
}

fn sweeps() -> Vec<Sweep> {
    let sweep = |profile: &Profile, step| Sweep {
        profile: profile.name,
        step,
        rates: rates(profile, step, &SIGMAS, WEEKS, SEED),
    };
    PROFILES.iter().flat_map(|it| STEPS.map(|step| sweep(it, step))).collect()
}

fn csv(sweeps: &[Sweep]) -> String {
    let mut csv = String::from("noise,step,sigmas,bold,outside,alert\n");
    for Sweep { profile, step, rates } in sweeps {
        for (sigmas, Rates { bold, outside, alert, .. }) in SIGMAS.iter().zip(rates) {
            writeln!(csv, "{profile},{step},{sigmas},{bold:.4},{outside:.4},{alert:.4}")
                .expect("writing to a String does not fail");
        }
    }
    csv
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 54.0;

fn x(share: f64) -> f64 {
    LEFT + share / 0.8 * (WIDTH - LEFT - RIGHT)
}

fn y(share: f64) -> f64 {
    TOP + (1.0 - share) * (HEIGHT - TOP - BOTTOM)
}

/// Across, weeks with a false mark; up, weeks in which the slower scenario was marked.
fn svg(sweeps: &[Sweep]) -> String {
    let colors = ["#0a7d5a", "#1f5fbf", "#b3421f"];
    let (mut body, mut labels) = (grid(), String::new());
    let find = |profile, step| sweeps.iter().find(|it| it.profile == profile && it.step == step);
    for (profile, color) in PROFILES.iter().zip(colors) {
        let both = find(profile.name, 1.0).zip(find(profile.name, SHOWN));
        let (none, step) = both.expect("every profile was swept with these steps");
        let points: Vec<(f64, f64)> =
            none.rates.iter().zip(&step.rates).map(|(a, b)| (x(a.outside), y(b.outside))).collect();
        let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        body += &format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\n",
            line.join(" ")
        );
        for ((x, y), sigmas) in points.iter().zip(SIGMAS) {
            let radius = if sigmas == CHOSEN { 6.0 } else { 2.5 };
            body +=
                &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{color}\"/>\n");
        }
        let (bold_x, bold_y) = (x(none.rates[0].bold), y(step.rates[0].bold));
        body += &format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"#fff\" stroke=\"{color}\" stroke-width=\"2\"/>\n",
            bold_x - 5.0,
            bold_y - 5.0
        );
        let (label_x, label_y) = points[points.len() - 1];
        labels += &text(label_x + 10.0, label_y - 6.0, "start", color, profile.name);
    }
    body += &labels;
    let title = "Weeks with a false mark, and weeks in which +50 % in one scenario was marked";
    body += &text(LEFT, 22.0, "start", "#222", title);
    let legend =
        "lines: ⚠ at 0 to 8 standard deviations, the large dot is 3; squares: the plain 25 % rule";
    body += &text(LEFT, 38.0, "start", "#666", legend);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

fn grid() -> String {
    let mut grid = String::new();
    let mut line = |x1: f64, y1: f64, x2: f64, y2: f64| {
        grid += &format!(
            "<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"#ddd\" fill=\"none\"/>\n"
        );
    };
    let shares: [f64; 5] = [0.0, 0.2, 0.4, 0.6, 0.8];
    for share in shares {
        line(x(share), y(0.0), x(share), y(1.0));
    }
    for share in shares.into_iter().chain([1.0]) {
        line(x(0.0), y(share), x(0.8), y(share));
    }
    for share in shares {
        let label = format!("{:.0} %", share * 100.0);
        grid += &text(x(share), y(0.0) + 18.0, "middle", "#444", &label);
    }
    for share in shares.into_iter().chain([1.0]) {
        let label = format!("{:.0} %", share * 100.0);
        grid += &text(LEFT - 8.0, y(share) + 4.0, "end", "#444", &label);
    }
    grid +=
        &text(x(0.4), HEIGHT - 14.0, "middle", "#444", "weeks without a change that have a mark");
    grid
}

fn text(x: f64, y: f64, anchor: &str, color: &str, text: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{color}\" stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\">{text}</text>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_figure_is_what_is_measured() {
        let sweeps = sweeps();
        let again = "run `cargo xtask roc`";
        assert!(csv(&sweeps) == include_str!("../../docs/roc.csv"), "docs/roc.csv: {again}");
        assert!(svg(&sweeps) == include_str!("../../docs/roc.svg"), "docs/roc.svg: {again}");
    }
}
