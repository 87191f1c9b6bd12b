//! Words by their kind, of which each ink has its own way of writing.

use crate::text::escape::{one_line, within_line};

/// A piece of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text {
    /// Words of this crate, plain everywhere.
    Own(&'static str),
    /// Words among which anybody's may be.
    Sentence(String),
    /// An address, an id: as it is spelled, to be copied.
    Code(String),
    /// What somebody called a scenario, a tool or a check: marked off, so that it reads as no other words.
    Name(String),
    /// A web address under words of this crate; [`Text::link`] makes it.
    Link(&'static str, String),
}

/// Pieces that stand behind one another.
pub(crate) type Phrase = Vec<Text>;

/// A phrase where there is nothing but text.
pub(crate) fn plain(phrase: &[Text]) -> String {
    let pieces = phrase.iter().enumerate().map(|(place, it)| match it {
        Text::Own(it) => (*it).to_owned(),
        Text::Sentence(it) | Text::Code(it) if place == 0 => one_line(it),
        Text::Sentence(it) | Text::Code(it) => within_line(it),
        Text::Name(it) => format!("`{}`", within_line(it).replace('`', "'")),
        Text::Link(label, address) => format!("{label} {address}"),
    });
    pieces.collect()
}

/// Names one after the other.
pub(crate) fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Phrase {
    let mut phrase = Phrase::new();
    for it in names {
        if !phrase.is_empty() {
            phrase.push(Text::Own(", "));
        }
        phrase.push(Text::Name(it.to_owned()));
    }
    phrase
}

/// How words are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Soft,
    Bad,
}

impl Text {
    /// A link to a web address, or nothing where it is none.
    pub(crate) fn link(label: &'static str, address: &str) -> Option<Self> {
        let plain = |it: char| it.is_ascii_graphic() && !r#"<>()[]"'`\|"#.contains(it);
        let web = address.starts_with("https://") || address.starts_with("http://");
        (web && address.chars().all(plain)).then(|| Self::Link(label, address.to_owned()))
    }
}
