//! Pods' links.
//!
//! The inner process's own network namespace is the node: every pod hangs on it by a pair of interfaces, and all
//! traffic, replies included, is routed through it. So one set of rules sees each packet, keeps the sender's address,
//! and can turn Service addresses into pod addresses, enforce policies and cut links.

use std::fs::File;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use nix::sched::{CloneFlags, setns, unshare};

/// The address every pod uses as its gateway, on each link.
const GATEWAY: Ipv4Addr = Ipv4Addr::new(169, 254, 1, 1);

/// First pod address.
const PODS: u32 = u32::from_be_bytes([10, 244, 1, 10]);

/// First Service address.
const SERVICES: u32 = u32::from_be_bytes([10, 96, 1, 10]);

/// First address of a client outside the cluster.
const OUTSIDE: u32 = u32::from_be_bytes([198, 51, 100, 10]);

/// First address of a load balancer that asks for none.
const BALANCERS: u32 = u32::from_be_bytes([203, 0, 113, 100]);

/// Addresses of nodes: each leads to every node port.
pub(crate) const NODES: [Ipv4Addr; 3] =
    [Ipv4Addr::new(203, 0, 113, 1), Ipv4Addr::new(203, 0, 113, 2), Ipv4Addr::new(203, 0, 113, 3)];

/// The address of the cluster's name service.
pub(crate) const NAME_SERVICE: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 10);

/// The node side of the network.
#[derive(Debug)]
pub(crate) struct Fabric {
    pods: AtomicU32,
    services: AtomicU32,
    balancers: AtomicU32,
    outside: AtomicU32,
}

/// A pod's network: gone, with everything in it, when the last process in it ends and this is dropped.
#[derive(Debug)]
pub(crate) struct PodNet {
    /// The address, never given twice.
    pub(crate) ip: Ipv4Addr,
    namespace: File,
    link: String,
}

impl Fabric {
    /// Prepares the node: forwarding on, and addresses nobody has swallow packets as a lost node's would.
    pub(crate) fn new() -> io::Result<Self> {
        std::fs::write("/proc/sys/net/ipv4/ip_forward", "1")?;
        ip("link set lo up\nroute add blackhole 10.244.0.0/16\n")?;
        let [pods, services, balancers, outside] = [PODS, SERVICES, BALANCERS, OUTSIDE].map(AtomicU32::new);
        Ok(Self { pods, services, balancers, outside })
    }

    /// An address for a Service.
    pub(crate) fn service_address(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.services.fetch_add(1, Ordering::Relaxed))
    }

    /// An address for a load balancer.
    pub(crate) fn balancer_address(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.balancers.fetch_add(1, Ordering::Relaxed))
    }

    /// A network for one pod.
    pub(crate) fn attach(&self) -> io::Result<PodNet> {
        let number = self.pods.fetch_add(1, Ordering::Relaxed);
        Self::link(Ipv4Addr::from(number), format!("pod{}", number - PODS))
    }

    /// A network for a client outside the cluster.
    pub(crate) fn attach_outside(&self) -> io::Result<PodNet> {
        let number = self.outside.fetch_add(1, Ordering::Relaxed);
        Self::link(Ipv4Addr::from(number), format!("outside{}", number - OUTSIDE))
    }

    fn link(address: Ipv4Addr, link: String) -> io::Result<PodNet> {
        let namespace = thread::spawn(|| -> io::Result<File> {
            unshare(CloneFlags::CLONE_NEWNET)?;
            File::open("/proc/thread-self/ns/net")
        })
        .join()
        .map_err(|_| io::Error::other("the thread that makes a network namespace failed"))??;
        let path = format!("/proc/{}/fd/{}", std::process::id(), namespace.as_raw_fd());
        ip(&format!(
            "link add {link} type veth peer name eth0 netns {path}\naddr add {GATEWAY}/32 dev {link}\nlink set {link} up\nroute add {address}/32 dev {link}\n"
        ))?;
        let net = PodNet { ip: address, namespace, link };
        net.enter(move || {
            ip(&format!(
                "link set lo up\naddr add {address}/32 dev eth0\nlink set eth0 up\nroute add {GATEWAY}/32 dev eth0\nroute add default via {GATEWAY}\n"
            ))
        })??;
        Ok(net)
    }
}

impl PodNet {
    /// Moves the calling thread into this network for good.
    pub(crate) fn join(&self) -> io::Result<()> {
        Ok(setns(&self.namespace, CloneFlags::CLONE_NEWNET)?)
    }

    /// Runs something in this network, on a thread of its own.
    pub(crate) fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        thread::scope(|scope| {
            scope
                .spawn(|| -> io::Result<T> {
                    self.join()?;
                    Ok(work())
                })
                .join()
                .map_err(|_| io::Error::other("a thread in a pod's network failed"))?
        })
    }
}

impl Drop for PodNet {
    fn drop(&mut self) {
        // Processes that linger must not keep the link of a pod that is gone.
        let _ = ip(&format!("link del {}\n", self.link));
    }
}

/// Runs a batch of `ip` commands.
fn ip(batch: &str) -> io::Result<()> {
    feed("ip", &["-batch", "-"], batch)
}

/// Runs a program on this input; its complaints become the error.
pub(crate) fn feed(program: &str, args: &[&str], input: &str) -> io::Result<()> {
    let mut child =
        Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        Ok(())
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(format!("{program} refused: {}\n{input}", complaint.trim())))
    }
}
