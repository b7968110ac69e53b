//! Public prices of us-east-1 for Lambda on arm64, in dollars, without any free tier and for the first tier of volume.
use std::fmt::Write as _;

/// When they were looked up.
pub(super) const DATE: &str = "2026-12-01";

/// <https://aws.amazon.com/lambda/pricing/>
pub(super) const LAMBDA_MILLION_REQUESTS: f64 = 0.20;
pub(super) const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
/// <https://aws.amazon.com/dynamodb/pricing/on-demand/>
pub(super) const DYNAMODB_MILLION_READ_UNITS: f64 = 0.125;
pub(super) const DYNAMODB_MILLION_WRITE_UNITS: f64 = 0.625;
pub(super) const DYNAMODB_GB_MONTH: f64 = 0.25;
pub(super) const DYNAMODB_RECOVERY_GB_MONTH: f64 = 0.20;
/// <https://aws.amazon.com/api-gateway/pricing/>
pub(super) const HTTP_API_MILLION_REQUESTS: f64 = 1.00;
/// FIFO queues: <https://aws.amazon.com/sqs/pricing/>
pub(super) const SQS_MILLION_REQUESTS: f64 = 0.50;
/// <https://aws.amazon.com/cloudwatch/pricing/>
pub(super) const LOGS_GB: f64 = 0.50;
pub(super) const LOGS_GB_MONTH: f64 = 0.03;
pub(super) const ALARM_METRIC: f64 = 0.10;
pub(super) const COMPOSITE_ALARM: f64 = 0.50;
/// By the hours in which it is written.
pub(super) const CUSTOM_METRIC: f64 = 0.30;
/// With up to 50 metrics the first three are free.
pub(super) const DASHBOARD: f64 = 3.00;
/// <https://aws.amazon.com/secrets-manager/pricing/>
pub(super) const SECRET: f64 = 0.40;
/// <https://aws.amazon.com/eventbridge/pricing/>
pub(super) const SCHEDULER_MILLION: f64 = 1.00;
/// To the internet: <https://aws.amazon.com/ec2/pricing/on-demand/>
pub(super) const TRANSFER_GB: f64 = 0.09;

/// What every account has free each month, for as long as it exists, by the beginning of the names of what it is for.
const FREE: [(&str, f64); 10] = [
    ("Lambda requests", 1_000_000.0),
    ("Lambda GB-seconds", 400_000.0),
    ("DynamoDB storage", 25.0),
    ("SQS requests", 1_000_000.0),
    ("log ingestion, GB", 5.0),
    ("alarm metrics", 10.0),
    ("custom metrics", 10.0),
    ("dashboards", 3.0),
    ("scheduled invocations", 14_000_000.0),
    ("transfer to the internet, GB", 100.0),
];

/// A line of the bill.
pub(super) struct Item {
    pub(super) name: &'static str,
    /// Amount in the unit that the price is for.
    pub(super) amount: f64,
    pub(super) price: f64,
    /// So many of it cost the price.
    pub(super) per: f64,
}

impl Item {
    fn dollars(&self) -> f64 {
        self.of(self.amount)
    }

    fn of(&self, amount: f64) -> f64 {
        amount / self.per * self.price
    }
}

pub(super) fn sum(items: &[Item]) -> f64 {
    items.iter().map(Item::dollars).sum()
}

/// What the free tier takes off.
pub(super) fn free(items: &[Item]) -> f64 {
    let off = |(name, free): &(&str, f64)| {
        let of_it: Vec<&Item> = items.iter().filter(|item| item.name.starts_with(name)).collect();
        let amount: f64 = of_it.iter().map(|item| item.amount).sum();
        of_it.first().map_or(0.0, |item| item.of(amount.min(*free)))
    };
    FREE.iter().map(off).sum()
}

pub(super) fn table(items: &[Item]) -> Result<String, std::fmt::Error> {
    let mut table = "| item | amount | price | dollars |\n|---|---|---|---|\n".to_owned();
    for item in items {
        let Item { name, price, per, .. } = item;
        let per = match per {
            1.0 => String::new(),
            _ => " per million".to_owned(),
        };
        writeln!(table, "| {name} | {} | ${price}{per} | {:.2} |", amount(item.amount), item.dollars())?;
    }
    let (all, rest) = (sum(items), sum(items) - free(items));
    writeln!(table, "| **all** | | | **{all:.2}** |")?;
    writeln!(table, "| not counted: with the free tier of an account that has nothing else | | | {rest:.2} |")?;
    Ok(table)
}

/// With separators, and decimals only if it is small.
fn amount(amount: f64) -> String {
    if amount < 100.0 {
        return format!("{amount:.2}");
    }
    let digits = format!("{amount:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).expect("digits")).collect();
    groups.join(",")
}
