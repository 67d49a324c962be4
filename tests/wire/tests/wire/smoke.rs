use std::collections::{BTreeMap, HashMap};

use bident::message;
use bident::message::Dialect;

/// A person.
#[message]
pub struct Person {
    /// The name.
    pub name: String,
    pub age: u8,
    pub r#type: Option<i64>,
    pub tags: Vec<String>,
    pub scores: Vec<i32>,
    pub blob: Vec<u8>,
    pub map: HashMap<String, i32>,
    pub sorted: BTreeMap<u64, Color>,
    pub color: Color,
    pub parent: Option<Box<Person>>,
    #[field(20, zigzag)]
    pub delta: i32,
    pub empty: (),
    pub id: UserId,
    pub tagged: Tags,
    pub shape: Option<Shape>,
    #[field(oneof)]
    pub contact: Option<Contact>,
    #[field(secret)]
    pub password: String,
}

#[message]
#[derive(Copy)]
pub enum Color {
    Red,
    DeepBlue,
    #[field(other)]
    Other(i32),
}

#[message]
pub struct UserId(String);

#[message]
pub struct Tags(Vec<String>);

#[message]
pub enum Shape {
    Nothing,
    Circle(f64),
    Rect { w: u32, h: u32, inner: Option<Box<Shape>> },
}

#[message]
pub enum Contact {
    #[field(40)]
    Email(String),
    #[field(41)]
    Phone { country: u32, number: String },
}

#[message]
pub struct Page<T> {
    pub items: Vec<T>,
    pub first: Option<T>,
    pub next: String,
}

#[test]
fn smoke() {
    let p = Person {
        name: "Ann".into(),
        age: 7,
        r#type: Some(0),
        tags: vec!["a".into(), "".into()],
        scores: vec![1, -1],
        blob: vec![1, 2, 3],
        map: [("k".to_owned(), 5)].into(),
        sorted: [(7, Color::Other(9)), (8, Color::DeepBlue)].into(),
        color: Color::DeepBlue,
        parent: Some(Box::default()),
        delta: -3,
        empty: (),
        id: UserId("u".into()),
        tagged: Tags(vec!["x".into()]),
        shape: Some(Shape::Rect { w: 1, h: 2, inner: Some(Box::new(Shape::Nothing)) }),
        contact: Some(Contact::Phone { country: 49, number: "1".into() }),
        password: "hunter2".into(),
    };
    let bytes = message::encode(&p);
    let back: Person = message::decode(bytes.clone().into()).expect("decode");
    assert_eq!(p, back);
    let json = message::to_json(&p, Dialect::Proto).expect("json");
    println!("{}", String::from_utf8_lossy(&json));
    let back: Person = message::from_json(&json).expect("from json");
    assert_eq!(p, back);
    println!("{p:?}");
    let page = Page { items: vec![p.clone()], first: None, next: "n".into() };
    let back: Page<Person> = message::decode(message::encode(&page).into()).expect("decode");
    assert_eq!(page, back);
    let err = message::from_json::<Page<Person>>(br#"{"items":[{"map":{"k":"x"}}]}"#).unwrap_err();
    println!("{err}");
}
