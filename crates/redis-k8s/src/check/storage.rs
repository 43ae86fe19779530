//! Volumes, and what is written to them.

use super::rule::rules;
use super::{Check, resources};

use crate::api_version::ApiVersion;
use crate::check::at::At;
use crate::model::{AccessMode, EmptyDirMedium, Persistence, RetentionPolicy, Storage, defaults};
use crate::value::Quantity;

/// Less is a mistyped unit; no storage class makes it either.
const LEAST_SIZE: u64 = 1 << 20;

rules! { RULES;
    STORAGE_SIZE_MISSING = Error "storage-size-missing", "`spec.storage` describes a claim but has no `size`",
        "without a size there is no claim but an emptyDir, which dies with the pod";
    STORAGE_AND_EMPTY_DIR = Error "storage-and-empty-dir", "`spec.storage` has both `size` and `emptyDir`",
        "the volume is either a claim or an emptyDir";
    STORAGE_SIZE_TOO_SMALL = Error "storage-size-too-small", "the size of a volume is less than 1Mi",
        "the first write would fail; `8m` is a hundredth of a byte, `8Mi` or `8Gi` was meant";
    STORAGE_SMALLER_THAN_MEMORY = Warning "storage-smaller-than-memory", "`spec.storage.size` is less than the memory limit of a server",
        "the append-only file is rewritten when it has doubled, old and new side by side; a full volume stops all writes";
    ACCESS_MODES_INVALID = Error "access-modes-invalid", "`spec.storage.accessModes` is empty, or has ReadWriteOncePod beside others",
        "the API server refuses such a claim";
    CLAIM_LABEL_CHANGES = Warning "claim-label-changes", "`spec.storage.labels` repeats one of `metadata.labels`, or is another with each release",
        "the API server refuses the set when it changes";
    CLAIMS_DELETED_ON_SCALE = Warning "claims-deleted-on-scale", "`spec.storage.whenScaled` is Delete",
        "scaling to zero and back, the way to stop an instance for a while, would delete its data";
    PERSISTENCE_WITHOUT_STORAGE = Warning "persistence-without-storage", "`spec.persistence` is set, but `spec.storage.size` is not",
        "the file is on an emptyDir: it outlives the process, not the pod; with all server pods deleted, 712 to 931 acknowledged writes were lost";
    STORAGE_WITHOUT_PERSISTENCE = Warning "storage-without-persistence", "`spec.storage.size` is set, but `spec.persistence` is none",
        "nothing is ever written to the claims";
    PERSISTENCE_RDB = Warning "persistence-rdb", "`spec.persistence` is rdb",
        "acknowledged writes since the last snapshot are lost when all servers die; a killed master stays away until a replica was elected";
    PERSISTENCE_NONE = Warning "persistence-none", "`spec.persistence` is none",
        "all data is lost when all servers die: 887 of the 887 writes before, in a chart without; a killed master stays away until a replica was elected";
    EMPTY_DIR_WITHOUT_LIMIT = Warning "empty-dir-without-limit", "the emptyDir is in memory and has no `sizeLimit`",
        "files count against the memory limit: a growing append-only file gets the server killed";
    EMPTY_DIR_NEAR_MEMORY_LIMIT = Warning "empty-dir-near-memory-limit", "the `sizeLimit` of an emptyDir in memory is more than half the memory limit",
        "files count against the memory limit, and the data itself needs the rest";
    SUSPEND_LOSES_DATA = Warning "suspend-loses-data", "`spec.suspend` is true, and servers have no claims, or `whenScaled` deletes them",
        "all data is gone when the pods are";
    SENTINEL_STORAGE_UNUSED = Error "sentinel-storage-unused", "`spec.sentinel.storage` describes a claim, but sentinels have none",
        "sentinels have claims when servers have, or with `enabled: true`; without, they forget the master when all of them restart";
}

pub(super) fn check(check: &mut Check) {
    let storage = check.spec.storage.as_deref();
    if let Some(storage) = storage {
        servers(check, storage);
    }
    let is_kept =
        storage.is_some_and(|storage| storage.size.is_some() && storage.when_scaled != Some(RetentionPolicy::Delete));
    if check.spec.suspend == Some(true) && !is_kept {
        check.report(
            SUSPEND_LOSES_DATA
                .at("spec.suspend", "no claim outlives the pods: the instance comes back empty")
                .help("with spec.storage.size, and without whenScaled: Delete, all data is kept"),
        );
    }
    if check.target == ApiVersion::AppsV1 {
        persistence(check, storage.is_some_and(|storage| storage.size.is_some()));
    }
    sentinels(check, storage.is_some_and(|storage| storage.size.is_some()));
}

fn servers(check: &mut Check, storage: &Storage) {
    let path = At::root("spec.storage");
    if let Some(size) = &storage.size {
        claim(check, &path, storage, size);
    } else {
        for (field, is_set) in [
            ("class", storage.class.is_some()),
            ("accessModes", storage.access_modes.is_some()),
            ("labels", storage.labels.is_some()),
            ("annotations", storage.annotations.is_some()),
            ("whenDeleted", storage.when_deleted.is_some()),
            ("whenScaled", storage.when_scaled.is_some()),
        ] {
            if is_set {
                check.report(
                    STORAGE_SIZE_MISSING
                        .at(path.field(field), format!("{field} describes a claim, but without size there is none"))
                        .help("add size, as in 8Gi, or leave the field out"),
                );
            }
        }
    }
    if let Some(modes) = &storage.access_modes {
        access_modes(check, &path, modes);
    }
    if let (Some(empty_dir), None) = (&storage.empty_dir, &storage.size) {
        let own = path.field("emptyDir");
        let path = own.field("sizeLimit");
        let in_memory = empty_dir.medium == Some(EmptyDirMedium::Memory);
        match &empty_dir.size_limit {
            Some(limit) if !is_volume_size(check, &path, limit) => {}
            Some(limit) if in_memory => {
                if let Some(memory) = resources::server_memory_limit(check)
                    && limit.units() > memory.units() / 2
                {
                    check.report(
                        EMPTY_DIR_NEAR_MEMORY_LIMIT
                            .at(path, format!("{limit} of files count against the memory limit of {memory}, and leave too little for the data"))
                            .help("raise spec.resources.limits.memory to twice the sizeLimit or more"),
                    );
                }
            }
            None if in_memory => check.report(
                EMPTY_DIR_WITHOUT_LIMIT
                    .at(own, "files in memory count against the memory limit, and nothing bounds them")
                    .help("set sizeLimit to half the memory limit or less"),
            ),
            _ => {}
        }
    }
}

fn claim(check: &mut Check, path: &At, storage: &Storage, size: &Quantity) {
    if storage.empty_dir.is_some() {
        check.report(
            STORAGE_AND_EMPTY_DIR
                .at(path.field("emptyDir"), format!("a volume cannot be a claim of {size} and an emptyDir"))
                .help("leave out emptyDir to keep data, or size to lose it with the pod"),
        );
    }
    if is_volume_size(check, &path.field("size"), size)
        && check.spec.persistence != Some(Persistence::None)
        && let Some(memory) = resources::server_memory_limit(check)
        && size.units() < memory.units()
    {
        check.report(
            STORAGE_SMALLER_THAN_MEMORY
                .at(
                    path.field("size"),
                    format!("{size} cannot hold what {memory} of memory can: a full volume stops all writes"),
                )
                .help("three times the memory limit holds the append-only file and its rewriting"),
        );
    }
    for (key, value) in storage.labels.iter().flatten() {
        if key.changes_with_releases() || check.redis.metadata.labels.get(key) == Some(value) {
            check.report(
                CLAIM_LABEL_CHANGES
                    .at(
                        path.field("labels").field(key.as_str()),
                        format!("the label {key} of the claims can never be another"),
                    )
                    .help("keep it off the claims"),
            );
        }
    }
    if storage.when_scaled == Some(RetentionPolicy::Delete) {
        check.report(
            CLAIMS_DELETED_ON_SCALE
                .at(path.field("whenScaled"), "scaling to zero and back would delete the data of the instance")
                .help("leave it out, and delete the claims of servers that are gone for good by hand"),
        );
    }
}

fn is_volume_size(check: &mut Check, path: &At, size: &Quantity) -> bool {
    let fine = size.units() >= LEAST_SIZE;
    if fine {
        resources::fine_enough(check, *path, size, resources::Unit::Byte);
    } else {
        check.report(
            STORAGE_SIZE_TOO_SMALL
                .at(*path, format!("{size} is less than 1Mi: nothing can be stored in it"))
                .help("use a size with Mi or Gi, as in 8Gi"),
        );
    }
    fine
}

fn access_modes(check: &mut Check, path: &At, modes: &[AccessMode]) {
    let why = if modes.is_empty() {
        "a claim needs an access mode"
    } else if modes.contains(&AccessMode::ReadWriteOncePod)
        && modes.iter().any(|mode| *mode != AccessMode::ReadWriteOncePod)
    {
        "ReadWriteOncePod stands alone"
    } else {
        return;
    };
    check.report(
        ACCESS_MODES_INVALID
            .at(path.field("accessModes"), format!("the API server refuses these access modes: {why}"))
            .help("leave it out for ReadWriteOnce: each server has a claim of its own"),
    );
}

fn persistence(check: &mut Check, has_claims: bool) {
    let Some(persistence) = check.spec.persistence else { return };
    let path = "spec.persistence";
    match persistence {
        Persistence::None => check.report(
            PERSISTENCE_NONE
                .at(
                    path,
                    "all data is lost when all servers die, and a killed master stays away until a replica was elected",
                )
                .help("aof, the default, survives the death of all processes, and with storage that of all pods"),
        ),
        Persistence::Rdb => check.report(
            PERSISTENCE_RDB
                .at(path, "acknowledged writes since the last snapshot are lost when all servers die")
                .help("both keeps snapshots and loses at most a second"),
        ),
        Persistence::Aof | Persistence::Both => {}
    }
    if persistence == Persistence::None && has_claims {
        check.report(
            STORAGE_WITHOUT_PERSISTENCE
                .at("spec.storage.size", "nothing is written to the claims: spec.persistence is none")
                .help("leave out spec.storage, or spec.persistence for aof"),
        );
    } else if persistence != Persistence::None && !has_claims {
        check.report(
            PERSISTENCE_WITHOUT_STORAGE
                .at(
                    path,
                    format!(
                        "{} is written to an emptyDir, which outlives the process but not the pod",
                        persistence.as_str()
                    ),
                )
                .help("add spec.storage.size, as in 8Gi, to keep data when pods are deleted"),
        );
    }
}

fn sentinels(check: &mut Check, servers_have_claims: bool) {
    let Some(storage) = check.sentinel().and_then(|sentinel| sentinel.storage.as_deref()) else { return };
    let path = At::root("spec.sentinel.storage");
    if let Some(size) = &storage.size {
        is_volume_size(check, &path.field("size"), size);
    }
    if storage.enabled.unwrap_or(servers_have_claims) {
        return;
    }
    for (field, is_set) in [
        ("size", storage.size.is_some()),
        ("class", storage.class.is_some()),
        ("labels", storage.labels.is_some()),
        ("annotations", storage.annotations.is_some()),
    ] {
        if is_set {
            let why = match storage.enabled {
                Some(_) => "enabled is false",
                None => "the servers have no claims",
            };
            check.report(
                SENTINEL_STORAGE_UNUSED
                    .at(path.field(field), format!("{field} describes a claim, but sentinels have none: {why}"))
                    .help(format!(
                        "set enabled to true for a claim of {}",
                        storage.size.as_ref().map_or(defaults::SENTINEL_STORAGE_SIZE, |size| size.as_str())
                    )),
            );
        }
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "suspend-loses-data",
            "spec.suspend",
            "spec: {suspend: true}",
            "spec: {suspend: true, storage: {size: 1Gi}}",
        ),
        case(
            "sentinel-storage-unused",
            "spec.sentinel.storage.labels",
            "spec: {sentinel: {storage: {labels: {a: b}}}}",
            "spec: {storage: {size: 1Gi}, sentinel: {storage: {labels: {a: b}}}}",
        ),
        case(
            "storage-size-missing",
            "spec.storage.class",
            "spec: {storage: {class: fast}}",
            "spec: {storage: {class: fast, size: 8Gi}}",
        ),
        case(
            "storage-size-missing",
            "spec.storage.whenDeleted",
            "spec: {storage: {whenDeleted: Delete}}",
            "spec: {storage: {whenDeleted: Delete, size: 8Gi}}",
        ),
        case(
            "storage-and-empty-dir",
            "spec.storage.emptyDir",
            "spec: {storage: {size: 1Gi, emptyDir: {}}}",
            "spec: {storage: {emptyDir: {}}}",
        ),
        case(
            "storage-size-too-small",
            "spec.storage.size",
            "spec: {storage: {size: '0'}}",
            "spec: {storage: {size: 256Mi}}",
        ),
        case(
            "storage-size-too-small",
            "spec.storage.size",
            "spec: {storage: {size: 512m}}",
            "spec: {storage: {size: 512Mi}}",
        ),
        case(
            "storage-size-too-small",
            "spec.storage.emptyDir.sizeLimit",
            "spec: {storage: {emptyDir: {sizeLimit: '1'}}}",
            "spec: {storage: {emptyDir: {sizeLimit: 1Gi}}}",
        ),
        case(
            "storage-size-too-small",
            "spec.sentinel.storage.size",
            "spec: {sentinel: {storage: {enabled: true, size: '64'}}}",
            "spec: {sentinel: {storage: {enabled: true, size: 64Mi}}}",
        ),
        case(
            "storage-smaller-than-memory",
            "spec.storage.size",
            "spec: {storage: {size: 1Gi}, resources: {limits: {memory: 2Gi}}}",
            "spec: {storage: {size: 6Gi}, resources: {limits: {memory: 2Gi}}}",
        ),
        case(
            "access-modes-invalid",
            "spec.storage.accessModes",
            "spec: {storage: {size: 1Gi, accessModes: []}}",
            "spec: {storage: {size: 1Gi, accessModes: [ReadWriteOnce]}}",
        ),
        case(
            "access-modes-invalid",
            "spec.storage.accessModes",
            "spec: {storage: {size: 1Gi, accessModes: [ReadWriteOncePod, ReadWriteOnce]}}",
            "spec: {storage: {size: 1Gi, accessModes: [ReadWriteOncePod, ReadWriteOncePod]}}",
        ),
        case(
            "claim-label-changes",
            "spec.storage.labels[\"helm.sh/chart\"]",
            "spec: {storage: {size: 1Gi, labels: {helm.sh/chart: redis-1}}}",
            "spec: {storage: {size: 1Gi, labels: {example.com/team: a}}}",
        ),
        case(
            "claim-label-changes",
            "spec.storage.labels.team",
            "metadata: {name: redis, labels: {team: a}}\nspec: {storage: {size: 1Gi, labels: {team: a}}}",
            "metadata: {name: redis, labels: {team: a}}\nspec: {storage: {size: 1Gi, labels: {team: b}}}",
        ),
        case(
            "claims-deleted-on-scale",
            "spec.storage.whenScaled",
            "spec: {storage: {size: 1Gi, whenScaled: Delete}}",
            "spec: {storage: {size: 1Gi, whenScaled: Retain}}",
        ),
        case(
            "persistence-without-storage",
            "spec.persistence",
            "spec: {persistence: aof}",
            "spec: {persistence: aof, storage: {size: 1Gi}}",
        ),
        case(
            "storage-without-persistence",
            "spec.storage.size",
            "spec: {persistence: none, storage: {size: 1Gi}}",
            "spec: {storage: {size: 1Gi}}",
        ),
        case(
            "persistence-rdb",
            "spec.persistence",
            "spec: {persistence: rdb, storage: {size: 1Gi}}",
            "spec: {persistence: both, storage: {size: 1Gi}}",
        ),
        case("persistence-none", "spec.persistence", "spec: {persistence: none}", "spec: {}"),
        case(
            "empty-dir-without-limit",
            "spec.storage.emptyDir",
            "spec: {storage: {emptyDir: {medium: Memory}}}",
            "spec: {storage: {emptyDir: {medium: Memory, sizeLimit: 128Mi}}}",
        ),
        case(
            "empty-dir-near-memory-limit",
            "spec.storage.emptyDir.sizeLimit",
            "spec: {storage: {emptyDir: {medium: Memory, sizeLimit: 129Mi}}}",
            "spec: {storage: {emptyDir: {medium: Memory, sizeLimit: 128Mi}}}",
        ),
        case(
            "sentinel-storage-unused",
            "spec.sentinel.storage.class",
            "spec: {sentinel: {storage: {class: fast}}}",
            "spec: {storage: {size: 1Gi}, sentinel: {storage: {class: fast}}}",
        ),
        case(
            "sentinel-storage-unused",
            "spec.sentinel.storage.size",
            "spec: {storage: {size: 1Gi}, sentinel: {storage: {enabled: false, size: 64Mi}}}",
            "spec: {sentinel: {storage: {enabled: true, size: 64Mi}}}",
        ),
    ]
};
