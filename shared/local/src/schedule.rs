//! EventBridge Scheduler: invokes a function with a fixed input at a fixed rate. A tick during a run is skipped, so
//! that no run overtakes a slow one.
use std::time::Duration;

use serde_json::Value;
use tokio::{sync::watch, time::MissedTickBehavior};

use crate::function::{Handler, invoke};

/// A function and the rate at which it is invoked.
pub struct Schedule {
    pub every: Duration,
    /// The event that the function gets, such as `{"shard": 0, "of": 1}`.
    pub input: Value,
    pub handler: Handler,
}

impl Schedule {
    /// Invokes the function at once and then at the rate. Stops when `shutdown` turns true or its sender is dropped,
    /// but finishes the current run first.
    pub async fn run(&self, mut shutdown: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                _ = shutdown.wait_for(|stop| *stop) => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = invoke(&self.handler, self.input.clone()).await {
                tracing::error!(error = format!("{error:#}"), "a scheduled run failed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use serde_json::json;
    use tokio::sync::{Notify, mpsc};

    use super::*;
    use crate::function::handler;

    #[tokio::test]
    async fn first_run_is_at_once_and_others_follow_even_after_a_failure() {
        let (inputs, mut seen) = mpsc::unbounded_channel();
        let handler = handler(move |input| {
            inputs.send(input).unwrap();
            async { anyhow::bail!("this round failed") }
        });
        let schedule = Schedule { every: Duration::from_millis(5), input: json!({"shard": 0, "of": 1}), handler };
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(async move { schedule.run(stopped).await });
        for _ in 0..3 {
            assert_eq!(seen.recv().await.unwrap(), json!({"shard": 0, "of": 1}));
        }
        stop.send_replace(true);
        running.await.unwrap();
    }

    #[tokio::test]
    async fn run_is_not_overtaken_and_is_finished_at_shutdown() {
        let (started, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let runs = Arc::new(AtomicUsize::new(0));
        let handler = handler({
            let (started, release, runs) = (started.clone(), release.clone(), runs.clone());
            move |_| {
                let (started, release, runs) = (started.clone(), release.clone(), runs.clone());
                async move {
                    started.notify_one();
                    release.notified().await;
                    runs.fetch_add(1, Ordering::SeqCst);
                    Ok(Value::Null)
                }
            }
        });
        // Dozens of ticks pass during the first run.
        let schedule = Schedule { every: Duration::from_micros(100), input: Value::Null, handler };
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(async move { schedule.run(stopped).await });
        started.notified().await;
        stop.send_replace(true);
        release.notify_one();
        running.await.unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }
}
