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

    /// The same of the lines of a header: each is read alone, and where none names its metadata all of them as one, which
    /// they are ([RFC 9110 §5.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.3)).
    pub(crate) fn bearer_of_lines(lines: &[String]) -> Option<Self> {
        let alone = Self::bearer(lines.iter().map(String::as_str));
        let is_named = |it: &Self| it.parameter("resource_metadata").is_some();
        if lines.len() < 2 || alone.as_ref().is_some_and(is_named) {
            return alone;
        }
        Self::bearer([lines.join(", ").as_str()]).or(alone)
    }

    /// The values of all parameters of this name.
    pub(crate) fn parameters_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.parameters.iter().filter(move |(it, _)| it.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
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
    use proptest::collection::vec;
    use proptest::prelude::*;

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

    #[test]
    fn a_challenge_may_go_on_in_the_next_line() {
        let lines = ["Bearer realm=\"a\"", "error=\"x\"", "resource_metadata=\"https://m\""];
        let found = Challenge::bearer_of_lines(&lines.map(str::to_owned)).expect("a challenge");
        assert_eq!(found.parameter("resource_metadata"), Some("https://m"));
        let lines = ["Basic realm=\"never closed", "Bearer resource_metadata=https://m"];
        let found = Challenge::bearer_of_lines(&lines.map(str::to_owned)).expect("a challenge");
        assert_eq!(found.parameters_of("Resource_Metadata").collect::<Vec<_>>(), ["https://m"]);
        assert_eq!(Challenge::bearer_of_lines(&[]), None);
    }

    /// A parameter as the specification allows it: a token, or any text in quotes with `"` and `\` escaped.
    fn parameter() -> impl Strategy<Value = (String, String, String)> {
        let name = "[a-z][a-z0-9_-]{0,11}";
        let quoted = any::<String>().prop_map(|it| {
            let escaped = it.replace('\\', "\\\\").replace('"', "\\\"");
            (it, format!("\"{escaped}\""))
        });
        let token = "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}".prop_map(|it| (it.clone(), it));
        let value = prop_oneof![quoted, token];
        (name, value, "[ \t]{0,2}", "[ \t]{0,2}").prop_map(|(name, (value, written), a, b)| {
            (name.clone(), value, format!("{name}{a}={b}{written}"))
        })
    }

    fn challenge() -> impl Strategy<Value = (Challenge, String)> {
        let scheme = "[A-Z][A-Za-z0-9]{0,9}";
        (scheme, vec(parameter(), 0..5), "[ \t]{0,2},[ \t,]{0,3}").prop_map(
            |(scheme, parameters, comma)| {
                let written: Vec<&str> = parameters.iter().map(|it| it.2.as_str()).collect();
                let header = format!("{scheme} {}", written.join(&comma));
                let parameters = parameters.into_iter().map(|(n, v, _)| (n, v)).collect();
                (Challenge { scheme, parameters }, header)
            },
        )
    }

    proptest! {
        #[test]
        fn what_the_grammar_allows_is_read_as_it_was_meant(them in vec(challenge(), 1..4)) {
            let (meant, written): (Vec<_>, Vec<_>) = them.into_iter().unzip();
            prop_assert_eq!(parse(&written.join(", ")), meant);
        }

        #[test]
        fn no_header_makes_the_parser_panic_or_invent_text(header in any::<String>()) {
            for it in parse(&header) {
                prop_assert!(header.contains(&it.scheme));
                for (name, value) in &it.parameters {
                    prop_assert!(header.contains(name.as_str()));
                    prop_assert!(value.chars().all(|it| header.contains(it)));
                }
            }
        }

        #[test]
        fn text_made_of_the_marks_of_the_grammar_is_read_to_its_end(
            header in r#"[ \t,="\\abB/é]{0,40}"#,
            metadata in "https://[a-z]{1,9}/[a-z]{0,9}",
        ) {
            // Whatever comes before on a line of its own, the challenge of the next line is found.
            let bearer = format!("Bearer resource_metadata=\"{metadata}\"");
            let found = Challenge::bearer([header.as_str(), bearer.as_str()]);
            prop_assert!(found.is_some_and(|it| it.parameter("resource_metadata").is_some()));
        }
    }
}
