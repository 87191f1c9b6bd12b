//! Words by their kind, of which each ink has its own way of writing.

/// A piece of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text {
    /// Words of this crate, plain everywhere.
    Own(&'static str),
    /// Words among which anybody's may be.
    Sentence(String),
    /// A name, an address, an id: as it is spelled, to be copied.
    Code(String),
    /// A web address under words of this crate; [`Text::link`] makes it.
    Link(&'static str, String),
}

/// Pieces that stand behind one another.
pub(crate) type Phrase = Vec<Text>;

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
