use gh_comment::{Comment, Error, MAX_CHARACTERS, SigningKey};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};
use serde_json::{Value, json};

use crate::github::marker;

/// Text of the pieces that end comments, blocks and strings, and of any others.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "-",
            "--",
            ">",
            "<",
            "!",
            "&",
            "\"",
            "\\",
            "\\u003e",
            "\n",
            "\r",
            "\t",
            "\0",
            "\u{1b}",
            "`",
            "```\n",
            "|",
            "é",
            "🦀",
            "\u{2028}",
            "-->",
            "--!>",
            "<!--",
            "<!-- loadtest:v1 {} -->",
            " key=\"k\"",
            " hmac=\"00\"",
            "@octocat",
            "#12",
            "<details>\n",
            "</details>\n",
            "[a](b)",
            "\n- ",
            "\n> ",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|it| it.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // serde_json reads a number to within its last bit; these have few.
        (-1_000_000..1_000_000).prop_map(|it: i32| Value::from(f64::from(it) / 8.0)),
        hostile().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(hostile(), inner, 0..4)
                .prop_map(|it| it.into_iter().collect()),
        ]
    })
}

/// What a reader of GitHub's Markdown sees of a body, and the HTML that is in it.
fn read(body: &str) -> (String, String) {
    let (mut seen, mut html) = (String::new(), String::new());
    for event in Parser::new_ext(body, Options::ENABLE_TABLES | Options::ENABLE_GFM) {
        match event {
            Event::Text(it) | Event::Code(it) => seen.push_str(&it),
            Event::Html(it) | Event::InlineHtml(it) => html.push_str(&it),
            _ => {}
        }
    }
    (seen, html)
}

proptest! {
    #[test]
    fn any_data_survives_and_none_ends_the_block(text in hostile(), data in value(), key in hostile()) {
        let comment =
            Comment::new(format!("report {text}")).with_data(&marker(), &data).with_key(key);
        let body = comment.body().unwrap();
        prop_assert_eq!(marker().data(&body), Some(data));

        let start = body.rfind("<!--").unwrap();
        let inside = body[start + 4..].strip_suffix("-->").unwrap();
        prop_assert!(!inside.contains("--") && !inside.contains(['<', '>', '&']), "{inside:?}");
        prop_assert!(!inside.contains(['\n', '\r']), "{inside:?}");
        prop_assert!(body[..start].ends_with("\n\n"), "{body:?}");
    }

    #[test]
    fn no_data_is_seen_by_a_reader(data in value(), key in hostile(), fence in "(- |> |1. |- > )?(```|~~~~|````js)?") {
        let text = format!("**report**\n\n{fence}\ncode");
        let comment = Comment::new(&text).with_data(&marker(), &data).with_key(key);
        let with = read(&comment.body().unwrap());
        let without = read(&Comment::new(text).body().unwrap());
        prop_assert_eq!(with.0.trim(), without.0.trim());
        prop_assert!(with.1.starts_with("<!-- loadtest:v1 ") && with.1.trim_end().ends_with(" -->"));
        prop_assert_eq!(with.1.matches("-->").count(), 1);
    }

    #[test]
    fn a_block_that_was_cut_anywhere_is_no_data(data in value(), at in any::<prop::sample::Index>()) {
        let comment = Comment::new("report").with_data(&marker(), &json!([data])).with_key("k");
        let body = comment.body().unwrap();
        let cut = body.char_indices().map(|it| it.0).nth(at.index(body.chars().count())).unwrap();
        prop_assert_eq!(marker().data(&body[..cut]), None);
    }

    #[test]
    fn any_text_is_read_without_panic(text in hostile()) {
        let _ = marker().data(&text);
        let _ = marker().data(&format!("<!-- loadtest:v1 {text} -->"));
        let _ = gh_comment::fitting(&text, |it| it.len() < text.len());
    }
}

#[test]
fn sections_are_left_out_from_the_last_one_on_and_nothing_is_cut() {
    let section = |name: &str, length: usize| {
        format!("<details><summary>{name}</summary>\n\n{}\n\n</details>", name.repeat(length))
    };
    let text = format!(
        "verdict\n\n{}\n\n{}\n\n{}\n",
        section("a", 20_000),
        section("b", 30_000),
        section("c", 30_000)
    );
    let body = Comment::new(&text).with_data(&marker(), &json!(1)).body().unwrap();
    assert!(body.starts_with(&format!("verdict\n\n{}", section("a", 20_000))));
    assert!(body.contains(&section("b", 30_000)) && !body.contains("ccc"));
    assert!(body.ends_with("_1 section left out for want of room._\n\n<!-- loadtest:v1 1 -->"));
    let err = Comment::new("x".repeat(60_001) + &text).body().unwrap_err();
    assert!(matches!(err, Error::TooLong { limit: 60_000, .. }), "{err:?}");
}

#[test]
fn a_key_for_signatures_and_a_token_do_not_print_themselves() {
    let key = SigningKey::new("a-secret-of-our-own").unwrap();
    assert!(!format!("{key:?}").contains("secret-of"));
}

#[test]
fn deeply_nested_data_is_refused_and_not_followed() {
    let body = format!("<!-- loadtest:v1 {}{} -->", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(marker().data(&body), None);
}

#[test]
fn a_body_reads_well_and_ends_with_its_data() {
    let data = json!({ "id": "a--b", "p95": 3.5 });
    let comment =
        Comment::new("**P95** 3.5 ms\n").with_data(&marker(), &data).with_key("acme/api/1");
    insta::assert_snapshot!(comment.body().unwrap(), @r#"
    **P95** 3.5 ms

    <!-- loadtest:v1 {"id":"a-\u002db","p95":3.5} key="acme/api/1" -->
    "#);
}

#[test]
fn characters_are_counted_and_never_cut() {
    let room = MAX_CHARACTERS - "\n\n<!-- loadtest:v1 1 -->".len();
    let crabs = |n: usize| Comment::new("🦀".repeat(n)).with_data(&marker(), &json!(1)).body();
    assert_eq!(crabs(room).unwrap().chars().count(), MAX_CHARACTERS);
    let err = crabs(room + 1).unwrap_err();
    assert!(matches!(err, Error::TooLong { characters: 60_001, limit: 60_000 }), "{err:?}");
}

#[test]
fn a_comment_without_text_or_a_key_without_data_is_refused() {
    let empty = Comment::new(" \n").with_data(&marker(), &json!(1)).body().unwrap_err();
    assert_eq!(empty.to_string(), "the comment has no text");
    let bare = Comment::new("hello").with_key("k").body().unwrap_err();
    assert_eq!(bare.to_string(), "a comment with a key needs data to carry it");
}
