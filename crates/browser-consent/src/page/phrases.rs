//! Texts as a person reads them: words without case, marks and spacing.
//!
//! Phrases are stored as [`normalize`] leaves them: lowercase, without apostrophes, one space between words.
//! Japanese and Chinese have no spaces, so a phrase in their letters is found anywhere.

/// Phrases with commas between them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phrases(pub(crate) &'static str);

impl Phrases {
    fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.split(',').map(str::trim)
    }

    /// The first that occurs in a normalized text as whole words.
    pub(crate) fn find(self, text: &str) -> Option<&'static str> {
        let is_whole = |at: usize, it: &str| {
            it.starts_with(is_unspaced)
                || text[..at].ends_with(' ') && text[at + it.len()..].starts_with(' ')
        };
        self.iter().find(|it| text.match_indices(it).any(|(at, _)| is_whole(at, it)))
    }

    pub(crate) fn occur_in(self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Whether one of them is all that a normalized text says.
    pub(crate) fn are(self, text: &str) -> bool {
        self.iter().any(|it| it == text.trim())
    }

    /// Whether a normalized text begins with one of them.
    pub(crate) fn lead(self, text: &str) -> bool {
        let rest = |it| text.strip_prefix(' ').and_then(|text| text.strip_prefix(it));
        let is_whole = |rest: &str| rest.starts_with(' ') || rest.starts_with(is_unspaced);
        self.iter().filter_map(rest).any(is_whole)
    }
}

/// What French and Italian put before an apostrophe, besides single letters.
const ELIDED: &[&str] = &["qu", "un", "all", "dall", "dell", "nell", "sull"];

/// Whether a letter is of a script that writes its words without spaces between them.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{3005}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Lowercase words with one space between and around them, so that a phrase is found by plain search.
pub(crate) fn normalize(text: &str) -> String {
    let mut words = String::from(" ");
    for letter in text.to_lowercase().chars() {
        match letter {
            '\'' | '’' | '‘' | '`' => {
                let word = words.rsplit(' ').next().unwrap_or_default();
                // "l'accès" is two words, "don't" is one.
                if word.chars().count() == 1 || ELIDED.contains(&word) {
                    words.push(' ');
                }
            }
            _ if letter.is_alphanumeric() => {
                let last = words.chars().next_back().unwrap_or(' ');
                if last != ' ' && is_unspaced(last) != is_unspaced(letter) {
                    words.push(' ');
                }
                words.push(letter);
            }
            _ if words.ends_with(' ') => {}
            _ => words.push(' '),
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    words
}

/// The words of an attribute, where `denyButton`, `deny-button` and `deny_button` are the same.
pub(crate) fn attribute_words(text: &str) -> String {
    let mut spaced = String::new();
    let mut lower = false;
    for letter in text.chars() {
        if lower && letter.is_uppercase() {
            spaced.push(' ');
        }
        lower = letter.is_lowercase();
        spaced.push(letter);
    }
    normalize(&spaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: Phrases = Phrases("cancel, not, dont, sans, 拒否, しない");

    #[test]
    fn words_are_found_whole_and_attributes_are_split_at_their_humps() {
        assert_eq!(normalize("Don’t  Allow!"), " dont allow ");
        assert_eq!(normalize("l’accès"), " l accès ");
        assert_eq!(normalize("—"), " ");
        assert_eq!(DENY.find(&normalize("Notify me")), None);
        assert_eq!(DENY.find(&normalize("[ Cancel ]")), Some("cancel"));
        assert_eq!(DENY.find(&normalize("Continuer sans accepter")), Some("sans"));
        assert_eq!(DENY.find(&attribute_words("consentCancelButton")), Some("cancel"));
        assert_eq!(DENY.find(&attribute_words("kc-cancel")), Some("cancel"));
        let allow = Phrases("allow");
        assert!(allow.lead(&normalize("Allow access")) && !allow.lead(&normalize("I allow")));
    }

    #[test]
    fn letters_without_spaces_are_found_inside_and_parted_from_the_others() {
        assert_eq!(DENY.find(&normalize("アクセスを許可しない")), Some("しない"));
        assert_eq!(normalize("No Thanksに許可"), " no thanks に許可 ");
        assert!(Phrases("许可").lead(&normalize("许可访问")));
    }
}
