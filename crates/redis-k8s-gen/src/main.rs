//! Renders the Kubernetes manifests of a reliable, scalable Redis with Sentinel.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use redis_k8s_gen::{Environment, Io};

/// musl's own allocator asks the kernel for memory with every few objects, which took most of a run (docs/benchmarks.md).
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// True if standard output was closed when the process began.
static STDOUT_IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs before Rust opens /dev/null for what is closed, where all output would be lost with exit code 0
/// (<https://github.com/rust-lang/rust/issues/88825>).
#[cfg(unix)]
#[ctor::ctor(unsafe)]
fn look_at_stdout() {
    STDOUT_IS_CLOSED.store(rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err(), Ordering::Relaxed);
}

/// Standard output where there is none.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("it is closed"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn main() -> ExitCode {
    let stdout = io::stdout();
    let stderr = io::stderr();
    let environment = Environment {
        stderr_is_terminal: stderr.is_terminal(),
        stdout_is_terminal: stdout.is_terminal(),
        no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
    };
    let is_closed = STDOUT_IS_CLOSED.load(Ordering::Relaxed);
    let mut io = Io {
        stdin: &mut io::stdin().lock(),
        stdout: if is_closed { &mut Closed } else { &mut stdout.lock() },
        stderr: &mut stderr.lock(),
        environment,
    };
    ExitCode::from(redis_k8s_gen::run(std::env::args_os(), &mut io))
}
