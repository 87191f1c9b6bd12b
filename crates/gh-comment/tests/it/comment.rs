use gh_comment::{Comment, Error, MAX_CHARACTERS};
use serde_json::{Value, json};

use crate::github::marker;

/// xorshift64*: the same strings on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }

    fn text(&mut self) -> String {
        const PARTS: [&str; 24] = [
            "-",
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
            "|",
            "é",
            "🦀",
            "\u{2028}",
            "-->",
            "--!>",
            "<!-- loadtest:v1 {} -->",
            " key=\"k\"",
        ];
        let parts = self.below(30);
        (0..parts).map(|_| PARTS[self.below(PARTS.len())]).collect()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(-(self.below(1 << 30) as i64)),
            2 => json!(-0.125 * self.below(1000) as f64),
            3 | 4 => json!(self.text()),
            5 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => Value::Object(
                (0..self.below(4)).map(|_| (self.text(), self.value(depth - 1))).collect(),
            ),
        }
    }
}

#[test]
fn any_data_survives_and_none_ends_the_block() {
    let mut random = Random(0x5eed);
    for _ in 0..20_000 {
        let (text, data, key) = (random.text(), random.value(3), random.text());
        let comment =
            Comment::new(format!("report {text}")).with_data(&marker(), &data).with_key(key);
        let body = comment.body().unwrap();
        assert_eq!(marker().data(&body).as_ref(), Some(&data), "{body:?}");

        let start = body.rfind("<!--").unwrap();
        let inside = body[start + 4..].strip_suffix("-->").unwrap();
        assert!(!inside.contains("--") && !inside.contains(['<', '>', '&']), "{inside:?}");
        assert!(!inside.contains('\n'), "{inside:?}");
        assert!(body[..start].ends_with("\n\n"), "{body:?}");
    }
}

#[test]
fn a_block_that_was_cut_anywhere_is_no_data() {
    let mut random = Random(0xc07);
    for _ in 0..200 {
        let data = json!({ "data": random.value(3) });
        let body = Comment::new("report").with_data(&marker(), &data).with_key("k").body().unwrap();
        for (cut, _) in body.char_indices() {
            assert_eq!(marker().data(&body[..cut]), None, "{:?}", &body[..cut]);
        }
    }
}

#[test]
fn any_text_is_read_without_panic() {
    let mut random = Random(0xf00d);
    for _ in 0..20_000 {
        let _ = marker().data(&random.text());
        let _ = marker().data(&format!("<!-- loadtest:v1 {} -->", random.text()));
    }
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
