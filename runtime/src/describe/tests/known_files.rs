//! The files of google's own that a client may ask for.

use std::collections::BTreeSet;

use super::known;

#[test]
fn the_known_files_are_complete() {
    let files = known::files();
    let mut names = BTreeSet::new();
    for file in &files {
        let package = file.package();
        for message in &file.message_type {
            collect(&format!(".{package}.{}", message.name()), message, &mut names);
        }
        names.extend(file.enum_type.iter().map(|e| format!(".{package}.{}", e.name())));
    }
    fn collect(full: &str, message: &prost_types::DescriptorProto, names: &mut BTreeSet<String>) {
        names.insert(full.to_owned());
        names.extend(message.enum_type.iter().map(|e| format!("{full}.{}", e.name())));
        for nested in &message.nested_type {
            collect(&format!("{full}.{}", nested.name()), nested, names);
        }
    }
    fn check(message: &prost_types::DescriptorProto, names: &BTreeSet<String>) {
        for field in &message.field {
            assert!(
                field.number() > 0 && field.r#type.is_some() && field.label.is_some(),
                "{field:?}"
            );
            assert!(field.type_name().is_empty() || names.contains(field.type_name()), "{field:?}");
        }
        message.nested_type.iter().for_each(|nested| check(nested, names));
    }
    for file in &files {
        file.message_type.iter().for_each(|message| check(message, &names));
        for import in &file.dependency {
            assert!(files.iter().any(|f| f.name() == import), "{import}");
        }
    }
    assert_eq!(files.len(), 11);
    let api = files.iter().find(|f| f.name() == "google/api/annotations.proto").unwrap();
    assert_eq!(api.extension[0].extendee(), ".google.protobuf.MethodOptions");
    assert_eq!(api.extension[0].type_name(), ".google.api.HttpRule");
}
