//! What the process uses, under the names that Prometheus' own clients have for it.

use std::fmt;
use std::sync::{Arc, Mutex};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

use crate::observability::traffic::Traffic;

/// Asked anew at each scrape.
#[derive(Debug)]
pub(crate) struct Process {
    system: Mutex<System>,
    traffic: Arc<Traffic>,
}

impl Process {
    pub(crate) fn new(traffic: Arc<Traffic>) -> Self {
        Self { system: Mutex::default(), traffic }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let it = &mut encoder;
        let received = ConstCounter::new(self.traffic.received());
        let sent = ConstCounter::new(self.traffic.sent());
        let (bytes, seconds) = (Some(Unit::Bytes), Some(Unit::Seconds));
        metric(
            it,
            "process_network_receive",
            "Bytes that connections received.",
            &bytes,
            received,
        )?;
        metric(it, "process_network_transmit", "Bytes that connections sent.", &bytes, sent)?;

        let Ok(pid) = get_current_pid() else { return Ok(()) };
        let mut system = self.system.lock().expect("no one panics holding the lock");
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
        let Some(process) = system.process(pid) else { return Ok(()) };
        let cpu = ConstCounter::new(process.accumulated_cpu_time() as f64 / 1000.0);
        metric(it, "process_cpu", "Time of all threads on a processor.", &seconds, cpu)?;
        let memory = ConstGauge::new(process.memory() as i64);
        metric(it, "process_resident_memory", "Memory that is resident.", &bytes, memory)?;
        let start = ConstGauge::new(process.start_time() as i64);
        metric(it, "process_start_time", "Start since 1970.", &seconds, start)?;
        if let Some(open) = process.open_files() {
            let open = ConstGauge::new(open as i64);
            metric(it, "process_open_fds", "File descriptors that are open.", &None, open)?;
        }
        if let Some(max) = process.open_files_limit() {
            let max = ConstGauge::new(max as i64);
            metric(it, "process_max_fds", "File descriptors that may be open.", &None, max)?;
        }
        Ok(())
    }
}

fn metric(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: &Option<Unit>,
    metric: impl EncodeMetric,
) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, unit.as_ref(), metric.metric_type())?)
}
