//! Who uses the machine while k6 runs: a busy generator or a busy neighbour spoils latencies.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Shares of all cores over the whole run, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shares {
    pub(crate) k6: f64,
    /// Everything that is neither k6, nor the target, nor this program.
    pub(crate) others: f64,
}

#[derive(Debug)]
pub(crate) struct Machine {
    system: System,
    k6: Pid,
    ours: Vec<Pid>,
    total: Shares,
    samples: u32,
}

impl Machine {
    /// Starts watching, where the system lets itself be watched; `target` is the embedded target's process.
    pub(crate) fn watch(k6: u32, target: Option<u32>) -> Option<Self> {
        let ours = target.into_iter().chain([k6, std::process::id()]).map(Pid::from_u32).collect();
        let total = Shares { k6: 0.0, others: 0.0 };
        let system = System::new().ok()?;
        let mut it = Self { system, k6: Pid::from_u32(k6), ours, total, samples: 0 };
        it.refresh();
        Some(it)
    }

    /// Adds what happened since the last call, which should be at least 0.2 s ago.
    pub(crate) fn sample(&mut self) {
        self.refresh();
        let cores = self.system.cpus().len().max(1) as f64;
        let share = |pid: &Pid| {
            let percent = self.system.process(*pid).map_or(0.0, sysinfo::Process::cpu_usage);
            f64::from(percent) / 100.0 / cores
        };
        let all = f64::from(self.system.global_cpu_usage()) / 100.0;
        let ours: f64 = self.ours.iter().map(share).sum();
        self.total.k6 += share(&self.k6);
        self.total.others += (all - ours).max(0.0);
        self.samples += 1;
    }

    /// The means over all samples, or nothing where there was none.
    pub(crate) fn shares(&self) -> Option<Shares> {
        let samples = f64::from(self.samples);
        (self.samples > 0)
            .then(|| Shares { k6: self.total.k6 / samples, others: self.total.others / samples })
    }

    fn refresh(&mut self) {
        self.system.refresh_cpu_usage();
        let kind = ProcessRefreshKind::nothing().with_cpu();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&self.ours), true, kind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_sample_nothing_is_claimed() {
        let machine = Machine::watch(std::process::id(), None);
        assert_eq!(machine.and_then(|it| it.shares()), None);
    }
}
