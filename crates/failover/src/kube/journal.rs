//! What happened when: events of the cluster and the output of every container.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// A directory of log files with one clock.
#[derive(Debug)]
pub(crate) struct Journal {
    dir: PathBuf,
    start: Instant,
    events: Mutex<File>,
}

impl Journal {
    /// Opens a journal in a directory, which is made.
    pub(crate) fn open(dir: &Path) -> io::Result<Arc<Self>> {
        std::fs::create_dir_all(dir)?;
        let events = Mutex::new(OpenOptions::new().create(true).append(true).open(dir.join("events.log"))?);
        Ok(Arc::new(Self { dir: dir.to_owned(), start: Instant::now(), events }))
    }

    /// Forgets everything written so far.
    pub(crate) fn clear(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.dir)? {
            OpenOptions::new().write(true).open(entry?.path())?.set_len(0)?;
        }
        Ok(())
    }

    /// Copies the files to another directory.
    pub(crate) fn copy(&self, to: &Path) -> io::Result<()> {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(&self.dir)? {
            let entry = entry?;
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    }

    /// Writes an event down.
    pub(crate) fn event(&self, text: &str) {
        let mut file = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(file, "{} {text}", self.now());
    }

    /// Writes each line of a container's output to its file until it ends.
    pub(crate) fn follow(self: &Arc<Self>, name: &str, output: impl Read + Send + 'static) {
        let journal = Arc::clone(self);
        let path = self.dir.join(format!("{name}.log"));
        thread::spawn(move || {
            let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path) else { return };
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            while matches!(output.read_until(b'\n', &mut line), Ok(size) if size > 0) {
                let text = String::from_utf8_lossy(&line);
                let _ = writeln!(file, "{} {}", journal.now(), text.trim_end());
                line.clear();
            }
        });
    }

    fn now(&self) -> String {
        let elapsed = self.start.elapsed();
        format!("{:5}.{:03}", elapsed.as_secs(), elapsed.subsec_millis())
    }
}
