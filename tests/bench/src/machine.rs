//! What it was measured on.

use std::fs;
use std::thread::available_parallelism;

use serde::{Deserialize, Serialize};

/// A machine, as far as figures depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name and architecture.
    pub cpu: String,
    /// Cores that a process may use.
    pub cores: usize,
    /// Memory in MB (1,000,000 bytes).
    pub memory_mb: u64,
    /// The system's name and version.
    pub kernel: String,
}

impl Machine {
    /// This machine.
    pub fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let name = field(&read("/proc/cpuinfo"), "model name");
        // What follows the version is the builder's, and says nothing about speed.
        let release = read("/proc/sys/kernel/osrelease");
        let version = release.trim().split('-').next().unwrap_or_default().to_owned();
        Self {
            cpu: name.map_or_else(|| arch.to_owned(), |name| format!("{name} ({arch})")),
            cores: available_parallelism().map_or(1, usize::from),
            memory_mb: memory_mb(&read("/proc/meminfo")).unwrap_or(0),
            kernel: format!("{os} {version}").trim().to_owned(),
        }
    }
}

fn field(text: &str, name: &str) -> Option<String> {
    let values = text.lines().filter_map(|line| line.split_once(':'));
    let mut named = values.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned());
    named.next()
}

fn memory_mb(meminfo: &str) -> Option<u64> {
    let kibibytes = field(meminfo, "MemTotal")?.strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    Some(kibibytes * 1024 / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_read() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nmodel name\t: Some CPU @ 2.00GHz\n";
        assert_eq!(field(cpuinfo, "model name").as_deref(), Some("Some CPU @ 2.00GHz"));
        assert_eq!(field(cpuinfo, "model"), None);
        assert_eq!(memory_mb("MemTotal:       16000000 kB\nMemFree: 1 kB\n"), Some(16_384));
    }
}
