//! Probes and hooks.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use super::api;

/// A port by number or by the name a container gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PortRef {
    /// The number.
    Number(NonZeroU16),
    /// The name.
    Name(String),
}

/// What a probe does to learn how a container is.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Runs a command in it; 0 is well.
    Exec(Vec<String>),
    /// Asks by HTTP; 200 to 399 is well.
    HttpGet(HttpGet),
    /// Opens a connection.
    TcpSocket(PortRef),
}

/// What a hook does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ActionText", into = "ActionText")]
pub enum Handler {
    /// Runs a command in the container.
    Exec(Vec<String>),
    /// Asks by HTTP.
    HttpGet(HttpGet),
}

api! {
    /// A question by HTTP.
    pub struct HttpGet {
        /// The port.
        pub port: PortRef,
        ; optional
        /// The path.
        pub path: Option<String>,
        /// The host, if not the pod.
        pub host: Option<String>,
    }

    /// What happens after a container's start and before its end.
    #[derive(Default)]
    pub struct Lifecycle {
        ; optional
        /// Right after the start.
        pub post_start: Option<Handler>,
        /// Right before the end.
        pub pre_stop: Option<Handler>,
    }
}

/// Tells how a container is. v1beta3 has neither a period nor thresholds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ProbeText", into = "ProbeText")]
pub struct Probe {
    /// What it does.
    pub action: Action,
    /// Seconds before the first run.
    pub initial_delay_seconds: Option<u32>,
    /// Seconds a run may take.
    pub timeout_seconds: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exec {
    command: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TcpSocket {
    port: PortRef,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ActionText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exec: Option<Exec>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http_get: Option<HttpGet>,
}

impl From<Handler> for ActionText {
    fn from(handler: Handler) -> Self {
        match handler {
            Handler::Exec(command) => Self { exec: Some(Exec { command }), http_get: None },
            Handler::HttpGet(http_get) => Self { exec: None, http_get: Some(http_get) },
        }
    }
}

impl TryFrom<ActionText> for Handler {
    type Error = &'static str;

    fn try_from(text: ActionText) -> Result<Self, &'static str> {
        match (text.exec, text.http_get) {
            (Some(exec), None) => Ok(Self::Exec(exec.command)),
            (None, Some(http_get)) => Ok(Self::HttpGet(http_get)),
            _ => Err("a hook has exactly one of exec and httpGet"),
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProbeText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exec: Option<Exec>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http_get: Option<HttpGet>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tcp_socket: Option<TcpSocket>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initial_delay_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<u32>,
}

impl From<Probe> for ProbeText {
    fn from(probe: Probe) -> Self {
        let mut text = Self {
            initial_delay_seconds: probe.initial_delay_seconds,
            timeout_seconds: probe.timeout_seconds,
            ..Self::default()
        };
        match probe.action {
            Action::Exec(command) => text.exec = Some(Exec { command }),
            Action::HttpGet(http_get) => text.http_get = Some(http_get),
            Action::TcpSocket(port) => text.tcp_socket = Some(TcpSocket { port }),
        }
        text
    }
}

impl TryFrom<ProbeText> for Probe {
    type Error = &'static str;

    fn try_from(text: ProbeText) -> Result<Self, &'static str> {
        let action = match (text.exec, text.http_get, text.tcp_socket) {
            (Some(exec), None, None) => Action::Exec(exec.command),
            (None, Some(http_get), None) => Action::HttpGet(http_get),
            (None, None, Some(socket)) => Action::TcpSocket(socket.port),
            _ => return Err("a probe has exactly one of exec, httpGet and tcpSocket"),
        };
        Ok(Self { action, initial_delay_seconds: text.initial_delay_seconds, timeout_seconds: text.timeout_seconds })
    }
}
