//! A group of processes with the share of a Lambda function of 512 MB: 0.29 of a CPU. Versions 1 and 2 of the kernel's
//! cgroups; both need root.
use std::{fs, path::PathBuf};

use anyhow::Context as _;

/// Of one CPU, in microseconds of each period.
const QUOTA: u32 = 29_000;
const PERIOD: u32 = 100_000;
const MEMORY: u64 = 512 << 20;

/// Is removed when it is dropped; its processes have ended by then.
pub(crate) struct Cgroup {
    /// One of version 2; of version 1 one for CPU and one for memory.
    folders: Vec<PathBuf>,
    version: u8,
}

impl Cgroup {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let root = PathBuf::from("/sys/fs/cgroup");
        let name = format!("statuswire-bench-{}", std::process::id());
        let is_second = root.join("cgroup.controllers").exists();
        let parents = if is_second { vec![root] } else { vec![root.join("cpu"), root.join("memory")] };
        let group = Self {
            folders: parents.into_iter().map(|parent| parent.join(&name)).collect(),
            version: if is_second { 2 } else { 1 },
        };
        group.limit().context("no cgroup can be had here, so that nothing is measured in one: it takes root")?;
        Ok(group)
    }

    fn limit(&self) -> anyhow::Result<()> {
        for folder in &self.folders {
            fs::create_dir(folder).with_context(|| folder.display().to_string())?;
        }
        let settings: Vec<(&PathBuf, &str, String)> = match &self.folders[..] {
            [both] => {
                vec![(both, "cpu.max", format!("{QUOTA} {PERIOD}")), (both, "memory.max", MEMORY.to_string())]
            }
            [cpu, memory, ..] => vec![
                (cpu, "cpu.cfs_period_us", PERIOD.to_string()),
                (cpu, "cpu.cfs_quota_us", QUOTA.to_string()),
                (memory, "memory.limit_in_bytes", MEMORY.to_string()),
            ],
            [] => Vec::new(),
        };
        for (folder, file, value) in settings {
            fs::write(folder.join(file), value).with_context(|| format!("{}: {file}", folder.display()))?;
        }
        Ok(())
    }

    pub(crate) fn add(&self, process: u32) -> anyhow::Result<()> {
        for folder in &self.folders {
            fs::write(folder.join("cgroup.procs"), process.to_string()).context("putting a process into the cgroup")?;
        }
        Ok(())
    }

    pub(crate) fn described(&self) -> String {
        format!("0.29 CPU and 512 MB (cgroup v{})", self.version)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for folder in &self.folders {
            let _ = fs::remove_dir(folder);
        }
    }
}
