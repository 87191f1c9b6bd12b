//! The challenges of a `WWW-Authenticate` header, [RFC 9110 §11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1).

/// One challenge: a scheme and its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Finds the Bearer challenge in all `WWW-Authenticate` values of an answer, one that names its metadata first.
    pub(crate) fn bearer<'a>(headers: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut bearers: Vec<Self> = headers
            .into_iter()
            .flat_map(parse)
            .filter(|it| it.scheme.eq_ignore_ascii_case("bearer"))
            .collect();
        let named = bearers.iter().position(|it| it.parameter("resource_metadata").is_some());
        (!bearers.is_empty()).then(|| bearers.swap_remove(named.unwrap_or(0)))
    }

    /// The first parameter of this name; names are case-insensitive.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(it, _)| it.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// Reads one header value.
///
/// A comma separates both parameters and challenges, so a name is a parameter when `=` follows and a new scheme otherwise.
/// What fits neither is skipped: a header that is half wrong may still name the metadata.
fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some(first) = rest.chars().next() else { break };
        let (name, after) = split_while(rest, is_token);
        if name.is_empty() {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        match after.trim_start_matches([' ', '\t']).strip_prefix('=') {
            Some(value) => {
                let (value, after) = parameter_value(value.trim_start_matches([' ', '\t']));
                if let Some(current) = challenges.last_mut() {
                    current.parameters.push((name.to_owned(), value));
                }
                rest = after;
            }
            None => {
                challenges.push(Challenge { scheme: name.to_owned(), parameters: Vec::new() });
                rest = skip_token68(after);
            }
        }
    }
    challenges
}

fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = split_while(text, |it| !matches!(it, ',' | ' ' | '\t'));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, it)| it)),
            _ => value.push(character),
        }
    }
    (value, "")
}

/// Skips the credentials that some schemes send instead of parameters (`Negotiate YII=`).
fn skip_token68(after_scheme: &str) -> &str {
    let text = after_scheme.trim_start_matches([' ', '\t']);
    let (_, rest) = split_while(text, |it| {
        it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '_' | '~' | '+' | '/')
    });
    let rest = rest.trim_start_matches('=').trim_start_matches([' ', '\t']);
    if rest.is_empty() || rest.starts_with(',') { rest } else { after_scheme }
}

fn is_token(it: char) -> bool {
    it.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(it)
}

fn split_while(text: &str, accept: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|it| !accept(it)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expected: &[(&str, &[(&str, &str)])]) {
        let parsed = parse(header);
        let seen: Vec<(&str, Vec<(&str, &str)>)> = parsed
            .iter()
            .map(|it| {
                (
                    it.scheme.as_str(),
                    it.parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect(),
                )
            })
            .collect();
        let expected: Vec<_> = expected.iter().map(|(scheme, it)| (*scheme, it.to_vec())).collect();
        assert_eq!(seen, expected, "{header}");
    }

    #[test]
    fn a_challenge_is_a_scheme_and_parameters() {
        check("Bearer", &[("Bearer", &[])]);
        check(
            "Bearer realm=\"a\", scope=\"x y\"",
            &[("Bearer", &[("realm", "a"), ("scope", "x y")])],
        );
        check("bearer error=invalid_token", &[("bearer", &[("error", "invalid_token")])]);
        check("Bearer  realm = \"a\" ,  scope=b", &[("Bearer", &[("realm", "a"), ("scope", "b")])]);
    }

    #[test]
    fn several_challenges_share_one_header() {
        check(
            "Basic realm=\"x, y\", Bearer resource_metadata=\"https://a/b\", DPoP algs=\"ES256\"",
            &[
                ("Basic", &[("realm", "x, y")]),
                ("Bearer", &[("resource_metadata", "https://a/b")]),
                ("DPoP", &[("algs", "ES256")]),
            ],
        );
        check("Negotiate, Bearer", &[("Negotiate", &[]), ("Bearer", &[])]);
        check("Negotiate YII+/a==, Bearer a=b", &[("Negotiate", &[]), ("Bearer", &[("a", "b")])]);
    }

    #[test]
    fn quoted_strings_keep_escapes_and_commas() {
        check(r#"Bearer realm="say \"hi\", \\o""#, &[("Bearer", &[("realm", r#"say "hi", \o"#)])]);
        check(
            "Bearer realm=\"Bearer scope=evil\"",
            &[("Bearer", &[("realm", "Bearer scope=evil")])],
        );
        check("Bearer realm=\"never closed", &[("Bearer", &[("realm", "never closed")])]);
    }

    #[test]
    fn what_is_wrong_is_skipped_and_the_rest_is_read() {
        check("", &[]);
        check(",,,", &[]);
        check("realm=lost, Bearer a=b", &[("Bearer", &[("a", "b")])]);
        check("Bearer a=\"b\" c=\"d\"", &[("Bearer", &[("a", "b"), ("c", "d")])]);
        check("Bearer ;;, a=é, b=c", &[("Bearer", &[("a", "é"), ("b", "c")])]);
    }

    #[test]
    fn the_bearer_challenge_that_names_its_metadata_is_preferred() {
        let headers = ["Basic realm=a, Bearer realm=b", "BEARER Resource_Metadata=\"https://m\""];
        let found = Challenge::bearer(headers).expect("two Bearer challenges were given");
        assert_eq!(found.parameter("resource_metadata"), Some("https://m"));
        assert_eq!(Challenge::bearer(["Basic realm=a"]), None);
    }
}
