//! Starts, watches and ends one process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::Program;
use super::share::Group;

/// Joins the groups, waits for a line, and becomes the program. The log is opened last, so that the pipe on
/// which the shell reports is not the program's.
const GATE: &str = r#"
log=$1 doors=$2
shift 2
while [ "$doors" -gt 0 ]; do
    echo $$ > "$1" || exit 111
    doors=$((doors - 1))
    shift
done
echo ready
read -r go
exec "$@" < /dev/null >> "$log" 2>&1
"#;

/// A shell that takes longer is not coming.
const GATE_TIMEOUT: Duration = Duration::from_secs(10);

/// A running process. Dropping it ends it.
pub(super) struct Process {
    child: Child,
    pid: u32,
    group: Group,
    log: Log,
}

/// A file that takes what the process prints, gone when dropped.
struct Log(PathBuf);

impl Process {
    /// Starts `program` in `group`; returns the instant at which it was let go.
    ///
    /// A shell goes before it into the group, where it waits: neither its own start nor the making of the
    /// group is part of what is measured, and a limited share is whole again.
    pub(super) async fn start(
        program: &Program,
        runtime_api: &str,
        group: Group,
        rest: Duration,
    ) -> anyhow::Result<(Self, Instant)> {
        let log = Log::create()?;
        let doors: Vec<_> = group.doors().collect();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", GATE, "sh"]).arg(&log.0).arg(doors.len().to_string()).args(doors);
        command.args(&program.argv);
        command.env_clear().envs(program.environment(runtime_api));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        if let Some(folder) = &program.folder {
            command.current_dir(folder);
        }
        let mut child = command.spawn().with_context(|| format!("starting {}", program.name()))?;
        let pid = child.id().context("it has just been started")?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (mut stdin, mut stdout) = stdin.zip(stdout).context("both are piped")?;
        let mut ready = [0; 6];
        timeout(GATE_TIMEOUT, stdout.read_exact(&mut ready)).await?.context("the shell did not come up")?;
        ensure!(&ready == b"ready\n", "the shell said something else");
        sleep(rest).await;
        let started_at = Instant::now();
        stdin.write_all(b"\n").await?;
        Ok((Self { child, pid, group, log }, started_at))
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for the process to end by itself.
    pub(super) async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    /// User and system time so far, in nanoseconds or microseconds.
    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        match self.group.cpu() {
            Some(cpu) => Ok(cpu),
            None => scheduled(self.pid),
        }
    }

    /// The largest resident set so far.
    pub(super) fn peak_bytes(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.context("there is no VmHWM")?.trim().trim_end_matches(" kB");
        Ok(kilobytes.parse::<u64>()? * 1024)
    }

    pub(super) fn output(&self) -> String {
        fs::read_to_string(&self.log.0).unwrap_or_default()
    }

    /// The last of what it printed, to stand behind an error's text.
    pub(super) fn said(&self) -> String {
        let output = self.output();
        let lines: Vec<_> = output.lines().collect();
        let last = lines[lines.len().saturating_sub(10)..].join("\n  ");
        if last.is_empty() { String::new() } else { format!("\n  {last}") }
    }

    /// Ends it.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group can only go when its process has; `kill_on_drop` comes too late for it.
        drop(self.child.start_kill());
    }
}

/// CPU time of all threads that live. Without a group, those that ended are forgotten.
fn scheduled(pid: u32) -> anyhow::Result<Duration> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        total += scheduled_ns(&thread?.path()).unwrap_or_default();
    }
    ensure!(total > 0, "this kernel does not say how much CPU time a thread had");
    Ok(Duration::from_nanos(total))
}

fn scheduled_ns(thread: &Path) -> Option<u64> {
    fs::read_to_string(thread.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
}

impl Log {
    fn create() -> anyhow::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = std::env::temp_dir().join(format!("madoguchi-bench-{}-{number}.log", std::process::id()));
        fs::write(&file, "").with_context(|| format!("making {}", file.display()))?;
        Ok(Self(file))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}
