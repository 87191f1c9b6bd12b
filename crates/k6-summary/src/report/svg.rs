//! A chart as inline SVG; colors come from the page's style sheet.

use crate::report::chart::{Chart, GAP, RIGHT, Shape};
use crate::text::escape::markup;
use crate::text::kind::Tone;

const HEIGHT: f64 = 150.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 24.0;

/// The chart under its caption.
pub(crate) fn svg(chart: &Chart) -> String {
    let (axis, left) = (chart.axis(), chart.left());
    let at = |x: f64, y: f64| {
        let up = TOP + (1.0 - (y / axis.end).clamp(0.0, 1.0)) * (HEIGHT - TOP - BOTTOM);
        (chart.across(x), up)
    };
    let mut body = String::new();
    for (tick, label) in &axis.ticks {
        let (up, right) = (at(0.0, *tick).1, chart.width - RIGHT);
        body += &format!("<path class=\"grid\" d=\"M{left} {up:.1}H{right:.1}\"/>\n");
        body += &text(left - GAP, up + 3.5, "end", label);
    }
    for shape in &chart.shapes {
        body += &match shape {
            Shape::Polyline(_, points) | Shape::Area(_, points) if points.len() < 2 => {
                String::new()
            }
            Shape::Polyline(class, points) => {
                format!("<path class=\"{class}\" d=\"{}\"/>\n", path(points, at))
            }
            Shape::Area(class, points) => {
                format!("<path class=\"{class}\" d=\"{}Z\"/>\n", path(points, at))
            }
            Shape::Dot(class, (x, y), radius, words) => {
                let ((x, y), words) = (at(*x, *y), markup(words));
                format!(
                    "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\">\
                     <title>{words}</title></circle>\n"
                )
            }
            Shape::Label(x, anchor, words) => text(chart.across(*x), HEIGHT - 6.0, anchor, words),
        };
    }
    let caption: Vec<String> = chart.caption.iter().map(|(tone, it)| said(*tone, it)).collect();
    format!(
        "<figure><figcaption>{}</figcaption>\n\
         <svg viewBox=\"0 0 {} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n{body}</svg></figure>\n",
        caption.join(" "),
        chart.width,
        markup(&chart.words)
    )
}

fn said(tone: Tone, words: &str) -> String {
    let words = markup(words);
    match tone {
        Tone::Plain => words,
        Tone::Strong => format!("<strong>{words}</strong>"),
        Tone::Soft => format!("<span class=\"change\">{words}</span>"),
        Tone::Bad => format!("<span class=\"bad\">{words}</span>"),
    }
}

fn text(x: f64, y: f64, anchor: &str, words: &str) -> String {
    let words = markup(words);
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>\n")
}

fn path(points: &[(f64, f64)], at: impl Fn(f64, f64) -> (f64, f64)) -> String {
    let points = points.iter().map(|it| at(it.0, it.1));
    let points: Vec<String> = points.map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    format!("M{}", points.join("L"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::WIDE;

    #[test]
    fn nothing_is_drawn_outside_of_the_chart_whatever_the_figures() {
        let odd = [0.0, -1.0, f64::MAX, f64::MIN_POSITIVE, 1e300];
        for most in odd {
            let (caption, words) = (Vec::new(), String::new());
            let shapes = vec![Shape::Polyline("now", odd.map(|it| (it, it)).to_vec())];
            let svg = svg(&Chart { width: WIDE, x: (0.0, 1.0), most, caption, words, shapes });
            assert!(svg.len() < 10_000 && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
