//! What the fuzz targets do, in small and with a fixed seed: the corpus (every case of `test_data`, and the recordings
//! where `STATUSWIRE_SAMPLES` names their folder), damaged at random. Nothing panics, the size of the result is
//! bounded, and the same bytes read the same twice. `STATUSWIRE_FORMAT` selects one format.
use std::thread;

use fastrand::Rng;
use formats::{
    Format, ParsedPage,
    testing::{self, Page},
};

use crate::{
    contract::{
        failures::{At, Failures, caught},
        selected,
    },
    recordings::{document, index, variable},
};

const SEED: u64 = 20_261_126;
const OF_A_CASE: usize = 150;
/// Recordings are larger, and their shapes are those of the cases.
const OF_A_RECORDING: usize = 15;
const LARGEST_RECORDING: usize = 100_000;

/// Pieces that mean something to a parser.
const PIECES: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\\ud800",
    b"<",
    b">",
    b"</",
    b"<!--",
    b"]]>",
    b"<![CDATA[",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"&a;",
    b"&#x110000;",
    b"&#0;",
    b"\0",
    b"\x7f",
    b"\xff",
    b"\xc3",
    b"\n",
    b"9999-99-99T99:99:99Z",
    b"0000-00-00",
    b"+23:59",
    b"PST",
    b"Feb 29, 24:60",
    "\u{202e}".as_bytes(),
    "\u{200f}".as_bytes(),
    "\u{feff}".as_bytes(),
    "İ".as_bytes(),
    "ß".as_bytes(),
];

fn damage(random: &mut Rng, packed: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..packed.len().max(1)).min(packed.len());
        let end = (at + random.usize(..64)).min(packed.len());
        match random.u8(..8) {
            0 if at < packed.len() => packed[at] ^= 1 << random.u8(..8),
            1 => drop(packed.drain(at..end)),
            2 => {
                let piece = packed[at..end].to_vec();
                packed.splice(at..at, piece.repeat(random.usize(1..4)));
            }
            3 => packed.truncate(at.max(64)),
            4 if !other.is_empty() => {
                let from = random.usize(..other.len());
                let to = (from + random.usize(..256)).min(other.len());
                packed.splice(at..end, other[from..to].iter().copied());
            }
            5 => {
                let deep = [&b"["[..], b"{\"a\":", b"<a>"][random.usize(..3)].repeat(random.usize(1..2_000));
                packed.splice(at..at, deep);
            }
            _ => {
                let piece = PIECES[random.usize(..PIECES.len())];
                packed.splice(at..at, piece.iter().copied());
            }
        }
    }
}

/// What is wrong about the read of these bytes.
fn fault(format: &Format, packed: &[u8]) -> Option<String> {
    let page = Page::unpack(packed);
    let read = |source: Option<&str>| page.read_from(format, source, &[]);
    let first = read(None).ok()?;
    let again = read(None).map(|parsed| parsed.snapshot.digest());
    if again != Ok(first.snapshot.digest()) {
        return Some("reads differently the second time".into());
    }
    let known = read(Some(&first.source)).ok();
    [Some(first), known].iter().flatten().find_map(|parsed| unbounded(parsed, packed.len()))
}

/// Everything in the result was some bytes of the document, but for the few things that a format adds by itself.
fn unbounded(parsed: &ParsedPage, bytes: usize) -> Option<String> {
    let snapshot = &parsed.snapshot;
    let updates = snapshot.incidents.iter().map(|incident| incident.updates.len() + incident.components.len());
    let things = snapshot.components.len() + snapshot.incidents.len() + updates.sum::<usize>();
    let (problems, source) = (parsed.problems.len(), parsed.source.len());
    let is_bounded = things <= bytes + 64 && problems <= 20 && source < 200;
    (!is_bounded)
        .then(|| format!("{things} things, {problems} problems and a source of {source} bytes from {bytes} bytes"))
}

/// A page of the corpus.
struct Original {
    name: String,
    packed: Vec<u8>,
    /// How often it is damaged.
    times: usize,
}

fn replay(format: &Format, corpus: &[Original]) -> Failures {
    let mut random = Rng::with_seed(SEED);
    let mut failures = Failures::default();
    let mut check = |name: &str, packed: &[u8], how: &str| {
        let at = At { case: format.name, document: name, how };
        match caught(|| fault(format, packed)) {
            Ok(None) => {}
            Ok(Some(fault)) => failures.add_at(&at, fault),
            Err(panic) => failures.add_at(&at, panic),
        }
    };
    for original in corpus {
        check(&original.name, &original.packed, "as it is");
        for n in 0..original.times {
            let mut damaged = original.packed.clone();
            let other = &corpus[random.usize(..corpus.len())].packed;
            damage(&mut random, &mut damaged, other);
            check(&original.name, &damaged, &format!("random damage {n}"));
        }
    }
    failures
}

#[test]
fn damaged_at_random_nothing_panics_or_grows() {
    let samples = variable("STATUSWIRE_SAMPLES");
    let recordings = index();
    let mut failures = Failures::default();
    thread::scope(|scope| {
        let threads = selected().into_iter().map(|format| {
            let cases = testing::cases(format).into_iter();
            let mut corpus: Vec<Original> =
                cases.map(|(name, page)| Original { name, packed: page.pack(), times: OF_A_CASE }).collect();
            corpus.sort_by(|a, b| a.packed.cmp(&b.packed));
            for recording in recordings.iter().filter(|it| it.format == format.name && it.answer != "alone") {
                let Some(samples) = &samples else { break };
                // The test of recordings reports one that is missing.
                let Ok(document) = document(samples, recording) else { continue };
                if document.len() <= LARGEST_RECORDING {
                    let (name, packed) = (recording.recording.clone(), recording.page(&document).pack());
                    corpus.push(Original { name, packed, times: OF_A_RECORDING });
                }
            }
            scope.spawn(move || replay(format, &corpus))
        });
        for thread in threads.collect::<Vec<_>>() {
            failures.extend(thread.join().unwrap());
        }
    });
    failures.report();
}
