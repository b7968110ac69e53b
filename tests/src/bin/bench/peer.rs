//! A second process of this program, which serves the outside. It reads orders from its standard input, one a line, and
//! answers on its standard output.
use std::{
    io::{BufRead as _, BufReader, Lines, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::Context as _;
use serde::de::DeserializeOwned;

/// The running process. It ends when this is dropped, since its standard input does.
pub(crate) struct Peer {
    process: Child,
    orders: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    /// Returns the first line of the process too, parsed as JSON.
    pub(crate) fn start<T: DeserializeOwned>(role: &str) -> anyhow::Result<(Self, T)> {
        Self::start_with(&[role])
    }

    /// Likewise with arguments.
    pub(crate) fn start_with<T: DeserializeOwned>(arguments: &[&str]) -> anyhow::Result<(Self, T)> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = process.stdin.take();
        let lines = BufReader::new(process.stdout.take().context("its output is piped")?).lines();
        let mut peer = Self { process, orders, lines };
        let first = serde_json::from_str(&peer.line()?)?;
        Ok((peer, first))
    }

    pub(crate) fn order(&mut self, order: &str) -> anyhow::Result<()> {
        let orders = self.orders.as_mut().context("the process still listens")?;
        Ok(writeln!(orders, "{order}")?)
    }

    /// Blocks until the process prints a line.
    pub(crate) fn line(&mut self) -> anyhow::Result<String> {
        Ok(self.lines.next().context("the other process is gone")??)
    }

    /// Blocks until the process prints a line, which must be this one.
    pub(crate) fn hear(&mut self, expected: &str) -> anyhow::Result<()> {
        let line = self.line()?;
        anyhow::ensure!(line == expected, "expected {expected}, heard {line}");
        Ok(())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.process.wait();
    }
}
