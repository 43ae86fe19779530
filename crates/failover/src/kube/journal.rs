//! What happened when: events of the cluster and the output of every container.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use crate::lock::lock;

/// A directory of log files with one clock.
#[derive(Debug)]
pub(crate) struct Journal {
    dir: PathBuf,
    start: Instant,
    events: Mutex<File>,
    /// What a shell complained of in a rendered script.
    complaints: Mutex<Vec<String>>,
}

impl Journal {
    /// Opens a journal in a directory, which is made.
    pub(crate) fn open(dir: &Path) -> io::Result<Arc<Self>> {
        std::fs::create_dir_all(dir)?;
        let events = Mutex::new(OpenOptions::new().create(true).append(true).open(dir.join("events.log"))?);
        Ok(Arc::new(Self { dir: dir.to_owned(), start: Instant::now(), events, complaints: Mutex::default() }))
    }

    /// Forgets everything written so far.
    pub(crate) fn clear(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.dir)? {
            OpenOptions::new().write(true).open(entry?.path())?.set_len(0)?;
        }
        self.complaints();
        Ok(())
    }

    /// What shells complained of since this was last asked: `server.sh: 185: [: Illegal number`. A script says nothing like it.
    pub(crate) fn complaints(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.complaints))
    }

    /// Remembers a line if a shell wrote it about a line of a script of the ConfigMap.
    fn heed(&self, source: &str, text: &str) {
        let Some((_, complaint)) = text.split_once("/etc/redis-k8s/") else { return };
        let Some((_, place)) = complaint.split_once(".sh: ") else { return };
        let place = place.strip_prefix("line ").unwrap_or(place);
        if place.split_once(':').is_some_and(|(line, _)| line.parse::<u32>().is_ok()) {
            let complaint = format!("a shell of {source} complained: {complaint}");
            lock(&self.complaints).push(complaint);
        }
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
        self.heed("the events", text);
        let mut file = lock(&self.events);
        let _ = writeln!(file, "{} {text}", self.now());
    }

    /// Writes each line of a container's output to its file until it ends.
    pub(crate) fn follow(self: &Arc<Self>, name: &str, output: impl Read + Send + 'static) {
        let journal = Arc::clone(self);
        let path = self.dir.join(format!("{name}.log"));
        let name = name.to_owned();
        thread::spawn(move || {
            let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path) else { return };
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            while matches!(output.read_until(b'\n', &mut line), Ok(size) if size > 0) {
                let text = String::from_utf8_lossy(&line);
                journal.heed(&name, text.trim_end());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_says_of_a_script_is_a_complaint() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        for (line, is_complaint) in [
            ("/etc/redis-k8s/server.sh: 185: [: Illegal number:", true),
            ("pod redis-0 stop hook ended after 0.1 s: Some(2) /etc/redis-k8s/handover.sh: line 4: x: not found", true),
            ("sh: can't open '/etc/redis-k8s/health.sh': No such file or directory", false),
            ("exec redis-1 sh /etc/redis-k8s/knows.sh: 0", false),
            ("2026-01-02T03:04:05Z redis-0: open for writes", false),
        ] {
            journal.event(line);
            assert_eq!(journal.complaints().len(), usize::from(is_complaint), "{line}");
        }
        journal.event("/etc/redis-k8s/keep.sh: 18: setsid: not found");
        journal.clear().unwrap();
        assert!(journal.complaints().is_empty());
    }
}
