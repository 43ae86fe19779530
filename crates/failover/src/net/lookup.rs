//! Looking names up as a client in the cluster does, without this machine's resolver.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use super::fabric::NAME_SERVICE;

/// The addresses of a name that says its namespace, asked from the calling thread's network; a name that ends in `.svc`
/// is completed as a pod's search list does.
///
/// Two tries of a second each: clients that wait longer notice a lost master late.
pub(crate) fn look_up(name: &str) -> io::Result<Vec<Ipv4Addr>> {
    let mut question = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let zone = if name.rsplit('.').next() == Some("svc") { "cluster.local" } else { "" };
    for label in name.split('.').chain(zone.split('.')).filter(|label| !label.is_empty()) {
        question.push(u8::try_from(label.len()).map_err(|_| io::Error::other("a label is too long"))?);
        question.extend(label.as_bytes());
    }
    question.extend([0, 0, 1, 0, 1]);
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut buffer = [0; 1500];
    let mut last = io::Error::other("no answer");
    for _ in 0..2 {
        socket.send_to(&question, (NAME_SERVICE, 53))?;
        match socket.recv(&mut buffer) {
            Ok(size) => return addresses(buffer.get(question.len()..size).unwrap_or_default(), &buffer, name),
            Err(error) => last = error,
        }
    }
    Err(io::Error::new(last.kind(), format!("looking up {name}: {last}")))
}

fn addresses(records: &[u8], head: &[u8], name: &str) -> io::Result<Vec<Ipv4Addr>> {
    let count = head.get(6..8).map_or(0, |count| usize::from(u16::from_be_bytes([count[0], count[1]])));
    let found: Vec<Ipv4Addr> = records
        .chunks_exact(16)
        .take(count)
        .map(|record| Ipv4Addr::new(record[12], record[13], record[14], record[15]))
        .collect();
    if found.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("no address for {name}")));
    }
    Ok(found)
}
