//! A message for the log: as canonical JSON, without its secrets. Made where somebody asked for it, at the cost of a tree.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use serde_json::value::Serializer;

use super::types::{Kind, Label};
use super::{Dialect, Message, TypeRef, Types};

/// The most bytes that are shown.
const MOST: usize = 4096;
/// What stands for a secret.
const HIDDEN: &str = "***";
/// May hold any message, secrets and all.
const ANY: TypeRef = TypeRef::Named("google.protobuf.Any");

/// The message in at most [`MOST`] bytes and a sign that there were more.
pub(crate) fn shown<M: Message>(message: &M) -> String {
    let mut text = match message.to_json(Serializer, Dialect::Proto) {
        Ok(mut value) => {
            let plan = plan::<M>();
            plan.hide(&plan.root, &mut value);
            value.to_string()
        }
        Err(_) => HIDDEN.to_owned(),
    };
    if text.len() > MOST {
        text.truncate((0..=MOST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
        text.push('…');
    }
    text
}

/// What is known of a type and of every one that it reaches.
struct Plan {
    types: Types,
    root: TypeRef,
    /// Whether there is a secret in the message of this index or below it.
    reaches: Vec<bool>,
}

fn plan<M: Message>() -> Arc<Plan> {
    static PLANS: RwLock<Option<HashMap<TypeId, Arc<Plan>>>> = RwLock::new(None);
    let id = TypeId::of::<M>();
    let known = PLANS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(plan) = known.as_ref().and_then(|plans| plans.get(&id)) {
        return Arc::clone(plan);
    }
    drop(known);
    let mut types = Types::default();
    let root = M::describe(&mut types);
    let plan = Arc::new(Plan { reaches: reaches(&types), types, root });
    let mut plans = PLANS.write().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(plans.get_or_insert_default().entry(id).or_insert(plan))
}

fn reaches(types: &Types) -> Vec<bool> {
    let mut reaches = vec![false; types.messages().len()];
    loop {
        let mut more = false;
        for (index, message) in types.messages().iter().enumerate() {
            let found = message.fields.iter().any(|field| {
                field.secret
                    || match &field.kind {
                        Kind::Type(TypeRef::Message(inner)) => reaches[*inner],
                        Kind::Type(of) => *of == ANY,
                        _ => false,
                    }
            });
            more |= found && !std::mem::replace(&mut reaches[index], found);
        }
        if !more {
            return reaches;
        }
    }
}

impl Plan {
    fn hide(&self, of: &TypeRef, value: &mut Value) {
        let index = match of {
            TypeRef::Message(index) if self.reaches[*index] => *index,
            of if *of == ANY => return *value = HIDDEN.into(),
            _ => return,
        };
        let fields = &self.types.messages()[index].fields;
        // JSON of the user's own making may have a secret under any name, or deeper.
        let whole = match value {
            Value::Object(map) => {
                map.keys().all(|key| fields.iter().any(|field| field.json == *key))
            }
            _ => false,
        };
        let (true, Value::Object(map)) = (whole, &mut *value) else {
            return *value = HIDDEN.into();
        };
        for field in fields {
            let Some(value) = map.get_mut(&field.json) else { continue };
            if field.secret {
                *value = HIDDEN.into();
            } else if let Kind::Type(of) = &field.kind {
                match (&field.label, value) {
                    (_, Value::Null) => {}
                    (Label::Repeated, Value::Array(list)) => {
                        list.iter_mut().for_each(|value| self.hide(of, value));
                    }
                    (Label::Map(_), Value::Object(map)) => {
                        map.values_mut().for_each(|value| self.hide(of, value));
                    }
                    (_, value) => self.hide(of, value),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::message;

    #[message]
    struct Password(#[field(secret)] String);

    #[message]
    enum Proof {
        Pin(#[field(secret)] String),
        Key {
            name: String,
            #[field(secret)]
            bytes: Vec<u8>,
        },
    }

    #[message]
    struct Login {
        user_name: String,
        #[field(secret)]
        token: Option<String>,
        password: Option<Password>,
        proofs: Vec<Proof>,
        by_name: BTreeMap<String, Login>,
        plain: Vec<u32>,
    }

    #[message(json = "serde")]
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Own {
        #[serde(rename = "t")]
        #[field(secret)]
        token: String,
    }

    #[message]
    struct Outer {
        own: Own,
        any: Option<crate::Any>,
    }

    fn login() -> Login {
        Login {
            user_name: "ann".into(),
            token: Some("s3cret".into()),
            password: Some(Password("s3cret".into())),
            proofs: vec![
                Proof::Pin("s3cret".into()),
                Proof::Key { name: "k".into(), bytes: b"s3cret".to_vec() },
            ],
            by_name: BTreeMap::new(),
            plain: vec![1, 2],
        }
    }

    #[test]
    fn secrets_are_hidden_wherever_they_are() {
        let mut outer = login();
        outer.by_name.insert("b".into(), login());
        let shown: Value = serde_json::from_str(&shown(&outer)).expect("JSON");
        let text = shown.to_string();
        assert!(!text.contains("s3cret") && !text.contains("czNjcmV0"), "{text}");
        assert_eq!(shown["userName"], "ann");
        assert_eq!(shown["plain"], serde_json::json!([1, 2]));
        for login in [&shown, &shown["byName"]["b"]] {
            assert_eq!((&login["token"], &login["password"]), (&HIDDEN.into(), &HIDDEN.into()));
            let proofs =
                serde_json::json!([{"pin": "***"}, {"key": {"name": "k", "bytes": "***"}}]);
            assert_eq!(login["proofs"], proofs);
        }
    }

    #[test]
    fn what_may_hold_a_secret_unseen_is_hidden_whole() {
        let any = Some(crate::Any::of(&login()));
        let text = shown(&Outer { own: Own { token: "s3cret".into() }, any });
        assert!(text.contains(r#""own":"***""#) && !text.contains("s3cret"), "{text}");
        assert!(!text.contains("ann"), "{text}");
    }

    #[test]
    fn no_more_is_shown_than_fits() {
        let long = Login { user_name: "é".repeat(5000), ..login() };
        let text = shown(&long);
        assert!(text.len() <= MOST + '…'.len_utf8() && text.ends_with('…'), "{}", text.len());
    }
}
