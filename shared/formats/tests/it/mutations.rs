//! What the fuzz targets do, in small and with a fixed seed: the corpus (every case of `test_data`, and the recordings where
//! `STATUSWIRE_SAMPLES` names them), damaged in ways that no story thinks of. Nothing panics, what comes out is bounded, and
//! the same bytes mean the same twice.
use std::{fs, path::Path, thread};

use fastrand::Rng;
use formats::{
    Format, ParsedPage,
    testing::{self, Page},
};

use crate::recordings::{index, variable};

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

fn holds(format: &Format, packed: &[u8]) {
    let page = Page::unpack(packed);
    let read = |source: Option<&str>| page.read_from(format, source, &[]);
    let Ok(first) = read(None) else { return };
    is_bounded(&first, packed.len());
    let again = read(None).map(|parsed| parsed.snapshot.digest());
    assert_eq!(again, Ok(first.snapshot.digest()), "{}", format.name);
    if let Ok(known) = read(Some(&first.source)) {
        is_bounded(&known, packed.len());
    }
}

/// Each thing that comes out was some bytes that went in, but for the few lines of a reading that hold none.
fn is_bounded(parsed: &ParsedPage, bytes: usize) {
    let snapshot = &parsed.snapshot;
    let updates = snapshot.incidents.iter().map(|incident| incident.updates.len() + incident.components.len());
    let things = snapshot.components.len() + snapshot.incidents.len() + updates.sum::<usize>();
    assert!(things <= bytes + 64, "{things} things of {bytes} bytes");
    assert!(parsed.problems.len() <= 20 && parsed.source.len() < 200, "{:?} {}", parsed.problems, parsed.source);
}

fn replay(format: &Format, corpus: &[(Vec<u8>, usize)]) {
    let mut random = Rng::with_seed(SEED);
    for (packed, times) in corpus {
        holds(format, packed);
        for _ in 0..*times {
            let mut damaged = packed.clone();
            let other = &corpus[random.usize(..corpus.len())].0;
            damage(&mut random, &mut damaged, other);
            holds(format, &damaged);
        }
    }
}

#[test]
fn damaged_at_random_nothing_panics_or_grows() {
    let samples = variable("STATUSWIRE_SAMPLES");
    let recordings = index();
    thread::scope(|scope| {
        for format in formats::formats() {
            let mut corpus: Vec<(Vec<u8>, usize)> =
                testing::cases(format).into_iter().map(|(_, page)| (page.pack(), OF_A_CASE)).collect();
            corpus.sort();
            for recording in recordings.iter().filter(|it| it.format == format.name && it.answer != "alone") {
                let Some(samples) = &samples else { break };
                let document = fs::read(Path::new(samples).join(&recording.recording)).unwrap();
                if document.len() <= LARGEST_RECORDING {
                    corpus.push((recording.page(&document).pack(), OF_A_RECORDING));
                }
            }
            scope.spawn(move || replay(format, &corpus));
        }
    });
}
