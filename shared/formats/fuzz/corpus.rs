//! Writes the seeds of the fuzz targets: `cargo run --bin corpus` in this folder fills `corpus/<target>/` with the
//! cases of `test_data` and, if `STATUSWIRE_SAMPLES` names their folder, those of the formats with the recordings.
use std::{fs, io, path::Path};

use formats::testing::{Page, Recording, cases};

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let index = csv::Reader::from_path(here.join("../tests/expected/index.csv"))?;
    let recordings: Vec<Recording> = index.into_deserialize().collect::<Result<_, _>>()?;
    for (number, format) in (0_u8..).zip(formats::formats()) {
        seed_others(&here.join("corpus"), number, &cases(format))?;
        let folder = here.join("corpus").join(format.name);
        fs::create_dir_all(&folder)?;
        for (name, page) in cases(format) {
            fs::write(folder.join(name.replace('/', "_")), page.pack())?;
        }
        let Ok(samples) = std::env::var("STATUSWIRE_SAMPLES") else { continue };
        for recording in recordings.iter().filter(|it| it.format == format.name && it.answer != "alone") {
            // The folder may hold only some of the recordings.
            let Ok(document) = fs::read(Path::new(&samples).join(&recording.recording)) else { continue };
            fs::write(folder.join(recording.recording.replace('/', "_")), recording.page(&document).pack())?;
        }
    }
    Ok(())
}

/// Seeds of what is no format: each case for detection, its documents as texts, and each pair of cases as two reads.
fn seed_others(corpus: &Path, number: u8, cases: &[(String, Page)]) -> io::Result<()> {
    for target in ["detection", "texts", "states", "responses"] {
        fs::create_dir_all(corpus.join(target))?;
    }
    for (name, page) in cases {
        let name = name.replace('/', "_");
        fs::write(corpus.join("detection").join(&name), page.pack())?;
        for (at, body) in page.documents.values().enumerate() {
            fs::write(corpus.join("texts").join(format!("{name}_{at}")), [b"\0", &body[..]].concat())?;
        }
        for (other, next) in cases {
            let pair = [&[number], &page.pack()[..], b"\n=====\n", &next.pack()[..]].concat();
            fs::write(corpus.join("states").join(format!("{name}_{}", other.replace('/', "_"))), pair)?;
        }
    }
    let answer =
        b"\0\0\xc8retry-after: 3\ncontent-type: application/json\0{\"ok\":false,\"error\":\"channel_not_found\"}";
    fs::write(corpus.join("responses").join("answer"), answer)
}
