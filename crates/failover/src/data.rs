//! Whether what was acknowledged is still there, and whether every server holds the same.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::health::Examiner;
use crate::resp::{Connection, Reply};
use crate::writer::Written;

/// Keys asked for at a time.
const CHUNK: usize = 500;

/// How many acknowledged writes of these writers the master does not have any more.
pub(crate) fn lost(examiner: &Examiner, writers: &[&Written]) -> io::Result<usize> {
    let master = examiner.master()?;
    examiner.net.enter(|| {
        let mut open = examiner.dial_server(&master)?;
        writers.iter().map(|written| count_lost(&mut open, written)).sum()
    })?
}

fn count_lost(open: &mut Connection, written: &Written) -> io::Result<usize> {
    let mut lost = 0;
    for chunk in written.acknowledged.chunks(CHUNK) {
        let keys: Vec<String> = chunk.iter().map(|(number, _)| format!("{}:{number}", written.prefix)).collect();
        let words: Vec<&str> = std::iter::once("MGET").chain(keys.iter().map(String::as_str)).collect();
        let reply = open.call(&words)?;
        let there =
            chunk.iter().zip(reply.list()).filter(|((number, _), value)| value.text() == Some(&number.to_string()));
        lost += chunk.len() - there.count();
    }
    Ok(lost)
}

/// Waits until all servers hold the same data; what differs if they do not in time.
pub(crate) fn same(examiner: &Examiner, limit: Duration) -> Option<String> {
    let began = Instant::now();
    loop {
        let difference = match examiner.net.enter(|| digests(examiner)) {
            Ok(Ok(digests)) => {
                let differ = digests.windows(2).any(|pair| pair[0].1 != pair[1].1);
                differ.then(|| format!("servers hold different data: {digests:?}"))
            }
            Ok(Err(error)) | Err(error) => Some(error.to_string()),
        };
        if difference.is_none() || began.elapsed() >= limit {
            return difference;
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// For each server the number of its keys and a digest of them and their values, whatever their order.
fn digests(examiner: &Examiner) -> io::Result<Vec<(String, (u64, u64))>> {
    let servers = examiner.servers();
    servers.iter().map(|pod| Ok((pod.name.clone(), digest(&mut examiner.dial_server(pod)?)?))).collect()
}

fn digest(open: &mut Connection) -> io::Result<(u64, u64)> {
    let (mut count, mut sum) = (0_u64, 0_u64);
    let mut cursor = "0".to_owned();
    loop {
        let reply = open.call(&["SCAN", &cursor, "COUNT", "1000"])?;
        let [next, keys] = reply.list() else { return Err(io::ErrorKind::InvalidData.into()) };
        let keys: Vec<&str> = keys.list().iter().filter_map(Reply::text).collect();
        if !keys.is_empty() {
            let words: Vec<&str> = std::iter::once("MGET").chain(keys.iter().copied()).collect();
            for (key, value) in keys.iter().zip(open.call(&words)?.list()) {
                let mut hasher = DefaultHasher::new();
                (key, value.text()).hash(&mut hasher);
                count += 1;
                sum = sum.wrapping_add(hasher.finish());
            }
        }
        next.text().unwrap_or("0").clone_into(&mut cursor);
        if cursor == "0" {
            return Ok((count, sum));
        }
    }
}

/// Throws everything away, so that the next scenario starts small.
pub(crate) fn flush(examiner: &Examiner) -> io::Result<()> {
    let master = examiner.master()?;
    examiner.net.enter(|| examiner.dial_server(&master)?.call(&["FLUSHALL"]))??;
    Ok(())
}
