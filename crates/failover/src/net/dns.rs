//! The cluster's name service: addresses of Services and pods, as a cluster's DNS add-on answers.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::fabric::PodNet;
use crate::lock::lock;

/// Every name, in lower case without the final dot, and its addresses.
pub(crate) type Names = BTreeMap<String, Vec<Ipv4Addr>>;

/// The zone this server answers for.
const ZONE: &str = "cluster.local";

/// Time to live of its answers, as in kubeadm's configuration.
const TTL: u32 = 30;

/// How long answers are kept when nothing else is said, "no such name" too: the TTL of the Kubernetes plugin of `CoreDNS`
/// (<https://coredns.io/plugins/kubernetes/>).
pub(crate) const USUALLY_KEPT: Duration = Duration::from_secs(5);

/// The running name service.
#[derive(Debug, Default)]
pub(crate) struct NameService {
    names: Mutex<Names>,
    stopped: AtomicBool,
    delay_ms: AtomicU64,
    cache_ms: AtomicU64,
    cache: Mutex<HashMap<String, (Instant, Vec<Ipv4Addr>)>>,
}

impl NameService {
    /// Starts answering in a pod's network, on UDP port 53.
    pub(crate) fn start(net: &PodNet) -> io::Result<Arc<Self>> {
        let service = Arc::new(Self::default());
        let socket = Arc::new(net.enter(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 53)))??);
        let answering = Arc::clone(&service);
        thread::Builder::new().name("names".to_owned()).spawn(move || answering.serve(&socket))?;
        Ok(service)
    }

    /// Replaces what it knows.
    pub(crate) fn publish(&self, names: Names) {
        *lock(&self.names) = names;
    }

    /// Stops answering, or answers again. Questions asked meanwhile are lost.
    pub(crate) fn stop(&self, stopped: bool) {
        self.stopped.store(stopped, Ordering::Relaxed);
    }

    /// Lets each answer take this long.
    pub(crate) fn slow(&self, delay: Duration) {
        self.delay_ms.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Keeps each answer, "no such name" too, for this long.
    pub(crate) fn cache(&self, time: Duration) {
        self.cache_ms.store(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Forgets the answers it keeps.
    pub(crate) fn forget(&self) {
        lock(&self.cache).clear();
    }

    fn serve(&self, socket: &Arc<UdpSocket>) {
        let mut buffer = [0; 1500];
        loop {
            let Ok((size, from)) = socket.recv_from(&mut buffer) else { continue };
            if self.stopped.load(Ordering::Relaxed) {
                continue;
            }
            let Some(answer) = buffer.get(..size).and_then(|question| self.answer(question)) else { continue };
            let delay = Duration::from_millis(self.delay_ms.load(Ordering::Relaxed));
            if delay.is_zero() {
                let _ = socket.send_to(&answer, from);
            } else {
                later(Arc::clone(socket), answer, from, delay);
            }
        }
    }

    fn find(&self, name: &str) -> Option<Vec<Ipv4Addr>> {
        let keep = Duration::from_millis(self.cache_ms.load(Ordering::Relaxed));
        let mut cache = lock(&self.cache);
        if let Some((since, known)) = cache.get(name)
            && since.elapsed() < keep
        {
            return (!known.is_empty()).then(|| known.clone());
        }
        let found = lock(&self.names).get(name).cloned();
        cache.insert(name.to_owned(), (Instant::now(), found.clone().unwrap_or_default()));
        found
    }

    fn answer(&self, packet: &[u8]) -> Option<Vec<u8>> {
        let question = Question::read(packet)?;
        let found = self.find(&question.name);
        let ours = question.name == ZONE || question.name.ends_with(&format!(".{ZONE}"));
        let addresses = match (&found, question.kind) {
            (Some(addresses), 1 | 255) => addresses.clone(),
            _ => Vec::new(),
        };
        let code = if found.is_some() || question.name == ZONE { 0 } else { 3 };
        let authoritative = if ours { 0x0400 } else { 0 };
        let mut answer = Vec::with_capacity(512);
        let flags: u16 = 0x8080 | authoritative | (question.flags & 0x0100) | code;
        let count = u16::try_from(addresses.len()).ok()?;
        for word in [question.id, flags, 1, count, u16::from(addresses.is_empty()), 0] {
            answer.extend(word.to_be_bytes());
        }
        answer.extend(question.raw);
        for address in addresses {
            answer.extend([0xc0, 12, 0, 1, 0, 1]);
            answer.extend(TTL.to_be_bytes());
            answer.extend([0, 4]);
            answer.extend(address.octets());
        }
        if count == 0 {
            start_of_authority(&mut answer);
        }
        Some(answer)
    }
}

/// Answers from a thread of its own, so that a slow answer does not hold up the next.
fn later(socket: Arc<UdpSocket>, answer: Vec<u8>, to: SocketAddr, delay: Duration) {
    thread::spawn(move || {
        thread::sleep(delay);
        let _ = socket.send_to(&answer, to);
    });
}

/// The record that tells a resolver how long "no" holds.
fn start_of_authority(answer: &mut Vec<u8>) {
    let zone = b"\x07cluster\x05local\x00";
    let mut data = Vec::new();
    data.extend(b"\x02ns\x03dns\x07cluster\x05local\x00\x0ahostmaster\x07cluster\x05local\x00");
    for number in [1_u32, 7200, 1800, 86400, TTL] {
        data.extend(number.to_be_bytes());
    }
    answer.extend(zone);
    answer.extend([0, 6, 0, 1]);
    answer.extend(TTL.to_be_bytes());
    answer.extend(u16::try_from(data.len()).unwrap_or_default().to_be_bytes());
    answer.extend(data);
}

/// The one question of a packet.
struct Question<'a> {
    id: u16,
    flags: u16,
    name: String,
    kind: u16,
    raw: &'a [u8],
}

impl<'a> Question<'a> {
    fn read(packet: &'a [u8]) -> Option<Self> {
        let word = |at: usize| Some(u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]));
        let mut at = 12;
        let mut labels = Vec::new();
        loop {
            let size = usize::from(*packet.get(at)?);
            at += 1;
            if size == 0 {
                break;
            }
            labels.push(String::from_utf8_lossy(packet.get(at..at + size)?).to_lowercase());
            at += size;
        }
        let raw = packet.get(12..at + 4)?;
        Some(Self { id: word(0)?, flags: word(2)?, name: labels.join("."), kind: word(at)?, raw })
    }
}
