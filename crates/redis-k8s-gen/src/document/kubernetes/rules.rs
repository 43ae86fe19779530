//! The table of rules for objects of Kubernetes: what is checked beyond their form, how much it weighs, and why.
//!
//! The rules of documents are in the library; docs/object-rules.md is this table; a test keeps the two the same.

use redis_k8s::{Rule, Severity};

use crate::document::fault::Fault;

/// Declares rules, each once, and the slice of them.
macro_rules! rules {
    ($(#[$comment:meta])* $all:ident; $($name:ident = $severity:ident $id:literal, $summary:literal, $reason:literal;)*) => {
        $(pub(super) const $name: Rule = Rule {
            id: $id,
            severity: Severity::$severity,
            summary: $summary,
            reason: $reason,
        };)*

        $(#[$comment])*
        pub const $all: &[Rule] = &[$($name),*];
    };
}

rules! {
    /// What `validate` checks objects of Kubernetes for, beyond their form.
    OBJECT_RULES;
    KIND_NOT_CHECKED = Warning "kind-not-checked", "an object is of a kind this tool does not know, and its schema was not given",
        "nothing is said about it: `--schema` tells the fields of a kind, `--ignore-kinds` that it is meant to be there";
    SCHEMA_INVALID = Error "schema-invalid", "what was given as a schema is none, or not one this tool reads",
        "nothing could be checked by it";
    PATTERN_NOT_CHECKED = Warning "pattern-not-checked", "a schema has a pattern that cannot be read",
        "it may be one of ECMAScript, or beyond what is read here: texts are not held against it";
    CONDITION_NOT_MET = Error "condition-not-met", "a value meets none of the alternatives of its schema, several of which one must be met alone, or what is excluded",
        "the API server refuses it";
    SIZE_OUT_OF_RANGE = Error "size-out-of-range", "a list or mapping has fewer or more items than its schema takes",
        "the API server refuses it";
    WRONG_API_VERSION = Error "wrong-api-version", "a kind is given with an apiVersion that never had it, or no longer has",
        "the API server refuses it: there is no such kind";
    FIELD_NOT_IN_RELEASE = Error "field-not-in-release", "a field or choice is not in the Kubernetes release the objects are for",
        "kubectl refuses a field the cluster does not know, and the API server a choice it does not know; other tools lose it silently";
    NAME_MISSING = Error "object-name-missing", "`metadata.name` is missing",
        "kubectl apply needs it to find the object again";
    INVALID_NAME = Error "invalid-name", "a name is not one Kubernetes takes there",
        "the API server refuses it";
    POD_NAMES_TOO_LONG = Error "pod-names-too-long", "the name of a StatefulSet has more than 52 characters",
        "each pod carries a label with the name and a hash of its revision, and a label holds 63: no pod could be made";
    INVALID_LABEL = Error "invalid-label", "the key or value of a label, or the key of an annotation, is not one Kubernetes takes",
        "the API server refuses it; on claims of a set and as the key pods are spread by it takes it, and then no claim can be made and no node fits";
    NAME_NOT_OF_HOST = Warning "name-not-of-host", "the name of a pod, or of what makes pods, has dots or more than 63 characters",
        "pods have it in their names, and hosts have no such names: the API server warns of it";
    INVALID_OWNER = Error "invalid-owner", "an owner of an object cannot be one",
        "the API server refuses it: an object has one controller, and an Event owns nothing";
    NULL_VALUE = Warning "null-value", "a value of a mapping, or an item of a list, is null",
        "the API server takes it for an empty one; kubectl apply takes it for none";
    ANNOTATION_DEPRECATED = Warning "annotation-deprecated", "an annotation is set that Kubernetes no longer heeds, or will not for long",
        "the API server warns of it at every apply";
    ANNOTATION_REFUSED = Error "annotation-refused", "an annotation is set that the API server refuses where it stands",
        "it reads some annotations of pods and Services, and takes no object with one that makes no sense there";
    ANNOTATIONS_TOO_LARGE = Error "annotations-too-large", "the annotations of an object are more than 256 KiB",
        "the API server refuses them";
    TWICE_IN_LIST = Error "twice-in-list", "two items of a list are the same to Kubernetes",
        "server-side apply refuses the list, and the API server many; of the others tools keep one of the two";
    PATHS_OVERLAP = Warning "paths-overlap", "a file of a projected volume stands where another has its folder",
        "the API server warns of it, and no pod with such a volume starts";
    PORT_IN_POD_TWICE = Warning "port-in-pod-twice", "two containers of a pod list the same port, or ports of the same name",
        "they have one network: only one of them gets the port, and a name leads to the first; the API server warns of it";
    PROTOCOL_MISSING = Warning "protocol-missing", "a port is listed for two protocols, and one of them is left out",
        "kubectl apply takes the two for one when either changes";
    INVALID_PORT = Error "invalid-port", "a port is not a number from 1 to 65535, or its name not one Kubernetes takes",
        "the API server refuses it";
    IMAGE_MISSING = Error "image-missing", "a container has no image, or white space around its name",
        "the API server refuses it; white space it takes in a template, and refuses every pod made from it";
    INVALID_VARIABLE = Error "invalid-variable", "an environment variable has a name or a value that cannot be",
        "the API server refuses it";
    REQUEST_EXCEEDS_LIMIT = Error "request-exceeds-limit", "more of a resource is requested than its limit allows",
        "the API server refuses the pod";
    UNKNOWN_RESOURCE = Error "unknown-resource", "a container asks for a resource there is not",
        "the API server refuses the pod";
    MOUNT_WITHOUT_VOLUME = Error "mount-without-volume", "a container mounts a volume the pod does not have",
        "the API server refuses the pod";
    NOT_IN_POD = Error "not-in-pod", "a container names a claim or a file of variables its pod does not have",
        "the API server refuses the pod";
    RESOURCE_INDIVISIBLE = Error "resource-indivisible", "a device or huge pages are asked for in parts, without the same limit, or huge pages alone",
        "the API server refuses it: they are not shared";
    FRACTION_OF_BYTE = Warning "fraction-of-byte", "an amount of bytes is not a whole number",
        "the API server warns of it: `m` is a thousandth, and `M` was meant";
    HOST_PORT = Error "host-port", "a port of the node is taken twice, or is not that of the container though they share the network",
        "the API server refuses the pod";
    DNS_CONFIG = Error "dns-config", "a pod has no name server, or more of them or of domains than its resolver takes",
        "the API server refuses it";
    FIELDS_CONTRADICT = Error "fields-contradict", "a field is set that another field of the object rules out",
        "the API server refuses it: it could not do both";
    FIELD_DROPPED = Warning "field-dropped", "a field is set that has no effect where it stands, or is a part of a feature that is off",
        "the API server takes it and says nothing";
    FIELD_IGNORED = Warning "field-ignored", "a field is set that does nothing beside the others",
        "the API server takes it and warns of it at every apply";
    DEPRECATED = Warning "deprecated", "a field, a word or a kind of volume is used that Kubernetes gives up, or has given up",
        "the API server warns of it at every apply, and clusters no longer heed it, or will not for long";
    GRACE_NEGATIVE = Warning "grace-negative", "pods have less than no time to stop",
        "the API server takes it for one second";
    INVALID_VALUE = Error "invalid-value", "a text is not what its field takes",
        "the API server refuses it";
    ACCESS_MODES_INVALID = Error "access-modes-invalid", "a claim asks for ReadWriteOncePod beside other modes",
        "the API server refuses such a claim";
    NOT_A_CERTIFICATE = Warning "not-a-certificate", "a Secret of the type kubernetes.io/tls holds something else than PEM",
        "the API server warns of it, and who mounts the Secret cannot read it";
    SECRET_WITHOUT_KEY = Error "secret-without-key", "a Secret of a type of Kubernetes lacks a key or annotation of this type",
        "the API server refuses it";
    INVALID_PATH = Error "invalid-path", "a path is not one Kubernetes takes there",
        "the API server refuses it";
    NOT_EXACTLY_ONE = Error "not-exactly-one", "none, or several, of fields that exclude each other are set",
        "the API server refuses it: it could not know which one is meant";
    OBJECT_OUT_OF_RANGE = Error "object-out-of-range", "a number is beyond what its field takes",
        "the API server refuses it";
    PROBE_SUCCESS_THRESHOLD = Error "probe-success-threshold", "a liveness or startup probe waits for more than one success",
        "the API server refuses it";
    GRACE_OF_READINESS = Error "grace-of-readiness", "a readiness probe has a grace period",
        "the API server refuses it: readiness ends no container";
    RESTART_POLICY = Error "restart-policy", "pods of a set are not restarted always",
        "the API server refuses it";
    TOLERATION = Error "toleration", "key, operator, value and time of a toleration do not fit each other",
        "the API server refuses it";
    NODE_LABEL_DEPRECATED = Warning "node-label-deprecated", "nodes are chosen or told apart by a label that has a new name",
        "the API server warns of it at every apply, and nodes will not carry it for ever";
    SELECTOR_REQUIREMENT = Error "selector-requirement", "operator and values of a requirement do not fit each other",
        "the API server refuses it";
    SELECTOR_MISSING = Warning "selector-missing", "pods to be near to, away from or spread with have no labelSelector",
        "it means no pod at all: the API server warns of it";
    SELECTOR_MISMATCH = Error "selector-mismatch", "the selector of a set does not match the labels of its pods",
        "the API server refuses it: the set would not find its own pods";
    SELECTOR_EMPTY = Error "selector-empty", "the selector of a set selects everything",
        "the API server refuses it";
    PORTS_MISSING = Error "ports-missing", "a Service with an address has no port",
        "the API server refuses it";
    PORT_NAMES = Error "port-names", "a Service has several ports, and one has no name of its own",
        "the API server refuses it";
    INVALID_ADDRESS = Error "invalid-address", "an address or block of addresses is not one Kubernetes takes there",
        "the API server refuses it";
    ADDRESS_UNUSUAL = Warning "address-unusual", "an address of IPv6 is not written as RFC 5952 has it",
        "the API server warns of it: programs that compare texts take it for another";
    HEADLESS_TYPE = Error "headless-type", "a Service without an address is of a type that needs one",
        "the API server refuses it";
    AFFINITY_OF_HEADLESS = Warning "affinity-of-headless", "a Service without an address keeps clients at an endpoint",
        "it has no effect, and the API server warns of it";
    IP_FAMILIES_INVALID = Error "ip-families-invalid", "a Service names an IP family twice, or more than two",
        "the API server refuses it";
    IP_FAMILIES_AGAINST_POLICY = Error "ip-families-against-policy", "the IP families of a Service do not fit their policy",
        "the API server refuses it";
    BUDGET_OF_NOTHING = Error "invalid-budget", "a budget says neither or both of minAvailable and maxUnavailable, or no amount",
        "the API server refuses it";
    INVALID_PEER = Error "invalid-peer", "a peer of a NetworkPolicy is none, or its block of addresses is not one",
        "the API server refuses it";
    INVALID_KEY = Error "invalid-key-of-data", "a key of a ConfigMap or Secret is not one, or is there twice",
        "the API server refuses it";
    DATA_TOO_LARGE = Error "data-too-large", "a ConfigMap or Secret holds more than 1 MiB",
        "the API server refuses it";
    DUPLICATE_OBJECT = Error "duplicate-object", "an object is there twice",
        "the second would overwrite the first";
    NOT_IN_SET = Warning "not-in-set", "an object names another that is not among those given, which have others of its kind",
        "unless it is in the cluster already, pods wait for it, or cannot be found by name";
    NOT_HEADLESS = Warning "not-headless", "the Service of a StatefulSet has an address of its own",
        "the names of the pods do not lead to the pods";
    SELECTS_NOTHING = Warning "selects-nothing", "a selector matches no pods of the sets given",
        "the Service has no endpoints, the budget or policy protects nothing";
}

rules! {
    /// What `validate` checks an instance for that `render` made and others changed.
    INSTANCE_RULES;
    INSTANCE_RENAMED = Error "instance-renamed", "a set has another name than its scripts look for",
        "the API server takes it, but the scripts find servers and sentinels by names made from `RK_INSTANCE`: no server would start";
    VARIABLE_MISSING = Error "variable-missing", "a variable the scripts need is not there, or comes from another field of the pod",
        "no server or sentinel would start";
    NOT_MOUNTED = Error "not-mounted", "nothing is mounted where the scripts read or write, or it is read-only",
        "no server, sentinel or proxy would start";
    PODS_IN_ORDER = Error "pods-in-order", "`podManagementPolicy` of a set is not Parallel",
        "a sentinel is ready when a majority is there, and a server may wait for the data of one after it: the first pod waits for ever";
    SETS_DISAGREE = Error "sets-disagree", "servers and sentinels are told another port or name of the master",
        "they would not find each other";
    SERVICE_MISSING = Error "service-missing", "a Service of an instance is not among those given",
        "the scripts find pods by its name: a server without an address never starts";
    ANNOUNCES_ANOTHER = Error "announces-another", "a Service that stands for one pod selects another, or none",
        "the pod announces the address of this Service: replicas and clients would reach another, or nobody";
    NOT_PUBLISHED = Error "not-published", "a Service by which pods find each other lacks `publishNotReadyAddresses`",
        "they must find each other to become ready";
    ACCOUNT_NOT_CREATED = Warning "account-not-created", "the ServiceAccount of an instance is not among the objects given",
        "unless it is in the cluster already, no pod is made";
    PORT_NOT_SERVED = Error "port-not-served", "the Service of a pod does not lead to the port the pod announces",
        "replicas, sentinels and clients would find nobody there";
    PORT_CLOSED = Error "port-closed", "a NetworkPolicy closes a port that pods of the instance need of each other, or the name service",
        "no replica would follow, or no failover happen";
    PORT_CLOSED_TO_CLIENTS = Warning "port-closed-to-clients", "a NetworkPolicy opens other ports for clients than those of the pods",
        "clients reach nobody there";
    PASSWORD_IN_HALF = Error "password-in-half", "passwords are mounted while `topology.env` has `auth=0`, or the other way round",
        "everybody would be let in without one";
    STORAGE_OTHER_THAN_SAID = Warning "storage-other-than-said", "the data is on claims while `topology.env` has `claims=0`, or the other way round",
        "after all servers were away the scripts give up data that is there, or wait for what is lost";
    QUORUM_EXCEEDS_SENTINELS = Error "quorum-exceeds-sentinels", "fewer sentinels than the quorum, or than a majority of those that were rendered",
        "so many sentinels can never agree, so no failover ever starts";
    QUORUM_OF_MINORITY = Warning "quorum-of-minority", "the quorum is no majority of the sentinels",
        "sentinels on the small side of a split would hold a healthy master for down and start elections they cannot win";
    MIN_REPLICAS_TOO_HIGH = Error "min-replicas-too-high", "a write needs more replicas than the servers less two",
        "a failover takes away the old master, and the new one must still have that many replicas, else every write fails with NOREPLICAS";
    MIN_REPLICAS_OF_TWO = Warning "min-replicas-of-two", "a write needs one replica, and there are two servers",
        "as soon as either server is away, the other accepts no write";
    CHECKSUM_STALE = Warning "checksum-stale", "the checksum of the pods is not that of their configuration and scripts",
        "pods that run keep what they started with: an apply changes the configuration and restarts none";
    HAND_OVER_MISSING = Warning "hand-over-missing", "the hook before a server or sentinel stops is not what was rendered",
        "every planned stop of a master is a failure: nobody writes until the sentinels notice, and what was not replicated is lost";
    GRACE_PERIOD_SHORT = Warning "grace-period-short", "servers have less than 30 seconds to stop",
        "a hand-over takes 1.1 to 1.2 s, but the shutdown that follows waits up to 10 s for replicas and may write a snapshot; what takes longer is killed";
    PROBE_OFF = Warning "probe-off", "a server or sentinel has no liveness, readiness or startup probe",
        "a process that hangs is not restarted, clients are led to pods that cannot answer, or a roll goes on before a pod is in sync";
    SECURITY_LOWERED = Warning "security-lowered", "pods do not reach the level restricted of the Pod Security Standards, as they do when rendered",
        "a namespace that enforces it lets none in";
    CLAIM_LABEL_CHANGES = Warning "claim-label-changes", "claims of a set have a label that was given to everything, or that is another with each release",
        "the API server refuses the set when it changes";
}

/// An object that breaks a rule; the place is said by who reports it.
pub(super) fn broken(rule: &Rule, message: impl Into<String>) -> Fault {
    Fault::of_rule(rule, message)
}
