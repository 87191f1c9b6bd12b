//! Who uses the machine while k6 runs: a busy generator or a busy neighbour spoils latencies.
//!
//! Read from [`/proc`](https://man7.org/linux/man-pages/man5/proc_stat.5.html); where there is none, nothing is claimed.

use std::fs::read_to_string;

/// Shares of the time of all cores, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shares {
    pub(crate) k6: f64,
    /// The target, where its processes are known.
    pub(crate) target: Option<f64>,
    /// Every process that is neither k6, nor the target, nor this program.
    pub(crate) others: f64,
}

#[derive(Debug)]
pub(crate) struct Machine {
    k6: u32,
    targets: Vec<u32>,
    first: Option<Ticks>,
    last: Option<Ticks>,
    /// The most memory that was in use, in bytes.
    pub(crate) k6_memory: Option<u64>,
    pub(crate) target_memory: Option<u64>,
}

/// Clock ticks since the machine or the process began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    /// All cores together, idle or not.
    total: u64,
    /// What processes used of it; not what a hypervisor took away.
    used: u64,
    k6: u64,
    targets: u64,
    /// This program.
    own: u64,
}

impl Machine {
    /// Starts watching; `targets` are the processes of the target, as far as they are known.
    pub(crate) fn watch(k6: u32, targets: Vec<u32>) -> Self {
        let (k6_memory, target_memory) = (None, None);
        let mut it = Self { k6, targets, first: None, last: None, k6_memory, target_memory };
        it.first = it.ticks();
        it
    }

    /// Looks again; once k6 is gone, the last look while it ran counts.
    pub(crate) fn sample(&mut self) {
        self.last = self.ticks().or(self.last);
        let targets = self.targets.iter().filter_map(|it| memory(*it));
        let targets = targets.reduce(u64::saturating_add);
        self.k6_memory = self.k6_memory.max(memory(self.k6));
        self.target_memory = self.target_memory.max(targets);
    }

    /// From the first look to the last, or nothing where there were not two.
    pub(crate) fn shares(&self) -> Option<Shares> {
        let shares = shares(self.first?, self.last?)?;
        let target = shares.target.filter(|_| !self.targets.is_empty());
        Some(Shares { target, ..shares })
    }

    fn ticks(&self) -> Option<Ticks> {
        let (total, used) = of_machine(&read_to_string("/proc/stat").ok()?)?;
        let of = |pid: &u32| of_process(&read_to_string(format!("/proc/{pid}/stat")).ok()?);
        let k6 = of(&self.k6)?;
        let targets = self.targets.iter().filter_map(of).sum();
        let own = of(&std::process::id()).unwrap_or_default();
        Some(Ticks { total, used, k6, targets, own })
    }
}

fn shares(first: Ticks, last: Ticks) -> Option<Shares> {
    let total = last.total.checked_sub(first.total).filter(|it| *it > 0)?;
    let since = |of: fn(&Ticks) -> u64| of(&last).saturating_sub(of(&first));
    let (used, k6) = (since(|it| it.used), since(|it| it.k6));
    let (targets, own) = (since(|it| it.targets), since(|it| it.own));
    let share = |ticks: u64| ticks as f64 / total as f64;
    let others = share(used.saturating_sub(k6 + targets + own));
    Some(Shares { k6: share(k6), target: Some(share(targets)), others })
}

/// All ticks and those that processes used, from the line `cpu` of `/proc/stat`.
fn of_machine(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Option<Vec<u64>> = line.split_whitespace().map(|it| it.parse().ok()).collect();
    let [user, nice, system, idle, iowait, irq, softirq, steal, ..] = fields?[..] else {
        return None;
    };
    let used = user + nice + system + irq + softirq;
    Some((used + idle + iowait + steal, used))
}

/// `utime` and `stime` from `/proc/PID/stat`; the name before them may hold blanks and parentheses.
fn of_process(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (utime, stime) = (fields.next()?, fields.next()?);
    Some(utime.parse::<u64>().ok()? + stime.parse::<u64>().ok()?)
}

/// The resident memory of a process, in bytes.
fn memory(pid: u32) -> Option<u64> {
    let status = read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_second_look_nothing_is_claimed() {
        assert_eq!(Machine::watch(std::process::id(), Vec::new()).shares(), None);
    }

    #[test]
    fn a_process_that_runs_has_memory() {
        assert!(memory(std::process::id()) > Some(1 << 20));
        assert_eq!(memory(u32::MAX), None);
    }

    #[test]
    fn time_that_a_hypervisor_took_is_nobodys() {
        let stat = "cpu  100 10 50 800 20 5 15 40 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(of_machine(stat), Some((1040, 180)));
        assert_eq!(of_machine("cpu  1 2"), None);
    }

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "42 (k6 (x) y) S 1 42 42 0 -1 4194560 100 0 0 0 7 3 0 0 20 0 9 0 100";
        assert_eq!(of_process(stat), Some(10));
    }

    #[test]
    fn what_is_neither_k6_nor_ours_belongs_to_others() {
        let first = Ticks { total: 1000, used: 100, k6: 0, targets: 0, own: 50 };
        let last = Ticks { total: 2000, used: 600, k6: 200, targets: 50, own: 100 };
        let expect = Shares { k6: 0.2, target: Some(0.05), others: 0.2 };
        assert_eq!(shares(first, last), Some(expect));
        assert_eq!(shares(first, first), None);
    }
}
