//! From what a run measured to the items of a month's bill. Every assumption is a constant here and is printed.
use std::time::Duration;

use tests::meter::Billed;

use super::{
    load::{Load, ROUNDS, RUNS_PER_MONTH},
    open_dashboard::EVERY_SECONDS,
    outside::{LATENCY, SLOW},
    prices::{
        ALARM_METRIC, COMPOSITE_ALARM, CUSTOM_METRIC, DASHBOARD, DYNAMODB_GB_MONTH, DYNAMODB_MILLION_READ_UNITS,
        DYNAMODB_MILLION_WRITE_UNITS, DYNAMODB_RECOVERY_GB_MONTH, HTTP_API_MILLION_REQUESTS, Item, LAMBDA_GB_SECOND,
        LAMBDA_MILLION_REQUESTS, LOGS_GB, LOGS_GB_MONTH, SCHEDULER_MILLION, SECRET, SQS_MILLION_REQUESTS, TRANSFER_GB,
    },
    simulation::{Function, Measured},
    template::Template,
};

const SECONDS_PER_MONTH: f64 = 30.0 * 24.0 * 3600.0;
pub(super) const ROUNDS_PER_MONTH: f64 = SECONDS_PER_MONTH / 60.0;
const DASHBOARD_REQUESTS: f64 = SECONDS_PER_MONTH / EVERY_SECONDS;
/// With TCP and IP, over a connection that stays.
const HEADERS_OF_RESPONSE: f64 = 1_500.0;
const GB: f64 = 1e9;
const MILLION: f64 = 1e6;

/// Lambda gives a function a CPU for each of these:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const MB_PER_CPU: f64 = 1_769.0;
/// Lambda polls a FIFO queue with so many connections, each a long poll of 20 seconds, whether there are messages or
/// not. The docs promise five for standard queues, and that no fewer are used where the concurrency is limited, as in
/// our template; nothing lower is documented for FIFO queues:
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
const POLLERS_PER_QUEUE: f64 = 5.0;
const LONG_POLL_SECONDS: f64 = 20.0;
/// Of a request to DynamoDB or SQS in the same region.
const AWS_LATENCY: Duration = Duration::from_millis(5);
/// Of a delivery.
const RECEIVER_LATENCY: Duration = Duration::from_millis(300);
/// The headers of TCP and IP of a read over a new connection: nine packets from us, with timestamps.
const PACKETS_PER_READ: f64 = 9.0 * 52.0;
/// What a delivery sends: the message, and its part of a connection.
const BYTES_PER_DELIVERY: f64 = 4_000.0;
/// The lines START, END and REPORT of an invocation, with what CloudWatch adds to each line.
const LOG_BYTES_PER_INVOCATION: f64 = 400.0;
/// The line about a round, and that about a delivery, each with its metrics.
const LOG_BYTES_PER_ROUND: f64 = 550.0 + 600.0;
const LOG_BYTES_PER_DELIVERY: f64 = 300.0 + 450.0;
/// Lambda replaces a process "every few hours", however busy:
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
const POLLER_LIFE_HOURS: f64 = 2.0;
const COLD_START: Duration = Duration::from_millis(150);
/// The list of pages is loaded again after so many minutes.
const DIRECTORY_MINUTES: f64 = 5.0;

pub(super) fn assumptions() -> String {
    format!(
        "- Pages answer after {} ms, 1 % of the hosts after {} s, 1 % of the pages never. A read has a new connection \
         with a resumed TLS session, and is answered 304 if the page has not changed.\n\
         - Receivers answer after {} ms, DynamoDB and SQS after {} ms. An invocation lasts as long as it waits and as \
         its CPU takes at a CPU per {MB_PER_CPU} MB; a Graviton CPU counts as one of the machine that measured, and the \
         embedded store and queues, which are in the measured CPU, stand for TLS and HTTP towards AWS.\n\
         - Lambda polls each queue with {POLLERS_PER_QUEUE} long polls of {LONG_POLL_SECONDS} s, idle or not.\n\
         - A read sends {PACKETS_PER_READ} bytes of TCP and IP headers beside what was measured, a delivery \
         {BYTES_PER_DELIVERY} bytes in all; a process of the poller lives {POLLER_LIFE_HOURS} hours.\n\
         - One dashboard is left open, which asks every {EVERY_SECONDS} s; nobody opens another page, and no mail is \
         sent: Amazon SES takes $0.10 for a thousand.\n",
        LATENCY.as_millis(),
        SLOW.as_secs(),
        RECEIVER_LATENCY.as_millis(),
        AWS_LATENCY.as_millis(),
    )
}

/// What reading pages takes, from a run over all pages.
pub(super) struct Reading {
    /// Per request to a page.
    pub(super) cpu: Duration,
    pub(super) bytes: f64,
}

impl Reading {
    pub(super) fn of(measured: &Measured) -> Self {
        let reads = measured.reads as f64;
        let bytes = measured.read_bytes as f64 / reads + PACKETS_PER_READ;
        Self { cpu: measured.poller.cpu.div_f64(reads), bytes }
    }
}

/// A month of the whole instance.
pub(super) struct Month<'a> {
    pub(super) load: &'a Load,
    pub(super) measured: &'a Measured,
    pub(super) reading: &'a Reading,
    /// Read units of one load of the list of pages.
    pub(super) directory: f64,
    pub(super) template: &'a Template,
    /// How many channels are deployed.
    pub(super) channels: usize,
}

impl Month<'_> {
    pub(super) fn items(&self) -> Vec<Item> {
        let million = |name, amount, price| Item { name, amount, price, per: MILLION };
        let one = |name, amount, price| Item { name, amount, price, per: 1.0 };
        let (idle, active) = (self.idle_receives(), self.sqs_requests());
        let dynamodb = self.dynamodb();
        let logs = self.log_bytes() / GB;
        let stored = self.stored_bytes() / GB;
        vec![
            million("Lambda requests", self.invocations(), LAMBDA_MILLION_REQUESTS),
            one("Lambda GB-seconds of the poller", self.poller_gb_seconds(), LAMBDA_GB_SECOND),
            one("Lambda GB-seconds of router and dispatchers", self.queue_gb_seconds(), LAMBDA_GB_SECOND),
            one("Lambda GB-seconds of the pages", self.page_gb_seconds(), LAMBDA_GB_SECOND),
            million("HTTP API requests", DASHBOARD_REQUESTS, HTTP_API_MILLION_REQUESTS),
            million("DynamoDB read units", dynamodb.read_units, DYNAMODB_MILLION_READ_UNITS),
            million("DynamoDB write units", dynamodb.write_units, DYNAMODB_MILLION_WRITE_UNITS),
            one("DynamoDB storage, GB, with its index", stored, DYNAMODB_GB_MONTH),
            one("DynamoDB point-in-time recovery, GB", stored, DYNAMODB_RECOVERY_GB_MONTH),
            million("SQS requests of idle event sources", idle, SQS_MILLION_REQUESTS),
            million("SQS requests about messages", active, SQS_MILLION_REQUESTS),
            million("scheduled invocations", ROUNDS_PER_MONTH, SCHEDULER_MILLION),
            one("log ingestion, GB", logs, LOGS_GB),
            one("log storage, GB", logs, LOGS_GB_MONTH),
            one("alarm metrics", self.template.alarm_metrics(self.channels) as f64, ALARM_METRIC),
            one("composite alarms", self.template.composite_alarms as f64, COMPOSITE_ALARM),
            one("custom metrics", self.template.custom_metrics as f64, CUSTOM_METRIC),
            one("dashboards", self.template.dashboards as f64, DASHBOARD),
            one("secrets", self.template.secrets as f64, SECRET),
            one("transfer to the internet, GB", self.transfer_bytes() / GB, TRANSFER_GB),
        ]
    }

    /// Of a run of the simulated part to a month of the whole.
    fn month(&self, of_run: f64) -> f64 {
        of_run * RUNS_PER_MONTH * self.load.scale
    }

    pub(super) fn reads(&self) -> f64 {
        self.month(self.measured.reads as f64)
    }

    pub(super) fn deliveries(&self) -> f64 {
        self.month(self.measured.dispatchers.messages as f64)
    }

    fn invocations(&self) -> f64 {
        let Measured { router, dispatchers, .. } = self.measured;
        ROUNDS_PER_MONTH + DASHBOARD_REQUESTS + self.month((router.invocations + dispatchers.invocations) as f64)
    }

    /// How long a round lasts: as long as it waits, and as its CPU takes.
    pub(super) fn round(&self) -> Duration {
        let cpu = self.reading.cpu.mul_f64(self.reads() / ROUNDS_PER_MONTH);
        let waiting = self.measured.waiting.div_f64(self.measured.poller.invocations as f64);
        waiting + cpu.mul_f64(MB_PER_CPU / self.template.poller_mb)
    }

    fn poller_gb_seconds(&self) -> f64 {
        let cold = SECONDS_PER_MONTH / 3600.0 / POLLER_LIFE_HOURS * COLD_START.as_secs_f64();
        (self.round().as_secs_f64() * ROUNDS_PER_MONTH + cold) * self.template.poller_mb / 1024.0
    }

    fn queue_gb_seconds(&self) -> f64 {
        let Measured { router, dispatchers, .. } = self.measured;
        let seconds = |function: &Function, outside: Duration| {
            let requests = function.usage.total().requests as f64 / function.messages.max(1) as f64;
            let each = requests * AWS_LATENCY.as_secs_f64() + outside.as_secs_f64();
            let cpu = function.cpu.as_secs_f64() / (self.template.function_mb / MB_PER_CPU);
            self.month(function.in_sequence as f64 * each + cpu)
        };
        let seconds = seconds(router, Duration::ZERO) + seconds(dispatchers, RECEIVER_LATENCY);
        seconds * self.template.function_mb / 1024.0
    }

    /// The queries of a request run at the same time.
    fn page_gb_seconds(&self) -> f64 {
        let cpu = self.measured.dashboard.cpu.as_secs_f64() / (self.template.function_mb / MB_PER_CPU);
        DASHBOARD_REQUESTS * (AWS_LATENCY.as_secs_f64() * 2.0 + cpu) * self.template.function_mb / 1024.0
    }

    /// Rounds that write something. Those of the whole instance are more than those of its part.
    pub(super) fn changes(&self) -> f64 {
        let part = self.measured.changes as f64 / ROUNDS as f64;
        (1.0 - (1.0 - part).powf(self.load.scale)) * ROUNDS_PER_MONTH
    }

    /// Rounds cost the same however many pages there are; what they load again and again is counted apart.
    fn dynamodb(&self) -> Billed {
        let Measured { poller, router, dispatchers, cold_start, .. } = self.measured;
        let mut sum = Billed::default();
        for (what, billed) in &poller.usage.0 {
            let factor = match what.as_str() {
                "Query DIRECTORY" => 0.0,
                "PutItem ROUNDS" | "Query OUTBOX" | "Query PLATFORMS" => RUNS_PER_MONTH,
                _ => self.month(1.0),
            };
            add(&mut sum, billed, factor);
        }
        add(&mut sum, &router.usage.total(), self.month(1.0));
        add(&mut sum, &dispatchers.usage.total(), self.month(1.0));
        let directory = cold_start.0.get("Query DIRECTORY").copied().unwrap_or_default().read_units;
        let starts = SECONDS_PER_MONTH / 3600.0 / POLLER_LIFE_HOURS;
        sum.read_units += (cold_start.total().read_units - directory) * starts * self.load.scale;
        sum.read_units += self.directory * (ROUNDS_PER_MONTH / DIRECTORY_MINUTES + starts);
        sum.read_units += self.measured.dashboard.units(DASHBOARD_REQUESTS, self.changes(), self.load.scale);
        sum
    }

    /// A message that comes ends the long poll that waits for it.
    fn idle_receives(&self) -> f64 {
        let queues = (1 + self.channels) as f64;
        queues * POLLERS_PER_QUEUE * SECONDS_PER_MONTH / LONG_POLL_SECONDS
    }

    fn sqs_requests(&self) -> f64 {
        let Measured { poller, router, dispatchers, .. } = self.measured;
        let requests = [poller, router, dispatchers].into_iter().flat_map(|function| &function.usage.0);
        let about_messages = requests.filter(|(what, _)| !what.ends_with("empty"));
        self.month(about_messages.map(|(_, billed)| billed.sqs_requests as f64).sum())
    }

    fn log_bytes(&self) -> f64 {
        self.invocations() * LOG_BYTES_PER_INVOCATION
            + ROUNDS_PER_MONTH * LOG_BYTES_PER_ROUND
            + self.deliveries() * LOG_BYTES_PER_DELIVERY
    }

    /// At the end of a first month.
    fn stored_bytes(&self) -> f64 {
        let [first, last] = self.measured.stored.map(|bytes| bytes as f64);
        first * self.load.scale + self.month(last - first)
    }

    fn transfer_bytes(&self) -> f64 {
        self.reads() * self.reading.bytes
            + self.deliveries() * BYTES_PER_DELIVERY
            + DASHBOARD_REQUESTS * (self.measured.dashboard.bytes + HEADERS_OF_RESPONSE)
    }
}

fn add(sum: &mut Billed, billed: &Billed, factor: f64) {
    sum.read_units += billed.read_units * factor;
    sum.write_units += billed.write_units * factor;
}
