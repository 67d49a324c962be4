//! Everything generated code may name. Exempt from semantic versioning; not for people.
