//! The programs that docs/clients.md shows, while the master moves.

use std::env;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::deletion::gone;
use crate::gap;
use crate::kube::cluster::wait_until;
use crate::lock::lock;
use crate::trial::Trial;

const PAGE: &str = include_str!("../../../../docs/clients.md");

/// Where tools/install puts what programs in JavaScript need.
const MODULES: &str = ".venv/node/node_modules";

/// Most seconds without a write when the master is lost.
const LOST: f64 = 9.0;

/// What starts a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// An interpreter, and how it is told to run a text.
    Text(&'static str, &'static str),
    /// The page's text is that of an example of this crate.
    Example,
}

/// A program of the page.
struct Program {
    name: &'static str,
    by: Start,
    /// Most seconds without a write when the master is deleted.
    moved: f64,
}

const PYTHON: Start = Start::Text(".venv/bin/python", "-c");
const NODE: Start = Start::Text(".venv/bin/node", "-e");

const PROGRAMS: [Program; 4] = [
    Program { name: "redis-py", by: PYTHON, moved: 3.0 },
    // It looks for the new master by itself, and takes its time.
    Program { name: "node-redis", by: NODE, moved: 8.0 },
    Program { name: "ioredis", by: NODE, moved: 3.0 },
    Program { name: "redis-rs", by: Start::Example, moved: 3.0 },
];

/// One that runs until it is dropped.
struct Running {
    child: Child,
    printed: Arc<Mutex<Vec<Instant>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// The first block of code below its heading.
    fn text(&self) -> &'static str {
        let below = PAGE.split_once(&format!(": {}\n", self.name)).map_or("", |(_, below)| below);
        below.split("```").nth(1).and_then(|block| Some(block.split_once('\n')?.1)).unwrap_or_default()
    }

    fn start(&self, trial: &Trial<'_>) -> io::Result<Running> {
        let instance = &trial.examiner.instance;
        let address =
            trial.cluster.addresses().get(&instance.sentinel_set()).copied().ok_or(io::ErrorKind::NotFound)?;
        let name = format!("\"{}\"", instance.master_name());
        let text = self.text().replace("cache-sentinel", &address.to_string()).replace("\"cache\"", &name);
        let mut command = match self.by {
            Start::Text(program, option) => {
                let mut command = Command::new(program);
                command.args([option, &text]).env("NODE_PATH", MODULES);
                command
            }
            Start::Example => Command::new(env::current_exe()?.with_file_name("examples").join(self.name)),
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.env("REDIS_SENTINEL", address.to_string()).env("REDIS_MASTER", instance.master_name());
        if let Some(password) = &instance.servers.password {
            command.env("REDIS_PASSWORD", password);
        }
        let mut child =
            trial.examiner.net.enter(|| command.spawn())?.map_err(|error| {
                io::Error::other(format!("{}: {error}; `cargo build --examples` makes it", self.name))
            })?;
        let printed = Arc::new(Mutex::new(Vec::new()));
        let out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let times = Arc::clone(&printed);
        thread::spawn(move || {
            for _ in BufReader::new(out).lines().map_while(Result::ok) {
                lock(&times).push(Instant::now());
            }
        });
        Ok(Running { child, printed })
    }
}

pub(super) fn clients(trial: &mut Trial<'_>) -> io::Result<()> {
    // Where no registry of npm could be reached, those in JavaScript are left out.
    let has_node = Path::new(MODULES).is_dir();
    let programs = || PROGRAMS.iter().filter(|program| has_node || program.by != NODE);
    let running = programs().map(|program| program.start(trial)).collect::<io::Result<Vec<_>>>()?;
    for (what, forced) in [("deleted", false), ("lost", true)] {
        // Each has written for a while.
        let count = || running.iter().map(|one| lock(&one.printed).len()).collect::<Vec<_>>();
        let before = count();
        let write = || count().iter().zip(&before).all(|(now, before)| *now > before + 50);
        if !wait_until(Duration::from_secs(20), write) {
            return Err(io::Error::other(format!("not every program writes: {:?} of {before:?}", count())));
        }
        let master = trial.master()?;
        let since = Instant::now();
        if forced {
            trial.cluster.delete_forced(&master.name);
        } else {
            trial.begin();
            trial.cluster.delete(&master.name);
            gone(trial, &[master])?;
        }
        trial.settle(&format!("seconds until healthy, master {what}"), 20.0)?;
        thread::sleep(Duration::from_secs(2));
        for (program, one) in programs().zip(&running) {
            let times = lock(&one.printed).clone();
            let gap = gap::longest(times.into_iter(), since, Instant::now());
            let bound = if forced { LOST } else { program.moved };
            trial.note(&format!("{}: seconds without a write, master {what}", program.name), gap.as_secs_f64(), bound);
        }
    }
    trial.mend();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_each_program() {
        for program in PROGRAMS {
            let text = program.text();
            assert!(text.contains("cache-sentinel") && text.contains("\"cache\""), "{}: {text}", program.name);
            let example = include_str!("../../examples/redis-rs.rs");
            assert!(program.by != Start::Example || example.ends_with(text), "{}: {text}", program.name);
        }
    }
}
