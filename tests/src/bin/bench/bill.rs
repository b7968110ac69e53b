//! What a month in AWS costs: the real functions run through a part of a month, what they send and work is counted in
//! the units that AWS bills, and the bill follows at public prices. Time is passed in, so nothing waits for the clock.
mod load;
mod month;
mod open_dashboard;
mod outside;
mod prices;
mod simulation;
mod template;

use std::fmt::Write as _;

pub(crate) use self::outside::serve;
use self::{
    load::{LARGE, SMALL},
    month::{Month, Reading, assumptions},
    simulation::{Function, directory, run},
    template::Template,
};

/// Channels of a stack that leaves out the others.
const FEW_CHANNELS: usize = 2;

pub(crate) async fn table() -> anyhow::Result<String> {
    let template = Template::read()?;
    let small = run(&SMALL).await?;
    let reading = Reading::of(&small);
    let large = run(&LARGE).await?;
    let mut text = format!("Prices of us-east-1 on arm64, {}, without the free tier. Assumed:\n\n", prices::DATE);
    text += &assumptions();
    let all = channels::channels().len();
    for (load, measured) in [(&SMALL, &small), (&LARGE, &large)] {
        let directory = directory(load).await?;
        let month = Month { load, measured, reading: &reading, directory, template: &template, channels: all };
        write!(text, "\n**{}**\n\n{}\n", load.name, prices::table(&month.items())?)?;
        let few = Month { channels: FEW_CHANNELS, ..month };
        let few = few.items();
        writeln!(
            text,
            "With {FEW_CHANNELS} of {all} channels deployed: ${:.2}, with the free tier ${:.2}.\n",
            prices::sum(&few),
            prices::sum(&few) - prices::free(&few)
        )?;
        text += &behind(&month)?;
    }
    Ok(text)
}

/// Where the figures come from.
fn behind(month: &Month<'_>) -> Result<String, std::fmt::Error> {
    let Month { measured, reading, .. } = month;
    let mut text = String::new();
    writeln!(
        text,
        "A round reads {:.0} pages, {:.2} ms of CPU and {:.0} bytes each, and lasts {:.1} s. Of three rounds with this \
         latency {:.1} s were counted and {:.1} s measured, CPU included.\n",
        month.reads() / month::ROUNDS_PER_MONTH,
        reading.cpu.as_secs_f64() * 1e3,
        reading.bytes,
        month.round().as_secs_f64(),
        measured.checked[0].as_secs_f64(),
        measured.checked[1].as_secs_f64(),
    )?;
    writeln!(text, "| for each | | messages | read units | write units | CPU ms |\n|---|---|---|---|---|---|")?;
    row(&mut text, "round", &measured.poller, measured.poller.invocations)?;
    row(&mut text, "alert, router", &measured.router, measured.router.messages)?;
    row(&mut text, "delivery, dispatcher", &measured.dispatchers, measured.dispatchers.messages)?;
    let (first, cold) = (measured.first_reads.total(), measured.cold_start.total());
    writeln!(
        text,
        "\nThe first reads of all pages take {:.0} write units, once; a new process of the poller {:.0} read units; a \
         load of the list of pages {:.1}. The open dashboard takes {:.1} read units, {:.1} ms of CPU and {:.0} bytes \
         each time, and {:.0} more where {:.0} rounds a day wrote something.",
        first.write_units * month.load.scale,
        cold.read_units * month.load.scale,
        month.directory,
        measured.dashboard.read_units,
        measured.dashboard.cpu.as_secs_f64() * 1e3,
        measured.dashboard.bytes,
        measured.dashboard.states * month.load.scale,
        month.changes() / 30.0,
    )?;
    Ok(text)
}

fn row(text: &mut String, name: &str, function: &Function, times: u64) -> std::fmt::Result {
    let (usage, times) = (function.usage.total(), times as f64);
    writeln!(
        text,
        "| {name} | {times:.0} times | {:.1} per invocation | {:.2} | {:.2} | {:.2} |",
        function.messages as f64 / function.invocations.max(1) as f64,
        usage.read_units / times,
        usage.write_units / times,
        function.cpu.as_secs_f64() * 1e3 / times,
    )
}
