//! A table of JSON values by [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A row a value, a column for every number or string that one of them has.
///
/// A column is named by the path to it, an element of a list by its `name`, by its `tags`, else by its place.
pub(crate) fn csv(values: &[Value]) -> String {
    let rows: Vec<BTreeMap<String, String>> = values
        .iter()
        .map(|it| {
            let mut row = BTreeMap::new();
            flatten(it, String::new(), &mut row);
            row
        })
        .collect();
    let columns: BTreeSet<&String> = rows.iter().flat_map(BTreeMap::keys).collect();
    if columns.is_empty() {
        return String::new();
    }
    let line = |cells: Vec<String>| cells.join(",") + "\r\n";
    let mut table = line(columns.iter().map(|it| quoted(&inert(it))).collect());
    for row in &rows {
        let cell = |it: &&String| row.get(*it).map_or_else(String::new, |it| quoted(it));
        table.push_str(&line(columns.iter().map(cell).collect()));
    }
    table
}

fn flatten(value: &Value, path: String, row: &mut BTreeMap<String, String>) {
    let under =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, it) in fields {
                flatten(it, under(name), row);
            }
        }
        Value::Array(elements) => {
            for (at, it) in elements.iter().enumerate() {
                let name = name(it).unwrap_or_else(|| at.to_string());
                let mut place = under(&name);
                if row.keys().any(|it| *it == place || it.starts_with(&format!("{place}."))) {
                    // Two of one name are two.
                    place = format!("{place}.{at}");
                }
                flatten(it, place, row);
            }
        }
        Value::String(it) => drop(row.insert(path, inert(it))),
        it => drop(row.insert(path, it.to_string())),
    }
}

fn name(element: &Value) -> Option<String> {
    if let Some(name) = element.get("name").and_then(Value::as_str) {
        return Some(name.to_owned());
    }
    let tags = element.get("tags")?.as_object()?;
    let tags: Vec<&str> = tags.values().filter_map(Value::as_str).collect();
    (!tags.is_empty()).then(|| tags.join(" "))
}

/// Text that a spreadsheet does not take for a formula.
fn inert(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_a_run_and_a_column_a_value() {
        let values = [
            json!({ "id": "a", "p": { "x": -1.5, "none": null }, "list": [{ "name": "cold", "p95": 3 }] }),
            json!({ "id": "b,\"c\"", "list": [{ "name": "cold", "p95": 4 }, { "tags": { "tool": "sql" }, "p95": 9 }] }),
        ];
        assert_eq!(
            csv(&values),
            "id,list.cold.name,list.cold.p95,list.sql.p95,list.sql.tags.tool,p.x\r\n\
             a,cold,3,,,-1.5\r\n\
             \"b,\"\"c\"\"\",cold,4,9,sql,\r\n"
        );
        assert_eq!(csv(&[]), "");
    }

    #[test]
    fn no_text_becomes_a_formula_and_no_value_is_lost() {
        let table = csv(&[json!({ "=x": "=1+1", "l": [{ "name": "a" }, { "name": "a" }, true] })]);
        assert_eq!(table, "'=x,l.2,l.a.1.name,l.a.name\r\n'=1+1,true,a,a\r\n");
    }
}
