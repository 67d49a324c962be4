//! Every option of every attribute: its name, how it is written, where it belongs. One table.

use std::fmt;

use proc_macro2::Ident;

use super::Sink;

/// An attribute, or a part of one, that takes options.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Site {
    /// `#[service(...)]` on an impl or a trait.
    Service,
    /// `#[rpc(...)]` on a method.
    Rpc,
    /// `get(...)`, `post(...)` inside `#[rpc(...)]`.
    Binding,
    /// `custom(...)` inside `#[rpc(...)]`.
    Custom,
    /// `#[hook(...)]` on a method.
    Hook,
    /// `#[error_reason(...)]` on an enum.
    ErrorEnum,
    /// `#[error_reason(...)]` on a struct.
    ErrorStruct,
    /// `#[error_reason(...)]` on a variant.
    ErrorVariant,
    /// `#[error_reason(...)]` on a field.
    ErrorField,
    /// `#[traced(...)]` on a function.
    Traced,
    /// `#[traced(...)]` on an impl.
    TracedImpl,
    /// `#[message(...)]` on a struct or an enum.
    Message,
    /// `#[field(...)]` on a field of a message.
    Field,
    /// `#[field(...)]` on a variant of an enum.
    Variant,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "`#[service]`",
            Self::Rpc => "`#[rpc]`",
            Self::Binding => "an HTTP binding",
            Self::Custom => "`custom(...)`",
            Self::Hook => "`#[hook]`",
            Self::ErrorEnum => "`#[error_reason]` on an enum",
            Self::ErrorStruct => "`#[error_reason]` on a struct",
            Self::ErrorVariant => "`#[error_reason]` on a variant",
            Self::ErrorField => "`#[error_reason]` on a field",
            Self::Traced => "`#[traced]`",
            Self::TracedImpl => "`#[traced]` on an impl",
            Self::Message => "`#[message]`",
            Self::Field => "`#[field]` on a field",
            Self::Variant => "`#[field]` on a variant",
        })
    }
}

/// One option: its name, how it is written, where it belongs.
struct Key {
    name: &'static str,
    usage: &'static str,
    sites: &'static [Site],
}

const fn key(name: &'static str, usage: &'static str, sites: &'static [Site]) -> Key {
    Key { name, usage, sites }
}

use Site::{
    Binding, Custom, ErrorEnum, ErrorField, ErrorStruct, ErrorVariant, Field, Hook, Message, Rpc,
    Service, Traced, TracedImpl, Variant,
};

const KEYS: &[Key] = &[
    key("package", "package = \"acme.v1\"", &[Service, Message]),
    key("name", "name = \"...\"", &[Service, Rpc, Message, Field, Variant, Traced]),
    key("hooks", "hooks", &[Service]),
    key("linked", "linked", &[Service]),
    key("get", "get = \"/path\"", &[Rpc]),
    key("put", "put = \"/path\"", &[Rpc]),
    key("post", "post = \"/path\"", &[Rpc]),
    key("patch", "patch = \"/path\"", &[Rpc]),
    key("delete", "delete = \"/path\"", &[Rpc]),
    key("custom", "custom(kind = \"HEAD\", path = \"/path\")", &[Rpc]),
    key("kind", "kind = \"HEAD\"", &[Custom]),
    key("path", "path = \"/path\"", &[Binding, Custom]),
    key("body", "body = \"*\"", &[Rpc, Binding, Custom]),
    key("response_body", "response_body = \"field\"", &[Rpc, Binding, Custom]),
    key("timeout", "timeout = \"5s\"", &[Rpc]),
    key("idempotent", "idempotent", &[Rpc]),
    key("deprecated", "deprecated", &[Service, Rpc, Message, Field, Variant]),
    key("form", "form", &[Rpc]),
    key("event_id", "event_id = \"field\"", &[Rpc]),
    key("traced", "traced(user.id = id)", &[Rpc]),
    key("before_start", "before_start", &[Hook]),
    key("after_start", "after_start", &[Hook]),
    key("before_stop", "before_stop", &[Hook]),
    key("after_stop", "after_stop", &[Hook]),
    key("domain", "domain = \"acme.v1\"", &[ErrorEnum, ErrorStruct]),
    key("code", "code = 404", &[ErrorStruct, ErrorVariant]),
    key("reason", "reason = \"USER_NOT_FOUND\"", &[ErrorStruct, ErrorVariant]),
    key("grpc", "grpc = \"NOT_FOUND\"", &[ErrorStruct, ErrorVariant]),
    key("expose", "expose", &[ErrorStruct, ErrorVariant]),
    key("transparent", "transparent", &[ErrorStruct, ErrorVariant]),
    key("skip", "skip", &[ErrorField]),
    key("skip", "skip(Debug)", &[Message]),
    key("fields", "fields(user.id = %id)", &[Traced]),
    key("kind", "kind = \"client\"", &[Traced]),
    key("json", "json = \"serde\"", &[Message]),
    key("json", "json = \"...\"", &[Field, Variant]),
    key("tag", "tag = 5", &[Field, Variant]),
    key("traced", "traced = \"user.id\"", &[Field]),
    key("secret", "secret", &[Field]),
    key("zigzag", "zigzag", &[Field]),
    key("fixed", "fixed", &[Field]),
    key("foreign", "foreign = \"acme.v1.Type\"", &[Field]),
    key("oneof", "oneof", &[Field]),
    key("other", "other", &[Variant]),
    key("crate", "crate = ::path", &[Service, ErrorEnum, ErrorStruct, Traced, TracedImpl, Message]),
];

/// Whether `site` takes `key`; the mistake is pushed where it does not.
pub(crate) fn check(site: Site, key: &Ident, sink: &Sink<'_>) -> bool {
    let rows = || KEYS.iter().filter(|row| key == row.name);
    if rows().any(|row| row.sites.contains(&site)) {
        return true;
    }
    let places: Vec<String> = rows().flat_map(|row| row.sites).map(ToString::to_string).collect();
    let list = allowed(site);
    if places.is_empty() {
        sink.on(key, format!("unknown option `{key}`; {site} takes {list}"));
    } else {
        let places = places.join(", ");
        sink.on(key, format!("`{key}` does not belong here but on {places}; {site} takes {list}"));
    }
    false
}

/// The options that `site` takes, as they are written.
pub(crate) fn allowed(site: Site) -> String {
    let usages: Vec<String> = KEYS
        .iter()
        .filter(|row| row.sites.contains(&site))
        .map(|row| format!("`{}`", row.usage))
        .collect();
    usages.join(", ")
}
