//! Who uses the machine while k6 runs: a busy generator or a busy neighbour spoils latencies.

use std::fs::read_to_string;
use std::time::Instant;

use sysinfo::{
    CpuRefreshKind, Pid, Process, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System,
};

/// Shares of the time of all cores, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shares {
    pub(crate) k6: f64,
    /// The target, where its processes are known.
    pub(crate) target: Option<f64>,
    /// Every process there is, where the machine tells.
    pub(crate) machine: Option<f64>,
    /// Every process that is neither k6, nor the target, nor this program.
    pub(crate) others: Option<f64>,
}

/// Bytes that are resident.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) k6: Option<u64>,
    pub(crate) target: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Machine {
    system: System,
    since: Instant,
    k6: Pid,
    targets: Vec<Pid>,
    first: Option<Look>,
    last: Option<Look>,
    /// The most at once.
    pub(crate) memory: Memory,
    /// What was resident at each look.
    looks: Vec<Memory>,
}

/// Milliseconds on a core since the watch, the process or the machine began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    /// All cores together, idle or not.
    total: u64,
    k6: u64,
    target: Option<u64>,
    /// This program.
    own: u64,
    /// Of the machine, in ticks.
    ticks: Option<Ticks>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    total: u64,
    /// What processes used of it; not what a hypervisor took away.
    used: u64,
}

impl Machine {
    /// Starts watching; `targets` are the processes of the target, as far as they are known.
    pub(crate) fn watch(k6: u32, targets: &[u32]) -> Self {
        let cores = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
        let mut it = Self {
            system: System::new_with_specifics(cores),
            since: Instant::now(),
            k6: Pid::from_u32(k6),
            targets: targets.iter().copied().map(Pid::from_u32).collect(),
            first: None,
            last: None,
            memory: Memory::default(),
            looks: Vec::new(),
        };
        it.first = it.look();
        it.last = it.first;
        it
    }

    /// What was taken since the look before, and is resident now; once k6 is gone, the last look while it ran counts.
    pub(crate) fn sample(&mut self) -> Option<(Option<Shares>, Memory)> {
        let look = self.look()?;
        let last = self.last.replace(look)?;
        let target = self.targets.iter().filter_map(|it| memory(self.system.process(*it)?));
        let k6 = self.system.process(self.k6).and_then(memory);
        let memory = Memory { k6, target: target.reduce(u64::saturating_add) };
        self.memory.k6 = self.memory.k6.max(memory.k6);
        self.memory.target = self.memory.target.max(memory.target);
        self.looks.push(memory);
        Some((shares(last, look), memory))
    }

    /// How much more was resident in the last quarter of the looks than in the one before, as a share of that.
    pub(crate) fn growth(&self) -> Growth {
        let of = |memory: fn(&Memory) -> Option<u64>| {
            let all: Vec<u64> = self.looks.iter().filter_map(memory).collect();
            growth(&all)
        };
        Growth { k6: of(|it| it.k6), target: of(|it| it.target) }
    }

    /// From the first look to the last, or nothing where there were not two.
    pub(crate) fn shares(&self) -> Option<Shares> {
        shares(self.first?, self.last?)
    }

    fn look(&mut self) -> Option<Look> {
        let own = Pid::from_u32(std::process::id());
        let mut watched = [&self.targets[..], &[self.k6, own]].concat();
        // One that is named twice is taken for ended.
        watched.sort_unstable();
        watched.dedup();
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        // One that has ended is kept, with what it took.
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&watched), false, what);
        let of = |pid: &Pid| self.system.process(*pid).map(Process::accumulated_cpu_time);
        self.system.process(self.k6).filter(|it| it.exists())?;
        let since = self.since.elapsed() * u32::try_from(self.system.cpus().len()).ok()?;
        Some(Look {
            total: u64::try_from(since.as_millis()).ok()?,
            k6: of(&self.k6)?,
            target: self.targets.iter().filter_map(of).reduce(u64::saturating_add),
            own: of(&own).unwrap_or_default(),
            ticks: read_to_string("/proc/stat").ok().and_then(|it| ticks(&it)),
        })
    }
}

/// Shares of what was resident; negative where it became less.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Growth {
    pub(crate) k6: Option<f64>,
    pub(crate) target: Option<f64>,
}

/// From the median of the third quarter to that of the last.
fn growth(all: &[u64]) -> Option<f64> {
    let quarter = all.len() / 4;
    let median = |part: &[u64]| {
        let mut part = part.to_vec();
        part.sort_unstable();
        part.get(part.len() / 2).map(|it| *it as f64)
    };
    let (before, last) =
        (&all[all.len() - 2 * quarter..all.len() - quarter], &all[all.len() - quarter..]);
    Some(median(last)? / median(before)? - 1.0)
}

/// What is resident of a process that runs.
fn memory(process: &Process) -> Option<u64> {
    Some(process.memory()).filter(|it| process.exists() && *it > 0)
}

fn shares(first: Look, last: Look) -> Option<Shares> {
    let part = |of: u64, all: u64| (all > 0).then(|| (of as f64 / all as f64).min(1.0));
    let total = last.total.saturating_sub(first.total);
    let share = |first: u64, last: u64| part(last.saturating_sub(first), total);
    let k6 = share(first.k6, last.k6)?;
    let target = first.target.zip(last.target).and_then(|(first, last)| share(first, last));
    let machine = first.ticks.zip(last.ticks).and_then(|(first, last)| {
        part(last.used.saturating_sub(first.used), last.total.saturating_sub(first.total))
    });
    let ours = k6 + target.unwrap_or_default() + share(first.own, last.own)?;
    let others = machine.map(|it| (it - ours).max(0.0));
    Some(Shares { k6, target, machine, others })
}

/// From the line `cpu` of [`/proc/stat`](https://man7.org/linux/man-pages/man5/proc_stat.5.html): sysinfo takes what a
/// hypervisor took away for used. Where there is none, nothing is claimed.
fn ticks(stat: &str) -> Option<Ticks> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Option<Vec<u64>> = line.split_whitespace().map(|it| it.parse().ok()).collect();
    let [user, nice, system, idle, iowait, irq, softirq, steal, ..] = fields?[..] else {
        return None;
    };
    let used = user + nice + system + irq + softirq;
    Some(Ticks { total: used + idle + iowait + steal, used })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Machine {
        let own = std::process::id();
        Machine::watch(own, &[own])
    }

    #[test]
    fn what_grows_over_the_last_half_is_told() {
        assert_eq!(growth(&[1, 9, 50, 50, 100, 100, 110, 110]), Some(110.0 / 100.0 - 1.0));
        assert_eq!(growth(&[1, 9, 50, 50, 100, 100, 50, 50]), Some(-0.5));
        assert_eq!(growth(&[1, 2, 3]), None);
    }

    #[test]
    fn without_a_second_look_nothing_is_claimed() {
        assert_eq!(own().shares(), None);
        let gone = u32::MAX >> 1;
        let mut nobody = Machine::watch(gone, &[]);
        assert_eq!((nobody.sample(), nobody.memory), (None, Memory::default()));
    }

    #[test]
    fn a_process_that_runs_takes_time_and_memory() {
        let mut it = own();
        let busy = Instant::now();
        while busy.elapsed().as_millis() < 200 {
            std::hint::black_box(busy);
        }
        let (since, memory) = it.sample().unwrap();
        let shares = it.shares().unwrap();
        assert_eq!(since, Some(shares));
        assert!(shares.k6 > 0.0 && shares.target == Some(shares.k6), "{shares:?}");
        assert!(memory.k6 > Some(1 << 20) && memory == it.memory, "{memory:?}");
    }

    #[test]
    fn of_a_process_that_has_ended_the_last_look_counts() {
        let mut sleep = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let mut it = Machine::watch(std::process::id(), &[sleep.id()]);
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(it.sample().unwrap().1.target > Some(0));
        let most = it.memory.target;
        sleep.kill().unwrap();
        sleep.wait().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let (shares, memory) = it.sample().unwrap();
        assert_eq!((shares.unwrap().target, memory.target), (Some(0.0), None));
        assert_eq!(it.memory.target, most);
    }

    #[test]
    fn a_target_that_is_not_known_took_nothing_that_is_known() {
        let mut it = Machine::watch(std::process::id(), &[]);
        std::thread::sleep(std::time::Duration::from_millis(20));
        let (shares, memory) = it.sample().unwrap();
        assert_eq!((shares.unwrap().target, memory.target), (None, None));
    }

    #[test]
    fn time_that_a_hypervisor_took_is_nobodys() {
        let stat = "cpu  100 10 50 800 20 5 15 40 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(ticks(stat), Some(Ticks { total: 1040, used: 180 }));
        assert_eq!(ticks("cpu  1 2"), None);
    }

    #[test]
    fn what_is_neither_k6_nor_ours_belongs_to_others() {
        let ticks = |total, used| Some(Ticks { total, used });
        let first =
            Look { total: 10_000, k6: 0, target: Some(0), own: 500, ticks: ticks(1000, 100) };
        let last = Look {
            total: 18_000,
            k6: 2000,
            target: Some(1000),
            own: 1500,
            ticks: ticks(1800, 700),
        };
        let expect =
            Shares { k6: 0.25, target: Some(0.125), machine: Some(0.75), others: Some(0.25) };
        assert_eq!(shares(first, last), Some(expect));
        assert_eq!(shares(first, first), None);
        let untold = shares(first, Look { ticks: None, target: None, ..last });
        assert_eq!(untold, Some(Shares { target: None, machine: None, others: None, ..expect }));
    }
}
