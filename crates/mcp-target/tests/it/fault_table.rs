//! The README has the table of faults that the code has.

use std::fmt::Write as _;

use mcp_target::{Fault, Outcome, Place};

const BEGIN: &str = "<!-- faults -->\n";
const END: &str = "<!-- end of faults -->";

/// What the README says of all faults.
fn table() -> String {
    let mut table = "| `--fault` | what happens | a good client |\n|---|---|---|\n".to_owned();
    let mut last = None;
    for fault in Fault::ALL {
        if last != Some(fault.place()) {
            last = Some(fault.place());
            writeln!(table, "| **{}** | | |", title(fault.place())).unwrap();
        }
        let outcome = match fault.outcome() {
            Outcome::Past => "gets past",
            Outcome::Told => "says so",
        };
        writeln!(table, "| `{}` | {} | {outcome} |", fault.name(), fault.meaning()).unwrap();
    }
    table
}

fn title(place: Place) -> &'static str {
    match place {
        Place::Metadata => "metadata",
        Place::Registration => "registration of a client",
        Place::Screens => "screens",
        Place::Callback => "the way back to the client",
        Place::Token => "token endpoint",
        Place::Bearer => "what the MCP endpoint says of a token",
        Place::Session => "MCP sessions",
        Place::Answer => "the answer to a tool call",
        Place::Transport => "streams and connections",
        other => panic!("{other:?} has no title"),
    }
}

#[test]
fn the_readme_has_the_table_of_faults() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once(BEGIN).expect("the table begins");
    let (found, _) = rest.split_once(END).expect("the table ends");
    let table = table();
    assert!(found == table, "put this between the marks of the README:\n{table}");
}
