//! CPU time in the measure in which Lambda gives it, by a control group of version 1 or 2.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Context as _;

/// AWS: "at 1,769 MB, a function has the equivalent of one vCPU".
const ONE_CPU_MB: u32 = 1_769;
/// The period over which CPU time is shared out. Lambda's own is 20 ms; the kernel's default is 100 ms.
const PERIOD_US: u32 = 20_000;
/// The smallest quota that the kernel accepts.
const MIN_QUOTA_US: u32 = 1_000;

/// What the names of groups begin with; the id of the process that made it follows.
const PREFIX: &str = "madoguchi-bench-";

/// How much CPU time a process gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuShare {
    /// As much as the machine has.
    Full,
    /// What Lambda gives a function with this much memory.
    OfMemory(u32),
}

impl CpuShare {
    /// The period in which a process gets its quota, both in microseconds; nothing limits the full share.
    fn quota_us(self) -> Option<(u32, u32)> {
        match self {
            Self::Full => None,
            Self::OfMemory(mb) => Some(((PERIOD_US * mb / ONE_CPU_MB).max(MIN_QUOTA_US), PERIOD_US)),
        }
    }

    /// How long a group that was just made must be left alone until it has its whole quota.
    pub(super) fn rest(self) -> Duration {
        match self.quota_us() {
            None => Duration::ZERO,
            Some((_, period_us)) => Duration::from_micros(u64::from(period_us) * 2),
        }
    }
}

impl fmt::Display for CpuShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("full CPU"),
            Self::OfMemory(mb) => write!(f, "{mb} MB"),
        }
    }
}

/// Whether shares below the full one can be given here; if not, why.
pub fn can_limit() -> Result<(), String> {
    match control() {
        Control::V1 { cpu: Some(_), .. } | Control::V2 { .. } => Ok(()),
        Control::V1 { cpu: None, .. } | Control::None => {
            Err("no control group with a CPU quota can be made on this machine by this user".to_owned())
        }
    }
}

/// Where groups can be made, if anywhere.
#[derive(Debug)]
enum Control {
    /// A folder of the `cpu` hierarchy, for quotas, and one of `cpuacct`, for exact times; often the same.
    V1 {
        cpu: Option<PathBuf>,
        cpuacct: Option<PathBuf>,
    },
    V2 {
        parent: PathBuf,
    },
    None,
}

/// A group for one process, gone when dropped; by then the process must have ended.
#[derive(Debug)]
pub(super) struct Group {
    folders: Vec<PathBuf>,
    usage: Option<Usage>,
}

#[derive(Debug)]
enum Usage {
    /// `cpuacct.usage`: nanoseconds.
    V1(PathBuf),
    /// `cpu.stat`: a line `usage_usec N`.
    V2(PathBuf),
}

impl Group {
    /// Makes a group with the CPU time of `share`. Without control groups there is none for the full share
    /// (the process is then measured by other means), and an error for any other.
    pub(super) fn create(share: CpuShare) -> anyhow::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}", std::process::id());
        if share != CpuShare::Full {
            can_limit().map_err(anyhow::Error::msg)?;
        }
        let mut group = Self { folders: Vec::new(), usage: None };
        match control() {
            Control::None => {}
            Control::V2 { parent } => {
                let folder = group.make(parent, &name)?;
                if let Some((quota, period)) = share.quota_us() {
                    write(&folder.join("cpu.max"), &format!("{quota} {period}"))?;
                }
                group.usage = Some(Usage::V2(folder.join("cpu.stat")));
            }
            Control::V1 { cpu, cpuacct } => {
                if let (Some(parent), Some((quota, period))) = (cpu, share.quota_us()) {
                    let folder = group.make(parent, &name)?;
                    write(&folder.join("cpu.cfs_period_us"), &period.to_string())?;
                    write(&folder.join("cpu.cfs_quota_us"), &quota.to_string())?;
                }
                if let Some(parent) = cpuacct {
                    let folder = group.make(parent, &name)?;
                    group.usage = Some(Usage::V1(folder.join("cpuacct.usage")));
                }
            }
        }
        Ok(group)
    }

    /// Files that a process writes its id to in order to be in the group.
    pub(super) fn doors(&self) -> impl Iterator<Item = PathBuf> {
        self.folders.iter().map(|folder| folder.join("cgroup.procs"))
    }

    /// CPU time of all that ran in the group, if it is counted.
    pub(super) fn cpu(&self) -> Option<Duration> {
        match self.usage.as_ref()? {
            Usage::V1(file) => fs::read_to_string(file).ok()?.trim().parse().ok().map(Duration::from_nanos),
            Usage::V2(file) => {
                let stat = fs::read_to_string(file).ok()?;
                let usage = stat.lines().find_map(|line| line.strip_prefix("usage_usec "))?;
                usage.parse().ok().map(Duration::from_micros)
            }
        }
    }

    fn make(&mut self, parent: &Path, name: &str) -> anyhow::Result<PathBuf> {
        let folder = parent.join(name);
        // Two hierarchies that are mounted as one have one folder.
        if !folder.exists() {
            fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
            self.folders.push(folder.clone());
        }
        Ok(folder)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for folder in &self.folders {
            // A process that was just ended leaves its group a moment later.
            for _ in 0..100 {
                if fs::remove_dir(folder).is_ok() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

fn control() -> &'static Control {
    static CONTROL: OnceLock<Control> = OnceLock::new();
    CONTROL.get_or_init(|| {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let memberships = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        detect(&mounts, &memberships)
    })
}

fn detect(mounts: &str, memberships: &str) -> Control {
    let places = |controller: Option<&str>| places(mounts, memberships, controller);
    let v2 = places(None).into_iter().find(|folder| tries_out(folder, "cpu.max", "max"));
    if let Some(parent) = v2 {
        return Control::V2 { parent };
    }
    let cpu = places(Some("cpu")).into_iter().find(|folder| tries_out(folder, "cpu.cfs_quota_us", "-1"));
    let cpuacct = places(Some("cpuacct")).into_iter().find(|folder| tries_out(folder, "cpuacct.usage", "0"));
    if cpu.is_none() && cpuacct.is_none() { Control::None } else { Control::V1 { cpu, cpuacct } }
}

/// Folders of a hierarchy in which a group might be made: our own group and those above it. `controller` is
/// one of version 1; none stands for version 2.
fn places(mounts: &str, memberships: &str, controller: Option<&str>) -> Vec<PathBuf> {
    let wanted = |names: &str| names.split(',').any(|name| Some(name) == controller);
    let mount = mounts.lines().find_map(|line| {
        let fields: Vec<_> = line.split(' ').collect();
        let is_ours = match controller {
            None => fields.get(2) == Some(&"cgroup2"),
            Some(_) => fields.get(2) == Some(&"cgroup") && fields.get(3).is_some_and(|names| wanted(names)),
        };
        is_ours.then(|| PathBuf::from(fields[1]))
    });
    let own = memberships.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (names, path) = (fields.next()?, fields.next()?);
        let is_ours = if controller.is_none() { names.is_empty() } else { wanted(names) };
        is_ours.then(|| path.trim_start_matches('/').to_owned())
    });
    let (Some(mount), Some(own)) = (mount, own) else { return Vec::new() };
    let own = mount.join(own);
    own.ancestors().take_while(|folder| folder.starts_with(&mount)).map(Path::to_owned).collect()
}

/// Whether a group in `folder` can be made, has `file`, and lets us write it and move in.
fn tries_out(folder: &Path, file: &str, value: &str) -> bool {
    forget_the_dead(folder);
    let probe = folder.join(format!("{PREFIX}{}-probe", std::process::id()));
    if fs::create_dir(&probe).is_err() {
        return false;
    }
    let mut usable = fs::write(probe.join(file), value).is_ok();
    if usable {
        // A process that does nothing but move in: permission to do so is a matter of its own.
        let script = "echo $$ > \"$1\"";
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", script, "sh"]).arg(probe.join("cgroup.procs"));
        shell.stderr(std::process::Stdio::null());
        usable = shell.status().is_ok_and(|status| status.success());
    }
    for _ in 0..100 {
        if fs::remove_dir(&probe).is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    usable
}

/// Removes groups whose makers were ended before they could. One that still has a process in it stays.
fn forget_the_dead(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let maker = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if maker.is_some_and(|maker| !Path::new("/proc").join(maker).exists()) {
            drop(fs::remove_dir(entry.path()));
        }
    }
}

fn write(file: &Path, value: &str) -> anyhow::Result<()> {
    fs::write(file, value).with_context(|| format!("writing {value} to {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_its_memory_over_that_of_one_cpu() {
        assert_eq!(CpuShare::Full.quota_us(), None);
        assert_eq!(CpuShare::OfMemory(1_769).quota_us(), Some((20_000, 20_000)));
        assert_eq!(CpuShare::OfMemory(128).quota_us(), Some((1_447, 20_000)));
        assert_eq!(CpuShare::OfMemory(512).quota_us(), Some((5_788, 20_000)));
    }

    #[test]
    fn groups_are_looked_for_from_our_own_upwards() {
        let mounts = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n\
            cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0\n\
            cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
        let memberships = "4:cpu,cpuacct:/a/b\n3:cpuset:/\n0::/user.slice\n";
        let found = |controller| {
            places(mounts, memberships, controller)
                .into_iter()
                .map(|folder| folder.display().to_string())
                .collect::<Vec<_>>()
        };
        let v1 = "/sys/fs/cgroup/cpu,cpuacct";
        assert_eq!(found(Some("cpu")), [format!("{v1}/a/b"), format!("{v1}/a"), v1.to_owned()]);
        assert_eq!(found(Some("cpuacct")), found(Some("cpu")));
        assert_eq!(found(None), ["/sys/fs/cgroup/unified/user.slice", "/sys/fs/cgroup/unified"]);
        assert_eq!(found(Some("memory")), Vec::<String>::new());
    }
}
