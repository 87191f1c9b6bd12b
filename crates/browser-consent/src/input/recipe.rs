//! The OpenID conformance suite's `browser` configuration, as far as it makes sense here.
//!
//! | command | meaning |
//! |---|---|
//! | `["click", by, value, "optional"?]` | presses an element |
//! | `["text", by, value, text, "optional"?]` | types into an element, after clearing it |
//! | `["wait", by, value, seconds, regexp?]` | waits for an element, with a text that matches |
//! | `["wait", "contains" or "match", value, seconds]` | waits for an address |
//! | `["wait-element-visible", by, value, seconds]`, `-invisible` | waits for an element to come or to go |
//!
//! `by` is `id`, `name`, `class`, `css` or `xpath`.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::address::bare;
use crate::error::Error;
use crate::input::script::{Act, By, Command, Script, Text, fits};

#[derive(Deserialize)]
struct Entry {
    r#match: String,
    #[serde(default)]
    tasks: Vec<Task>,
    /// A shape without tasks, for those who need only one.
    #[serde(default)]
    commands: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
struct Task {
    #[serde(default)]
    task: String,
    r#match: Option<String>,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    commands: Vec<Vec<Value>>,
}

impl Script {
    /// Reads a recipe in the shape of the OpenID conformance suite's `browser`, for the authorization request at `url`.
    ///
    /// The first entry whose `match` fits `url` is taken; if none fits, the rules are on their own.
    /// `$email`, `$password`, `$totp` and `env:NAME` stand for what must not be in the file.
    ///
    /// # Errors
    ///
    /// [`Error::Recipe`] says what cannot be read.
    pub fn recipe(
        json: &str,
        url: &Url,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        read(json, url, &variable).map_err(|reason| Error::Recipe { reason })
    }
}

type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The script for one authorization request, or what is wrong with the recipe.
fn read(json: &str, url: &Url, variable: Variable<'_>) -> Result<Script, String> {
    let at = |it: serde_json::Error| {
        format!("it is not as expected at line {}, column {}", it.line(), it.column())
    };
    let all: Value = serde_json::from_str(json).map_err(at)?;
    let all = all.get("browser").cloned().unwrap_or(all);
    let mut script = Script::default();
    let entries: Vec<Entry> = serde_json::from_value(all).map_err(|_| {
        "it has to be a list of {match, tasks: [{task, match, optional, commands}]}".to_owned()
    })?;
    let address = bare(url);
    let Some(entry) = entries.into_iter().find(|it| fits(&it.r#match, &address)) else {
        return Ok(script);
    };
    let alone =
        Task { task: String::new(), r#match: None, optional: false, commands: entry.commands };
    let alone = Some(alone).filter(|it| !it.commands.is_empty());
    for task in entry.tasks.into_iter().chain(alone) {
        let page = task.r#match.filter(|it| it != "*");
        if task.commands.is_empty() && page.is_some() {
            script.commands.push(Command {
                named: format!("be at {}", page.as_deref().unwrap_or_default()),
                page: page.clone(),
                by: By::Contains,
                value: String::new(),
                act: Act::Arrive,
                optional: task.optional,
            });
        }
        for it in &task.commands {
            let mut command = command(it, variable)
                .map_err(|reason| format!("in task \"{}\": {reason}", task.task))?;
            command.page.clone_from(&page);
            command.optional |= task.optional;
            script.commands.push(command);
        }
    }
    Ok(script)
}

fn command(parts: &[Value], variable: Variable<'_>) -> Result<Command, String> {
    let part = |at: usize| parts.get(at).and_then(Value::as_str);
    let verb = part(0).unwrap_or_default();
    let by = part(1).unwrap_or_default();
    let value = part(2).ok_or_else(|| format!("`{verb}` needs what to look for"))?;
    let named = format!("{verb} {by} {value}");
    let by = match by {
        "css" => By::Css,
        "id" => By::Id,
        "name" => By::Name,
        "class" => By::Class,
        "xpath" => By::XPath,
        "contains" if verb == "wait" => By::Contains,
        "match" if verb == "wait" => By::Match,
        other => return Err(format!("`{named}` looks for something by `{other}`")),
    };
    let seconds = || {
        parts.get(3).and_then(Value::as_u64).ok_or_else(|| format!("`{named}` needs its seconds"))
    };
    let act = match verb {
        "click" => Act::Click,
        "text" => {
            let given = part(3).ok_or_else(|| format!("`{named}` needs a text"))?;
            Act::Fill(match (given, given.strip_prefix("env:")) {
                ("$email", _) => Text::Email,
                ("$password", _) => Text::Password,
                ("$totp", _) => Text::Code,
                (_, Some(name)) => Text::Given(
                    variable(name).ok_or_else(|| format!("`{named}`: {name} is not set"))?,
                ),
                _ => Text::Written(given.to_owned()),
            })
        }
        "wait" => Act::Await { seconds: seconds()?, text: part(4).map(str::to_owned) },
        "wait-element-visible" => Act::AwaitVisible { seconds: seconds()? },
        "wait-element-invisible" => Act::AwaitInvisible { seconds: seconds()? },
        other => return Err(format!("`{other}` is no command; there are click, text and wait")),
    };
    let optional = parts.iter().skip(3).any(|it| it == "optional");
    Ok(Command { named, page: None, by, value: value.to_owned(), act, optional })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(json: &str) -> Result<Vec<Command>, String> {
        let url = Url::parse("https://op.example/authorize?state=1").unwrap();
        let script = read(json, &url, &|name| (name == "TENANT").then(|| "novamart".to_owned()));
        script.map(|it| it.commands)
    }

    #[test]
    fn the_entry_for_the_address_is_taken_and_its_tasks_are_kept_in_order() {
        let json = r#"{ "browser": [
            { "match": "https://other.example/*", "tasks": [{ "task": "no", "commands": [["click", "id", "no"]] }] },
            { "match": "https://op.example/authorize*", "match-limit": 1, "tasks": [
                { "task": "Login", "match": "https://op.example/login*", "optional": true, "commands": [
                    ["text", "name", "user", "$email"],
                    ["text", "name", "tenant", "env:TENANT", "optional"],
                    ["click", "class", "send"] ] },
                { "task": "Done", "match": "*/callback*", "commands": [["wait", "id", "complete", 10]] } ] } ] }"#;
        let commands = commands(json).unwrap();
        let named: Vec<_> = commands.iter().map(|it| (it.named.as_str(), it.optional)).collect();
        let expected = [
            ("text name user", true),
            ("text name tenant", true),
            ("click class send", true),
            ("wait id complete", false),
        ];
        assert_eq!(named, expected);
        assert_eq!(commands[3].page.as_deref(), Some("*/callback*"));
    }

    #[test]
    fn a_recipe_for_other_addresses_leaves_it_to_the_rules() {
        assert!(
            commands(r#"[{ "match": "https://x.example/*", "tasks": [] }]"#).unwrap().is_empty()
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let check = |command: &str, expected: &str| {
            let json = format!(
                r#"[{{ "match": "*", "tasks": [{{ "task": "T", "commands": [{command}] }}] }}]"#
            );
            assert_eq!(commands(&json).err().as_deref(), Some(expected));
        };
        check(
            r#"["jump", "id", "x"]"#,
            "in task \"T\": `jump` is no command; there are click, text and wait",
        );
        check(
            r#"["click", "text", "x"]"#,
            "in task \"T\": `click text x` looks for something by `text`",
        );
        check(r#"["text", "id", "x", "env:NO"]"#, "in task \"T\": `text id x`: NO is not set");
        check(r#"["wait", "id", "x"]"#, "in task \"T\": `wait id x` needs its seconds");
        assert_eq!(commands("{").err().unwrap(), "it is not as expected at line 1, column 1");
    }
}
