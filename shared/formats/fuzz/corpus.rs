//! Writes the corpora: `cargo run --bin corpus` in this folder makes `corpus/<format>/` of the cases of `test_data` and,
//! where `STATUSWIRE_SAMPLES` names their folder, of the recordings.
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
            let document = fs::read(Path::new(&samples).join(&recording.recording))?;
            fs::write(folder.join(recording.recording.replace('/', "_")), recording.page(&document).pack())?;
        }
    }
    Ok(())
}
