//! The resolved view of a document for a target: every default filled in, every name derived.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;

use crate::api_version::ApiVersion;
use crate::model::defaults;
use crate::model::{
    Auth, ClientCertificates, Config, External, MasterService, Metrics, Modules, Monitor, MonitorKind, Persistence,
    Redis, Scheduling, Sentinel,
};
use crate::value::{Duration, Image, Quantity};

/// One of the sets of pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Component {
    /// Redis servers.
    Server,
    /// Sentinels.
    Sentinel,
    /// Proxies that follow the master.
    Proxy,
}

impl Component {
    /// Those every instance has.
    pub(crate) const ALL: [Self; 2] = [Self::Server, Self::Sentinel];

    /// As labels, scripts and ports name it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Sentinel => "sentinel",
            Self::Proxy => "proxy",
        }
    }

    /// The one of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Server, Self::Sentinel, Self::Proxy].into_iter().find(|component| component.as_str() == name)
    }
}

/// Where a proxy tells its health, unless clients connect there.
const PROXY_HEALTH_PORT: u16 = 8404;

/// A document with the defaults of a target.
#[derive(Clone, Copy)]
pub(crate) struct Instance<'a> {
    pub(crate) redis: &'a Redis,
    target: ApiVersion,
}

impl<'a> Instance<'a> {
    pub(crate) const fn new(redis: &'a Redis, target: ApiVersion) -> Self {
        Self { redis, target }
    }

    pub(crate) fn name(self) -> &'a str {
        self.redis.metadata.name.as_str()
    }

    pub(crate) fn sentinel(self) -> Option<&'a Sentinel> {
        self.redis.spec.sentinel.as_deref()
    }

    /// The Service that follows the master, if there is one.
    pub(crate) fn master_service(self) -> Option<&'a MasterService> {
        self.redis.spec.services.as_deref()?.followed()
    }

    /// Addresses by which clients outside reach the pods, if they have any.
    pub(crate) fn external(self) -> Option<&'a External> {
        self.redis.spec.services.as_deref()?.external.as_deref()
    }

    /// Those of a set.
    pub(crate) fn outside(self, component: Component) -> Option<&'a [String]> {
        self.external()?.addresses(component)
    }

    /// The ports of nodes that the pods of a set announce with their addresses.
    pub(crate) fn announced_ports(self, component: Component) -> Option<RangeInclusive<u32>> {
        let first = self.external().filter(|_| self.outside(component).is_some())?.announced_port(component)?;
        Some(External::node_ports(first, self.replicas(component)))
    }

    /// True if servers and sentinels are known by names.
    pub(crate) fn has_names(self) -> bool {
        let mut outside = Component::ALL.into_iter().filter_map(|component| self.outside(component)).flatten();
        self.has_tls() || outside.any(|address| address.parse::<IpAddr>().is_err())
    }

    /// The exporters, if there are any.
    pub(crate) fn metrics(self) -> Option<&'a Metrics> {
        self.redis.spec.metrics.as_deref().filter(|metrics| metrics.enabled == Some(true))
    }

    /// How Prometheus finds them, if that is rendered.
    pub(crate) fn monitor(self) -> Option<(MonitorKind, &'a Monitor)> {
        let monitor = self.metrics()?.monitor.as_ref()?;
        Some((monitor.kind?, monitor))
    }

    pub(crate) fn metrics_port(self) -> NonZeroU16 {
        self.metrics().and_then(|metrics| metrics.port).unwrap_or(defaults::METRICS_PORT)
    }

    /// Name of a set of pods; the Service by which clients find sentinels has the sentinels' name, that which follows the master
    /// the proxies'.
    pub(crate) fn set_name(self, component: Component) -> String {
        match component {
            Component::Server => self.name().to_owned(),
            Component::Sentinel => [self.name(), "-sentinel"].concat(),
            Component::Proxy => [self.name(), "-master"].concat(),
        }
    }

    /// Name of the headless Service of a set.
    pub(crate) fn headless_name(self, component: Component) -> String {
        [&self.set_name(component), "-headless"].concat()
    }

    /// Name of the Service that gives a pod an address which outlives it.
    pub(crate) fn announce_name(self, component: Component, ordinal: &str) -> String {
        [&self.set_name(component), "-announce-", ordinal].concat()
    }

    pub(crate) fn config_name(self) -> String {
        [self.name(), "-settings"].concat()
    }

    pub(crate) fn scripts_name(self) -> String {
        [self.name(), "-scripts"].concat()
    }

    pub(crate) fn service_account_name(self) -> &'a str {
        let account = self.redis.spec.service_account.as_deref();
        account.and_then(|account| account.name.as_ref()).map_or_else(|| self.name(), |name| name.as_str())
    }

    /// Pods of a set when it is applied.
    pub(crate) fn replicas(self, component: Component) -> u32 {
        let (asked, default, tutorial) = match component {
            Component::Server => (self.redis.spec.replicas, defaults::REPLICAS, defaults::TUTORIAL_REPLICAS),
            Component::Sentinel => (
                self.sentinel().and_then(|sentinel| sentinel.replicas),
                defaults::SENTINEL_REPLICAS,
                defaults::TUTORIAL_SENTINEL_REPLICAS,
            ),
            Component::Proxy => (
                self.master_service().and_then(|master| master.replicas),
                defaults::PROXY_REPLICAS,
                defaults::PROXY_REPLICAS,
            ),
        };
        asked.unwrap_or(if self.target.is_tutorial() { tutorial } else { default })
    }

    /// Pods of a set there will be: the tutorial starts with one of each and resizes to three, or more if the document says so.
    pub(crate) fn resized(self, component: Component) -> u32 {
        let replicas = self.replicas(component);
        if !self.target.is_tutorial() {
            return replicas;
        }
        replicas.max(match component {
            Component::Server => defaults::REPLICAS,
            Component::Sentinel => defaults::SENTINEL_REPLICAS,
            Component::Proxy => replicas,
        })
    }

    /// Where the pods of a set run.
    pub(crate) fn scheduling(self, component: Component) -> Option<&'a Scheduling> {
        let own = self.sentinel().and_then(|sentinel| sentinel.scheduling.as_deref());
        own.filter(|_| component == Component::Sentinel).or(self.redis.spec.scheduling.as_deref())
    }

    pub(crate) fn quorum(self) -> u32 {
        let asked = self.sentinel().and_then(|sentinel| sentinel.quorum);
        asked.unwrap_or_else(|| defaults::majority(self.resized(Component::Sentinel)))
    }

    pub(crate) fn port(self, component: Component) -> NonZeroU16 {
        match component {
            Component::Server => self.redis.spec.port.unwrap_or(defaults::PORT),
            Component::Sentinel => {
                self.sentinel().and_then(|sentinel| sentinel.port).unwrap_or(defaults::SENTINEL_PORT)
            }
            Component::Proxy => {
                let asked = self.master_service().and_then(|master| master.port);
                asked.unwrap_or_else(|| self.port(Component::Server))
            }
        }
    }

    /// Where a proxy says whether it leads to a master.
    pub(crate) fn health_port(self) -> u16 {
        if self.port(Component::Proxy).get() == PROXY_HEALTH_PORT { PROXY_HEALTH_PORT + 1 } else { PROXY_HEALTH_PORT }
    }

    pub(crate) fn image(self, component: Component) -> String {
        let servers = self.redis.spec.image.as_ref();
        let (asked, default) = match component {
            Component::Server => (servers, defaults::IMAGE),
            Component::Sentinel => (self.sentinel().and_then(|own| own.image.as_ref()).or(servers), defaults::IMAGE),
            Component::Proxy => (self.master_service().and_then(|master| master.image.as_ref()), defaults::PROXY_IMAGE),
        };
        self.pulled(asked, default)
    }

    pub(crate) fn exporter_image(self) -> String {
        self.pulled(self.metrics().and_then(|metrics| metrics.image.as_ref()), defaults::METRICS_IMAGE)
    }

    /// An image by the name under which nodes pull it.
    fn pulled(self, asked: Option<&Image>, default: &str) -> String {
        let image = asked.map_or(default, Image::as_str);
        match self.redis.spec.image_registry.as_deref() {
            Some(registry) if asked.is_none_or(|image| !image.has_registry()) => [registry, "/", image].concat(),
            _ => image.to_owned(),
        }
    }

    /// The modules the entry point of the servers' image loads, in its order; none if it is not known.
    ///
    /// Those of [Redis](https://github.com/redis/docker-library-redis/blob/release/8.0/debian/docker-entrypoint.sh),
    /// [Redis Stack](https://github.com/redis-stack/redis-stack/blob/master/etc/scripts/entrypoint.sh) without its engine for
    /// JavaScript, and [Valkey](https://github.com/valkey-io/valkey-bundle).
    pub(crate) fn modules_of_image(self) -> Option<&'static [&'static str]> {
        let image = self.redis.spec.image.as_ref();
        Some(match image.map_or("redis", Image::name) {
            "redis" if image.and_then(Image::version).is_none_or(|(major, _)| major >= 8) => &[
                "/usr/local/lib/redis/modules/redisbloom.so",
                "/usr/local/lib/redis/modules/redisearch.so",
                "/usr/local/lib/redis/modules/redistimeseries.so",
                "/usr/local/lib/redis/modules/rejson.so",
            ],
            "redis-stack" | "redis-stack-server" => &[
                "/opt/redis-stack/lib/rediscompat.so",
                "/opt/redis-stack/lib/redisearch.so",
                "/opt/redis-stack/lib/redistimeseries.so",
                "/opt/redis-stack/lib/rejson.so",
                "/opt/redis-stack/lib/redisbloom.so",
            ],
            "valkey-bundle" => &[
                "/usr/lib/valkey/libjson.so",
                "/usr/lib/valkey/libsearch.so",
                "/usr/lib/valkey/libvalkey_bloom.so",
                "/usr/lib/valkey/libvalkey_ldap.so",
            ],
            _ => return None,
        })
    }

    /// True if servers load modules, those of the image or others.
    pub(crate) fn loads_modules(self) -> bool {
        let spec = &self.redis.spec;
        let has_own = |config: &Config| config.keys().any(|key| key.as_str() == "loadmodule");
        spec.modules == Some(Modules::Image) || spec.config.as_ref().is_some_and(has_own)
    }

    /// Pods a set is rendered with: none while the instance is suspended.
    pub(crate) fn running(self, component: Component) -> u32 {
        if self.redis.spec.suspend == Some(true) { 0 } else { self.replicas(component) }
    }

    pub(crate) fn master_name(self) -> &'a str {
        let asked = self.sentinel().and_then(|sentinel| sentinel.master_name.as_ref());
        asked.map_or_else(|| self.name(), |name| name.as_str())
    }

    pub(crate) fn down_after(self) -> Duration {
        self.sentinel().and_then(|sentinel| sentinel.down_after).unwrap_or(defaults::DOWN_AFTER)
    }

    pub(crate) fn failover_timeout(self) -> Duration {
        self.sentinel()
            .and_then(|sentinel| sentinel.failover_timeout)
            .unwrap_or_else(|| defaults::failover_timeout(self.down_after()))
    }

    pub(crate) fn parallel_syncs(self) -> u32 {
        self.sentinel()
            .and_then(|sentinel| sentinel.parallel_syncs)
            .unwrap_or_else(|| defaults::parallel_syncs(self.resized(Component::Server)))
    }

    pub(crate) fn min_replicas_to_write(self) -> u32 {
        let asked = self.redis.spec.min_replicas_to_write;
        asked.unwrap_or_else(|| defaults::min_replicas_to_write(self.resized(Component::Server)))
    }

    pub(crate) fn min_replicas_max_lag(self) -> Duration {
        self.redis.spec.min_replicas_max_lag.unwrap_or(defaults::MIN_REPLICAS_MAX_LAG)
    }

    pub(crate) fn termination_grace_period(self) -> Duration {
        self.redis.spec.termination_grace_period.unwrap_or(defaults::TERMINATION_GRACE_PERIOD)
    }

    pub(crate) fn persistence(self) -> Persistence {
        self.redis.spec.persistence.unwrap_or(Persistence::Aof)
    }

    pub(crate) fn has_aof(self) -> bool {
        matches!(self.persistence(), Persistence::Aof | Persistence::Both)
    }

    pub(crate) fn has_snapshots(self) -> bool {
        matches!(self.persistence(), Persistence::Rdb | Persistence::Both)
    }

    /// Size of the claim of a pod of this set; none for an emptyDir.
    pub(crate) fn claim_size(self, component: Component) -> Option<&'a str> {
        let server = self.redis.spec.storage.as_deref().and_then(|storage| storage.size.as_ref()).map(Quantity::as_str);
        match component {
            Component::Server => server,
            Component::Sentinel => {
                let storage = self.sentinel().and_then(|sentinel| sentinel.storage.as_deref());
                let enabled = storage.and_then(|storage| storage.enabled).unwrap_or(server.is_some());
                let size = storage.and_then(|storage| storage.size.as_ref()).map(Quantity::as_str);
                enabled.then(|| size.unwrap_or(defaults::SENTINEL_STORAGE_SIZE))
            }
            Component::Proxy => None,
        }
    }

    /// The memory limit of a server in bytes, if it has one.
    pub(crate) fn memory_limit(self) -> Option<u64> {
        match self.redis.spec.resources.as_deref() {
            Some(resources) => resources.limits.as_ref().and_then(|limits| limits.memory.as_ref()).map(Quantity::units),
            None => defaults::MEMORY_LIMIT.parse::<Quantity>().ok().map(|limit| limit.units()),
        }
    }

    pub(crate) fn has_auth(self) -> bool {
        self.redis.spec.auth.is_some()
    }

    /// True if servers, sentinels and scripts are a user of their own.
    pub(crate) fn has_users(self) -> bool {
        self.redis.spec.auth.as_deref().is_some_and(Auth::has_users)
    }

    /// The user that servers, sentinels, scripts and what is beside them are.
    pub(crate) fn own_user(self) -> &'static str {
        if self.has_users() { defaults::OWN_USER } else { "default" }
    }

    pub(crate) fn has_network_policy(self) -> bool {
        self.redis.spec.network_policy.as_deref().and_then(|policy| policy.enabled) != Some(false)
    }

    pub(crate) fn has_tls(self) -> bool {
        self.redis.spec.tls.is_some()
    }

    /// True if servers let nobody in who shows no certificate.
    pub(crate) fn demands_certificates(self) -> bool {
        self.redis.spec.tls.as_deref().and_then(|tls| tls.client_certificates) == Some(ClientCertificates::Required)
    }

    /// What a certificate of its pods must hold.
    pub(crate) fn certificate_names(self) -> Vec<String> {
        let inside = Component::ALL.into_iter().flat_map(|component| {
            let pods = 0..self.replicas(component);
            let announced = pods.map(move |ordinal| self.announce_name(component, &ordinal.to_string()));
            [["*.", &self.headless_name(component)].concat()].into_iter().chain(announced)
        });
        let services = self.redis.spec.services.as_deref();
        let reads = services.and_then(|services| services.read.as_ref()?.enabled) != Some(false);
        let read = reads.then(|| [self.name(), "-read"].concat());
        let master = self.master_service().map(|_| self.set_name(Component::Proxy));
        let namespace = self.redis.metadata.namespace.as_ref().map_or("NAMESPACE", |namespace| namespace.as_str());
        let inside = inside.chain([self.set_name(Component::Sentinel)]).chain(read).chain(master);
        let inside = inside.map(|name| [&name, ".", namespace, ".svc"].concat());
        let outside = Component::ALL.into_iter().filter_map(|component| Some((component, self.outside(component)?)));
        let outside = outside.flat_map(|(component, all)| {
            (0..self.replicas(component)).filter_map(|ordinal| External::address(all, ordinal))
        });
        inside.chain(outside).collect()
    }

    pub(crate) fn is_openshift(self) -> bool {
        self.redis.spec.security.as_deref().and_then(|security| security.openshift).unwrap_or(false)
    }
}
