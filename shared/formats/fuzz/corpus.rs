//! Writes the seeds of the fuzz targets: `cargo run --bin corpus` in this folder fills `corpus/<format>/` with the
//! cases of `test_data` and, if `STATUSWIRE_SAMPLES` names their folder, with the recordings.
use std::{fs, io, path::Path};

use formats::testing::{Recording, cases};

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let index = csv::Reader::from_path(here.join("../tests/expected/index.csv"))?;
    let recordings: Vec<Recording> = index.into_deserialize().collect::<Result<_, _>>()?;
    for format in formats::formats() {
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
