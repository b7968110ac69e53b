//! Which page is read next. Thousands of pages are on the servers of one platform, so two reads on a platform or domain
//! start at least a pause apart, and pages elsewhere are read meanwhile. The longest queue goes first, since it takes
//! the most time.
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use ::catalogue::{Row, page_key};
use tokio::time::Instant;

pub(super) struct Schedule<'a> {
    /// Between the starts of two reads in one queue.
    pause: Duration,
    queues: Vec<Queue<'a>>,
}

/// The pages of one platform or domain.
#[derive(Default)]
struct Queue<'a> {
    rows: VecDeque<Row<'a>>,
    not_before: Option<Instant>,
}

pub(super) enum Next<'a> {
    Row(Row<'a>),
    NotBefore(Instant),
    Done,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(rows: &[Row<'a>], pause: Duration) -> Self {
        let mut queues: Vec<Queue<'a>> = Vec::new();
        let mut by_server = HashMap::new();
        for row in rows {
            let at = *by_server.entry(server(row)).or_insert_with(|| {
                queues.push(Queue::default());
                queues.len() - 1
            });
            queues[at].rows.push_back(*row);
        }
        Self { pause, queues }
    }

    pub(super) fn next(&mut self, now: Instant) -> Next<'a> {
        self.queues.retain(|queue| !queue.rows.is_empty());
        let ready = self.queues.iter_mut().filter(|queue| queue.not_before.is_none_or(|time| time <= now));
        // The first of equals: `max_by_key` would take the last.
        if let Some(queue) = ready.rev().max_by_key(|queue| queue.rows.len())
            && let Some(row) = queue.rows.pop_front()
        {
            queue.not_before = Some(now + self.pause);
            return Next::Row(row);
        }
        self.queues.iter().filter_map(|queue| queue.not_before).min().map_or(Next::Done, Next::NotBefore)
    }
}

/// The platform, if the catalogue names it, else the last two labels of the host.
fn server<'a>(row: &Row<'a>) -> &'a str {
    if !matches!(row.platform, "" | "custom") {
        return row.platform;
    }
    let key = page_key(row.url).unwrap_or(row.url);
    let host = key.split('/').next().unwrap_or(key);
    host.rmatch_indices('.').nth(1).map_or(host, |(dot, _)| &host[dot + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "slug,name,url,platform,category,source\n\
        a,A,https://status.a.com,,,\n\
        s1,S1,https://status.s1.com,statuspage,,\n\
        s2,S2,https://status.s2.com,statuspage,,\n\
        b1,B1,https://one.b.com,custom,,\n\
        b2,B2,https://two.b.com,,,\n\
        s3,S3,https://status.s3.com,statuspage,,\n";

    #[test]
    fn reads_on_one_platform_start_a_pause_apart_while_others_are_read() {
        let rows = catalogue::read(CSV);
        let pause = Duration::from_secs(1);
        let mut schedule = Schedule::new(&rows, pause);
        let start = Instant::now();
        let mut read = |now| match schedule.next(now) {
            Next::Row(row) => row.slug.to_owned(),
            Next::NotBefore(time) => format!("wait {:?}", time - start),
            Next::Done => "done".to_owned(),
        };
        let at_start: Vec<String> = (0..4).map(|_| read(start)).collect();
        assert_eq!(at_start, ["s1", "b1", "a", "wait 1s"]);
        let later: Vec<String> = (0..3).map(|_| read(start + pause)).collect();
        assert_eq!(later, ["s2", "b2", "wait 2s"]);
        assert_eq!(read(start + 2 * pause), "s3");
        assert_eq!(read(start + 2 * pause), "done");
    }
}
