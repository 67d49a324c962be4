//! Metrics of the process and of tokio's runtime. The process is asked where Linux tells it in `/proc`; elsewhere its
//! metrics are absent.

use std::fs;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use tokio::runtime::Handle;

/// Of the clock that `/proc` counts a process's time with: 100 on every architecture that Rust runs on.
const TICKS: f64 = 100.0;

/// Adds the instruments. They are asked when metrics are collected, and cost nothing in between.
pub(super) fn observe(meter: &Meter) {
    if cfg!(target_os = "linux") {
        process(meter);
    }
    // The runtime in which the app is built is the one that serves.
    if let Ok(runtime) = Handle::try_current() {
        tokio_runtime(meter, &runtime);
    }
}

fn process(meter: &Meter) {
    meter
        .f64_observable_counter("process.cpu.time")
        .with_unit("s")
        .with_description("Total CPU seconds broken down by different states.")
        .with_callback(|observer| {
            if let Some(stat) = Stat::read() {
                observer.observe(stat.user, &[KeyValue::new("cpu.mode", "user")]);
                observer.observe(stat.system, &[KeyValue::new("cpu.mode", "system")]);
            }
        })
        .build();
    meter
        .f64_observable_gauge("process.uptime")
        .with_unit("s")
        .with_description("The time the process has been running.")
        .with_callback(|observer| {
            if let Some(uptime) = uptime() {
                observer.observe(uptime, &[]);
            }
        })
        .build();
    let statuses = [
        ("process.memory.usage", "By", "The amount of physical memory in use.", "VmRSS:", 1024),
        (
            "process.memory.virtual",
            "By",
            "The amount of committed virtual memory.",
            "VmSize:",
            1024,
        ),
        ("process.thread.count", "{thread}", "Process threads count.", "Threads:", 1),
    ];
    for (name, unit, description, key, scale) in statuses {
        meter
            .i64_observable_up_down_counter(name)
            .with_unit(unit)
            .with_description(description)
            .with_callback(move |observer| {
                if let Some(number) = status(key) {
                    observer.observe(number * scale, &[]);
                }
            })
            .build();
    }
    meter
        .i64_observable_up_down_counter("process.unix.file_descriptor.count")
        .with_unit("{file_descriptor}")
        .with_description("Number of unix file descriptors in use by the process.")
        .with_callback(|observer| {
            if let Ok(open) = fs::read_dir("/proc/self/fd") {
                // One of them is open for this very question.
                observer.observe(open.count().saturating_sub(1) as i64, &[]);
            }
        })
        .build();
}

/// What tokio tells without `tokio_unstable`.
fn tokio_runtime(meter: &Meter, runtime: &Handle) {
    type Asked = fn(&Handle) -> usize;
    let asked: [(&'static str, &'static str, &'static str, Asked); 3] = [
        (
            "tokio.runtime.workers",
            "{thread}",
            "Worker threads of the runtime that serves.",
            |runtime| runtime.metrics().num_workers(),
        ),
        (
            "tokio.runtime.alive_tasks",
            "{task}",
            "Tasks of the runtime that have not ended.",
            |runtime| runtime.metrics().num_alive_tasks(),
        ),
        (
            "tokio.runtime.global_queue_depth",
            "{task}",
            "Tasks that wait in the queue that all workers share.",
            |runtime| runtime.metrics().global_queue_depth(),
        ),
    ];
    for (name, unit, description, ask) in asked {
        let runtime = runtime.clone();
        meter
            .i64_observable_up_down_counter(name)
            .with_unit(unit)
            .with_description(description)
            .with_callback(move |observer| observer.observe(ask(&runtime) as i64, &[]))
            .build();
    }
}

/// The part of `/proc/self/stat` that is asked for, in seconds.
struct Stat {
    user: f64,
    system: f64,
    /// After the machine's start.
    started: f64,
}

impl Stat {
    fn read() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/self/stat").ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses, which may hold anything.
        let (_, rest) = text.rsplit_once(')')?;
        let mut fields = rest.split_ascii_whitespace();
        let mut seconds = |skip: usize| Some(fields.nth(skip)?.parse::<f64>().ok()? / TICKS);
        // Counted from 1 in its documentation: 14, 15 and 22.
        Some(Self { user: seconds(11)?, system: seconds(0)?, started: seconds(6)? })
    }
}

fn uptime() -> Option<f64> {
    let machine = fs::read_to_string("/proc/uptime").ok()?;
    let machine: f64 = machine.split_ascii_whitespace().next()?.parse().ok()?;
    Some((machine - Stat::read()?.started).max(0.0))
}

/// A number of `/proc/self/status`.
fn status(key: &str) -> Option<i64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_is_no_field() {
        let text = "42 (my) prog (x)) S 1 42 42 0 -1 4194560 100 0 0 0 250 75 0 0 20 0 4 0 123456 1000 200";
        let stat = Stat::parse(text).expect("whole");
        assert_eq!((stat.user, stat.system, stat.started), (2.5, 0.75, 1234.56));
        assert!(Stat::parse("42 (short) S 1").is_none());
        assert!(Stat::parse("").is_none());
    }
}
