//! Structs, enums, enums with data, newtypes and generics, with every option.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use bident::message;
use bident::message::{Message as _, Types};

/// A user.
#[message(package = "acme.v1", name = "Person")]
#[derive(Eq, Hash)]
struct User {
    #[field(traced = "user.id")]
    id: UserId,
    #[field(10, name = "full_name", json = "fullName")]
    name: String,
    r#type: Option<Color>,
    #[field(secret)]
    password: String,
    #[field(deprecated)]
    nick: Option<String>,
    friend: Option<Box<User>>,
}

#[message]
#[derive(Eq, Hash, PartialOrd, Ord)]
struct UserId(String);

#[message]
struct Tags(Vec<String>);

#[message]
struct Delta(#[field(zigzag)] i64);

#[message]
#[derive(Copy, Eq, Hash, Debug)]
enum Color {
    Red,
    DeepBlue = 5,
    #[field(name = "GREENISH")]
    Green,
}

#[message]
enum Open {
    Known,
    #[field(4)]
    Four,
    #[field(other)]
    Other(i32),
}

#[message]
enum Shape {
    Nothing,
    Circle(f64),
    Rect { width: u32, #[field(secret)] height: u32, inner: Option<Box<Shape>> },
    Blob(Vec<u8>),
    Tinted(Color),
    Numbered(#[field(fixed)] u32),
}

#[message]
enum Contact {
    #[field(20)]
    Email(String),
    #[field(21)]
    Phone { country: u32 },
}

#[message]
struct Card {
    name: String,
    #[field(oneof)]
    contact: Contact,
    #[field(oneof)]
    other: Option<Other>,
    #[cfg(any())]
    gone: NoSuchType,
    last: i32,
}

#[message]
enum Other {
    #[field(30)]
    Fax(String),
}

#[message]
struct Page<T> {
    items: Vec<T>,
    first: Option<T>,
    one: T,
}

#[message]
struct Pair<A, B: Clone>
where
    A: Clone,
{
    a: Vec<A>,
    b: BTreeMap<String, B>,
}

#[message]
struct Node<T> {
    value: T,
    next: Option<Box<Node<T>>>,
    own: Option<Box<Self>>,
}

#[message]
struct Wrapper<T>(T);

#[message]
struct Empty;

#[message]
struct AlsoEmpty {}

#[message(skip(Debug, Clone, PartialEq, Default))]
struct Bare {
    at: SystemTime,
    took: Duration,
    map: HashMap<u64, Wrapper<String>>,
}

fn main() {
    let user = User { password: "hunter2".to_owned(), ..User::default() };
    assert!(!format!("{user:?}").contains("hunter2"));
    assert_eq!(User::FIELDS, ["id", "full_name", "type", "password", "nick", "friend"]);
    assert_eq!(Card::FIELDS, ["name", "last", "email", "phone", "fax"]);
    let rect = Shape::Rect { width: 1, height: 77, inner: None };
    assert_eq!(format!("{rect:?}"), "Rect { width: 1, height: ***, inner: None }");
    let mut types = Types::default();
    let page = Page::<User>::describe(&mut types);
    assert_eq!(types.name(&page), "PersonPage");
    let node = Node::<u32>::describe(&mut types);
    assert_eq!(types.name(&node), "Uint32Node");
    let card = Card::describe(&mut types);
    let last = types.messages().iter().find(|m| m.name == types.name(&card)).unwrap();
    assert_eq!(last.fields.iter().map(|f| f.number).collect::<Vec<_>>(), [1, 20, 21, 30, 3]);
    assert_eq!(Color::default(), Color::Red);
    assert_eq!(Open::default(), Open::Known);
    let _ = (Empty, AlsoEmpty {}, Tags(Vec::new()), Delta(0), Pair::<u32, u32>::default());
    let _ = |bare: Bare| (bare.at, bare.took, bare.map);
}
