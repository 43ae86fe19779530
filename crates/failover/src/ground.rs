//! A cluster with an instance on it, used by one scenario after another as long as they leave it healthy.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::args::How;
use crate::backup;
use crate::health::Examiner;
use crate::image;
use crate::instance::Instance;
use crate::kube::cluster::{Cluster, wait_until};
use crate::net::fabric::NODES;

/// The time after which nobody waits for a first start any longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an instance is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Kind {
    /// The default document: three servers, three sentinels, no storage.
    Default,
    /// With claims.
    Storage,
    /// With a password.
    Auth,
    /// Over TLS.
    Tls,
    /// Over TLS, with a password.
    AuthTls,
    /// Over TLS, with claims, and the authority's certificate from elsewhere.
    TlsStorage,
    /// Two servers.
    #[value(name = "two-servers")]
    Two,
    /// Five servers.
    #[value(name = "five-servers")]
    Five,
    /// One sentinel.
    OneSentinel,
    /// Five sentinels.
    FiveSentinels,
    /// Images whose tools are busybox.
    Alpine,
    /// With claims, and servers that take long to load them.
    SlowLoading,
    /// The default document, whose clients know the password it is to get.
    Unlocked,
    /// With a password, and clients that know the Service that follows the master alone.
    MasterService,
    /// With a password, and clients outside the cluster that know its sentinels' addresses there alone.
    Outside,
    /// The same by ports of the nodes, with servers that others scale.
    NodePorts,
    /// With a password for servers, another for sentinels, and exporters.
    TwoPasswords,
    /// With users, no default one, exporters, and clients that know the Service that follows the master alone.
    Users,
    /// With directives of its own.
    Tuned,
    /// With claims, and snapshots on them.
    Snapshots,
    /// With claims, and a backup on the first server's.
    Backup,
    /// The default document as the release before rendered it.
    Before,
    /// With claims and a password as the release before rendered it.
    BeforeStorage,
    /// The tutorial on a cluster of today.
    Tutorial,
}

impl Kind {
    /// All kinds.
    pub(crate) const ALL: [Self; 24] = [
        Self::Default,
        Self::Storage,
        Self::Auth,
        Self::Tls,
        Self::AuthTls,
        Self::TlsStorage,
        Self::Two,
        Self::Five,
        Self::OneSentinel,
        Self::FiveSentinels,
        Self::Alpine,
        Self::SlowLoading,
        Self::Unlocked,
        Self::MasterService,
        Self::Outside,
        Self::NodePorts,
        Self::TwoPasswords,
        Self::Users,
        Self::Tuned,
        Self::Snapshots,
        Self::Backup,
        Self::Before,
        Self::BeforeStorage,
        Self::Tutorial,
    ];

    /// Its word in the names of scenarios.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Storage => "storage",
            Self::Auth => "auth",
            Self::Tls => "tls",
            Self::AuthTls => "auth-tls",
            Self::TlsStorage => "tls-storage",
            Self::Two => "two-servers",
            Self::Five => "five-servers",
            Self::OneSentinel => "one-sentinel",
            Self::FiveSentinels => "five-sentinels",
            Self::Alpine => "alpine",
            Self::SlowLoading => "slow-loading",
            Self::Unlocked => "unlocked",
            Self::MasterService => "master-service",
            Self::Outside => "outside",
            Self::NodePorts => "node-ports",
            Self::TwoPasswords => "two-passwords",
            Self::Users => "users",
            Self::Tuned => "tuned",
            Self::Snapshots => "snapshots",
            Self::Backup => "backup",
            Self::Before => "before",
            Self::BeforeStorage => "before-storage",
            Self::Tutorial => "tutorial",
        }
    }

    /// Whether its connections are encrypted.
    pub(crate) const fn has_tls(self) -> bool {
        matches!(self, Self::Tls | Self::AuthTls | Self::TlsStorage)
    }

    /// Whether it is there for rows of its own only, and neither its start nor the usual faults are rows.
    pub(crate) const fn is_for_change(self) -> bool {
        matches!(
            self,
            Self::Unlocked
                | Self::TlsStorage
                | Self::MasterService
                | Self::Outside
                | Self::NodePorts
                | Self::TwoPasswords
                | Self::Users
                | Self::Tuned
                | Self::Snapshots
                | Self::Backup
                | Self::Before
                | Self::BeforeStorage
        )
    }

    /// What the release before rendered for its document, if that is what it starts with: `redis-k8s-gen render -o json` of this
    /// spec and the name `redis`.
    const fn rendered_before(self) -> Option<&'static str> {
        match self {
            Self::Before => Some(include_str!("../fixtures/before.json")),
            Self::BeforeStorage => Some(include_str!("../fixtures/before-storage.json")),
            _ => None,
        }
    }

    /// The spec of its document; of the image only how its tag ends.
    fn spec(self) -> Value {
        match self {
            Self::Default | Self::Unlocked | Self::Before | Self::Tutorial => json!({}),
            Self::Storage | Self::Backup => json!({"storage": {"size": "1Gi"}}),
            Self::Auth => json!({"auth": {"secret": "redis-auth"}}),
            Self::Tls => json!({"tls": {"secret": "redis-tls"}}),
            Self::AuthTls => json!({"auth": {"secret": "redis-auth"}, "tls": {"secret": "redis-tls"}}),
            Self::TlsStorage => json!({
                "storage": {"size": "1Gi"},
                "tls": {"secret": "redis-tls", "authority": {"configMap": "company-ca"}},
            }),
            Self::Two => json!({"replicas": 2}),
            Self::Five => json!({"replicas": 5}),
            Self::OneSentinel => json!({"sentinel": {"replicas": 1}}),
            Self::FiveSentinels => json!({"sentinel": {"replicas": 5}}),
            Self::Alpine => json!({"image": "-alpine"}),
            Self::SlowLoading => json!({"image": "-slow-loading", "storage": {"size": "1Gi"}}),
            Self::MasterService => {
                json!({"auth": {"secret": "redis-auth"}, "services": {"master": {"enabled": true}}})
            }
            Self::Outside => json!({
                "auth": {"secret": "redis-auth"},
                "services": {"external": {
                    "servers": ["redis-{index}.example.com"],
                    "sentinels": ["203.0.113.20", "203.0.113.21", "203.0.113.22"],
                    "annotations": {"external-dns.alpha.kubernetes.io/hostname": "{hostname}"},
                    "loadBalancerSourceRanges": ["198.51.100.0/24", "10.244.0.0/16"],
                }},
            }),
            // The names lead to one address, that of a node.
            Self::NodePorts => json!({
                "omitReplicas": true,
                "auth": {"secret": "redis-auth"},
                "services": {"external": {
                    "type": "NodePort",
                    "servers": ["redis-{index}.example.com"],
                    "serverNodePort": 30379,
                    "sentinels": NODES,
                    "sentinelNodePort": 30479,
                    "annotations": {"external-dns.alpha.kubernetes.io/hostname": "{hostname}"},
                }},
            }),
            Self::Users => json!({
                "auth": {
                    "secret": "redis-auth", "sentinelKey": "sentinel-password", "defaultUser": false, "users": [
                        {"name": "admin", "rules": "~* &* +@all"},
                        {"name": "app", "rules": "~app:* +@read +@write -@dangerous"},
                        {"name": "odd", "rules": "+no-such-command"},
                    ],
                    "aclFileSecret": {"name": "redis-acl"},
                    "sentinelDefaultUser": false, "sentinelUsers": [
                        {"name": "admin", "rules": "&* +@all"},
                        {"name": "app"},
                        {"name": "odd", "rules": "+get"},
                    ],
                },
                "metrics": {"enabled": true, "from": [{"pods": {"app": "prometheus"}}]},
                "services": {"master": {"enabled": true}},
            }),
            Self::TwoPasswords => json!({
                "auth": {"secret": "redis-auth", "sentinelKey": "sentinel-password"},
                "metrics": {"enabled": true, "from": [{"pods": {"app": "prometheus"}}]},
            }),
            Self::Tuned => json!({
                "config": {"slowlog-max-len": "128", "maxclients": "60"},
                "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                "extension": {
                    "volumes": [{"name": "scratch", "emptyDir": {}}],
                    "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
                },
                "networkPolicy": {"mesh": "linkerd", "egress": [{"peers": [{"cidr": "192.0.2.0/24"}], "ports": [{"port": 443}]}]},
                "updateStrategy": {"type": "RollingUpdate", "partition": 0},
            }),
            Self::Snapshots => json!({"storage": {"size": "1Gi"}, "persistence": "rdb"}),
            Self::BeforeStorage => json!({"storage": {"size": "1Gi"}, "auth": {"secret": "redis-auth"}}),
        }
    }
}

/// A cluster that stands.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) kind: Kind,
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) examiner: Examiner,
    /// Seconds from applying the rendering to health.
    pub(crate) ready_after: Result<f64, String>,
}

impl Ground {
    /// Applies the rendering of this kind to an empty cluster and waits until it is healthy.
    pub(crate) fn raise(cluster: &Arc<Cluster>, kind: Kind, how: &How) -> io::Result<Self> {
        cluster.clear();
        cluster.journal.clear()?;
        let mut instance = Instance::new(how.image, kind.spec())?;
        instance.without.clone_from(&how.without);
        if kind == Kind::Unlocked {
            instance.know("redis-auth");
        }
        let net = cluster.stranger("default", &[("app", "client")])?;
        let clients = if instance.outside().is_some() { cluster.outsider()? } else { Arc::clone(&net) };
        let examiner = Examiner { cluster: Arc::clone(cluster), instance, net, clients };
        // The first container of an image waits for its files otherwise.
        image::root(examiner.instance.image())?;
        if examiner.instance.proxies().is_some() {
            image::root(redis_k8s::model::defaults::PROXY_IMAGE)?;
        }
        if examiner.instance.document.pointer("/spec/metrics").is_some() {
            image::root(redis_k8s::model::defaults::METRICS_IMAGE)?;
        }
        cluster.journal.event(&format!("=== ground {}", kind.word()));
        if kind == Kind::Backup {
            backup::place(&examiner.instance)?;
        }
        let objects = match kind.rendered_before() {
            Some(rendering) => examiner.instance.rendered_before(rendering)?,
            None => examiner.instance.objects()?,
        };
        let began = Instant::now();
        cluster.apply(objects);
        if kind == Kind::NodePorts {
            // Somebody does so who sees that there is one.
            wait_until(PATIENCE, || examiner.servers().iter().any(|pod| pod.healthy()));
            cluster.scale(examiner.instance.name(), 3);
        }
        let ready_after = match examiner.wait(PATIENCE) {
            Ok(since) => Ok((since - began).as_secs_f64()),
            Err(wrong) => Err(wrong.join("; ")),
        };
        Ok(Self { kind, cluster: Arc::clone(cluster), examiner, ready_after })
    }
}
