//! Messages, pinned beside the files they are about.

use std::fs;
use std::path::PathBuf;

/// Compares what is printed of each file with the `.stderr` beside it; with `SNAPSHOTS=overwrite` writes it there.
pub(crate) fn assert_pinned(files: Vec<PathBuf>, printed: impl Fn(&PathBuf) -> String) {
    let overwrite = std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite");
    let mut differing = Vec::new();
    for path in files {
        let found = printed(&path);
        assert!(!found.is_empty(), "{}: nothing was found wrong", path.display());
        let pinned = path.with_extension("stderr");
        if overwrite {
            fs::write(&pinned, &found).unwrap();
        } else if fs::read_to_string(&pinned).unwrap_or_default() != found {
            differing.push(format!("{}\n{found}", path.display()));
        }
    }
    assert!(differing.is_empty(), "messages that are not the pinned ones:\n{}", differing.join("\n"));
}
