//! Whom the imitation of redis-cli imitates: what a server or a sentinel answers.

use std::fmt;

/// A server or sentinel, by its answers: of several for one command, the first counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peer {
    password: String,
    cases: Vec<(String, String)>,
}

impl Peer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Answers a command, or all that match a pattern of the shell, with these lines.
    #[must_use]
    pub(crate) fn answer(self, command: &str, lines: &str) -> Self {
        let code = format!("printf '%s\\n' '{lines}'");
        self.run(command, &code)
    }

    /// Runs shell code on a command, which prints the answer.
    #[must_use]
    pub(crate) fn run(mut self, command: &str, code: &str) -> Self {
        self.cases.push((command.replace(' ', "\\ ").replace('|', "\\|"), code.to_owned()));
        self
    }

    /// Answers those only who know the password.
    #[must_use]
    pub(crate) fn password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.password);
        self
    }

    /// A server with these lines for a role, which does as it is told.
    pub(crate) fn role(lines: &str) -> Self {
        Self::new().answer("ROLE", lines).answer("PING", "PONG").answer("CONFIG SET *", "OK").answer("CLIENT *", "OK")
    }

    pub(crate) fn master() -> Self {
        Self::role("master\n1400\n10.0.0.11\n6379\n1400")
    }

    /// A replica; as in Redis only INFO tells the offset of one whose link is down.
    pub(crate) fn replica(master: &str, link: &str, offset: i64) -> Self {
        let shown = if link == "connected" { offset } else { -1 };
        Self::role(&format!("slave\n{master}\n6379\n{link}\n{shown}")).answer(
            "INFO replication",
            &format!("# Replication\nrole:slave\nslave_repl_offset:{offset}\r\nslave_priority:100\r"),
        )
    }

    /// A sentinel that names a master, and does as it is told.
    pub(crate) fn naming(master: &str, epoch: u32) -> Self {
        Self::naming_with(master, epoch, "master")
    }

    pub(crate) fn naming_with(master: &str, epoch: u32, flags: &str) -> Self {
        Self::sentinel(&format!("{master}\n6379"), &master_state(master, epoch, flags, 2, 2))
    }

    /// A sentinel that knows no master.
    pub(crate) fn blank() -> Self {
        Self::sentinel("", "ERR No such master with that name\n")
    }

    /// A sentinel that says this of our master.
    pub(crate) fn sentinel(address: &str, state: &str) -> Self {
        Self::new()
            .answer("SENTINEL GET-MASTER-ADDR-BY-NAME mymaster", address)
            .answer("SENTINEL MASTER mymaster", state)
            .answer("PING", "PONG")
            .answer("SENTINEL MONITOR *", "OK")
            .answer("SENTINEL SET *", "OK")
            .answer("SENTINEL CONFIG SET *", "OK")
            .answer("SENTINEL DEBUG *", "OK")
            .answer("SENTINEL REMOVE *", "OK")
            .answer("SENTINEL RESET *", "1")
            .answer("SENTINEL FAILOVER *", "OK")
            .answer("CLIENT SETNAME *", "OK")
            .answer("CLIENT LIST", "")
            .answer("PUBLISH *", "1")
    }

    /// With the answers of another to what this one does not know.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.cases.extend(other.cases);
        self
    }

    /// With another answer instead of the one this peer has.
    #[must_use]
    pub(crate) fn but(mut self, command: &str, lines: &str) -> Self {
        let changed = Self::new().answer(command, lines);
        self.cases.splice(0..0, changed.cases);
        self
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "password='{}'\nanswer() {{\ncase $1 in", self.password)?;
        for (command, code) in &self.cases {
            writeln!(formatter, "{command}) {code} ;;")?;
        }
        writeln!(formatter, "*) return 1 ;;\nesac\n}}")
    }
}

/// What SENTINEL MASTER answers, shortened to what matters and some of what does not.
pub(crate) fn master_state(address: &str, epoch: u32, flags: &str, replicas: u32, sentinels: u32) -> String {
    format!(
        "name\nmymaster\nip\n{address}\nport\n6379\nrunid\n\nflags\n{flags}\nlast-ok-ping-reply\n300\nconfig-epoch\n{epoch}\n\
         num-slaves\n{replicas}\nnum-other-sentinels\n{sentinels}\nquorum\n2\nfailover-timeout\n30000\nparallel-syncs\n1"
    )
}
