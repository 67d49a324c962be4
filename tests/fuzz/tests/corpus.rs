//! Every target over its corpus, on any machine: the fuzzer itself is not needed.

use std::path::Path;
use std::{fs, io};

use bident_fuzz::TARGETS;

#[test]
fn every_input_of_the_corpus_is_harmless() -> io::Result<()> {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut inputs = 0;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            // Shown when the test fails: which input it was.
            println!("{}", path.display());
            target(&fs::read(&path)?);
            inputs += 1;
        }
        assert!(inputs > 0, "{name} has no corpus");
    }
    Ok(())
}
