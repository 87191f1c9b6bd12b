//! The elements that the page is made of.

use crate::record::run::Verdict;
use crate::text::escape::{html as code, markup};
use crate::text::kind::{Text, Tone};

pub(crate) fn ink(phrase: &[Text]) -> String {
    phrase.iter().map(piece).collect()
}

pub(crate) fn piece(it: &Text) -> String {
    match it {
        Text::Own(it) => (*it).to_owned(),
        Text::Sentence(it) => markup(it),
        Text::Code(it) | Text::Name(it) => code(it),
        Text::Link(label, address) => {
            format!("<a href=\"{}\">{label}</a>", address.replace('&', "&amp;"))
        }
    }
}

pub(crate) fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Invalid => "invalid",
        Verdict::DidNotRun => "did-not-run",
    }
}

pub(crate) fn verdict(it: Verdict) -> String {
    format!("<span class=\"verdict {}\">{it}</span>", verdict_class(it))
}

pub(crate) fn table(opening: &str, header: &[&str], rows: &str) -> String {
    let head: String = header.iter().map(|it| format!("<th scope=\"col\">{it}</th>")).collect();
    format!("{opening}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n")
}

pub(crate) fn list(items: impl Iterator<Item = (String, Tone)>) -> String {
    let class = |tone| if tone == Tone::Bad { " class=\"bad\"" } else { "" };
    let items: String =
        items.map(|(item, tone)| format!("<li{}>{item}</li>\n", class(tone))).collect();
    if items.is_empty() { items } else { format!("<ul class=\"remarks\">\n{items}</ul>\n") }
}
