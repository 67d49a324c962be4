//! Which bindings fit their messages, and what is said of those that do not.

use super::plan::{BodyRule, Plan};
use crate::message::{FieldDesc, Kind, Label, MessageDesc, TypeRef, Types};
use crate::service::{BindingSpec, MethodSpec};

struct Author;
struct Book;

fn message(name: &str) -> MessageDesc {
    MessageDesc {
        name: name.to_owned(),
        package: None,
        rust: "",
        doc: "",
        fields: Vec::new(),
        oneofs: Vec::new(),
        nested: Vec::new(),
        deprecated: false,
    }
}

fn field(name: &str, label: Label, kind: Kind) -> FieldDesc {
    FieldDesc {
        name: name.to_owned(),
        json: name.to_owned(),
        number: 1,
        label,
        kind,
        oneof: None,
        doc: "",
        deprecated: false,
        secret: false,
        traced: None,
    }
}

fn author(types: &mut Types) -> TypeRef {
    types.message::<Author>(
        || message("Author"),
        |_, desc| desc.fields.push(field("name", Label::Singular, Kind::String)),
    )
}

fn book(types: &mut Types) -> TypeRef {
    types.message::<Book>(
        || message("Book"),
        |types, desc| {
            let author = Kind::Type(author(types));
            let time = Kind::Type(TypeRef::Named("google.protobuf.Timestamp"));
            desc.fields = vec![
                field("id", Label::Singular, Kind::String),
                field("author", Label::Optional, author.clone()),
                field("tags", Label::Repeated, Kind::String),
                field("labels", Label::Map(Kind::String), Kind::String),
                field("made", Label::Singular, time),
            ];
        },
    )
}

fn plan(
    path: &'static str,
    body: Option<&'static str>,
    response_body: Option<&'static str>,
    has_initial: bool,
) -> Result<Plan, Vec<String>> {
    let method = MethodSpec { ..MethodSpec::new("Put", "/lib.Books/Put", book, book) };
    let binding = Box::leak(Box::new(BindingSpec { verb: "PUT", path, body, response_body }));
    Plan::binding(&method, binding, &mut Types::default(), has_initial)
}

#[test]
fn a_plan_knows_where_everything_goes() {
    let plan = plan("/{author.name}/{id=x/*}/{made}", Some("author"), Some("tags"), true).unwrap();
    let variables: Vec<_> = plan.variables.iter().map(|it| (&*it.path, it.single)).collect();
    assert_eq!(variables, [(&["author", "name"][..], true), (&["id"], false), (&["made"], true)]);
    assert_eq!((plan.body, plan.response_body), (BodyRule::Field("author"), Some("tags")));
}

#[test]
fn a_body_is_read_where_a_binding_has_one() {
    for (body, reads) in [(None, false), (Some("*"), true), (Some("author"), true)] {
        assert_eq!(plan("/x", body, None, true).unwrap().reads_body(), reads, "{body:?}");
    }
}

#[test]
fn every_mistake_of_a_binding_is_reported() {
    let mistakes = plan("/{author}/{tags}/{nothing}", Some("text"), Some("size"), false);
    let mistakes = mistakes.unwrap_err();
    assert!(mistakes.iter().all(|it| it.starts_with("PUT /{author}/{tags}/{nothing}: ")));
    for (mistake, says) in mistakes.iter().zip([
        "a `Book` cannot be put together from a path and a query",
        "`body = \"text\"`: `Book` has no field `text`; it has `id`, `author`, `tags`, `labels`, `made`",
        "`response_body = \"size\"`: `Book` has no field `size`",
        "`{author}`: `author` is a message; name one of its fields",
        "`{tags}`: `tags` holds many values",
        "`{nothing}`: `Book` has no field `nothing`",
    ]) {
        assert!(mistake.contains(says), "{mistake}");
    }
    assert_eq!(mistakes.len(), 6);
}

#[test]
fn nested_paths_are_followed() {
    for (path, says) in [
        ("/{author.age}", "`Author` has no field `age`; it has `name`"),
        ("/{id.x}", "`id` is a plain value and has no fields"),
        ("/{labels.x}", "`labels` holds many values"),
        ("/{author.name.x}", "`name` is a plain value"),
    ] {
        let mistakes = plan(path, None, None, true).unwrap_err();
        assert!(mistakes.len() == 1 && mistakes[0].contains(says), "{mistakes:?}");
    }
}

#[test]
fn a_request_without_an_initial_value_is_taken_whole() {
    assert!(plan("/x/{id}", Some("*"), None, false).is_ok());
    assert!(plan("/x", None, None, false).is_err());
    assert!(plan("/x", Some("author"), None, false).is_err());
}
