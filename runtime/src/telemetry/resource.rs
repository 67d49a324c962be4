//! What a process is: its service, its host, its container, its pod.
//!
//! What somebody says comes before what is found out. `OTEL_SERVICE_NAME` comes before `OTEL_RESOURCE_ATTRIBUTES`, that
//! before the configuration, and that before the app's own name.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;

use super::names::SCHEMA;
use super::settings::{ResourceSettings, TelemetrySettings};

/// The resource of an app with this name and version.
pub(crate) fn resource(settings: &TelemetrySettings, name: &str, version: &str) -> Resource {
    let found = Found { file: &|path| std::fs::read_to_string(path).ok(), variable: &variable };
    let attributes = attributes(&settings.resource, name, version, &found);
    let attributes = attributes.into_iter().map(|(key, value)| KeyValue::new(key, value));
    Resource::builder_empty().with_schema_url(attributes, SCHEMA).build()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// Where things are found out.
struct Found<'a> {
    file: &'a dyn Fn(&str) -> Option<String>,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

type Attributes = BTreeMap<String, Value>;

fn attributes(told: &ResourceSettings, name: &str, version: &str, found: &Found<'_>) -> Attributes {
    // One for the process: apps that it builds one after the other are the same instance.
    static INSTANCE: LazyLock<String> = LazyLock::new(instance);
    let mut all = Attributes::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            all.insert(key.to_owned(), value.into());
        }
    };
    put("telemetry.sdk.name", Some("opentelemetry".into()));
    put("telemetry.sdk.language", Some("rust".into()));
    put("telemetry.sdk.version", Some("0.33.1".into()));
    put("service.name", Some(name.to_owned()));
    put("service.version", Some(version.to_owned()));
    put("service.instance.id", Some(INSTANCE.clone()));
    put("host.name", (found.file)("/proc/sys/kernel/hostname").map(trimmed));
    put("host.id", (found.file)("/etc/machine-id").map(trimmed));
    put("host.arch", Some(arch(std::env::consts::ARCH).to_owned()));
    put("os.type", Some(os(std::env::consts::OS).to_owned()));
    put("process.executable.name", executable());
    put("process.runtime.name", Some("rustc".into()));
    put("container.id", container(found));
    if (found.variable)("KUBERNETES_SERVICE_HOST").is_some() {
        let own = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
        put("k8s.namespace.name", (found.file)(own).map(trimmed));
        let pod = (found.variable)("POD_NAME").or_else(|| (found.variable)("HOSTNAME"));
        put("k8s.pod.name", pod);
        put("k8s.pod.uid", (found.variable)("POD_UID"));
        let node = (found.variable)("NODE_NAME").or_else(|| (found.variable)("K8S_NODE_NAME"));
        put("k8s.node.name", node);
    }
    all.insert("process.pid".into(), i64::from(std::process::id()).into());
    if told.command_line {
        let arguments = std::env::args_os().map(|it| it.to_string_lossy().into_owned().into());
        let arguments: Vec<StringValue> = arguments.collect();
        all.insert("process.command_args".into(), Value::Array(Array::String(arguments)));
    }
    for (key, value) in &told.attributes {
        all.insert(key.clone(), value.clone().into());
    }
    if let Some(name) = &told.service_name {
        all.insert("service.name".into(), name.clone().into());
    }
    all
}

fn trimmed(text: String) -> String {
    text.trim().to_owned()
}

fn executable() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// A UUID of version 4, as of every process.
fn instance() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let random = || RandomState::new().hash_one(std::process::id());
    let bits = u128::from(random()) << 64 | u128::from(random());
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// `host.arch` by the names of the conventions.
fn arch(rust: &str) -> &str {
    match rust {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "x86",
        "arm" => "arm32",
        "powerpc" => "ppc32",
        "powerpc64" => "ppc64",
        other => other,
    }
}

/// `os.type` by the names of the conventions.
fn os(rust: &str) -> &str {
    match rust {
        "macos" => "darwin",
        "dragonfly" => "dragonflybsd",
        other => other,
    }
}

/// The id of the container that this runs in: from the cgroups of the first version, else from what is mounted.
fn container(found: &Found<'_>) -> Option<String> {
    let from_groups = (found.file)("/proc/self/cgroup").and_then(|text| {
        text.lines().find_map(|line| {
            let last = Path::new(line.rsplit(':').next()?).file_name()?.to_str()?;
            let last = last.strip_suffix(".scope").unwrap_or(last);
            container_id(last.rsplit('-').next()?)
        })
    });
    from_groups.or_else(|| {
        let text = (found.file)("/proc/self/mountinfo")?;
        text.lines().filter(|line| line.contains("/containers/")).find_map(|line| {
            let (_, rest) = line.split_once("/containers/")?;
            container_id(rest.split('/').next()?)
        })
    })
}

fn container_id(text: &str) -> Option<String> {
    let hex = text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    hex.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(
        told: &ResourceSettings,
        files: &[(&str, &str)],
        variables: &[(&str, &str)],
    ) -> Attributes {
        let look = |list: &[(&str, &str)], name: &str| {
            list.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        };
        let file = |path: &str| look(files, path);
        let variable = |name: &str| look(variables, name);
        attributes(told, "shop", "v1.2.0", &Found { file: &file, variable: &variable })
    }

    #[test]
    fn who_names_the_service() {
        let name = |told: &ResourceSettings| found(told, &[], &[])["service.name"].to_string();
        let mut told = ResourceSettings::default();
        assert_eq!(name(&told), "shop");
        told.attributes.insert("service.name".into(), "from attributes".into());
        assert_eq!(name(&told), "from attributes");
        told.service_name = Some("from the variable".into());
        assert_eq!(name(&told), "from the variable");
    }

    #[test]
    fn what_is_found_out() {
        let files = [("/proc/sys/kernel/hostname", "host-1\n"), ("/etc/machine-id", "abc\n")];
        let all = found(&ResourceSettings::default(), &files, &[]);
        for (key, value) in [
            ("service.version", "v1.2.0"),
            ("host.name", "host-1"),
            ("host.id", "abc"),
            ("telemetry.sdk.language", "rust"),
        ] {
            assert_eq!(all[key].to_string(), value);
        }
        assert_eq!(all["service.instance.id"].to_string().len(), 36);
        assert_eq!(all["process.pid"], Value::from(i64::from(std::process::id())));
        assert!(!all.contains_key("process.command_args") && !all.contains_key("k8s.pod.name"));
        let told = ResourceSettings { command_line: true, ..ResourceSettings::default() };
        assert!(found(&told, &[], &[]).contains_key("process.command_args"));
    }

    #[test]
    fn a_pod_is_told_in_kubernetes_alone() {
        let variables = [("HOSTNAME", "pod-1"), ("NODE_NAME", "node-1")];
        let told = ResourceSettings::default();
        assert!(!found(&told, &[], &variables).contains_key("k8s.pod.name"));
        let inside = [variables[0], variables[1], ("KUBERNETES_SERVICE_HOST", "10.0.0.1")];
        let all = found(&told, &[], &inside);
        assert_eq!(all["k8s.pod.name"].to_string(), "pod-1");
        assert_eq!(all["k8s.node.name"].to_string(), "node-1");
    }

    #[test]
    fn containers_are_known_by_their_groups_or_their_mounts() {
        let id = "0123456789abcdef".repeat(4);
        let told = ResourceSettings::default();
        for (path, text) in [
            ("/proc/self/cgroup", format!("13:name=systemd:/docker/{id}\n")),
            ("/proc/self/cgroup", format!("0::/kubepods/pod1/cri-containerd-{id}.scope\n")),
            (
                "/proc/self/mountinfo",
                format!("1 2 3 /var/lib/docker/containers/{id}/hostname /etc/hostname rw\n"),
            ),
        ] {
            let all = found(&told, &[(path, &text)], &[]);
            assert_eq!(all["container.id"].to_string(), id, "{text}");
        }
        let all = found(&told, &[("/proc/self/cgroup", "0::/\n")], &[]);
        assert!(!all.contains_key("container.id"));
    }
}
