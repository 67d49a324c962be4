//! What a process is: its service, its host, its container, its pod.
//!
//! What somebody says comes before what is found out. `OTEL_SERVICE_NAME` comes before `OTEL_RESOURCE_ATTRIBUTES`, that
//! before the configuration, and that before the app's own name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{ResourceDetector as _, TelemetryResourceDetector};

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
    for (key, value) in TelemetryResourceDetector.detect().iter() {
        put(key.as_str(), Some(value.to_string()));
    }
    put("service.name", Some(name.to_owned()));
    put("service.version", Some(version.to_owned()));
    put("service.instance.id", Some(INSTANCE.clone()));
    let host = (found.file)("/proc/sys/kernel/hostname").map(trimmed);
    put("host.name", host.clone());
    let ids = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
    let mut ids = ids.into_iter().filter_map(|path| (found.file)(path).map(trimmed));
    put("host.id", ids.find(|id| !id.is_empty()));
    put("host.arch", Some(arch(std::env::consts::ARCH).to_owned()));
    put("os.type", Some(os(std::env::consts::OS).to_owned()));
    let releases = ["/etc/os-release", "/usr/lib/os-release"];
    let release = releases.into_iter().find_map(|path| (found.file)(path));
    put("os.version", release.as_deref().and_then(version_id));
    put("process.executable.name", executable());
    put("process.runtime.name", Some("rustc".into()));
    put("process.runtime.version", option_env!("BIDENT_RUSTC_VERSION").map(str::to_owned));
    put("container.id", container(found));
    if (found.variable)("KUBERNETES_SERVICE_HOST").is_some() {
        // What the pod says itself, by the names that are usual for it, before what is found out.
        let said = |name: &str| {
            let names = [format!("K8S_{name}"), name.to_owned()];
            names.iter().find_map(|name| (found.variable)(name))
        };
        let own = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
        let namespace = said("POD_NAMESPACE").or_else(|| (found.file)(own).map(trimmed));
        put("k8s.namespace.name", namespace);
        let pod = said("POD_NAME").or_else(|| (found.variable)("HOSTNAME"));
        put("k8s.pod.name", pod.or(host));
        put("k8s.pod.uid", said("POD_UID"));
        put("k8s.node.name", said("NODE_NAME"));
    }
    all.insert("process.pid".into(), i64::from(std::process::id()).into());
    if told.command_line {
        let arguments = std::env::args_os().map(|it| it.to_string_lossy().into_owned().into());
        let arguments: Vec<StringValue> = arguments.collect();
        all.insert("process.command_args".into(), Value::Array(Array::String(arguments)));
    }
    for (key, value) in &told.attributes {
        if key == "service.name" && value.is_empty() {
            // Every service has a name.
            continue;
        }
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

/// What `os-release` says: <https://www.freedesktop.org/software/systemd/man/latest/os-release.html>.
fn version_id(release: &str) -> Option<String> {
    let value = release.lines().find_map(|line| line.trim().strip_prefix("VERSION_ID="))?;
    Some(value.trim_matches(['"', '\'']).to_owned())
}

/// The id of the container that this runs in: from the cgroups of the first version, else from where its `/etc/hostname` is.
/// Other mounts may be of other containers, as they are seen from the machine that they run on.
fn container(found: &Found<'_>) -> Option<String> {
    let from_groups = (found.file)("/proc/self/cgroup").and_then(|text| {
        text.lines().find_map(|line| {
            // `docker/{id}`, `cri-containerd-{id}.scope`, `..slice:cri-containerd:{id}`.
            let last = line.rsplit(['/', ':']).next()?;
            let last = last.strip_suffix(".scope").unwrap_or(last);
            container_id(last.rsplit('-').next()?)
        })
    });
    from_groups.or_else(|| {
        let text = (found.file)("/proc/self/mountinfo")?;
        let roots = text.lines().filter_map(|line| {
            let mut fields = line.split(' ').skip(3);
            let (root, place) = (fields.next()?, fields.next()?);
            (place == "/etc/hostname").then_some(root)
        });
        roots
            .filter_map(|root| root.rsplit_once("containers/"))
            .find_map(|(_, rest)| container_id(rest.split('/').next()?))
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
        told.attributes.insert("service.name".into(), String::new());
        assert_eq!(name(&told), "shop", "every service has a name");
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
            ("telemetry.sdk.name", "opentelemetry"),
            ("telemetry.sdk.language", "rust"),
            ("process.runtime.name", "rustc"),
        ] {
            assert_eq!(all[key].to_string(), value);
        }
        let id = all["service.instance.id"].to_string();
        assert!(id.len() == 36 && &id[14..15] == "4", "{id}");
        assert_eq!(
            id,
            found(&ResourceSettings::default(), &[], &[])["service.instance.id"].to_string()
        );
        for (key, names) in [
            ("process.runtime.version", "0123456789"),
            ("telemetry.sdk.version", "0123456789"),
            ("process.executable.name", "abcdefghijklmnopqrstuvwxyz"),
            ("host.arch", "abcdefghijklmnopqrstuvwxyz"),
            ("os.type", "abcdefghijklmnopqrstuvwxyz"),
        ] {
            assert!(all[key].to_string().starts_with(|first| names.contains(first)), "{key}");
        }
        let dbus = found(&ResourceSettings::default(), &[("/var/lib/dbus/machine-id", "d\n")], &[]);
        assert_eq!(dbus["host.id"].to_string(), "d");
        for (path, release, version) in [
            ("/etc/os-release", "NAME=\"Debian\"\nVERSION_ID=\"12\"\n", Some("12")),
            ("/usr/lib/os-release", "VERSION=x\nVERSION_ID=24.04", Some("24.04")),
            ("/etc/os-release", "ID=arch\n", None),
        ] {
            let all = found(&ResourceSettings::default(), &[(path, release)], &[]);
            assert_eq!(all.get("os.version").map(ToString::to_string).as_deref(), version);
        }
        assert_eq!(all["process.pid"], Value::from(i64::from(std::process::id())));
        assert!(!all.contains_key("process.command_args") && !all.contains_key("k8s.pod.name"));
        let told = ResourceSettings { command_line: true, ..ResourceSettings::default() };
        assert!(found(&told, &[], &[]).contains_key("process.command_args"));
    }

    #[test]
    fn what_somebody_says_comes_before_what_is_found_out() {
        let mut told = ResourceSettings::default();
        for (key, value) in
            [("host.name", "mine"), ("service.version", "2"), ("service.namespace", "n")]
        {
            told.attributes.insert(key.into(), value.into());
        }
        let all = found(&told, &[("/proc/sys/kernel/hostname", "found")], &[]);
        for (key, value) in
            [("host.name", "mine"), ("service.version", "2"), ("service.namespace", "n")]
        {
            assert_eq!(all[key].to_string(), value);
        }
    }

    #[test]
    fn the_resource_says_by_which_schema_it_speaks() {
        let resource = resource(&TelemetrySettings::off(), "shop", "");
        assert_eq!(resource.schema_url(), Some(SCHEMA));
        let get = |key: &'static str| resource.get(&opentelemetry::Key::from_static_str(key));
        assert_eq!(get("service.name"), Some("shop".into()));
        assert_eq!(get("service.version"), None, "an app without a version has none");
    }

    #[test]
    fn a_pod_is_told_in_kubernetes_alone() {
        let variables = [("HOSTNAME", "pod-1"), ("NODE_NAME", "node-1")];
        let told = ResourceSettings::default();
        assert!(!found(&told, &[], &variables).contains_key("k8s.pod.name"));
        let inside = [variables[0], variables[1], ("KUBERNETES_SERVICE_HOST", "10.0.0.1")];
        let files = [("/var/run/secrets/kubernetes.io/serviceaccount/namespace", "shop\n")];
        let all = found(&told, &files, &inside);
        assert_eq!(all["k8s.pod.name"].to_string(), "pod-1");
        assert_eq!(all["k8s.node.name"].to_string(), "node-1");
        assert_eq!(all["k8s.namespace.name"].to_string(), "shop");
        assert!(!all.contains_key("k8s.pod.uid"));
        let said = [inside[2], ("POD_NAMESPACE", "a"), ("POD_NAME", "b"), ("POD_UID", "c")];
        let all = found(&told, &files, &said);
        let of = |key: &str| all[key].to_string();
        assert_eq!(
            [of("k8s.namespace.name"), of("k8s.pod.name"), of("k8s.pod.uid")],
            ["a", "b", "c"]
        );
        let host = [("/proc/sys/kernel/hostname", "pod-2\n")];
        assert_eq!(found(&told, &host, &inside[2..])["k8s.pod.name"].to_string(), "pod-2");
    }

    #[test]
    fn containers_are_known_by_their_groups_or_their_mounts() {
        let id = "0123456789abcdef".repeat(4);
        let told = ResourceSettings::default();
        for (path, text) in [
            ("/proc/self/cgroup", format!("13:name=systemd:/docker/{id}\n")),
            ("/proc/self/cgroup", format!("0::/kubepods/pod1/cri-containerd-{id}.scope\n")),
            ("/proc/self/cgroup", format!("0::/kubepods-pod1.slice:cri-containerd:{id}\n")),
            (
                "/proc/self/mountinfo",
                format!(
                    "1 2 3 /containers/overlay-containers/{id}/userdata/hostname /etc/hostname rw\n"
                ),
            ),
            (
                "/proc/self/mountinfo",
                format!("1 2 3 /var/lib/docker/containers/{id}/hostname /etc/hostname rw\n"),
            ),
        ] {
            let all = found(&told, &[(path, &text)], &[]);
            assert_eq!(all["container.id"].to_string(), id, "{text}");
        }
        // The machine itself sees the mounts of its containers, and is none of them.
        let seen = format!("1 2 0:3 / /var/lib/docker/containers/{id}/mounts/shm rw\n");
        for files in [[("/proc/self/cgroup", "0::/\n")], [("/proc/self/mountinfo", &*seen)]] {
            assert!(!found(&told, &files, &[]).contains_key("container.id"), "{files:?}");
        }
    }
}
