//! The protocol of Redis, as much of it as a client needs.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::secrets::{Stream, Tls};

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Text(String),
    Error(String),
    Number(i64),
    Nil,
    List(Vec<Reply>),
}

impl Reply {
    /// Its text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its number, if it is one.
    pub(crate) const fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Its elements; none if it is no list.
    pub(crate) fn list(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            _ => &[],
        }
    }

    /// The value after this word in a list of names and values.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.list().chunks_exact(2).find(|pair| pair[0].text() == Some(name)).and_then(|pair| pair[1].text())
    }
}

/// How to reach servers of one kind: as whom, with which password, over TLS or not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// `default` unless it is said.
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) tls: Option<Tls>,
}

/// A connection to a server.
pub(crate) struct Connection {
    stream: BufReader<Box<dyn Stream>>,
}

/// The time a client waits for a connection or an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

impl Access {
    /// Connects from the calling thread's network; the name is what a certificate must hold.
    pub(crate) fn connect(&self, ip: Ipv4Addr, port: u16, name: &str) -> io::Result<Connection> {
        let socket = TcpStream::connect_timeout(&SocketAddr::from((ip, port)), PATIENCE)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let stream: Box<dyn Stream> = match &self.tls {
            Some(tls) => tls.wrap(socket, name)?,
            None => Box::new(socket),
        };
        let mut connection = Connection { stream: BufReader::new(stream) };
        if let Some(password) = &self.password {
            // With a user, a server that asks for no password takes any: one client works before, during and after the change.
            connection.call(&["AUTH", self.user.as_deref().unwrap_or("default"), password])?;
        }
        Ok(connection)
    }
}

impl Connection {
    /// Sends a command and waits for its reply; an error reply is an error.
    pub(crate) fn call(&mut self, words: &[&str]) -> io::Result<Reply> {
        match self.pipeline(&[words])?.pop() {
            Some(Reply::Error(error)) => Err(io::Error::other(error)),
            Some(reply) => Ok(reply),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Sends several commands at once; error replies are among the replies.
    pub(crate) fn pipeline(&mut self, commands: &[&[&str]]) -> io::Result<Vec<Reply>> {
        let mut out = Vec::new();
        for words in commands {
            write!(out, "*{}\r\n", words.len())?;
            for word in *words {
                write!(out, "${}\r\n{word}\r\n", word.len())?;
            }
        }
        self.stream.get_mut().write_all(&out)?;
        self.stream.get_mut().flush()?;
        commands.iter().map(|_| self.read()).collect()
    }

    /// A section of INFO as names and values.
    pub(crate) fn info(&mut self, section: &str) -> io::Result<Vec<(String, String)>> {
        let reply = self.call(&["INFO", section])?;
        let lines = reply.text().unwrap_or_default().lines();
        Ok(lines
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect())
    }

    fn read(&mut self) -> io::Result<Reply> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        let (kind, rest) = line.split_at_checked(1).ok_or(io::ErrorKind::InvalidData)?;
        let number = || rest.parse::<i64>().map_err(io::Error::other);
        Ok(match kind {
            "+" => Reply::Text(rest.to_owned()),
            "-" => Reply::Error(rest.to_owned()),
            ":" => Reply::Number(number()?),
            "$" => match usize::try_from(number()?) {
                Err(_) => Reply::Nil,
                Ok(size) => {
                    let mut bytes = vec![0; size + 2];
                    self.stream.read_exact(&mut bytes)?;
                    bytes.truncate(size);
                    Reply::Text(String::from_utf8_lossy(&bytes).into_owned())
                }
            },
            "*" => match number()? {
                -1 => Reply::Nil,
                count => Reply::List((0..count).map(|_| self.read()).collect::<io::Result<_>>()?),
            },
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, format!("not a reply: {line}"))),
        })
    }
}
