//! What k6 and the target take of the machine, look by look, in one table for all scenarios of a run.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use tool_edge::csv_cell;

use crate::scenario::machine::{Memory, Shares};

/// In the folder of a run.
pub(crate) const FILE: &str = "resources.csv";

const HEADER: &str =
    "time,scenario,k6_cpu,k6_memory_bytes,target_cpu,target_memory_bytes,machine_cpu\n";

/// The rows of one scenario, each written when it is known.
#[derive(Debug)]
pub(crate) struct Table {
    file: File,
    scenario: String,
    written: io::Result<()>,
}

impl Table {
    /// Goes on with what earlier scenarios left.
    pub(crate) fn open(path: &Path, scenario: &str) -> anyhow::Result<Self> {
        let open = || {
            let mut file = File::options().create(true).append(true).open(path)?;
            if file.metadata()?.len() == 0 {
                file.write_all(HEADER.as_bytes())?;
            }
            Ok(file)
        };
        let file: io::Result<File> = open();
        let file = file.with_context(|| format!("failed to write `{}`", path.display()))?;
        Ok(Self { file, scenario: csv_cell(scenario), written: Ok(()) })
    }

    /// After a row that could not be written there is none: the load is worth more than the table.
    pub(crate) fn add(&mut self, at: Timestamp, shares: Option<Shares>, memory: Memory) {
        if self.written.is_ok() {
            let row = row(at, &self.scenario, shares, memory);
            self.written = self.file.write_all(row.as_bytes());
        }
    }

    /// Whether all rows were written.
    pub(crate) fn end(self) -> io::Result<()> {
        self.written
    }
}

/// Shares are those since the row before; empty is not measured.
fn row(at: Timestamp, scenario: &str, shares: Option<Shares>, memory: Memory) -> String {
    let share = |it: Option<f64>| it.map_or_else(String::new, |it| format!("{it:.4}"));
    let bytes = |it: Option<u64>| it.map_or_else(String::new, |it| it.to_string());
    let [k6_cpu, target_cpu, machine_cpu] =
        [shares.map(|it| it.k6), shares.and_then(|it| it.target), shares.and_then(|it| it.machine)]
            .map(share);
    let [k6, target] = [memory.k6, memory.target].map(bytes);
    format!("{at:.3},{scenario},{k6_cpu},{k6},{target_cpu},{target},{machine_cpu}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARES: Shares =
        Shares { k6: 0.25, target: Some(0.125), machine: Some(0.5), others: Some(0.1) };

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(1_795_258_923_000 + millisecond).unwrap()
    }

    #[test]
    fn one_header_stands_over_the_rows_of_all_scenarios() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let memory = Memory { k6: Some(1000), target: Some(2000) };
        for scenario in ["a", "=b"] {
            let mut table = Table::open(&path, scenario).unwrap();
            table.add(at(0), Some(SHARES), memory);
            table.add(at(500), Some(SHARES), memory);
            // What was seen is there before the scenario ends.
            let rows = std::fs::read_to_string(&path).unwrap();
            assert!(rows.ends_with(&row(at(500), &csv_cell(scenario), Some(SHARES), memory)));
            table.end().unwrap();
        }
        insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @"
        time,scenario,k6_cpu,k6_memory_bytes,target_cpu,target_memory_bytes,machine_cpu
        2026-11-21T11:02:03.000Z,a,0.2500,1000,0.1250,2000,0.5000
        2026-11-21T11:02:03.500Z,a,0.2500,1000,0.1250,2000,0.5000
        2026-11-21T11:02:03.000Z,'=b,0.2500,1000,0.1250,2000,0.5000
        2026-11-21T11:02:03.500Z,'=b,0.2500,1000,0.1250,2000,0.5000
        ");
    }

    #[test]
    fn what_was_not_measured_is_an_empty_cell() {
        let none = Memory::default();
        assert_eq!(row(at(0), "a", None, none), "2026-11-21T11:02:03.000Z,a,,,,,\n");
        let shares = Shares { target: None, machine: None, others: None, ..SHARES };
        let memory = Memory { k6: Some(7), target: None };
        assert_eq!(
            row(at(9), "a", Some(shares), memory),
            "2026-11-21T11:02:03.009Z,a,0.2500,7,,,\n"
        );
    }

    #[test]
    fn a_table_that_is_full_is_told_of_at_the_end() {
        let Ok(file) = File::options().write(true).open("/dev/full") else { return };
        let mut table = Table { file, scenario: "a".to_owned(), written: Ok(()) };
        table.add(at(0), None, Memory::default());
        assert!(table.end().is_err());
    }
}
