//! Volumes: directories that live as long as Kubernetes would keep them.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::{KeyToPath, Volume};
use nix::mount::{MsFlags, mount};

use super::objects::Objects;
use crate::sandbox::STATE;

/// The directory of a claim, made empty when it is asked for first.
pub(crate) fn claim(name: &str, group: Option<u32>) -> io::Result<PathBuf> {
    let path = Path::new(STATE).join("claims").join(name);
    if !path.exists() {
        // A fresh file system belongs to root and holds one directory.
        std::fs::create_dir_all(path.join("lost+found"))?;
        std::fs::set_permissions(path.join("lost+found"), std::fs::Permissions::from_mode(0o700))?;
    }
    if let Some(group) = group {
        hand_over(&path, group)?;
    }
    Ok(path)
}

/// Throws a claim's data away.
pub(crate) fn lose_claim(name: &str) -> io::Result<()> {
    match std::fs::remove_dir_all(Path::new(STATE).join("claims").join(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes one volume of a pod below the pod's directory; nothing for what is made elsewhere.
pub(crate) fn make(volume: &Volume, dir: &Path, objects: &Objects, group: Option<u32>) -> io::Result<PathBuf> {
    let path = dir.join(&volume.name);
    std::fs::create_dir_all(&path)?;
    if let Some(empty) = &volume.empty_dir {
        if let Some(limit) = empty.size_limit.as_ref().filter(|_| empty.medium.as_deref() == Some("Memory")) {
            let options = format!("size={},mode=0777", bytes(&limit.0)?);
            mount(Some("tmpfs"), &path, Some("tmpfs"), MsFlags::empty(), Some(options.as_str()))?;
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777))?;
        if let Some(group) = group {
            hand_over(&path, group)?;
        }
    } else if let Some(files) = files(volume, objects)? {
        write(&path, &files, group)?;
    } else {
        return Err(io::Error::other(format!("the proving ground cannot make the volume {}", volume.name)));
    }
    Ok(path)
}

/// The files of a ConfigMap, Secret or projected volume with their modes; nothing if it is none of them.
pub(crate) fn files(volume: &Volume, objects: &Objects) -> io::Result<Option<Files>> {
    if let Some(source) = &volume.config_map {
        let entries = config_map(&source.name, source.optional, objects)?;
        choose(entries, source.items.as_deref(), source.default_mode, source.optional).map(Some)
    } else if let Some(source) = &volume.secret {
        let entries = secret(source.secret_name.as_deref().unwrap_or_default(), source.optional, objects)?;
        choose(entries, source.items.as_deref(), source.default_mode, source.optional).map(Some)
    } else if let Some(projected) = &volume.projected {
        let mut all = Files::new();
        for source in projected.sources.iter().flatten() {
            let (entries, items, optional) = if let Some(source) = &source.secret {
                (secret(&source.name, source.optional, objects)?, &source.items, source.optional)
            } else if let Some(source) = &source.config_map {
                (config_map(&source.name, source.optional, objects)?, &source.items, source.optional)
            } else {
                return Ok(None);
            };
            all.extend(choose(entries, items.as_deref(), projected.default_mode, optional)?);
        }
        Ok(Some(all))
    } else {
        Ok(None)
    }
}

/// The keys of a ConfigMap or Secret.
type Entries = BTreeMap<String, Vec<u8>>;

fn config_map(name: &str, optional: Option<bool>, objects: &Objects) -> io::Result<Entries> {
    match objects.config_maps.get(name) {
        Some(map) => {
            Ok(map.data.iter().flatten().map(|(key, text)| (key.clone(), text.clone().into_bytes())).collect())
        }
        None if optional == Some(true) => Ok(Entries::new()),
        None => Err(missing("configmap", name)),
    }
}

fn secret(name: &str, optional: Option<bool>, objects: &Objects) -> io::Result<Entries> {
    match objects.secrets.get(name) {
        Some(secret) => Ok(secret.data.iter().flatten().map(|(key, value)| (key.clone(), value.0.clone())).collect()),
        None if optional == Some(true) => Ok(Entries::new()),
        None => Err(missing("secret", name)),
    }
}

fn missing(what: &str, name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{what} \"{name}\" not found"))
}

/// The keys a volume shows, under the paths it shows them.
fn choose(
    entries: Entries,
    items: Option<&[KeyToPath]>,
    mode: Option<i32>,
    optional: Option<bool>,
) -> io::Result<Files> {
    let default = mode.unwrap_or(0o644);
    let Some(items) = items else {
        return Ok(entries.into_iter().map(|(key, value)| (key, (value, default))).collect());
    };
    let mut chosen = Files::new();
    for KeyToPath { key, path, mode } in items {
        match entries.get(key) {
            Some(value) => drop(chosen.insert(path.clone(), (value.clone(), mode.unwrap_or(default)))),
            None if optional == Some(true) => {}
            None => return Err(missing("key", key)),
        }
    }
    Ok(chosen)
}

/// Contents and modes by path.
pub(crate) type Files = BTreeMap<String, (Vec<u8>, i32)>;

/// Writes files the way the kubelet does: all change at once, by one link.
pub(crate) fn write(path: &Path, files: &Files, group: Option<u32>) -> io::Result<()> {
    let link = path.join("..data");
    let previous = std::fs::read_link(&link).ok();
    let number: u32 = previous.as_ref().and_then(|dir| dir.to_str()?.strip_prefix("..")?.parse().ok()).unwrap_or(0);
    let version = format!("..{}", number + 1);
    let dir = path.join(&version);
    std::fs::create_dir_all(&dir)?;
    for (name, (content, mode)) in files {
        let file = dir.join(name);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&file, content)?;
        let mut mode = u32::try_from(*mode).unwrap_or(0o644);
        if let Some(group) = group {
            chown(&file, None, Some(group))?;
            mode |= 0o440;
        }
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode))?;
        let first = name.split('/').next().unwrap_or(name);
        let visible = path.join(first);
        if !visible.is_symlink() {
            symlink(Path::new("..data").join(first), visible)?;
        }
    }
    let fresh = path.join("..data_tmp");
    symlink(&version, &fresh)?;
    std::fs::rename(fresh, link)?;
    if let Some(previous) = previous {
        std::fs::remove_dir_all(path.join(previous))?;
    }
    Ok(())
}

/// What the kubelet does for `fsGroup`: the group owns it, may write, and new files inherit it.
fn hand_over(path: &Path, group: u32) -> io::Result<()> {
    let metadata = path.symlink_metadata()?;
    if metadata.is_symlink() {
        return Ok(());
    }
    chown(path, None, Some(group))?;
    let mode = metadata.permissions().mode();
    if metadata.is_dir() {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode | 0o2770))?;
        for entry in std::fs::read_dir(path)? {
            hand_over(&entry?.path(), group)?;
        }
    } else {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode | 0o660))?;
    }
    Ok(())
}

/// The bytes of a quantity such as `16Mi`.
fn bytes(quantity: &str) -> io::Result<u64> {
    let digits = quantity.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &quantity[digits.len()..] {
        "" => 1,
        "k" => 1_000,
        "Ki" => 1 << 10,
        "M" => 1_000_000,
        "Mi" => 1 << 20,
        "G" => 1_000_000_000,
        "Gi" => 1 << 30,
        _ => return Err(io::Error::other(format!("the proving ground cannot read the quantity {quantity}"))),
    };
    digits.parse::<u64>().map(|number| number * unit).map_err(io::Error::other)
}
