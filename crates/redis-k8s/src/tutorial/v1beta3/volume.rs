//! Volumes. There is none for a ConfigMap: v1beta3 has no ConfigMap.

use serde::{Deserialize, Serialize};

use super::{api, words};

/// A volume of a pod.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "VolumeText", into = "VolumeText")]
pub struct Volume {
    /// Its name, unique in the pod.
    pub name: String,
    /// What is in it.
    pub source: VolumeSource,
}

words! {
    /// What an emptyDir is made of.
    pub enum Medium {
        /// The node's disk, the default.
        Disk = "",
        /// tmpfs.
        Memory = "Memory",
    }
}

api! {
    /// An empty directory that lives as long as the pod.
    #[derive(Default)]
    pub struct EmptyDir {
        ; optional
        /// What it is made of.
        pub medium: Option<Medium>,
    }

    /// A directory of the node.
    pub struct HostPath {
        /// Its path.
        pub path: String,
    }

    /// A disk of Google Compute Engine.
    pub struct GcePersistentDisk {
        /// Its name.
        pub pd_name: String,
        /// Its file system.
        pub fs_type: String,
        ; optional
        /// Its partition.
        pub partition: Option<u32>,
        /// True to forbid writing.
        pub read_only: bool,
    }

    /// A volume of Amazon's Elastic Block Store.
    pub struct AwsElasticBlockStore {
        /// Its id.
        #[serde(rename = "volumeID")]
        pub volume_id: String,
        /// Its file system.
        pub fs_type: String,
        ; optional
        /// Its partition.
        pub partition: Option<u32>,
        /// True to forbid writing.
        pub read_only: bool,
    }

    /// A clone of a git repository.
    pub struct GitRepo {
        /// Its address.
        pub repository: String,
        ; optional
        /// The commit.
        pub revision: Option<String>,
    }

    /// The content of a Secret.
    pub struct SecretVolume {
        /// The Secret.
        pub secret_name: String,
    }

    /// A directory of an NFS server.
    pub struct Nfs {
        /// The server.
        pub server: String,
        /// The directory.
        pub path: String,
        ; optional
        /// True to forbid writing.
        pub read_only: bool,
    }

    /// A disk reached by iSCSI.
    pub struct Iscsi {
        /// The server, with its port.
        pub target_portal: String,
        /// The target's qualified name.
        pub iqn: String,
        /// The disk's number.
        pub lun: u32,
        /// Its file system.
        pub fs_type: String,
        ; optional
        /// True to forbid writing.
        pub read_only: bool,
    }

    /// A volume of `GlusterFS`.
    pub struct GlusterFs {
        /// The Endpoints with the servers.
        pub endpoints: String,
        /// The volume.
        pub path: String,
        ; optional
        /// True to forbid writing.
        pub read_only: bool,
    }

    /// A claim; the last servers of v1beta3 knew it.
    pub struct PersistentVolumeClaim {
        /// The claim.
        pub claim_name: String,
        ; optional
        /// True to forbid writing.
        pub read_only: bool,
    }
}

/// Makes the sources of volumes and their reading and writing: exactly one key beside the name.
macro_rules! sources {
    ($($(#[$doc:meta])* $variant:ident($ty:ty) = $field:ident $key:literal,)*) => {
        /// What is in a volume.
        #[derive(Debug, Clone, PartialEq)]
        pub enum VolumeSource {
            $($(#[$doc])* $variant($ty),)*
        }

        #[derive(Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct VolumeText {
            name: String,
            $(
                #[serde(default, rename = $key, skip_serializing_if = "Option::is_none")]
                $field: Option<$ty>,
            )*
        }

        impl From<Volume> for VolumeText {
            fn from(volume: Volume) -> Self {
                let mut text = Self { name: volume.name, ..Self::default() };
                match volume.source {
                    $(VolumeSource::$variant(source) => text.$field = Some(source),)*
                }
                text
            }
        }

        impl TryFrom<VolumeText> for Volume {
            type Error = String;

            fn try_from(text: VolumeText) -> Result<Self, String> {
                let mut sources = Vec::new();
                $(sources.extend(text.$field.map(VolumeSource::$variant));)*
                match (sources.pop(), sources.pop()) {
                    (Some(source), None) => Ok(Self { name: text.name, source }),
                    _ => Err(format!("volume {:?} has not exactly one source", text.name)),
                }
            }
        }
    };
}

sources! {
    /// An empty directory.
    EmptyDir(EmptyDir) = empty_dir "emptyDir",
    /// A directory of the node.
    HostPath(HostPath) = host_path "hostPath",
    /// A disk of Google Compute Engine.
    GcePersistentDisk(GcePersistentDisk) = gce_persistent_disk "gcePersistentDisk",
    /// A volume of Amazon's Elastic Block Store.
    AwsElasticBlockStore(AwsElasticBlockStore) = aws_elastic_block_store "awsElasticBlockStore",
    /// A clone of a git repository.
    GitRepo(GitRepo) = git_repo "gitRepo",
    /// The content of a Secret.
    Secret(SecretVolume) = secret "secret",
    /// A directory of an NFS server.
    Nfs(Nfs) = nfs "nfs",
    /// A disk reached by iSCSI.
    Iscsi(Iscsi) = iscsi "iscsi",
    /// A volume of `GlusterFS`.
    GlusterFs(GlusterFs) = glusterfs "glusterfs",
    /// A claim.
    PersistentVolumeClaim(PersistentVolumeClaim) = persistent_volume_claim "persistentVolumeClaim",
}
